# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""pytest-httpx: run by its pytest, with the address of the server in an environment variable."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = """
import os

import httpx
import pytest

PLAIN = os.environ["PLAIN"]


def test_a_response(httpx_mock):
    httpx_mock.add_response(url="https://example.org/", json={"a": 1}, http_version="HTTP/2.0")
    with httpx.Client() as client:
        response = client.get("https://example.org/")
    assert response.json() == {"a": 1}
    assert httpx_mock.get_request().headers["host"] == "example.org"


def test_an_exception(httpx_mock):
    httpx_mock.add_exception(httpx.ReadTimeout("too late"))
    with httpx.Client() as client, pytest.raises(httpx.ReadTimeout, match="too late"):
        client.get("https://example.org/")


@pytest.mark.anyio
async def test_a_stream(httpx_mock):
    from pytest_httpx import IteratorStream

    httpx_mock.add_response(stream=IteratorStream([b"one ", b"two"]))
    async with httpx.AsyncClient() as client:
        assert (await client.get("https://example.org/")).text == "one two"


@pytest.mark.httpx_mock(should_mock=lambda request: request.url.host != "localhost")
def test_what_is_not_mocked(httpx_mock):
    httpx_mock.add_response(url="https://example.org/")
    with httpx.Client() as client:
        assert client.get("https://example.org/").text == ""
        assert client.get(f"{PLAIN}/hello").text == "hello, world\\n"


def test_a_proxy_matches(httpx_mock):
    httpx_mock.add_response(proxy_url="http://user:secret@proxy.example/")
    with httpx.Client(proxy="http://user:secret@proxy.example") as client:
        assert client.get("https://example.org/").status_code == 200
    assert len(httpx_mock.get_requests(proxy_url="http://user:secret@proxy.example/")) == 1
"""

with tempfile.TemporaryDirectory() as name:
    path = Path(name) / "test_mocks.py"
    path.write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-I", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", path],
        env={**os.environ, "PLAIN": json.loads(sys.argv[1])["plain"]},
        cwd=name,
        check=False,
    )
sys.exit(done.returncode)
