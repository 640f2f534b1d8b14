"""Asks for one figure of a growing pool, of this tree and of httpcore 1.0.9, in a process of its own each time."""

import json
import subprocess
from collections.abc import Sequence

from _house import ROOT, ToolError

from bench_parts.peers import Peer

__all__ = ["figure_of", "shown_beside"]

#: Seconds that one figure may take: httpcore 1.0.9 looks at all it has for every request.
PATIENCE = 60.0


def figure_of(
    peer: Peer, name: str, count: int, requests: int = 0, *, patience: float = PATIENCE
) -> float | None:
    """Return what `bench_clients.growing` finds; `None` when that takes too long.

    Raises:
        ToolError: it failed; what it said is part of the message.
    """
    command = [
        str(peer.python),
        "-m",
        "bench_clients.growing",
        name,
        str(count),
        str(requests),
    ]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT / "tools",
            capture_output=True,
            text=True,
            check=False,
            timeout=patience,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        raise ToolError(f"{done.stderr}{name}: {peer.name} failed, see above")
    found: float = json.loads(done.stdout)
    return found


def shown_beside(peers: Sequence[Peer], found: Sequence[float | None], unit: str) -> str:
    """What was found for each peer, and how the first compares with the others."""
    parts = [
        f"  {peer.name} " + ("took too long" if value is None else f"{value:8,.0f} {unit}")
        for peer, value in zip(peers, found, strict=True)
    ]
    parts += [f"  {found[0] / value:.2f} of it" for value in found[1:] if found[0] and value]
    return "".join(parts)
