# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""respx: routes of its own instead of the network, at HTTPX's transports and below them; what it lets through arrives."""

import asyncio
import json
import sys

import httpx
import respx

import httpcore

plain = json.loads(sys.argv[1])["plain"]

# Below the transports, where it patches httpcore's classes by their private names.
with respx.mock(using="httpcore") as router:
    route = router.get("https://example.org/a").mock(
        return_value=httpx.Response(201, json={"a": 1})
    )
    router.post("https://example.org/b").mock(side_effect=httpcore.ConnectError)
    router.get(f"{plain}/hello").pass_through()
    with httpx.Client() as client:
        response = client.get("https://example.org/a", headers={"X-A": "b"})
        assert (response.status_code, response.json()) == (201, {"a": 1})
        assert route.calls.last.request.headers["X-A"] == "b"
        try:
            client.post("https://example.org/b", content=b"x")
        except httpx.ConnectError:
            pass
        else:
            raise AssertionError("no error")
        assert client.get(f"{plain}/hello").text == "hello, world\n"

    async def go() -> None:
        async with httpx.AsyncClient() as client:
            assert (await client.get("https://example.org/a")).status_code == 201
            assert (await client.get(f"{plain}/hello")).text == "hello, world\n"

    asyncio.run(go())
    with httpcore.ConnectionPool() as pool:
        assert pool.request("GET", "https://example.org/a").status == 201
    assert route.call_count == 3

# A proxy is a class of its own.
with respx.mock(using="httpcore", assert_all_called=False) as router:
    router.get("https://example.org/a").respond(202)
    with httpx.Client(proxy="http://proxy.example") as client:
        assert client.get("https://example.org/a").status_code == 202

# At the transports, as a decorator.
with respx.mock(using="httpx", base_url="https://example.org") as router:
    router.get(path="/a").respond(203, text="mocked")
    assert httpx.get("https://example.org/a").text == "mocked"

# And afterwards all is as before.
assert httpx.get(f"{plain}/hello").text == "hello, world\n"
