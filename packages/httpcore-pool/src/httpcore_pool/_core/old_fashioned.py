"""Origins that have asked for HTTP/1.1, although they speak HTTP/2 (HTTP_1_1_REQUIRED; RFC 9113, 7).

They get a lane of connections of their own, on which nothing else is offered, while what is left of their HTTP/2
connections ends in its own time. That is remembered for a while and for a number of origins: it costs a connection to be
told again.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from httpcore_interfaces import Request

    from .settings import Settings

__all__ = ["OldFashioned", "can_turn_to_http11", "is_old_fashioned"]

_SECONDS = 3600.0
_ORIGINS = 1000

_MARK = "HTTP/1.1 alone"


class OldFashioned(dict["Hashable", float]):
    """For each connection key of such an origin, until when that is remembered."""

    __slots__ = ()

    def add(self, key: Hashable, now: float) -> Hashable:
        """Remember an origin, and return the key of the connections to use. `now`: seconds."""
        self.pop(key, None)
        self[key] = now + _SECONDS
        if len(self) > _ORIGINS:
            with suppress(KeyError, RuntimeError):  # another thread was there first
                del self[next(iter(self))]
        return (_MARK, key)

    def key_for(self, key: Hashable, now: float) -> Hashable:
        """The key of the connections to use: another one than `key` for an origin that is remembered."""
        until = self.get(key)
        if until is None:
            return key
        if until <= now:
            self.pop(key, None)
            return key
        return (_MARK, key)


def is_old_fashioned(key: Hashable) -> bool:
    """Whether a key of connections is that of such an origin."""
    return isinstance(key, tuple) and key[0] == _MARK


def can_turn_to_http11(request: Request, settings: Settings[Any]) -> bool:
    """Whether a request that the server wants over HTTP/1.1 can be sent like that.

    What asks for two ways over one stream of HTTP/2 means something else, or nothing, over HTTP/1.1.
    """
    return (
        settings.http1
        and "protocol" not in request.extensions
        and not request.extensions.get("duplex")
    )
