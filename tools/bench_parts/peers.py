"""Whom `tools/bench` compares: this tree, and what a user could take instead, each in an environment of its own.

The versions are fixed, so that figures can be repeated. An environment is made when it is first asked for; a peer that
cannot be installed is left out, and the report says which and why.
"""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from _house import ROOT, VENV, ToolError, in_venv, make_venv, must, say, shown

VENVS = ROOT / ".venv-bench"

#: Faces.
BLOCKING = frozenset({"sync", "threads"})
LOOPS = frozenset({"asyncio", "uvloop"})
TRIO = frozenset({"trio"})
#: What a workload can ask for besides a face.
HTTP2 = frozenset({"http2"})


@dataclass(frozen=True)
class Peer:
    """A library, and the program of `bench_clients` that knows how to use it.

    `abilities` are faces and what else workloads ask for. With `is_layer` it is HTTPX or a successor, which has a
    transport below it. Without `requirements` it lives in the environment for development.
    """

    name: str
    library: str
    program: str
    abilities: frozenset[str]
    requirements: tuple[str, ...] = ()
    is_layer: bool = False

    @property
    def venv(self) -> Path:
        """Its environment."""
        if not self.requirements:
            return VENV
        return VENVS / self.name.replace(" ", "-")

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return in_venv("python", self.venv)

    def install(self) -> None:
        """Make its environment, unless it is there.

        Raises:
            ToolError: it cannot be made.
        """
        if not self.requirements:
            return
        stamp = self.venv / "installed"
        wanted = f"{ROOT} {sys.version} {' '.join(self.requirements)}"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        say(f"setting up {shown(self.venv)}")
        make_venv(self.venv)
        must(
            [self.python, "-m", "pip", "install", "-qq", *self.requirements],
            f"cannot install {' '.join(self.requirements)}: is a package registry within reach?",
        )
        stamp.write_text(wanted)


_EVERYTHING = BLOCKING | LOOPS | TRIO | HTTP2
_UVLOOP = "uvloop>=0.22"

OURS = Peer("httpcore", "httpcore", "pools", _EVERYTHING)
OLD = Peer(
    "httpcore 1.0.9",
    "httpcore",
    "pools",
    _EVERYTHING,
    ("httpcore[asyncio,http2,socks,trio]==1.0.9", _UVLOOP),
)
HTTPX_ON_OURS = Peer("httpx 0.28.1 on httpcore", "httpx", "by_httpx", _EVERYTHING, is_layer=True)
PEERS = (
    OLD,
    Peer(
        "httpcore2 2.16.2",
        "httpcore2",
        "pools",
        _EVERYTHING,
        ("httpcore2[asyncio,http2,socks,trio]==2.16.2", _UVLOOP),
    ),
    Peer("aiohttp 3.14.5", "aiohttp", "by_aiohttp", LOOPS, ("aiohttp==3.14.5", _UVLOOP)),
    Peer("urllib3 2.8.0", "urllib3", "by_urllib3", BLOCKING, ("urllib3==2.8.0",)),
    Peer(
        "niquests 3.21.2",
        "niquests",
        "by_niquests",
        BLOCKING | LOOPS | HTTP2,
        ("niquests==3.21.2", _UVLOOP),
    ),
    Peer("pycurl 7.49.0", "pycurl", "by_pycurl", BLOCKING | HTTP2, ("pycurl==7.49.0",)),
    Peer(
        "pyreqwest 0.15.1",
        "pyreqwest",
        "by_pyreqwest",
        BLOCKING | LOOPS | HTTP2,
        ("pyreqwest==0.15.1", _UVLOOP),
    ),
    Peer(
        "httpx 0.28.1 on httpcore 1.0.9",
        "httpx",
        "by_httpx",
        _EVERYTHING,
        ("httpx[http2,socks]==0.28.1", "httpcore[asyncio,trio]==1.0.9", _UVLOOP),
        is_layer=True,
    ),
    Peer(
        "httpx2 2.16.2",
        "httpx2",
        "by_httpx",
        _EVERYTHING,
        ("httpx2[http2,socks]==2.16.2", "trio>=0.31", _UVLOOP),
        is_layer=True,
    ),
)

#: This tree, as such and under HTTPX.
OWN = (OURS, HTTPX_ON_OURS)

BY_NAME = {peer.name: peer for peer in (*OWN, *PEERS)}


def named_peers(text: str) -> list[Peer]:
    """Read the name of a peer, or the beginning of several."""
    named = [peer for peer in PEERS if text == "all" or f"{peer.name} ".startswith(f"{text} ")]
    if not named:
        known = ", ".join(peer.name for peer in PEERS)
        raise argparse.ArgumentTypeError(f"it must be all, or of {known}, but is {text!r}")
    return named


def installed(peers: Iterable[Peer]) -> dict[str, str]:
    """Make the environments of some peers; return why those that are missing cannot be had, by name."""
    missing: dict[str, str] = {}
    for peer in peers:
        try:
            peer.install()
        except ToolError as error:
            missing[peer.name] = str(error).splitlines()[-1]
            say(f"tools/bench: without {peer.name}: {error}")
    return missing
