"""The certificates that the servers of the matrix show: one that is right, and those that are wrong in one way each."""

import datetime as dt
import ssl
from pathlib import Path

import trustme

from .scripts import Tls

_NAMES = ("localhost", "127.0.0.1", "good.example")
_LONGER_AGO = dt.datetime(2019, 1, 1, tzinfo=dt.UTC)
_LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


class Certificates:
    """An authority that the clients trust, and what servers can show."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        authority = trustme.CA()
        stranger = trustme.CA()
        self._leaves = {
            "good": authority.issue_cert(*_NAMES),
            "wrong-name": authority.issue_cert("other.example"),
            "expired": authority.issue_cert(*_NAMES, not_after=_LONG_AGO, not_before=_LONGER_AGO),
            "of-a-stranger": stranger.issue_cert(*_NAMES),
        }
        client = authority.issue_cert("client@good.example")
        self._authority = authority
        self.files = {
            "authority": str(folder / "authority.pem"),
            "client": str(folder / "client.pem"),
        }
        authority.cert_pem.write_to_path(self.files["authority"])
        client.private_key_and_cert_chain_pem.write_to_path(self.files["client"])

    def server_context(self, tls: Tls) -> ssl.SSLContext:
        """Return a context for one connection."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._leaves[tls.certificate].configure_cert(context)
        context.set_alpn_protocols(list(tls.alpn))
        if tls.asks_for_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            self._authority.configure_trust(context)
        return context
