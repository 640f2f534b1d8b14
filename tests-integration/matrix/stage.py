"""Plays the scripts of one scenario for one client: real sockets on loopback, a thread for each connection.

What the servers saw is kept for each connection, in the order in which they came, and is complete when `close` returns:
by then the client has closed everything, or what it left open is noted as such and closed from here.
"""

import contextlib
import select
import socket
import struct
import threading
from pathlib import Path
from tempfile import mkdtemp

from .certificates import Certificates
from .scripts import (
    Close,
    Drain,
    Forever,
    Places,
    Read,
    Reset,
    Script,
    Server,
    Slowly,
    Take,
    Tell,
    Tls,
    WaitFor,
)
from .telling import Disguise, readable

# Seconds after which a client that is done must have closed its connections. The machine may be busy.
PATIENCE = 5.0


class GoneError(Exception):
    """The client has ended the connection, by whatever means."""


class Peer:
    """One connection, from the server's side."""

    def __init__(self, sock: socket.socket, stage: "Stage") -> None:
        self.sock = sock
        self.stage = stage
        self.saw: list[str] = []
        self._unread = b""

    def note(self, text: str) -> None:
        """Keep what is worth telling of this connection."""
        self.saw.append(text)

    def receive(self) -> bytes:
        """Return what came next.

        Raises:
            GoneError: the client has ended the connection.
        """
        if self._unread:
            data, self._unread = self._unread, b""
            return data
        try:
            data = self.sock.recv(65536)
        except OSError:
            data = b""
        if not data:
            raise GoneError
        return data

    def take(self, count: int) -> bytes:
        """Read exactly so many bytes."""
        data = b""
        try:
            while len(data) < count:
                data += self.receive()
        except GoneError:
            self._note_rest(data)
            raise
        data, self._unread = data[:count], data[count:]
        return data

    def take_until(self, end: bytes) -> bytes:
        """Read up to the end that is named, and that too."""
        data = b""
        try:
            while end not in data:
                data += self.receive()
        except GoneError:
            self._note_rest(data)
            raise
        found, _, self._unread = data.partition(end)
        return found + end

    def _note_rest(self, data: bytes) -> None:
        if data:
            self.note(f"only {readable(data)}")

    def send(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            GoneError: the client has ended the connection.
        """
        try:
            self.sock.sendall(data)
        except OSError:
            raise GoneError from None

    def read(self, *, body: bool) -> None:
        """Read a request, and note it."""
        head = self.take_until(b"\r\n\r\n")
        self.note(readable(head[:-4]))
        if not body:
            return
        fields = head.lower().split(b"\r\n")
        if b"transfer-encoding: chunked" in fields:
            content = self._chunked()
        else:
            lengths = [int(line[15:]) for line in fields if line.startswith(b"content-length:")]
            content = self.take(lengths[0]) if lengths else b""
        if content:
            self.note(f"body {readable(content)}")

    def _chunked(self) -> bytes:
        content = b""
        while size := int(self.take_until(b"\r\n"), 16):
            content += self.take(size)
            self.take(2)
        self.take_until(b"\r\n")
        return content

    def drain(self) -> None:
        """Read until the client ends."""
        with contextlib.suppress(GoneError):
            while True:
                self.receive()
        raise GoneError

    def end_after(self, seconds: float) -> None:
        """Wait for the client to end, but not for longer than that; which of the two it was is noted."""
        self.sock.settimeout(seconds)
        try:
            while self.sock.recv(65536):
                pass
        except TimeoutError:
            self.note(f"the client still waits after {seconds} s")
            self.sock.close()
        except OSError:
            pass
        raise GoneError

    def reset(self) -> None:
        """Close it such that the client gets a reset."""
        # What would linger for zero seconds is cut off.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def become_tls(self, tls: Tls) -> None:
        """Shake hands as a TLS server, and note what the client asked for."""
        names: list[str | None] = []
        context = self.stage.certificates.server_context(tls)
        context.sni_callback = lambda _sock, name, _context: names.append(name)
        try:
            secured = context.wrap_socket(self.sock, server_side=True)
        except OSError:
            self.note(f"TLS handshake failed, name {(names or [None])[0]}")
            raise GoneError from None
        self.sock = secured
        self.note(f"TLS, name {names[0]}, protocol {secured.selected_alpn_protocol()}")
        if tls.asks_for_certificate:
            subject = secured.getpeercert()
            self.note(f"certificate of the client: {'yes' if subject else 'no'}")

    def play(self, script: Script) -> None:
        """Take the steps of a script."""
        for step in script:
            self._take_step(step)

    def _take_step(self, step: object) -> None:
        match step:
            case bytes():
                self.send(step)
            case Read():
                self.read(body=step.body)
            case Take():
                self.note(readable(self.take(step.count)))
            case Drain():
                self.drain()
            case Close():
                self.sock.close()
            case Reset():
                self.reset()
            case Tls():
                self.become_tls(step)
            case Tell():
                self.stage.event(step.name).set()
            case WaitFor():
                self.stage.wait_for(step.name)
            case Slowly():
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in step.data:
                    self.send(bytes([byte]))
            case Forever():
                while True:
                    self.play(step.steps)
            case _:
                assert callable(step)
                step(self)


class _Listener:
    """One server: accepts, and plays its scripts."""

    def __init__(self, name: str, server: Server, stage: "Stage") -> None:
        self.name = name
        self.peers: list[Peer] = []
        self._server = server
        self._stage = stage
        self._threads: list[threading.Thread] = []
        self._fillers: list[socket.socket] = []
        self._woken, self._waker = socket.socketpair()
        family = socket.AF_UNIX if server.kind == "unix" else socket.AF_INET
        self.sock = socket.socket(family)
        if server.kind == "unix":
            self.path = str(stage.folder / name)
            self.sock.bind(self.path)
        else:
            self.sock.bind(("127.0.0.1", 0))
            self.port = self.sock.getsockname()[1]
        if server.kind == "full":
            self._fill()
        elif server.kind != "refusing":
            self.sock.listen(64)
            self._acceptor = threading.Thread(target=self._accept, daemon=True)
            self._acceptor.start()

    def _fill(self) -> None:
        """Make connections until none is taken any more."""
        self.sock.listen(0)
        while True:
            filler = socket.socket()
            filler.setblocking(False)
            self._fillers.append(filler)
            filler.connect_ex(self.sock.getsockname())
            if not select.select([], [filler], [], 0.1)[1]:
                return

    def _accept(self) -> None:
        while True:
            readable_now = select.select([self.sock, self._woken], [], [])[0]
            if self.sock not in readable_now:
                return
            sock, _ = self.sock.accept()
            peer = Peer(sock, self._stage)
            script = self._server.scripts[min(len(self.peers), len(self._server.scripts) - 1)]
            self.peers.append(peer)
            thread = threading.Thread(target=self._serve, args=(peer, script), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer: Peer, script: Script) -> None:
        try:
            peer.play(script)
            peer.drain()
        except GoneError:
            pass
        except Exception as error:  # a fault of the script must be seen in the outcome
            peer.note(f"the script failed: {error!r}")
        finally:
            with contextlib.suppress(OSError):
                peer.sock.close()

    def close(self) -> list[str]:
        """Wait until the connections are over, and return what they saw."""
        if self._server.kind not in ("full", "refusing"):
            self._waker.send(b"!")
            self._acceptor.join(PATIENCE)
        for peer, thread in zip(self.peers, self._threads, strict=True):
            thread.join(PATIENCE)
            if thread.is_alive():
                peer.note("was left open")
                with contextlib.suppress(OSError):
                    peer.sock.shutdown(socket.SHUT_RDWR)
                thread.join(PATIENCE)
        for sock in (self.sock, self._woken, self._waker, *self._fillers):
            sock.close()
        return [
            f"{self.name}#{number}: {line}"
            for number, peer in enumerate(self.peers, 1)
            for line in peer.saw or ["nothing"]
        ]


class Stage:
    """The servers of one scenario."""

    def __init__(self, servers: dict[str, Server], certificates: Certificates) -> None:
        self.certificates = certificates
        self.folder = Path(mkdtemp(prefix="matrix-"))
        self._events: dict[str, threading.Event] = {}
        self._lock = threading.Lock()
        self._listeners = {name: _Listener(name, server, self) for name, server in servers.items()}
        self._servers = servers

    def event(self, name: str) -> threading.Event:
        """Return the event of that name."""
        with self._lock:
            return self._events.setdefault(name, threading.Event())

    def wait_for(self, name: str) -> None:
        """Wait for an event; one that does not come is a fault of the scenario."""
        if not self.event(name).wait(PATIENCE * 2):
            raise TimeoutError(f"nobody said {name}")

    def places(self) -> Places:
        """Return where the servers are."""
        urls, files = {}, dict(self.certificates.files)
        for name, listener in self._listeners.items():
            server = self._servers[name]
            if server.kind == "unix":
                urls[name] = f"{server.scheme}://{server.host}"
                files[name] = listener.path
            else:
                urls[name] = f"{server.scheme}://{server.host}:{listener.port}"
        return Places(urls, files)

    def disguise(self) -> Disguise:
        """Return what takes ports and folders out of a text."""
        names = {str(self.folder): "<folder>", str(self.certificates.folder): "<folder>"}
        for name, listener in self._listeners.items():
            if self._servers[name].kind != "unix":
                names[f":{listener.port}"] = f":<{name}>"
        return Disguise(names)

    def close(self) -> list[str]:
        """Wait until all connections are over, and return what the servers saw."""
        saw = [line for listener in self._listeners.values() for line in listener.close()]
        for path in self.folder.iterdir():
            path.unlink()
        self.folder.rmdir()
        return saw
