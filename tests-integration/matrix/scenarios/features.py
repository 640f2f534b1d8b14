"""What HTTPX does itself, on top of the transport: redirects, cookies, authentication, hooks, decoding."""

from typing import TYPE_CHECKING, Any

import httpx

from ..scenario import Scenarios
from ..scripts import KIND, OK, Close, Forever, Read, Script, Tell, answer, serving

if TYPE_CHECKING:
    from ..case import Case
    from ..stage import Peer

scenarios = Scenarios("features")


def going(location: bytes, status: bytes = b"302 Found", *fields: bytes) -> Script:
    """Answer once with a redirect, and then plainly."""
    return (Read(), answer(b"", b"Location: " + location, *fields, status=status), *KIND)


for status in (b"301 Moved", b"302 Found", b"303 See Other", b"307 Temporary", b"308 Permanent"):
    for method in ("GET", "POST"):

        @scenarios.named(
            f"redirect-{status[:3].decode()}-{method.lower()}", a=serving(going(b"/there", status))
        )
        async def _(case: "Case", method: str = method) -> None:
            client = case.client(follow_redirects=True)
            content = b"hello" if method == "POST" else None
            response = await case.ask(client, case.urls["a"], method, content=content)
            if response is not None:
                case.note([one.status_code for one in response.history])


for location_name, location in {
    "relative": b"there",
    "with-query": b"/there?a=b#c",
    "dots": b"../there",
    "empty": b"",
    "spaces": b"/a b",
    "not-ascii": b"/\xc3\xbc",
    "no-host": b"http:///there",
    "other-scheme": b"ftp://127.0.0.1/",
    "bad-port": b"http://127.0.0.1:70000/",
    "unknown-host": b"http://nowhere.invalid/",
}.items():

    @scenarios.named(f"location-{location_name}", a=serving(going(location)))
    async def _(case: "Case") -> None:
        await case.ask(case.client(follow_redirects=True), f"{case.urls['a']}/here/")


@scenarios.named("redirect-not-followed", a=serving(going(b"/there")))
async def _(case: "Case") -> None:
    client = case.client()
    response = await case.ask(client, case.urls["a"])
    if response is not None and response.next_request is not None:
        case.note_response(await client.send(response.next_request))


@scenarios.named(
    "redirect-for-ever",
    a=serving((Forever((Read(), answer(b"", b"Location: /", status=b"302 Found"))),)),
)
async def _(case: "Case") -> None:
    await case.ask(case.client(follow_redirects=True, max_redirects=3), case.urls["a"])


def redirect_to_b(peer: "Peer") -> None:
    """Send the client to the other server."""
    url = peer.stage.places().urls["b"].encode()
    peer.send(answer(b"", b"Location: " + url, status=b"302 Found"))


@scenarios.named(
    "redirect-to-another-server", b=serving(KIND), a=serving((Read(), redirect_to_b, *KIND))
)
async def _(case: "Case") -> None:
    client = case.client(follow_redirects=True, headers={"Authorization": "secret", "X": "y"})
    await case.ask(client, case.urls["a"])


@scenarios.named("redirect-of-a-stream", a=serving(going(b"/there")))
async def _(case: "Case") -> None:
    client = case.client(follow_redirects=True)
    content = case.face.content([b"hel", b"lo"])
    await case.ask(client, case.urls["a"], "POST", content=content)


@scenarios.named(
    "redirect-of-a-stream-that-is-needed", a=serving(going(b"/there", b"307 Temporary"))
)
async def _(case: "Case") -> None:
    client = case.client(follow_redirects=True)
    content = case.face.content([b"hel", b"lo"])
    await case.ask(client, case.urls["a"], "POST", content=content)


@scenarios.named(
    "redirect-and-close",
    a=serving((*going(b"/there", b"302 Found", b"Connection: close")[:2], Close()), KIND),
)
async def _(case: "Case") -> None:
    await case.ask(case.client(follow_redirects=True), case.urls["a"])


# Cookies.


def setting(*cookies: bytes) -> Script:
    """Set cookies once."""
    return (Read(), answer(b"hello", *(b"Set-Cookie: " + cookie for cookie in cookies)), *KIND)


for cookie_name, cookies in {
    "one": (b"a=b",),
    "two": (b"a=b", b"c=d; Path=/"),
    "path": (b"a=b; Path=/other",),
    "expired": (b"a=b; Max-Age=0",),
    "secure": (b"a=b; Secure",),
    "other-domain": (b"a=b; Domain=other.example",),
    "broken": (b";;=;",),
    "quoted": (b'a="b c"',),
}.items():

    @scenarios.named(f"cookies-{cookie_name}", a=serving(setting(*cookies)))
    async def _(case: "Case") -> None:
        client = case.client()
        await case.ask(client, case.urls["a"])
        await case.ask(client, f"{case.urls['a']}/again")


@scenarios.named("cookies-of-the-client", a=serving(KIND))
async def _(case: "Case") -> None:
    await case.ask(case.client(cookies={"a": "b", "c": "d e"}), case.urls["a"])


@scenarios.named(
    "cookies-and-redirect", a=serving(going(b"/there", b"302 Found", b"Set-Cookie: a=b"))
)
async def _(case: "Case") -> None:
    await case.ask(case.client(follow_redirects=True), case.urls["a"])


# Authentication.

ASKS = answer(b"who?", b'WWW-Authenticate: Basic realm="a"', status=b"401 Unauthorized")
DIGEST = answer(
    b"who?",
    b'WWW-Authenticate: Digest realm="a", nonce="b", algorithm=MD5',
    status=b"401 Unauthorized",
)


@scenarios.named("basic", a=serving(KIND))
async def _(case: "Case") -> None:
    await case.ask(case.client(auth=("user", "sécret")), case.urls["a"])


@scenarios.named("basic-in-the-url", a=serving(KIND))
async def _(case: "Case") -> None:
    await case.ask(case.client(), case.urls["a"].replace("//", "//user:se%20cret@"))


@scenarios.named("basic-refused", a=serving((Forever((Read(), ASKS)),)))
async def _(case: "Case") -> None:
    await case.ask(case.client(auth=("user", "secret")), case.urls["a"])


@scenarios.named("digest", a=serving((Read(), DIGEST, *KIND)))
async def _(case: "Case") -> None:
    client = case.client(auth=httpx.DigestAuth("user", "secret"))
    await case.ask(client, case.urls["a"], "POST", content=b"hello")
    await case.ask(client, case.urls["a"])


@scenarios.named(
    "digest-and-close",
    a=serving((Read(), DIGEST.replace(b"Content", b"Connection: close\r\nContent"), Close()), KIND),
)
async def _(case: "Case") -> None:
    await case.ask(case.client(auth=httpx.DigestAuth("user", "secret")), case.urls["a"])


class Twice(httpx.Auth):
    """Asks again with what the server gave, and reads its answer."""

    requires_response_body = True

    def auth_flow(self, request: httpx.Request) -> Any:
        """Send the request, and once more."""
        response = yield request
        request.headers["X-Token"] = response.text
        yield request


@scenarios.named("own-authentication", a=serving(KIND))
async def _(case: "Case") -> None:
    await case.ask(case.client(auth=Twice()), case.urls["a"])


# Hooks, and what comes of responses.


@scenarios.named("hooks", a=serving(KIND))
async def _(case: "Case") -> None:
    hooks = {
        "request": [case.face.callback(lambda request: case.note(f"asking {request.method}"))],
        "response": [case.face.callback(lambda response: case.note(response.status_code))],
    }
    await case.ask(case.client(event_hooks=hooks), case.urls["a"])


def refuse(response: httpx.Response) -> None:
    """Raise for a status."""
    response.raise_for_status()


@scenarios.named(
    "hook-that-raises", a=serving((Forever((Read(), answer(b"no", status=b"500 No"))),))
)
async def _(case: "Case") -> None:
    client = case.client(event_hooks={"response": [case.face.callback(refuse)]})
    await case.ask(client, case.urls["a"])
    await case.ask(client, case.urls["a"])


LINES = answer(b"one\r\ntwo\nthr\xc3\xbc", b"Content-Type: text/plain; charset=utf-8")


@scenarios.named(
    "text-and-json", a=serving((Read(), LINES, Read(), answer(b'{"a": [1]}'), Read(), answer(b"{")))
)
async def _(case: "Case") -> None:
    client = case.client()
    case.note((await client.request("GET", case.urls["a"])).text)
    case.note((await client.request("GET", case.urls["a"])).json())
    async with case.noting_errors():
        (await client.request("GET", case.urls["a"])).json()


@scenarios.named("base-url-and-defaults", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(
        base_url=f"{case.urls['a']}/base/",
        headers={"X": "of the client", "Y": "z"},
        params={"a": "b"},
        cookies={"c": "d"},
    )
    for url in ("there", "/there", "../there", ""):
        await case.ask(client, url, headers={"X": "of the request"}, params={"e": "f"})


@scenarios.named("elapsed-and-encoding", a=serving(KIND))
async def _(case: "Case") -> None:
    response = await case.client().request("GET", case.urls["a"])
    case.note(response.elapsed.total_seconds() > 0)
    case.note(response.encoding)
    case.note(response.http_version)
    case.note(response.is_closed)
    case.note(sorted(response.extensions))


@scenarios.named("built-and-sent-as-a-stream", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    response = await client.send(client.build_request("GET", case.urls["a"]), stream=True)
    case.note(response.is_closed)
    case.note_response(response, await case.face.read(response))
    case.note(response.is_closed)


@scenarios.named("server-closes-between", a=serving((Read(), OK, Close(), Tell("closed")), KIND))
async def _(case: "Case") -> None:
    client = case.client(base_url=case.urls["a"])
    await case.ask(client, "/1")
    await case.wait_for("closed")
    await case.ask(client, "/2")
