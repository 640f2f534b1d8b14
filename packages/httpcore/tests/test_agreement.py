"""How the public names behave is compared with what httpcore 1.0.9 was seen to do; what differs has a reason.

The reasons are also told to users, word by word, on the page about migrating; the integration tests look for them there.
"""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import pytest

from . import async_scenes, scenes

# Which scenes differ, and why; those under asyncio as those of threads.
DIFFERENCES = {
    "an origin has a `repr`": [r"Origin is shown"],
    "URLs and origins can be hashed": [r"URL is hashed"],
    "a target begins with a slash": [r"(bytes\()?URL\('a'\)\)?"],
    "port 0 is a port": [r"str\(URL\('http://a:0/'\)\.origin\)"],
    "an IPv6 address keeps its brackets": [r".*\[::1\].*", r"on the wire: an IPv6 address"],
    "what has the wrong type is refused with a `TypeError` that says so, and an origin without a port with a `ValueError`": [
        r".*URL\(None\).*",
        r"str\(URL\('(|/x|a|foo://bar/)'\)\.origin\)",
        r"(Request|Response) with headers: (a single|a triple|text)",
        r"Response of 1",
        r"Proxy\('http://e', .*",
        r"on the wire: a time-out that is a number",
    ],
    "user name and password may stand in a proxy's URL": [r"Proxy\('http://u:p@d/', .*"],
    "a SOCKS proxy has no header fields": [r"Proxy\('socks5://a:1', .*"],
    "a SOCKS proxy that is given a password may also want none": [
        r"SOCKS: a password( that it does not want)?"
    ],
    "a body of bytes is there before it is read, and can be read again": [
        r"response of (bytes|nothing): .*(content|iterate|read): \d"
    ],
    "what was read is given by `read()` and `aread()` alike": [
        r"response of .*: (read aread|aread read): 1"
    ],
    "a body that was closed is not taken for an empty one: `StreamClosed`": [
        r"response of (a list|an iterator|an asynchronous iterator): .*close .*"
    ],
    "messages of errors say more": [
        r".*URL\('http://a:(99999|x)/'\).*",
        r"Response of 'x'",
        r"extensions that are none",
        r"on the wire: (a bad \w+|pieces that are text|too (little|much) content)",
        r"the server says: (half a head|no HTTP|a bad chunk)",
        r"(traced|logged|log): HTTP/2, reset",
        r"SOCKS: (refusal \d|no way that it knows|a wrong password|a password that it was not given)",
    ],
    "closing is logged for every connection": [r"log: (a tunnel.*|half an answer|no answer)"],
}

#: Names that came later.
NEW = re.compile(r"(CloseError|HTTPCoreError) .*")


def recorded() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in ("facts-1.0.9.json", "async-facts-1.0.9.json"):
        found |= json.loads(Path(__file__).with_name(name).read_text())
    return found


def agree(old: str, new: str) -> bool:
    """The same; or the same exception, of which more may be said."""
    if old.startswith("! "):
        return new.startswith(old)
    return old == new


@pytest.fixture(scope="module")
def seen() -> dict[str, str]:
    with warnings.catch_warnings():
        # Scenes leave responses behind, for that is misuse.
        warnings.simplefilter("ignore")
        return scenes.look() | async_scenes.look()


def reason(scene: str) -> str | None:
    for why, patterns in DIFFERENCES.items():
        if any(re.fullmatch(pattern, scene.removeprefix("asyncio: ")) for pattern in patterns):
            return why
    return None


@pytest.mark.parametrize("scene", sorted(recorded()))
def test_a_scene_is_as_it_was_or_differs_for_a_reason(scene: str, seen: dict[str, str]) -> None:
    old, new = recorded()[scene], seen.get(scene, "nothing")
    if not agree(old, new):
        assert reason(scene) is not None, f"was {old}\nis {new}"


def test_every_reason_is_needed(seen: dict[str, str]) -> None:
    old = recorded()
    differing = [scene for scene in old if not agree(old[scene], seen.get(scene, "nothing"))]
    for patterns in DIFFERENCES.values():
        for pattern in patterns:
            assert any(re.fullmatch(pattern, scene) for scene in differing), pattern


def test_every_scene_was_recorded(seen: dict[str, str]) -> None:
    assert not [scene for scene in seen if scene not in recorded() and not NEW.fullmatch(scene)]
