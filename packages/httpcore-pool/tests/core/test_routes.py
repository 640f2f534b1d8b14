"""How a URL and a proxy become a list of hops, and what keeps two connections apart."""

from __future__ import annotations

from typing import Any

import pytest

from httpcore_interfaces import (
    URL,
    LocalProtocolError,
    Origin,
    Proxy,
    Request,
    UnsupportedProtocol,
)
from httpcore_pool._core.routes import (
    TLS,
    Connect,
    Route,
    SocksConnect,
    Tunnel,
    as_connect,
    as_forwarded,
    check_proxy,
    connection_key,
    is_resolved_here,
    origin_of,
    plan_route,
    proxies_of,
    server_name,
    socket_path,
)

PLAIN = Origin(b"http", b"a", 80)
SECURE = Origin(b"https", b"a", 443)
TO_ORIGIN = TLS("a", None)


def plan(origin: Origin, *proxies: Proxy, **options: Any) -> Route:
    arguments = {"server_hostname": None, "proxy_mode": "DEFAULT", "path": None, **options}
    return plan_route(origin, proxies=proxies, **arguments)


def test_direct_route_connects_and_encrypts_what_is_secure() -> None:
    assert plan(PLAIN) == Route((Connect("a", 80),), is_forward=False)
    assert plan(SECURE) == Route((Connect("a", 443), TO_ORIGIN), is_forward=False)


@pytest.mark.parametrize(("scheme", "is_secure"), [(b"ws", False), (b"wss", True)])
def test_web_sockets_travel_like_http(scheme: bytes, is_secure: bool) -> None:
    route = plan(Origin(scheme, b"a", 1))
    assert (TO_ORIGIN in route.hops) is is_secure


def test_server_name_of_the_request_comes_before_the_host() -> None:
    assert plan(SECURE, server_hostname="b").hops[-1] == TLS("b", None)


def test_unix_domain_socket_takes_the_place_of_the_host() -> None:
    assert plan(SECURE, path="/run/server").hops == (Connect("a", 443, "/run/server"), TO_ORIGIN)


def test_plain_requests_are_forwarded_and_secure_ones_tunnelled() -> None:
    proxy = Proxy("http://proxy:8080/", headers={"X": "y"})
    assert plan(PLAIN, proxy) == Route((Connect("proxy", 8080),), is_forward=True)
    assert plan(SECURE, proxy) == Route(
        (Connect("proxy", 8080), Tunnel(b"a:443", proxy), TO_ORIGIN), is_forward=False
    )


def test_mode_decides_for_all_requests() -> None:
    proxy = Proxy("http://proxy/")
    for origin in (PLAIN, SECURE):
        route = plan(origin, proxy, proxy_mode="FORWARD_ONLY")
        assert route == Route((Connect("proxy", 80),), is_forward=True)
    route = plan(PLAIN, proxy, proxy_mode="TUNNEL_ONLY")
    assert route == Route((Connect("proxy", 80), Tunnel(b"a:80", proxy)), is_forward=False)


def test_way_to_a_secure_proxy_is_encrypted_for_the_proxy() -> None:
    proxy = Proxy("https://proxy/")
    to_proxy = (Connect("proxy", 443), TLS("proxy", proxy))
    assert plan(PLAIN, proxy).hops == to_proxy
    assert plan(SECURE, proxy, server_hostname="b").hops == (
        *to_proxy,
        Tunnel(b"a:443", proxy),
        TLS("b", None),
    )


@pytest.mark.parametrize("scheme", ["socks4", "socks4a", "socks5", "socks5h"])
def test_socks_proxy_connects_onwards_whatever_the_scheme(scheme: str) -> None:
    proxy = Proxy(f"{scheme}://proxy/", auth=("user", ""))
    connect = SocksConnect(b"a", 80, proxy)
    assert plan(PLAIN, proxy) == Route((Connect("proxy", 1080), connect), is_forward=False)
    proxy = Proxy(f"{scheme}://proxy:1/")
    assert plan(SECURE, proxy).hops == (
        Connect("proxy", 1),
        SocksConnect(b"a", 443, proxy),
        TO_ORIGIN,
    )


def test_scheme_says_who_resolves() -> None:
    for scheme, is_here in (
        ("socks4", True),
        ("socks4a", False),
        ("socks5", True),
        ("socks5h", False),
    ):
        assert is_resolved_here(Proxy(f"{scheme}://proxy/")) is is_here


def test_tunnel_names_an_ipv6_address_in_brackets() -> None:
    proxy = Proxy("http://proxy/")
    route = plan(Origin(b"https", b"::1", 443), proxy)
    assert route.hops[1] == Tunnel(b"[::1]:443", proxy)


@pytest.mark.parametrize("scheme", [b"ws", b"wss"])
def test_web_sockets_go_through_tunnels(scheme: bytes) -> None:
    proxy = Proxy("http://proxy/")
    route = plan(Origin(scheme, b"a", 1), proxy)
    assert route.hops[1] == Tunnel(b"a:1", proxy)
    assert not route.is_forward


def test_chain_leads_from_each_proxy_to_the_next() -> None:
    first, second, third = Proxy("socks5h://one/"), Proxy("https://two/"), Proxy("http://three/")
    way = (
        Connect("one", 1080),
        SocksConnect(b"two", 443, first),
        TLS("two", second),
        Tunnel(b"three:80", second),
    )
    assert plan(PLAIN, first, second, third) == Route(way, is_forward=True)
    assert plan(SECURE, first, second, third) == Route(
        (*way, Tunnel(b"a:443", third), TO_ORIGIN), is_forward=False
    )
    assert plan(SECURE, third, first).hops == (
        Connect("three", 80),
        Tunnel(b"one:1080", third),
        SocksConnect(b"a", 443, first),
        TO_ORIGIN,
    )


def test_unix_domain_socket_takes_the_place_of_the_nearest_proxy() -> None:
    proxy = Proxy("http://proxy/")
    assert plan(PLAIN, proxy, path="/run/proxy").hops == (Connect("proxy", 80, "/run/proxy"),)


def test_proxy_argument_is_one_or_several_or_none() -> None:
    one, two = Proxy("http://one/"), Proxy("http://two/")
    assert proxies_of(None) == ()
    assert proxies_of(one) == (one,)
    assert proxies_of([one, two]) == (one, two)
    with pytest.raises(TypeError, match=r"^proxy must be a Proxy, .*, but got str$"):
        proxies_of(["http://one/"])  # type: ignore[list-item]


def test_request_may_name_its_socket() -> None:
    assert socket_path({}, None) is None
    assert socket_path({}, "/run/pool") == "/run/pool"
    assert socket_path({"uds": "/run/own"}, "/run/pool") == "/run/own"
    with pytest.raises(TypeError, match="the uds extension must be str, but got bytes"):
        socket_path({"uds": b"/run/own"}, None)


def test_origin_needs_a_scheme_and_a_host() -> None:
    assert origin_of(URL("wss://a/")) == Origin(b"wss", b"a", 443)
    with pytest.raises(
        UnsupportedProtocol,
        match=r"^Request URL is missing an 'http://' or 'https://' protocol\.$",
    ):
        origin_of(URL("/"))
    with pytest.raises(
        UnsupportedProtocol, match=r"^Request URL has an unsupported protocol 'ftp://'\.$"
    ):
        origin_of(URL("ftp://a/"))
    with pytest.raises(LocalProtocolError, match=r"give one as in https://example.com/"):
        origin_of(URL("https:///"))


def test_key_holds_what_makes_connections_different() -> None:
    key = connection_key(URL("https://a/x"), {})
    assert key == connection_key(URL("https://a:443/y"), {"timeout": {}})
    for url, extensions in (
        ("http://a:443/", {}),
        ("https://b/", {}),
        ("https://a:444/", {}),
        ("https://a/", {"sni_hostname": "b"}),
        ("https://a/", {"uds": "/run/b"}),
    ):
        assert key != connection_key(URL(url), extensions)
    with pytest.raises(UnsupportedProtocol):
        connection_key(URL("ftp://a/"), {})
    with pytest.raises(LocalProtocolError):
        connection_key(URL("http:///"), {})


def test_tunnel_is_asked_for_with_the_proxys_fields_and_those_they_lack() -> None:
    hop = Tunnel(b"a:443", Proxy("http://p:8080/", headers={"X": "1", "accept": "nothing"}))
    request = as_connect(hop, {"target": b"/", "sni_hostname": "b"})
    assert (request.method, request.url.target) == (b"CONNECT", b"a:443")
    assert request.url.origin == hop.proxy.url.origin
    assert request.headers == [(b"Host", b"a:443"), (b"X", b"1"), (b"accept", b"nothing")]
    assert request.extensions == {}
    hop = Tunnel(b"a:443", Proxy("http://p:8080/", headers={"Host": "other"}))
    request = as_connect(hop, {"trace": print})
    assert request.headers == [(b"Accept", b"*/*"), (b"Host", b"other")]
    assert request.extensions == {"trace": print}


def test_server_name_is_text_or_ascii_bytes() -> None:
    assert server_name({}) is None
    assert server_name({"sni_hostname": "a"}) == server_name({"sni_hostname": b"a"}) == "a"
    with pytest.raises(TypeError, match="sni_hostname extension must be str"):
        server_name({"sni_hostname": 5})
    with pytest.raises(ValueError, match="holds a NUL character"):
        server_name({"sni_hostname": "a\0b"})


def test_empty_path_of_a_request_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^the uds extension is empty"):
        socket_path({"uds": ""}, None)


def test_forwarded_request_is_in_absolute_form() -> None:
    request = Request(
        "POST",
        "http://[::1]:81/path?query",
        headers=[("Host", "a"), ("X", "own")],
        content=b"content",
        extensions={"target": b"/other", "timeout": {}},
    )
    forwarded = as_forwarded(request, [(b"x", b"proxy's"), (b"Y", b"proxy's")])
    assert forwarded.method == b"POST"
    assert forwarded.url.target == b"http://[::1]:81/other"
    assert forwarded.url.origin == request.url.origin
    # The request's own fields come first, and before the proxy's of the same name.
    assert forwarded.headers == [(b"Host", b"a"), (b"X", b"own"), (b"Y", b"proxy's")]
    assert forwarded.stream is request.stream
    assert forwarded.extensions == {"timeout": {}}
    assert request.url.target == b"/other"
    assert "target" in request.extensions


def test_proxy_must_have_a_known_scheme_and_a_host() -> None:
    for scheme in ("http", "https", "socks4", "socks4a", "socks5", "socks5h"):
        check_proxy(Proxy(f"{scheme}://p/"))
    with pytest.raises(UnsupportedProtocol, match="unsupported scheme 'ftp'"):
        check_proxy(Proxy("ftp://p/"))
    with pytest.raises(ValueError, match="no host"):
        check_proxy(Proxy("http://:80/"))


def test_fields_for_a_proxy_are_checked_as_those_of_requests() -> None:
    with pytest.raises(LocalProtocolError, match="illegal byte"):
        check_proxy(Proxy("http://p/", headers={"X": "a\r\nY: b"}))


@pytest.mark.parametrize("auth", [("user", "pass"), ("us\0er", "")])
def test_socks4_has_no_password_and_ends_the_name_with_nul(auth: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="SOCKS 4 knows a user name") as caught:
        check_proxy(Proxy("socks4a://p/", auth=auth))
    assert "pass" not in str(caught.value).replace("password", "")
    check_proxy(Proxy("socks4a://p/", auth=("user", "")))
