"""Request, Response and Proxy: plain values in wire form, with the coercions people rely on.

A transport reads the attributes and nothing else, so they are attributes, not properties. Whoever already has the wire
form (the protocols, for every response) uses `Response.from_wire`, which does no coercion.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from typing import TYPE_CHECKING, cast

from ._async.byte_streams import AsyncByteStream
from ._byte_streams import EMPTY, PlainByteStream
from ._exceptions import StreamClosed
from ._sync.byte_streams import SyncByteStream
from ._urls import URL, read_url, to_bytes
from ._wire_fields import good_fields, host_field, recent_fields, to_fields, what_is_there

if TYPE_CHECKING:
    import ssl
    from collections.abc import (
        AsyncIterable,
        AsyncIterator,
        Iterable,
        Iterator,
        Mapping,
        MutableMapping,
    )
    from typing import Any, TypeAlias

    from ._fields import Field, Fields
    from ._types import ContentTypes, HeaderTypes

    ByteStreams: TypeAlias = (
        AsyncByteStream | SyncByteStream | Iterable[bytes] | AsyncIterable[bytes]
    )

__all__ = ["Proxy", "Request", "Response", "prepared_request"]


class Request:
    """An HTTP request.

    - `method`: `bytes` or ASCII `str`, sent as given.
    - `url`: a `URL`, or `bytes` or `str` to make one of.
    - `headers`: a mapping or a sequence of pairs, `bytes` or ASCII `str`; sent in this order with this case.
    - `content`: `bytes`, an iterable of bytes, or an asynchronous iterable of bytes.
    - `extensions`: see `RequestExtensions`; `target` replaces the URL's target.
    - `reads_whole`: an attribute, `True` for a request whose response will be read to its end at once, as `request()` does.
      A transport may then be done with it before it returns the response, whose body is read as any other.

    Nothing is added: `Host` and the framing fields are the caller's, or those of the `request()` and `stream()`
    conveniences. Raises `TypeError` for other types.
    """

    __slots__ = (
        "__weakref__",
        "_good",
        "extensions",
        "headers",
        "method",
        "reads_whole",
        "stream",
        "url",
    )

    method: bytes
    url: URL
    headers: Fields
    stream: ByteStreams
    extensions: MutableMapping[str, Any]
    reads_whole: bool
    #: The fields that `headers` had when they were found good, all of them; `None` when they were not.
    _good: Fields | None

    def __init__(
        self,
        method: bytes | str,
        url: URL | bytes | str,
        *,
        headers: HeaderTypes = None,
        content: ContentTypes = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        self.method = method if type(method) is bytes else _to_method(method)
        self.url = url if type(url) is URL else _to_url(url)
        self._good = good = good_fields(headers)
        self.headers = to_fields(headers) if good is None else good.copy()
        self.stream = EMPTY if content is None else _to_stream(content)
        self.reads_whole = False
        if extensions is None:
            self.extensions = {}
        else:
            _extend(self, extensions)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.method!r}]>"


class Response:
    """An HTTP response: `status`, `headers`, `stream`, `extensions` (see `ResponseExtensions`).

    Read it whole with `read()` or `aread()`, after which `content` is there, or piece by piece with `iter_stream()` or
    `aiter_stream()`. Then `close()` or `aclose()`: until one of these has reached the end or has closed it, the response
    occupies its connection. Misuse raises `RuntimeError` (`StreamClosed` after closing) and changes nothing.
    """

    __slots__ = (
        "__weakref__",
        "_closed",
        "_content",
        "_streamed",
        "extensions",
        "headers",
        "status",
        "stream",
    )

    status: int
    headers: Fields
    stream: ByteStreams
    extensions: MutableMapping[str, Any]
    _content: bytes | None
    _streamed: bool
    _closed: bool

    def __init__(
        self,
        status: int,
        *,
        headers: HeaderTypes = None,
        content: ContentTypes = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        if isinstance(status, bool) or not isinstance(status, int):
            raise TypeError(f"status must be int, but got {type(status).__name__}.")
        self.status = status
        self.headers = to_fields(headers)
        self.stream = EMPTY if content is None else _to_stream(content)
        self.extensions = {} if extensions is None else _to_extensions(extensions)
        self._content = None
        self._streamed = False
        self._closed = False

    @classmethod
    def from_wire(
        cls, status: int, headers: Fields, stream: ByteStreams, extensions: MutableMapping[str, Any]
    ) -> Response:
        """A response from parts that are already in wire form; they are taken as they are, not checked or copied."""
        self = _new(cls)
        self.status = status
        self.headers = headers
        self.stream = stream
        self.extensions = extensions
        self._content = None
        self._streamed = False
        self._closed = False
        return self

    @property
    def content(self) -> bytes:
        """The whole body, once `read()` or `aread()` has been called. Raises `RuntimeError` before that."""
        if self._content is None:
            if type(self.stream) is PlainByteStream:
                return self.stream.content
            raise RuntimeError(
                "Attempted to access 'response.content' on a streaming response. "
                f"Call '{'response.read()' if hasattr(self.stream, '__iter__') else 'await response.aread()'}' first."
            )
        return self._content

    def read(self) -> bytes:
        """Read the body to its end, keep it in `content`, and return it."""
        if self._content is None:
            stream: Any = self.stream
            if isinstance(stream, SyncByteStream):
                if self._closed or self._streamed:
                    self._start_streaming("for ... in response.iter_stream()")
                self._streamed = True
                self._content = stream.read_whole()
                return self._content
            if not hasattr(stream, "__iter__"):
                raise RuntimeError(
                    "Attempted to read an asynchronous response using 'response.read()'. "
                    "You should use 'await response.aread()' instead."
                )
            self._start_streaming("for ... in response.iter_stream()")
            # `join` would ask an iterable for its iterator twice.
            self._content = b"".join([*stream])
        return self._content

    async def aread(self) -> bytes:
        """Read the body to its end, keep it in `content`, and return it."""
        if self._content is None:
            stream: Any = self.stream
            if isinstance(stream, AsyncByteStream):
                if self._closed or self._streamed:
                    self._start_streaming("async for ... in response.aiter_stream()")
                self._streamed = True
                self._content = await stream.aread_whole()
                return self._content
            if not hasattr(stream, "__aiter__"):
                raise RuntimeError(
                    "Attempted to read an synchronous response using 'await response.aread()'. "
                    "You should use 'response.read()' instead."
                )
            self._start_streaming("async for ... in response.aiter_stream()")
            self._content = b"".join([chunk async for chunk in stream])
        return self._content

    def iter_stream(self) -> Iterator[bytes]:
        """The chunks of the body as they arrive. Can be called once."""
        if not hasattr(self.stream, "__iter__"):
            raise RuntimeError(
                "Attempted to stream an asynchronous response using 'for ... in response.iter_stream()'. "
                "You should use 'async for ... in response.aiter_stream()' instead."
            )
        self._start_streaming("for ... in response.iter_stream()")
        return iter(cast("Iterable[bytes]", self.stream))

    def aiter_stream(self) -> AsyncIterator[bytes]:
        """The chunks of the body as they arrive. Can be called once."""
        if not hasattr(self.stream, "__aiter__"):
            raise RuntimeError(
                "Attempted to stream an synchronous response using 'async for ... in response.aiter_stream()'. "
                "You should use 'for ... in response.iter_stream()' instead."
            )
        self._start_streaming("async for ... in response.aiter_stream()")
        return aiter(cast("AsyncIterable[bytes]", self.stream))

    def close(self) -> None:
        """Give up the rest of the body and free the connection. Calling it again does nothing."""
        stream = self.stream
        if isinstance(stream, SyncByteStream):
            self._closed = True
            stream.close()
            return
        if not hasattr(stream, "__iter__"):
            raise RuntimeError(
                "Attempted to close an asynchronous response using 'response.close()'. "
                "You should use 'await response.aclose()' instead."
            )
        self._closed = True
        close = getattr(stream, "close", None)
        if close is not None:
            close()

    async def aclose(self) -> None:
        """Give up the rest of the body and free the connection. Calling it again does nothing."""
        stream = self.stream
        if isinstance(stream, AsyncByteStream):
            self._closed = True
            await stream.aclose()
            return
        if not hasattr(stream, "__aiter__"):
            raise RuntimeError(
                "Attempted to close a synchronous response using 'await response.aclose()'. "
                "You should use 'response.close()' instead."
            )
        self._closed = True
        aclose = getattr(stream, "aclose", None)
        if aclose is not None:
            await aclose()

    def _start_streaming(self, call: str) -> None:
        if type(self.stream) is PlainByteStream:
            return  # it can be given again and again, and after closing
        if self._closed:
            raise StreamClosed(f"Attempted to call '{call}' on a response that was closed.")
        if self._streamed:
            raise RuntimeError(f"Attempted to call '{call}' more than once.")
        self._streamed = True

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.status}]>"


class Proxy:
    """A proxy to go through.

    - `url`: `http://`, `https://`, `socks4://`, `socks4a://`, `socks5://` or `socks5h://`.
    - `auth`: user name and password, sent as the scheme wants it: `Proxy-Authorization: Basic` or the SOCKS handshake.
      Without it, those in a `url` of `str` or `bytes` are used, percent-decoded: `http://user:p%40ss@proxy.example`.
    - `headers`: further fields for the proxy, never sent to the origin.
    - `ssl_context`: for `https://` proxies.

    `repr` shows no credentials.
    """

    __slots__ = ("auth", "headers", "ssl_context", "url")

    def __init__(
        self,
        url: URL | bytes | str,
        auth: tuple[bytes | str, bytes | str] | None = None,
        headers: HeaderTypes = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.url = _to_url(url)
        self.headers = to_fields(headers)
        self.ssl_context = ssl_context
        self.auth: tuple[bytes, bytes] | None = None
        if auth is None and not isinstance(url, URL):
            auth = _userinfo(to_bytes(url, "url"))
        if auth is not None:
            if not isinstance(auth, (tuple, list)) or len(auth) != 2:
                raise TypeError(
                    f"auth must be a pair of user name and password, but got {type(auth).__name__}."
                )
            user, password = to_bytes(auth[0], "auth"), to_bytes(auth[1], "auth")
            self.auth = (user, password)
            if self.url.scheme in (b"http", b"https"):
                credentials = b2a_base64(user + b":" + password, newline=False)
                self.headers = [(b"Proxy-Authorization", b"Basic " + credentials), *self.headers]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{bytes(self.url).decode('ascii', 'backslashreplace')}]>"


def prepared_request(
    method: bytes | str,
    url: URL | bytes | str,
    headers: HeaderTypes,
    content: ContentTypes,
    extensions: Mapping[str, Any] | None,
) -> Request:
    """A request as `request()` and `stream()` send it: with `Host` and the framing fields added where absent."""
    # Not by the class, which would be called with names, and make a tuple and a dict of the arguments.
    request = _new(Request)
    request.method = (type(method) is str and _METHODS.get(method)) or _to_method(method)
    request.url = made = read_url(url) if type(url) is str and url else _to_url(url)
    request.stream = EMPTY if content is None else _to_stream(content)
    request.reads_whole = False
    if extensions is None:
        request.extensions = {}
    else:
        _extend(request, extensions)
    recent = recent_fields[0]
    good = recent if type(headers) is list and headers == recent else good_fields(headers)
    if good is None:
        request.headers = to_fields(headers)
        _complete(request, content)
        return request
    if not good.has_host:
        # A URL that was given may have been changed since it was read.
        start = made._start if made is not url else None
        field = start.host_field if start is not None else None
        if field is None:
            field, is_good = host_field(made)
            if not is_good:
                request.headers = good
                _complete(request, content)
                return request
            if start is not None:
                start.host_field = field
        kept = good.kept
        good = kept[1] if kept is not None and kept[0] is field else good.behind(field)
    request._good = good
    request.headers = good.copy()
    if content is not None and not good.has_framing:
        field = _framing(content)
        request.headers.append(field)
        request._good = [*good, field]
    return request


def _extend(request: Request, extensions: Mapping[str, Any]) -> None:
    request.extensions = _to_extensions(extensions)
    target = request.extensions.get("target")
    if target is not None:
        url = request.url
        request.url = URL(
            scheme=url.scheme, host=url.host, port=url.port, target=to_bytes(target, "target")
        )


def _complete(request: Request, content: ContentTypes) -> None:
    """Add what is absent to fields of which some are not good, or may not be."""
    fields = request.headers = [*request.headers]
    request._good = None
    has_host, has_framing = what_is_there(fields)
    if not has_host:
        fields.insert(0, host_field(request.url)[0])
    if content is not None and not has_framing:
        fields.append(_framing(content))


def _framing(content: bytes | ByteStreams) -> Field:
    if isinstance(content, bytes):
        return (b"Content-Length", b"%d" % len(content))
    return _CHUNKED


_CHUNKED = (b"Transfer-Encoding", b"chunked")
_new = object.__new__

_USERINFO = re.compile(rb"[^/?#]*?//(?P<user>[^/?#:]*)(?::(?P<password>[^/?#]*))?@")


def _userinfo(url: bytes) -> tuple[bytes, bytes] | None:
    """The user name and password in a URL (RFC 3986, 3.2.1)."""
    match = _USERINFO.match(url)
    if match is None or not (match["user"] or match["password"]):
        return None
    from urllib.parse import unquote_to_bytes  # few have any, and it takes a while to load

    return unquote_to_bytes(match["user"]), unquote_to_bytes(match["password"] or b"")


def _to_url(url: URL | bytes | str) -> URL:
    if isinstance(url, (bytes, str)):
        return read_url(url) if url else URL()
    if isinstance(url, URL):
        return url
    raise TypeError(f"url must be a URL, bytes, or str, but got {type(url).__name__}.")


_METHODS = {
    method.decode(): method
    for method in (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS")
}


def _to_method(method: bytes | str) -> bytes:
    return (type(method) is str and _METHODS.get(method)) or to_bytes(method, "method")


def _to_stream(content: bytes | ByteStreams) -> ByteStreams:
    if isinstance(content, bytes):
        return PlainByteStream(content) if content else EMPTY
    if isinstance(content, (str, bytearray, memoryview)):
        # They can be iterated, but do not give bytes.
        raise TypeError(
            "content must be bytes or an iterable of bytes, "
            f"but got {type(content).__name__}; make bytes of it first."
        )
    if isinstance(content, (AsyncByteStream, SyncByteStream)):
        return content
    if hasattr(content, "__iter__") or hasattr(content, "__aiter__"):
        return content
    raise TypeError(
        f"content must be bytes or an iterable of bytes, but got {type(content).__name__}."
    )


def _to_extensions(extensions: Mapping[str, Any]) -> MutableMapping[str, Any]:
    if isinstance(extensions, dict):
        return extensions
    if not hasattr(extensions, "keys"):
        raise TypeError(f"extensions must be a mapping, but got {type(extensions).__name__}.")
    return dict(extensions)
