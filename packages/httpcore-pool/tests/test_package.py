"""What may be imported, and what is imported by that."""

from __future__ import annotations

import subprocess
import sys

import pytest

import httpcore_pool
from httpcore_interfaces import HTTPCoreError
from httpcore_pool import PoolClosed


def test_every_public_name_is_there() -> None:
    for name in httpcore_pool.__all__:
        assert getattr(httpcore_pool, name) is not None


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(
        AttributeError, match=r"^module 'httpcore_pool' has no attribute 'CurioBackend'$"
    ):
        vars(httpcore_pool)["__getattr__"]("CurioBackend")


def test_importing_it_loads_no_protocol_and_no_event_loop() -> None:
    program = (
        "import sys, httpcore_pool;"
        "heavy = {'asyncio', 'anyio', 'trio', 'h11', 'h2', 'httpcore_http11', 'httpcore_http2'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_closed_pool_is_an_error_of_the_house() -> None:
    error = PoolClosed()
    assert isinstance(error, HTTPCoreError)
    assert str(error) == "the pool is closed; make a new one"
    assert error.safe_to_retry
