"""The five wheels in empty environments, beneath HTTPX of two generations."""

import sys
from pathlib import Path

import pytest

from .environments import ROOT, environment, run
from .servers import HERE, Certificates, Server

BUILD = ROOT / "build" / "integration"

# The first with some version of HTTPX may have to make the environment.
pytestmark = pytest.mark.timeout(300)


def test_httpx_is_installed_with_the_wheels_and_works(
    wheels: list[Path], python: Server, hypercorn_http2: Server, certificates: Certificates
) -> None:
    # Nothing is left out: pip itself finds that the wheels are what HTTPX asks for.
    interpreter = environment(BUILD / "httpx-0.28.1", wheels, ["httpx[http2]==0.28.1"])
    said = run(
        *(interpreter, "-I", "-W", "error", HERE / "programs" / "fetch_with_current_httpx.py"),
        *(f"{python.url}/", f"{hypercorn_http2.url}/", certificates.authority_file),
    )
    assert said.splitlines() == [
        said.splitlines()[0],
        "get HTTP/1.1",
        "Client(http2=True) HTTP/2",
        "AsyncClient HTTP/1.1",
        "AsyncClient(http2=True) HTTP/2",
    ]
    assert said.startswith("httpx 0.28.1 httpcore 1.")
    run(sys.executable, "-m", "pip", "--python", interpreter, "check")


#: What the older HTTPX requires besides an httpcore of its time.
OF_ITS_TIME = (
    "certifi",
    "sniffio",
    "rfc3986[idna2008]>=1.3,<2",
    "legacy-cgi; python_version >= '3.13'",
)


@pytest.mark.parametrize("version", ["0.16.1", "0.17.1"])
def test_httpx_of_the_transport_face_works(
    version: str,
    wheels: list[Path],
    python: Server,
    hypercorn_tls: Server,
    certificates: Certificates,
    proxy: str,
) -> None:
    interpreter = environment(
        BUILD / f"httpx-{version}", wheels, OF_ITS_TIME, alone=[f"httpx=={version}"]
    )
    said = run(
        *(interpreter, "-I", HERE / "programs" / "fetch_with_older_httpx.py"),
        *(f"{python.url}/", f"{hypercorn_tls.url}/", certificates.authority_file),
        *(proxy, "http://localhost:1/"),
    )
    told = ["HTTP/1.1, IDLE HTTP/1.1, ACTIVE", "HTTP/1.1, IDLE HTTP/1.1, IDLE"]
    assert said.splitlines() == [
        said.splitlines()[0],
        "get HTTP/1.1",
        *["proxy HTTP/1.1"] * 4,
        "failures 6",
        "AsyncClient HTTP/1.1",
        *(told if version == "0.16.1" else []),
        *["asynchronous proxy HTTP/1.1"] * 4,
    ]
    assert said.startswith(f"httpx {version} httpcore 1.")
