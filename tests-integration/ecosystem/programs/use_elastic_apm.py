# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""elastic-apm: a span for each request of a transaction, and its context in the request."""

import json
import sys

import elasticapm
import httpx

plain = json.loads(sys.argv[1])["plain"]
client = elasticapm.Client(
    service_name="tests", disable_send=True, central_config=False, cloud_provider="none"
)
elasticapm.instrument()
client.begin_transaction("test")
with httpx.Client() as http:
    sent = {name.lower(): value for name, value in http.get(f"{plain}/headers").json().items()}
transaction = client.end_transaction("test", "ok")
assert "traceparent" in sent, sent
assert sent["traceparent"].split("-")[1] == transaction.trace_parent.trace_id
