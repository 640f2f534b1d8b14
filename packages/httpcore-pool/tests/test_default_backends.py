"""Which network a pool uses, and which networks have steps that can be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces import NetworkBackend
from httpcore_interfaces.testing import AsyncScriptedBackend, ScriptedBackend
from httpcore_pool import AnyIOBackend, AsyncioBackend, AutoBackend, SyncBackend, TrioBackend
from httpcore_pool._backends.default import has_separate_steps

if TYPE_CHECKING:
    from httpcore_interfaces import NetworkStream


class OtherResolver(SyncBackend):
    def resolve(self, host: str, port: int, timeout: float | None = None) -> list[object]:  # type: ignore[override]  # never called
        return []


class OtherConnect(SyncBackend):
    def connect_tcp(self, *args: object, **kwargs: object) -> NetworkStream:
        raise NotImplementedError


class Bare:
    pass


@pytest.mark.parametrize(
    "kind", [SyncBackend, AsyncioBackend, AnyIOBackend, TrioBackend, AutoBackend, OtherResolver]
)
def test_backends_of_the_house_have_separate_steps(kind: type[object]) -> None:
    assert has_separate_steps(kind())


@pytest.mark.parametrize(
    "kind", [OtherConnect, ScriptedBackend, AsyncScriptedBackend, NetworkBackend, Bare]
)
def test_other_backends_have_not(kind: type[object]) -> None:
    assert not has_separate_steps(kind())
