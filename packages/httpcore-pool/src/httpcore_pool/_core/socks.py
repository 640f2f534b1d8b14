"""The client's side of the SOCKS handshakes, without any I/O: 5 (RFC 1928, RFC 1929), 4 and 4a.

Written here instead of taken from a library because a handshake must be read exactly, byte for byte: what follows it on
the same stream belongs to the next protocol, and a reader of whole packets would swallow it or stop short.

A handshake is a generator. It yields bytes to be sent, or the exact number of bytes to be read and sent in here, and
returns why the proxy could not connect onwards, `None` when it did: then another address may still do. It raises
`ProxyError` when the proxy wants nothing of us or answers nonsense, `LocalProtocolError` for what does not fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import LocalProtocolError, ProxyError

if TYPE_CHECKING:
    from collections.abc import Generator
    from ipaddress import IPv4Address, IPv6Address
    from typing import TypeAlias

    Handshake: TypeAlias = Generator[bytes | int, bytes, str | None]

__all__ = ["Handshake", "address_in", "socks4_handshake", "socks5_handshake", "socks_handshake"]

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

_GRANTED, _REJECTED = 90, 91
_ABOUT_WHO_ASKS = {
    92: "it cannot reach the identd of this machine",
    93: "the identd of this machine names another user",
}


def socks_handshake(
    scheme: bytes, host: bytes, port: int, auth: tuple[bytes, bytes] | None
) -> Handshake:
    """The handshake with a proxy whose URL has this scheme, to connect onwards to `host`."""
    if scheme in (b"socks4", b"socks4a"):
        return socks4_handshake(host, port, b"" if auth is None else auth[0])
    return socks5_handshake(host, port, auth)


def socks5_handshake(host: bytes, port: int, auth: tuple[bytes, bytes] | None) -> Handshake:
    """SOCKS 5; the proxy resolves a name."""
    methods = (
        bytes([_NO_AUTHENTICATION])
        if auth is None
        else bytes([_NO_AUTHENTICATION, _USERNAME_PASSWORD])
    )
    yield bytes([_VERSION, len(methods)]) + methods
    version, method = yield 2
    _check_version(version)
    if method == _USERNAME_PASSWORD and auth is not None:
        yield b"\x01" + _counted(auth[0], "user name", 0) + _counted(auth[1], "password", 0)
        _, status = yield 2
        if status != 0:
            raise ProxyError(
                "the SOCKS proxy refused the user name and password; check the proxy's auth"
            )
    elif method != _NO_AUTHENTICATION:
        advice = "; give auth=(user, password)" if auth is None else ""
        raise ProxyError(f"the SOCKS proxy accepts none of the ways to authenticate{advice}")
    yield bytes([_VERSION, 1, 0]) + _address(host) + port.to_bytes(2, "big")
    version, reply, _, kind = yield 4
    _check_version(version)
    if reply != 0:
        return _REPLIES.get(reply, f"unknown reply {reply}")
    length = {_IPV4: 4, _IPV6: 16}.get(kind)
    if kind == _DOMAIN:
        (length,) = yield 1
    if length is None:
        raise ProxyError(f"the SOCKS proxy answered with the unknown address type {kind}")
    yield length + 2
    return None


def socks4_handshake(host: bytes, port: int, user: bytes) -> Handshake:
    """SOCKS 4 for an address, SOCKS 4a for a name, which the proxy resolves."""
    address = address_in(host)
    if address is None:
        # An address that cannot be announces that a name follows.
        _counted(host, "host name")
        where, name = b"\0\0\0\1", host + b"\0"
    elif address.version == 4:
        where, name = address.packed, b""
    else:
        raise LocalProtocolError("SOCKS 4 knows no IPv6 addresses; use socks5 or socks5h")
    yield bytes([4, 1]) + port.to_bytes(2, "big") + where + user + b"\0" + name
    version, reply, *_ = yield 8
    if version != 0:
        raise ProxyError(
            f"the proxy does not speak SOCKS 4: its answer begins with {version} instead of 0"
        )
    if reply in _ABOUT_WHO_ASKS:
        raise ProxyError(f"the SOCKS proxy refused: {_ABOUT_WHO_ASKS[reply]}")
    if reply == _REJECTED:
        return "rejected or failed"
    return None if reply == _GRANTED else f"unknown reply {reply}"


def address_in(host: bytes) -> IPv4Address | IPv6Address | None:
    """The IP address that `host` spells out; `None` when it is a name."""
    from ipaddress import ip_address  # not for everybody who imports the pool

    try:
        return ip_address(host.decode("ascii"))
    except ValueError:
        return None


def _check_version(version: int) -> None:
    if version != _VERSION:
        raise ProxyError(f"the proxy does not speak SOCKS 5: it answered with version {version}")


def _counted(text: bytes, what: str, least: int = 1) -> bytes:
    # RFC 1929 wants a byte of a password, too, but where the user name is a secret, servers want none.
    if not least <= len(text) <= 255:
        raise LocalProtocolError(
            f"a SOCKS {what} must be {least} to 255 bytes long, but this one has {len(text)}"
        )
    return bytes([len(text)]) + text


def _address(host: bytes) -> bytes:
    address = address_in(host)
    if address is None:
        return bytes([_DOMAIN]) + _counted(host, "host name")
    return bytes([_IPV4 if address.version == 4 else _IPV6]) + address.packed
