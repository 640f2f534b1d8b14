"""What is between a server and its socket: nothing, or TLS in memory.

With TLS on the socket itself, OpenSSL would read nothing more once a write has failed, and so never see what a client
said before it closed the connection.
"""

import ssl


class Plain:
    """Nothing."""

    is_open = True

    def opened(self, received: bytes) -> bytes:
        """What the client says, given what has come from the socket."""
        return received

    def sealed(self, said: bytes) -> bytes:
        """What goes to the socket in order to say this."""
        return said


class Tls(Plain):
    """TLS, the server's side. Nothing can be said before it `is_open`, but its own bytes go out all the same."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.is_open = False
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def opened(self, received: bytes) -> bytes:
        self._incoming.write(received)
        said = b""
        try:
            if not self.is_open:
                self._tls.do_handshake()
                self.is_open = True
            while more := self._tls.read(65536):
                said += more
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        return said

    def sealed(self, said: bytes) -> bytes:
        if said:
            self._tls.write(said)
        return self._outgoing.read()
