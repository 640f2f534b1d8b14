"""What a scenario has in its hands: a face of HTTPX, the places of its servers, and a notebook."""

import contextlib
import functools
import ssl
from collections.abc import Callable
from typing import Any

import httpx

from .faces import Client, Face, Options
from .scripts import Places
from .telling import readable

#: The exceptions that httpcore 1.0.9 has. What is raised is told as the nearest of them.
KNOWN = (
    "ConnectError",
    "ConnectTimeout",
    "ConnectionNotAvailable",
    "LocalProtocolError",
    "NetworkError",
    "PoolTimeout",
    "ProtocolError",
    "ProxyError",
    "ReadError",
    "ReadTimeout",
    "RemoteProtocolError",
    "TimeoutException",
    "UnsupportedProtocol",
    "WriteError",
    "WriteTimeout",
)


@functools.cache
def trusting(authority: str) -> ssl.SSLContext:
    """Return the one context that trusts the authority of the servers."""
    return ssl.create_default_context(cafile=authority)


class Case:
    """One run of a scenario on one face."""

    def __init__(self, face: Face, places: Places, talk: Callable[[dict[str, str]], None]) -> None:
        self.face = face
        self.urls = places.urls
        self.files = places.files
        self.notes: list[str] = []
        self._talk = talk
        self._clients: list[Client] = []

    # What it writes down.

    def note(self, text: object) -> None:
        """Write down what is to be the same on both sides."""
        self.notes.append(str(text))

    def note_response(self, response: httpx.Response, body: bytes | None = None) -> None:
        """Write down all of a response."""
        fields = ", ".join(
            f"{readable(name)}: {readable(value)}" for name, value in response.headers.raw
        )
        reason = readable(response.extensions.get("reason_phrase", b"<none>"))
        line = f"{response.http_version} {response.status_code} {reason} [{fields}]"
        self.note(line)
        content = response.content if body is None else body
        if content:
            self.note(f"body {readable(content)}")

    def note_error(self, error: BaseException) -> None:
        """Write down what was raised, and what that came from: their types."""
        name = _name(error)
        cause = _name(error.__cause__) if error.__cause__ else ""
        self.note(f"{name} from {cause}" if cause.startswith("httpcore.") else name)

    # What it does.

    def client(self, **options: Options) -> Client:
        """Make a client, which is closed at the end of the case."""
        if "verify" not in options and "transport" not in options:
            options["verify"] = trusting(self.files["authority"])
        options.setdefault("trust_env", False)
        options.setdefault("timeout", 10)
        client = self.face.client(**options)
        self._clients.append(client)
        return client

    async def ask(
        self, client: Client, url: str, method: str = "GET", **options: Options
    ) -> httpx.Response | None:
        """Send a request, and write down its response, or what was raised."""
        try:
            response = await client.request(method, url, **options)
        except Exception as error:
            self.note_error(error)
            return None
        self.note_response(response)
        return response

    @contextlib.asynccontextmanager
    async def noting_errors(self) -> Any:
        """Write down what is raised inside, and go on."""
        try:
            yield
        except Exception as error:
            self.note_error(error)

    def tell(self, name: str) -> None:
        """Let a step of the servers go on."""
        self._talk({"tell": name})

    async def wait_for(self, name: str) -> None:
        """Wait until a step of the servers has been reached, and its bytes have arrived here."""
        self._talk({"wait_for": name})
        for _ in range(5):
            await self.face.sleep(0.001)

    async def close(self) -> None:
        """Close the clients."""
        for client in self._clients:
            await client.aclose()


def _name(error: BaseException) -> str:
    for kind in type(error).__mro__:
        home = kind.__module__.partition(".")[0]
        if home == "httpx":
            return f"httpx.{kind.__name__}"
        if kind.__name__ in KNOWN and home.startswith("httpcore"):
            return f"httpcore.{kind.__name__}"
    return type(error).__name__
