# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""HTTPX's own command line program, which shows what its trace extension tells of connecting."""

import json
import os
import subprocess
import sys
from pathlib import Path

places = json.loads(sys.argv[1])


def run(*arguments: str) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("httpx"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "SSL_CERT_FILE": places["authority"]},
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def show(*arguments: str, wanted: tuple[str, ...]) -> None:
    said = run(*arguments)
    for line in wanted:
        assert line in said, f"{line!r} is not in\n{said}"


GREETING = "hello, world"

show(places["plain"] + "/redirect", "--follow-redirects", wanted=("302", GREETING))
show(
    *(places["secure"] + "/hello", "--verbose"),
    wanted=(
        "* Connecting to 'localhost'",
        "* Connected to '127.0.0.1'",
        "* SSL established using 'TLSv1.3'",
        # HTTPX's own context is not told to offer anything: that is what HTTP/1.1 alone means.
        "* Selected ALPN protocol: None",
        "* Server certificate:",
        "GET /hello HTTP/1.1",
        GREETING,
    ),
)
show(
    *(places["secure"] + "/hello", "--verbose", "--proxy", places["proxy"]),
    wanted=("CONNECT localhost:", "200 Connection established", GREETING),
)
show(
    *(places["plain"] + "/headers", "-m", "POST", "-j", '{"a": 1}', "-h", "X-A", "b"),
    wanted=('"a"',),
)
