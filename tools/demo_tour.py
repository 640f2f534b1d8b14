"""What tools/demo shows, and how it knows that what it shows is right.

A status is easily right by accident. Here the body of every answer is compared, the server tells which protocol it saw
and from which port, and what it says must agree with what the transport says: the same port means a reused connection,
and a port of the proxy means that the request went through it.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence

import demo_servers
import httpx
from _house import ToolError
from demo_faces import CALLERS, Caller, Route, run
from demo_record import Ask, Record
from demo_screen import Screen, shorten

import httpcore

BODY = demo_servers.PIECES

TOUR = (
    Ask("GET", "GET", "/document", expected=demo_servers.DOCUMENT),
    Ask(
        "POST",
        "POST",
        "/receipt",
        pieces=BODY,
        expected=demo_servers.receipt(b"".join(BODY), declared=None),
    ),
    Ask("stream", "GET", "/pieces", expected=b"".join(BODY), in_pieces=True),
)


def routes(servers: demo_servers.Servers) -> list[Route]:
    """Return every way to the servers."""
    ways: list[tuple[str, str, bool, str | None]] = [
        ("HTTP/1.1", servers.plain, False, None),
        ("HTTP/1.1 TLS", servers.tls, False, None),
        ("HTTP/2 TLS", servers.tls, True, None),
        ("HTTP/1.1 proxy", servers.plain, False, servers.proxy),
        ("HTTP/1.1 TLS proxy", servers.tls, False, servers.proxy),
        ("HTTP/2 TLS proxy", servers.tls, True, servers.proxy),
    ]
    context = servers.client_context()
    return [
        Route(name, base, context, http2, "HTTP/2" if http2 else "HTTP/1.1", proxy)
        for name, base, http2, proxy in ways
    ]


def check(records: Sequence[Record], route: Route, through_proxy: Iterable[int]) -> None:
    """Compare what one caller got with what is right; a difference becomes the failure of its record.

    Args:
        records: the requests of one caller, in the order in which they were sent.
        route: the way that they were to go.
        through_proxy: the ports from which the proxy has connected.
    """
    seen: list[str] = []
    proxied = {str(port) for port in through_proxy}
    idle = False
    for record in records:
        peer = record.fields.get("demo-peer", "")
        if not record.failure:
            failures = [*_wrong_answer(record), *_wrong_way(record, route, seen, proxied)]
            if idle and record.dialed:
                failures.append("a new connection was made while one was idle")
            record.failure = "; ".join(failures)
        idle = not record.failure
        if peer:
            seen.append(peer)


def _wrong_answer(record: Record) -> Iterable[str]:
    ask = record.ask
    if record.status != 200:
        yield f"the status is {record.status}, not 200"
    assert ask.expected is not None  # of these servers every answer is known
    if record.received != len(ask.expected):
        yield f"the body has {record.received} bytes, not {len(ask.expected)}"
    elif record.digest != hashlib.sha256(ask.expected).hexdigest():
        yield "the body has the right length and the wrong bytes"
    if ask.in_pieces and record.pieces < 2:
        yield "the body came in one piece, so it was not streamed"


def _wrong_way(
    record: Record, route: Route, seen: Sequence[str], proxied: Iterable[str]
) -> Iterable[str]:
    peer = record.fields.get("demo-peer", "")
    server_saw = record.fields.get("demo-protocol", "nothing")
    if not record.protocol == server_saw == route.protocol:
        yield (
            f"the transport says {record.protocol}, the server says {server_saw}, "
            f"and it should be {route.protocol}"
        )
    if (route.proxy is not None) != (peer in proxied):
        yield "it went through the proxy" if peer in proxied else "it did not go through the proxy"
    if record.dialed == (peer in seen):
        says = "new" if record.dialed else "reused"
        yield f"the transport says that its connection is {says}, the server says that it is not"


def tour(screen: Screen, callers: Sequence[Caller] = CALLERS) -> int:
    """Start the servers, send every request along every route, show it; return the exit status."""
    began = _begin(screen)
    with demo_servers.Servers() as servers:
        shown = [
            (route, _show(screen, route, TOUR, callers, _checked_by(servers)))
            for route in routes(servers)
        ]
    status = _close(screen, shown, began)
    if status:
        for complaint in servers.complaints:
            screen.say(f"the servers said: {complaint}")
    return status


def _checked_by(servers: demo_servers.Servers) -> Callable[[Sequence[Record], Route], None]:
    return lambda records, route: check(records, route, servers.through_proxy)


def fetch(screen: Screen, url: str, callers: Sequence[Caller] = CALLERS) -> int:
    """GET a URL through every face, twice each, show it; return the exit status.

    Any complete answer counts as right, whatever its status: this shows the transport, not the server.

    Raises:
        ToolError: it is not a URL that could be fetched.
    """
    route, target = route_to(url)
    began = _begin(screen)
    asks = (Ask("GET", "GET", target), Ask("again", "GET", target))
    records = _show(screen, route, asks, callers, lambda _records, _route: None)
    status = _close(screen, [(route, records)], began)
    if len({record.digest for record in records if not record.failure}) > 1:
        screen.say("the bodies differ from answer to answer: such is this server")
    return status


def route_to(url: str) -> tuple[Route, str]:
    """Return the route to a URL that a person typed, and its target.

    Raises:
        ToolError: it is not a URL that could be fetched.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ToolError(f"{url!r} is not a URL: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ToolError(f"{url!r} has no scheme and host to connect to: try https://example.org/")
    base = f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"
    route = Route(shorten(parsed.host, 18), base, httpcore.default_ssl_context(), http2=True)
    return route, parsed.raw_path.decode("ascii")


def _begin(screen: Screen) -> float:
    # What the transport loads when it is first asked for would stand in the first bars, as time that no step took.
    for name in ("HTTP11Connection", "HTTP2Connection", "AnyIOBackend"):
        getattr(httpcore, name)
    screen.say("Each line is one request, each bar where its time went:")
    screen.legend()
    return time.monotonic()


def _show(
    screen: Screen,
    route: Route,
    asks: Sequence[Ask],
    callers: Sequence[Caller],
    check_records: Callable[[Sequence[Record], Route], None],
) -> list[Record]:
    how = "in a tunnel through" if route.base.startswith("https:") else "forwarded by"
    by = "" if route.proxy is None else f" {how} the proxy at {route.proxy}"
    screen.heading(route.name, f"{route.base}{by}")
    everything: list[Record] = []
    for caller in callers:
        records = run(caller, route, asks)
        check_records(records, route)
        for record in records:
            screen.row(record, first=record is records[0])
        everything += records
    return everything


def _close(screen: Screen, shown: Sequence[tuple[Route, Sequence[Record]]], began: float) -> int:
    screen.summary([(route.name, records) for route, records in shown])
    records = [record for _, group in shown for record in group]
    failed = [record for record in records if record.failure]
    dialed = sum(record.dialed for record in records)
    spent = f"{len(records)} requests, {dialed} connections, {time.monotonic() - began:.1f} s"
    screen.failures(failed)
    screen.say()
    if failed:
        screen.say(screen.paint(f"tools/demo: {spent}, {len(failed)} requests failed", "1;31"))
        return 1
    screen.say(screen.paint(f"tools/demo: {spent}, every answer right", "1;32"))
    return 0
