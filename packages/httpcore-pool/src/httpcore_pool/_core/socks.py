"""The client's side of the SOCKS 5 handshake (RFC 1928, RFC 1929), without any I/O.

Written here instead of taken from a library because a handshake must be read exactly, byte for byte: what follows it on
the same stream belongs to the next protocol, and a reader of whole packets would swallow it or stop short.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from httpcore_interfaces import LocalProtocolError, ProxyError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["socks5_handshake"]

_VERSION = 5
_NO_AUTHENTICATION = 0
_USERNAME_PASSWORD = 2
_IPV4, _DOMAIN, _IPV6 = 1, 3, 4

_REPLIES = {
    1: "general failure",
    2: "connection not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "time to live expired",
    7: "command not supported",
    8: "address type not supported",
}


def socks5_handshake(
    host: bytes, port: int, auth: tuple[bytes, bytes] | None
) -> Generator[bytes | int, bytes, None]:
    """Connect onwards to `host`, whose name the proxy resolves.

    Yields bytes to be sent, or the exact number of bytes to be read and sent in here. Raises `ProxyError` when the
    proxy refuses or answers nonsense, `LocalProtocolError` for a name or credentials that do not fit.
    """
    methods = (
        bytes([_NO_AUTHENTICATION])
        if auth is None
        else bytes([_NO_AUTHENTICATION, _USERNAME_PASSWORD])
    )
    yield bytes([_VERSION, len(methods)]) + methods
    version, method = yield 2
    _check_version(version)
    if method == _USERNAME_PASSWORD and auth is not None:
        yield b"\x01" + _counted(auth[0], "user name") + _counted(auth[1], "password")
        _, status = yield 2
        if status != 0:
            raise ProxyError(
                "the SOCKS proxy refused the user name and password; check the proxy's auth"
            )
    elif method != _NO_AUTHENTICATION:
        raise ProxyError(
            "the SOCKS proxy accepts none of the ways to authenticate; give auth=(user, password)"
        )
    yield bytes([_VERSION, 1, 0]) + _address(host) + port.to_bytes(2, "big")
    version, reply, _, kind = yield 4
    _check_version(version)
    if reply != 0:
        raise ProxyError(
            f"the SOCKS proxy could not connect to {host.decode('ascii')}:{port}: "
            f"{_REPLIES.get(reply, f'unknown reply {reply}')}"
        )
    length = {_IPV4: 4, _IPV6: 16}.get(kind)
    if kind == _DOMAIN:
        (length,) = yield 1
    if length is None:
        raise ProxyError(f"the SOCKS proxy answered with the unknown address type {kind}")
    yield length + 2


def _check_version(version: int) -> None:
    if version != _VERSION:
        raise ProxyError(f"the proxy does not speak SOCKS 5: it answered with version {version}")


def _counted(text: bytes, what: str) -> bytes:
    if not 1 <= len(text) <= 255:
        raise LocalProtocolError(
            f"a SOCKS {what} must be 1 to 255 bytes long, but this one has {len(text)}"
        )
    return bytes([len(text)]) + text


def _address(host: bytes) -> bytes:
    try:
        address = ip_address(host.decode("ascii"))
    except ValueError:
        return bytes([_DOMAIN]) + _counted(host, "host name")
    return bytes([_IPV4 if address.version == 4 else _IPV6]) + address.packed
