# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""elastic-apm: a span for each request of a transaction, and its context in the request, in threads and tasks."""

import asyncio
import json
import sys

import elasticapm
import httpx

plain = json.loads(sys.argv[1])["plain"]
client = elasticapm.Client(
    service_name="tests", disable_send=True, central_config=False, cloud_provider="none"
)
elasticapm.instrument()


def threads() -> list[httpx.Response]:
    with httpx.Client() as http:
        return [http.get(f"{plain}/headers") for _ in range(3)]


async def tasks() -> list[httpx.Response]:
    async with httpx.AsyncClient() as http:
        return [await http.get(f"{plain}/headers") for _ in range(3)]


for ask in (threads, lambda: asyncio.run(tasks())):
    client.begin_transaction("test")
    responses = ask()
    transaction = client.end_transaction("test", "ok")
    for response in responses:
        sent = {name.lower(): value for name, value in response.json().items()}
        assert "traceparent" in sent, sent
        assert sent["traceparent"].split("-")[1] == transaction.trace_parent.trace_id
