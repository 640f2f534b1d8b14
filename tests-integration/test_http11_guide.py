"""The examples of the page about HTTP/1.1 do what it says, and its table has the limits there are."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import httpcore
from httpcore_http11 import DEFAULT_LIMITS
from httpcore_interfaces.testing import STALL, TURN, ScriptedBackend, ScriptedStream

PAGE = (Path(__file__).parents[1] / "docs/guides/http11.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
OK = b"HTTP/1.1 200 OK\r\n"
ANSWERS = [
    OK + b"Content-Length: 2\r\n\r\nhi",
    OK + b"X-Bad: a\x00b\r\nContent-Length: 2\r\n\r\nhi",
    b"HTTP/1.1 103 Early Hints\r\n\r\n"
    + OK
    + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nChecksum: abc\r\n\r\n",
]


def test_the_examples_work(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(EXAMPLES) == len(ANSWERS)
    pool: Any = httpcore.ConnectionPool
    namespace: dict[str, Any] = {}
    for example, answer in zip(EXAMPLES, ANSWERS, strict=True):
        stream = ScriptedStream([TURN, answer, STALL])
        network = ScriptedBackend([stream])
        monkeypatch.setattr(httpcore, "ConnectionPool", partial(pool, network_backend=network))
        exec(example, namespace)
        assert stream.is_closed
    assert namespace["skipped"] == [b"X-Bad: a\x00b"]
    assert namespace["seen"] == [103]
    assert namespace["trailers"] == [(b"Checksum", b"abc")]


def test_the_table_has_the_limits_there_are() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d,.]+) \|", PAGE, re.MULTILINE))
    assert {name: float(value.replace(",", "")) for name, value in rows.items()} == {
        name: getattr(DEFAULT_LIMITS, name) for name in type(DEFAULT_LIMITS).__slots__
    }
