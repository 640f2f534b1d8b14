# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""OpenTelemetry's instrumentation of HTTPX: a span for each request, and its context in the request."""

import asyncio
import json
import sys
from contextlib import suppress

import httpx
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

plain = json.loads(sys.argv[1])["plain"]
exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
HTTPXClientInstrumentor().instrument(tracer_provider=provider)

with httpx.Client() as client:
    sent = {name.lower(): value for name, value in client.get(f"{plain}/headers").json().items()}


async def go() -> None:
    async with httpx.AsyncClient() as client:
        await client.get(f"{plain}/hello")
        with suppress(httpx.ConnectError):
            await client.get("http://localhost:1/")


asyncio.run(go())
first, second, third = exporter.get_finished_spans()
assert sent["traceparent"].split("-")[1] == format(first.context.trace_id, "032x")
assert first.attributes["http.status_code"] == second.attributes["http.status_code"] == 200
assert third.status.status_code.name == "ERROR"
HTTPXClientInstrumentor().uninstrument()
httpx.get(f"{plain}/hello")
assert len(exporter.get_finished_spans()) == 3
