"""The five wheels in empty environments, beneath HTTPX of two generations.

Making an environment takes longer than everything else here, so it is kept in `build/` for as long as the wheels and
the requirements are the same.
"""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from .servers import HERE, Certificates, Server

ROOT = HERE.parent
BUILD = ROOT / "build" / "integration"
PACKAGES = (
    "httpcore-interfaces",
    "httpcore-http11",
    "httpcore-http2",
    "httpcore-pool",
    "httpcore",
)


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheels of what is in the tree now; the same source gives the same bytes."""
    folder = tmp_path_factory.mktemp("wheels")
    for package in PACKAGES:
        run(
            *(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder),
            cwd=ROOT / "packages" / package,
        )
    found = sorted(folder.glob("*.whl"))
    assert len(found) == len(PACKAGES)
    return found


def environment(name: str, wheels: list[Path], *installs: list[str]) -> Path:
    """The Python of an environment with the wheels; each of `installs` is what one call of pip is told."""
    contents = [wheel.read_bytes() for wheel in wheels]
    wanted = hashlib.sha256(repr((sys.version, ROOT, contents, installs)).encode()).hexdigest()
    folder = BUILD / name
    python = folder / "bin" / "python"
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    venv.create(folder, clear=True, symlinks=True)
    for arguments in installs:
        run(
            *(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-compile"),
            *arguments,
        )
    stamp.write_text(wanted)
    return python


@pytest.mark.timeout(300)
def test_httpx_is_installed_with_the_wheels_and_works(
    wheels: list[Path], python: Server, hypercorn_http2: Server, certificates: Certificates
) -> None:
    # Nothing is left out: pip itself finds that the wheels are what HTTPX asks for.
    interpreter = environment("httpx-0.28.1", wheels, [*map(str, wheels), "httpx[http2]==0.28.1"])
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


@pytest.mark.timeout(300)
def test_httpx_of_the_transport_face_works(wheels: list[Path], python: Server) -> None:
    interpreter = environment(
        "httpx-0.17.1",
        wheels,
        [
            *map(str, wheels),
            *("certifi", "sniffio", "rfc3986[idna2008]>=1.3,<2"),
            "legacy-cgi; python_version >= '3.13'",
        ],
        # It asks for an older httpcore.
        ["--no-deps", "httpx==0.17.1"],
    )
    program = HERE / "programs" / "fetch_with_httpx_0_17.py"
    said = run(interpreter, "-I", program, f"{python.url}/")
    assert said.splitlines() == [
        said.splitlines()[0],
        "get HTTP/1.1 OK",
        "HTTPTransport(retries=1) HTTP/1.1 OK",
        "AsyncClient HTTP/1.1 OK",
    ]
    assert said.startswith("httpx 0.17.1 httpcore 1.")
