"""Other people's proxies: squid, tinyproxy, HAProxy, dante, microsocks and OpenSSH, each with a configuration of its own.

All of them ask for `USER` and `PASSWORD` where they can. What is not installed is skipped, and in CI a failure.
"""

import getpass
import os
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Self

import pytest

from .. import servers
from ..servers import Certificates, program, running

USER, PASSWORD = "asker", "secret"

# What `openssl passwd` makes of the password, for squid's file and for the file of the system that dante reads.
_FOR_SQUID = "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/"
_FOR_DANTE = "$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG."

SQUID = """
http_port 127.0.0.1:{ports[0]}
https_port 127.0.0.1:{ports[1]} tls-cert={certificates.certificate} tls-key={certificates.key}
visible_hostname localhost
pid_filename none
cache deny all
access_log none
cache_log /dev/stderr
cache_store_log none
coredump_dir {folder}
shutdown_lifetime 0 seconds
server_persistent_connections off
auth_param basic program /usr/lib/squid/basic_ncsa_auth {folder}/users
auth_param basic children 1 startup=1
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
"""


@contextmanager
def squid(folder: Path, certificates: Certificates) -> Iterator[list[int]]:
    """squid with a plain port and one for TLS."""
    binary = program("squid", "squid-openssl")
    (folder / "users").write_text(f"{USER}:{_FOR_SQUID}\n")

    def command(ports: list[int]) -> list[str]:
        (folder / "squid.conf").write_text(
            SQUID.format(folder=folder, certificates=certificates, ports=ports)
        )
        return [binary, "-N", "-f", str(folder / "squid.conf")]

    with running(folder, 2, command) as ports:
        yield ports


HAPROXY = """
global
    maxconn 200
defaults
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend secure
    mode tcp
    bind 127.0.0.1:{ports[0]} ssl crt {folder}/both.pem
    default_backend proxy
backend proxy
    mode tcp
    server proxy 127.0.0.1:{proxy}
frontend forward
    mode http
    bind 127.0.0.1:{ports[1]}
    default_backend origin
backend origin
    mode http
    option http-server-close
    server origin 127.0.0.1:{origin}
"""


@contextmanager
def haproxy(
    folder: Path, certificates: Certificates, proxy: int, origin: int
) -> Iterator[list[int]]:
    """HAProxy: on its first port TLS before a proxy, on its second what is forwarded to one server."""
    binary = program("haproxy", "haproxy")
    both = certificates.key.read_text() + certificates.certificate.read_text()
    (folder / "both.pem").write_text(both)

    def command(ports: list[int]) -> list[str]:
        (folder / "haproxy.cfg").write_text(
            HAPROXY.format(folder=folder, ports=ports, proxy=proxy, origin=origin)
        )
        return [binary, "-db", "-f", str(folder / "haproxy.cfg")]

    with running(folder, 2, command) as ports:
        yield ports


DANTE = """
logoutput: stderr
internal: 127.0.0.1 port = {port}
external: lo
clientmethod: none
socksmethod: {method}
user.privileged: root
user.unprivileged: nobody
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
"""

# dante knows the users of the system alone. This makes it believe in one more.
_WRAPPER = "libnss_wrapper.so"


@contextmanager
def dante(folder: Path, method: str) -> Iterator[list[int]]:
    """dante, which wants what `method` says: `username`, or `none`, which SOCKS 4 needs."""
    binary = program("danted", "dante-server")
    wrapper = next(Path("/usr/lib").glob(f"*/{_WRAPPER}"), None)
    if wrapper is None:
        program(_WRAPPER, "libnss-wrapper")
    for name, line in (
        ("passwd", f"{USER}:x:4242:4242::/:/bin/false\n"),
        ("group", f"{USER}:x:4242:\n"),
        ("shadow", f"{USER}:{_FOR_DANTE}:19000:0:99999:7:::\n"),
    ):
        try:
            known = Path("/etc", name).read_text()
        except PermissionError:
            pytest.skip("dante can only be started by root")
        (folder / name).write_text(known + line)

    def command(ports: list[int]) -> list[str]:
        (folder / "danted.conf").write_text(DANTE.format(port=ports[0], method=method))
        return [
            "env",
            f"LD_PRELOAD={wrapper}",
            *(
                f"NSS_WRAPPER_{name.upper()}={folder / name}"
                for name in ("passwd", "group", "shadow")
            ),
            *(binary, "-N", "1", "-f", str(folder / "danted.conf")),
        ]

    with running(folder, 1, command) as ports:
        yield ports


@contextmanager
def microsocks(folder: Path) -> Iterator[list[int]]:
    """microsocks, SOCKS 5 alone."""
    binary = program("microsocks", "microsocks")

    def command(ports: list[int]) -> list[str]:
        return [binary, "-i", "127.0.0.1", "-p", str(ports[0]), "-u", USER, "-P", PASSWORD]

    with running(folder, 1, command) as ports:
        yield ports


SSHD = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
StrictModes no
UsePAM no
PidFile none
PermitRootLogin yes
LogLevel ERROR
"""


@contextmanager
def openssh(folder: Path) -> Iterator[list[int]]:
    """OpenSSH's client, which is a SOCKS proxy without passwords, and its server, which does the connecting."""
    client = program("ssh", "openssh-client")
    server = program("sshd", "openssh-server")
    for name in ("host", "user"):
        keygen = program("ssh-keygen", "openssh-client")
        subprocess.run(
            [keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True
        )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)

    def serve(ports: list[int]) -> list[str]:
        (folder / "sshd_config").write_text(SSHD.format(port=ports[0], folder=folder))
        return [server, "-D", "-e", "-f", str(folder / "sshd_config")]

    with running(folder, 1, serve) as (server_port,):

        def forward(ports: list[int]) -> list[str]:
            return [
                *(client, "-N", "-F", "none", "-i", str(folder / "user")),
                *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
                *("-o", "ExitOnForwardFailure=yes", "-o", "LogLevel=ERROR"),
                *("-D", f"127.0.0.1:{ports[0]}", "-p", str(server_port)),
                f"{getpass.getuser()}@127.0.0.1",
            ]

        with running(folder, 1, forward) as ports:
            yield ports


class Programs:
    """The proxies that are running; each is started when its port is first asked for."""

    def __init__(self, folder: Path, certificates: Certificates, origin: int) -> None:
        self._folder = folder
        self._certificates = certificates
        self._origin = origin
        self._running: dict[str, list[int]] = {}
        self._failures: dict[str, BaseException] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def ports(self, name: str) -> list[int]:
        """The ports of a proxy. Skips or fails the test when it cannot be started, and does not try again."""
        if name in self._failures:
            raise self._failures[name]
        if name not in self._running:
            folder = self._folder / name
            folder.mkdir(0o755)
            try:
                self._running[name] = self._stack.enter_context(self._started(name, folder))
            except BaseException as error:
                self._failures[name] = error
                raise
        return self._running[name]

    def _started(self, name: str, folder: Path) -> AbstractContextManager[list[int]]:
        if name == "squid":
            return squid(folder, self._certificates)
        if name == "tinyproxy":
            return servers.tinyproxy(folder, f"{USER} {PASSWORD}")
        if name == "haproxy":
            proxy = self.ports("tinyproxy")[0]
            return haproxy(folder, self._certificates, proxy, self._origin)
        if name == "openssh":
            return openssh(folder)
        if name == "microsocks":
            return microsocks(folder)
        return dante(folder, "username" if name == "strict dante" else "none")
