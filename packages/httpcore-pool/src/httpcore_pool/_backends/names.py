"""Who is asked for the addresses of a name, and what is remembered of the answers.

A backend asks the operating system unless it is given a resolver. What was found is asked for again at the next connect,
since most systems remember it themselves and know for how long it holds. Where they do not, a backend can keep so many
answers, the last used ones: not more, because names can come from strangers.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

from httpcore_interfaces import HTTPCoreError

from .._core.settings import checked_limit, checked_seconds
from . import errors
from .addresses import interleaved, numeric_addresses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeAlias

    from .addresses import Address

    # Addresses, and for how many seconds they hold.
    Found: TypeAlias = tuple[Sequence[Address], float | None]

__all__ = ["AsyncResolver", "Found", "Names", "Resolved", "Resolver", "StaticResolver"]


class Resolved(NamedTuple):
    """What a resolver found.

    `addresses`: IP addresses as text, in the order in which to try them. `ttl`: seconds for which they may be kept;
    `None` when it is not known.
    """

    addresses: Sequence[str]
    ttl: float | None = None


class Resolver(Protocol):
    """A callable that knows addresses, for `SyncBackend`; calls may overlap.

    It is given a host as it stands in the URL, which is never an IP address, and a port. It returns what it found, or
    `None` to have the operating system asked. Whatever it raises becomes the cause of a `ConnectError`.
    """

    def __call__(self, host: str, port: int, /) -> Resolved | Sequence[str] | None: ...


class AsyncResolver(Protocol):
    """`Resolver` for the asynchronous backends: a coroutine function; a plain `Resolver` that does not wait will do."""

    def __call__(
        self, host: str, port: int, /
    ) -> Awaitable[Resolved | Sequence[str] | None] | Resolved | Sequence[str] | None: ...


class StaticResolver:
    """A resolver that knows a few names, and leaves all others to the operating system.

    `addresses` leads from `"host:port"`, or from `"host"` for all other ports, to an IP address or several. Raises
    `ValueError` for what is no IP address.
    """

    def __init__(self, addresses: Mapping[str, str | Sequence[str]]) -> None:
        self._known = {
            name.lower(): (found,) if isinstance(found, str) else tuple(found)
            for name, found in addresses.items()
        }
        for name, found in self._known.items():
            for text in found:
                _parsed(text, 0, name)

    def __call__(self, host: str, port: int, /) -> Sequence[str] | None:
        """The addresses of a host, `None` for one that is not known."""
        host = host.lower()
        return self._known.get(f"{host}:{port}", self._known.get(host))


class Names:
    """The resolver of a backend and its memory. Threads may share it."""

    __slots__ = ("_cache", "_lock", "_resolver", "_seconds", "_size")

    def __init__(
        self,
        resolver: Resolver | AsyncResolver | None = None,
        cache_size: int = 0,
        cache_seconds: float = 30.0,
    ) -> None:
        if resolver is not None and not callable(resolver):
            raise TypeError(f"resolver must be callable, but got {type(resolver).__name__}")
        self._resolver = resolver
        self._size = checked_limit("cache_size", cache_size, least=0)
        self._seconds = checked_seconds("cache_seconds", cache_seconds) or 0.0
        self._cache: OrderedDict[tuple[str, int], tuple[float, Sequence[Address]]] = OrderedDict()
        self._lock = Lock()

    def known(self, host: str, port: int, now: float) -> Sequence[Address]:
        """The addresses that `host` spells out, or that are remembered of it; else an empty sequence."""
        found = numeric_addresses(host, port)
        if found or not self._size:
            return found
        key = (host.lower(), port)
        with self._lock:
            until, remembered = self._cache.get(key, (0.0, ()))
            if now >= until:
                self._cache.pop(key, None)
                return ()
            self._cache.move_to_end(key)
            return remembered

    def learn(self, host: str, port: int, found: Found, now: float) -> Sequence[Address]:
        """Remember what was found, and for how many seconds it holds if that is known; return the addresses."""
        addresses, ttl = found
        ttl = self._seconds if ttl is None else ttl
        if self._size and ttl > 0:
            with self._lock:
                self._cache[host.lower(), port] = (now + ttl, addresses)
                self._cache.move_to_end((host.lower(), port))
                while len(self._cache) > self._size:
                    self._cache.popitem(last=False)
        return addresses

    def ask(self, host: str, port: int) -> Found | None:
        """What the resolver knows; `None` when the operating system is to be asked. Raises `ConnectError`."""
        if self._resolver is None:
            return None
        try:
            answer = self._resolver(host, port)
            if isinstance(answer, Awaitable):
                getattr(answer, "close", int)()  # else it would warn that nobody has awaited it
                raise TypeError("the resolver of a synchronous backend must be a plain function")
            return _checked(answer, host, port)
        except HTTPCoreError:
            raise
        except Exception as error:
            raise errors.resolve_failed(host, error) from error

    async def async_ask(self, host: str, port: int) -> Found | None:
        """`ask` for the asynchronous backends."""
        if self._resolver is None:
            return None
        try:
            answer = self._resolver(host, port)
            return _checked(await answer if isinstance(answer, Awaitable) else answer, host, port)
        except HTTPCoreError:
            raise
        except Exception as error:
            raise errors.resolve_failed(host, error) from error


def _checked(answer: object, host: str, port: int) -> Found | None:
    if answer is None:
        return None
    if isinstance(answer, Resolved):
        texts, ttl = answer.addresses, checked_seconds("ttl", answer.ttl)
    elif isinstance(answer, (list, tuple)):
        texts, ttl = answer, None
    else:
        raise TypeError(
            f"a resolver must return Resolved, a list of addresses or None, but it returned {type(answer).__name__}"
        )
    if not texts:
        raise OSError("the resolver has no address for it")
    return interleaved([_parsed(text, port, host) for text in texts]), ttl


def _parsed(text: str, port: int, host: str) -> Address:
    if not isinstance(text, str):
        raise TypeError(f"{text!r}, given for {host!r}, is no text")
    try:
        return numeric_addresses(text, port)[0]
    except (OSError, IndexError) as error:
        raise ValueError(f"{text!r}, given for {host!r}, is no IP address") from error
