"""The example of the page about HTTP/2 does what it says, and its table has the bounds there are."""

import re
import ssl
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import httpcore
from httpcore_http2._core import settings

from .servers import Server

PAGE = (Path(__file__).parents[1] / "docs/guides/http2.md").read_text()


def test_the_example_works(
    nginx_http2: Server, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    pool: Any = httpcore.ConnectionPool
    monkeypatch.setattr(httpcore, "ConnectionPool", partial(pool, trusting))
    namespace: dict[str, Any] = {}
    exec(example.replace("https://www.example.com", nginx_http2.url), namespace)
    assert (namespace["first"], namespace["second"]) == (1, 3)


def test_the_table_has_the_bounds_there_are() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", PAGE, re.MULTILINE))
    assert {name: int(value.replace(",", "")) for name, value in rows.items()} == {
        name: getattr(settings, name) for name in settings.__all__ if name.isupper()
    }
