"""What a user's TLS context is made to offer, and how little of it is touched."""

from __future__ import annotations

import contextlib
import gc
import ssl
import threading

from httpcore_pool._backends import alpn
from httpcore_pool._backends.alpn import offering, take_over
from httpcore_pool._backends.tls_engine import TLSEngine

from .ends import authority, client_context

HTTP1 = ("http/1.1",)
HTTP2 = ("h2", "http/1.1")


class Recording(ssl.SSLContext):
    """Remembers which lists it was told to offer."""

    offered: list[list[str]]

    def set_alpn_protocols(self, alpn_protocols: object) -> None:
        assert isinstance(alpn_protocols, list)
        self.__dict__.setdefault("offered", []).append(alpn_protocols)
        super().set_alpn_protocols(alpn_protocols)


def recording() -> Recording:
    context = Recording(ssl.PROTOCOL_TLS_CLIENT)
    context.offered = []
    return context


def offer(context: ssl.SSLContext, protocols: tuple[str, ...]) -> None:
    with offering(context, protocols):
        pass


def chosen(engine: TLSEngine, *server_protocols: str) -> str | None:
    """What a server chooses that prefers these protocols."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("tls.example").configure_cert(context)
    context.set_alpn_protocols(list(server_protocols))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    done = engine.handshake()
    while not done:
        incoming.write(engine.last_words())
        with contextlib.suppress(ssl.SSLWantReadError):
            server.do_handshake()
        done = engine.handshake(outgoing.read())
    return engine.ssl_object.selected_alpn_protocol()


def test_context_is_left_alone_for_http1() -> None:
    context = recording()
    for _ in range(2):
        offer(context, HTTP1)
    assert context.offered == []


def test_list_is_set_once() -> None:
    context = recording()
    for _ in range(3):
        offer(context, HTTP2)
    assert context.offered == [[*HTTP2]]


def test_list_is_set_again_for_another_pool() -> None:
    context = recording()
    for protocols in (HTTP2, HTTP1, HTTP1, HTTP2):
        offer(context, protocols)
    assert context.offered == [[*HTTP2], [*HTTP1], [*HTTP2]]


def test_context_that_is_taken_over_is_set_for_http1_too() -> None:
    context = recording()
    assert take_over(context)
    assert not take_over(context)
    for _ in range(2):
        offer(context, HTTP1)
    assert context.offered == [[*HTTP1]]


def test_connection_keeps_the_list_it_was_made_with() -> None:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    first = TLSEngine(context, "tls.example", None, HTTP2)
    second = TLSEngine(context, "tls.example", None, HTTP1)
    third = TLSEngine(context, "tls.example", None, HTTP2)
    assert [chosen(engine, "h2", "http/1.1") for engine in (second, third, first)] == [
        "http/1.1",
        "h2",
        "h2",
    ]


def test_engine_that_is_told_nothing_offers_what_the_context_says() -> None:
    assert chosen(TLSEngine(client_context(), "tls.example"), "h2") is None


def test_threads_that_share_a_context_get_what_each_wants() -> None:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    wrong: list[object] = []

    def connect(protocols: tuple[str, ...]) -> None:
        for _ in range(25):
            found = chosen(TLSEngine(context, "tls.example", None, protocols), "h2", "http/1.1")
            if found != protocols[0]:
                wrong.append((protocols, found))

    threads = [
        threading.Thread(target=connect, args=(protocols,)) for protocols in (HTTP1, HTTP2) * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Before the first thread wants HTTP/2 the context is left alone, and nothing is chosen.
    assert [pair for pair in wrong if pair != (HTTP1, None)] == []


def test_users_contexts_are_not_kept_alive() -> None:
    gc.collect()
    count = len(alpn._offered)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    offer(context, HTTP2)
    assert len(alpn._offered) == count + 1
    del context
    gc.collect()
    assert len(alpn._offered) == count
