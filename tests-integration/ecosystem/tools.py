"""The one list of the tools that are tried, with their versions, and of the programs that try them."""

#: A requirement, and the program in `programs/` that uses what it installs.
TOOLS = {
    "anthropic==0.125.0": "use_anthropic.py",
    "authlib==1.9.9": "use_authlib.py",
    "dnspython[doh,trio]==2.8.0": "use_dnspython.py",
    "elastic-apm==6.26.2": "use_elastic_apm.py",
    "hishel[async]==2.0.0": "use_hishel.py",
    "httpx[brotli,cli,http2,socks]==0.28.1": "use_httpx_cli.py",
    "httpx-retries==0.6.0": "use_httpx_retries.py",
    "httpx-socks==0.13.1": "use_httpx_socks.py",
    "httpx-sse==0.4.3": "use_httpx_sse.py",
    "httpx-ws==0.9.0": "use_httpx_ws.py",
    "openai==2.54.0": "use_openai.py",
    "opentelemetry-instrumentation-httpx==0.66b2": "use_opentelemetry.py",
    "pytest-httpx==0.36.2": "use_pytest_httpx.py",
    "qdrant-client==1.20.0": "use_qdrant_client.py",
    "respx==0.23.1": "use_respx.py",
    "starlette==1.10.0": "use_starlette.py",
    "vcrpy==8.1.1": "use_vcrpy.py",
}

#: What some of the programs need beside that.
ALSO = ("opentelemetry-sdk==1.45.2", "pytest==9.2.0", "trio==0.35.0")

#: The same for httpx2. Many tools take it instead of HTTPX where they find it, so it has an environment of its own.
TOOLS_OF_HTTPX2 = {"httpx2==2.16.2": "use_httpx2.py"}
ALSO_FOR_HTTPX2 = ("openai==3.54.0",)
