"""Which server is asked for what: everything that it can do, in the versions that Debian 12 and later ones have.

What stands in `CANNOT` was tried and seen to be missing on the server's side, with the reason. A server that learns it
later is asked for it by taking its line out.
"""

import pytest

from .web_servers import WEB_SERVERS

HTTP11 = ("nginx", "apache", "caddy", "haproxy", "h2o", "hypercorn", "node")
HTTP2 = (*HTTP11, "nghttpd")

# By feature and server; the protocol is in the name of the feature.
CANNOT = {
    ("trailers", "apache"): "2.4 drops trailers, its proxy's and others",
    ("trailers", "h2o"): "2.2 drops the trailers of its origin",
    ("trailers", "hypercorn"): "has them for HTTP/2 alone",
    ("trailers over HTTP/2", "h2o"): "2.2 drops the trailers of its origin",
    ("trailers of requests over HTTP/2", "nginx"): "1.22 answers them with GOAWAY",
    # Seen in its log (http2:trace2): one in a hundred, when they come in a packet of their own.
    (
        "trailers of requests over HTTP/2",
        "apache",
    ): "2.4 resets a stream whose answer was ready before they came",
    ("trailers to the application", "nginx"): "drops those of requests",
    ("trailers to the application", "apache"): "drops those of requests",
    ("trailers to the application", "caddy"): "drops those of requests",
    ("trailers to the application", "h2o"): "drops those of requests",
    ("trailers to the application", "hypercorn"): "ASGI has no words for those of requests",
    ("trailers to the application", "nghttpd"): "has no applications",
    ("early hints", "nginx"): "before 1.29 it takes 103 for the final response of its origin",
    ("early hints", "h2o"): "2.2 drops the 1xx responses of its origin",
    ("early hints", "hypercorn"): "has them for HTTP/2 alone",
    (
        "early hints over HTTP/2",
        "nginx",
    ): "before 1.29 it takes 103 for the final response of its origin",
    ("early hints over HTTP/2", "h2o"): "2.2 drops the 1xx responses of its origin",
    ("early hints over HTTP/2", "nghttpd"): "has none",
    ("refusal before content", "caddy"): "asks for content as soon as its proxy looks for some",
    ("refusal before content", "h2o"): "asks for content before it looks at the path",
    (
        "refusal before content",
        "hypercorn",
    ): "asks for content before the application sees the request",
}


def those_that_can(feature: str, servers: tuple[str, ...]) -> tuple[str, ...]:
    """The servers without those that cannot."""
    return tuple(name for name in servers if (feature, name) not in CANNOT)


def over_http11(feature: str) -> pytest.MarkDecorator:
    """Run a test with each HTTP/1.1 server that can, plain and with TLS."""
    names = those_that_can(feature, HTTP11)
    places = [(name, port, b"HTTP/1.1") for port in (0, 1) for name in names]
    ids = [*names, *(f"{name}-tls" for name in names)]
    return pytest.mark.parametrize("server", places, ids=ids, indirect=True)


def over_http2(feature: str) -> pytest.MarkDecorator:
    """Run a test with each HTTP/2 server that can."""
    names = those_that_can(feature, HTTP2)
    places = [(name, HTTP2_PORT.get(name, 1), b"HTTP/2") for name in names]
    return pytest.mark.parametrize("server", places, ids=names, indirect=True)


#: Which of a server's ports speaks HTTP/2.
HTTP2_PORT = {"node": 2, "nghttpd": 0}

assert set(HTTP2) == set(WEB_SERVERS)
