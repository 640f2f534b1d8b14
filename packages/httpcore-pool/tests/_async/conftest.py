"""Every test of this folder speaks the protocols of `lines`."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _speak_lines(line_protocols: None) -> None:
    pass
