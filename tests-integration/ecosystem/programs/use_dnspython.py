# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""dnspython: DNS over HTTPS through its own network backend, which it puts into the pool, in threads, asyncio and Trio."""

import json
import ssl
import sys

import anyio
import dns.asyncbackend
import dns.asyncquery
import dns.message
import dns.query

places = json.loads(sys.argv[1])
url = places["secure"] + "/dns-query"
trusting = ssl.create_default_context(cafile=places["authority"])
options = {"verify": trusting, "bootstrap_address": "127.0.0.1", "timeout": 10}


def address(response: dns.message.Message) -> str:
    return response.answer[0][0].address


def question() -> dns.message.Message:
    return dns.message.make_query("example.org", "A")


for post in (True, False):
    assert address(dns.query.https(question(), url, post=post, **options)) == "192.0.2.1"


async def go(name: str) -> None:
    dns.asyncbackend.set_default_backend(name)
    for post in (True, False):
        response = await dns.asyncquery.https(question(), url, post=post, **options)
        assert address(response) == "192.0.2.1"


anyio.run(go, "asyncio", backend="asyncio")
anyio.run(go, "trio", backend="trio")

# Its backend was asked, and nobody else: the name has no address, so only the one that it was given can be it.
elsewhere = url.replace("localhost", "example.com")
assert address(dns.query.https(question(), elsewhere, **options)) == "192.0.2.1"
