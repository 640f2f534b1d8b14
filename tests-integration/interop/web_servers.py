"""Other people's web servers, each with a configuration of its own, all with the paths of `programs/origin.py`.

Servers of files have `/` and `/large` themselves and pass what is below `/app/` on to the origin; HAProxy has no files and
passes everything on; Hypercorn, Node and nghttpd have nobody behind them. The first port is for plain HTTP/1.1, the
second for TLS, where ALPN chooses between HTTP/1.1 and HTTP/2. Node has a third one: its `https` does not speak HTTP/2.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..servers import HERE, Certificates, program, running

PROGRAMS = HERE / "programs"
APACHE_MODULES = Path("/usr/lib/apache2/modules")

#: On nginx's third port a connection is good for so many requests; `/taken` is there for GET and POST alike.
REQUESTS_PER_CONNECTION = 100


@dataclass(frozen=True)
class Place:
    """What a server is to be started with."""

    folder: Path
    documents: Path
    certificates: Certificates
    origin: int


@dataclass(frozen=True)
class WebServer:
    """How a server is started: its program, the package that has it, its ports, and what makes its command."""

    program: str
    package: str
    ports: int
    command: Callable[[str, Place, list[int]], list[str]]

    @contextmanager
    def started(self, place: Place) -> Iterator[list[int]]:
        """Run it, and give its ports."""
        binary = program(self.program, self.package) if self.package else sys.executable

        def command(ports: list[int]) -> list[str]:
            return self.command(binary, place, ports)

        with running(place.folder, self.ports, command, cwd=PROGRAMS) as ports:
            yield ports


@contextmanager
def origin(folder: Path, documents: Path) -> Iterator[int]:
    """The server behind the others."""

    def command(ports: list[int]) -> list[str]:
        return [sys.executable, str(PROGRAMS / "origin.py"), str(ports[0]), str(documents)]

    with running(folder, 1, command) as ports:
        yield ports[0]


def _written(place: Place, name: str, text: str) -> str:
    path = place.folder / name
    path.write_text(text)
    return str(path)


NGINX = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 0;
    keepalive_requests 100000;
    http2_max_concurrent_streams 100;
    ssl_certificate {certificates.certificate};
    ssl_certificate_key {certificates.key};
    upstream origin {{ server 127.0.0.1:{origin}; keepalive 10; }}
    server {{
        listen 127.0.0.1:{ports[0]};
        listen 127.0.0.1:{ports[1]} ssl http2;
        root {documents};
        location /app/ {{
            proxy_pass http://origin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_request_buffering off;
        }}
        location /app/trailers {{
            proxy_pass http://origin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            add_trailer checksum $request_method;
        }}
        location /app/refuse {{ client_max_body_size 1; proxy_pass http://origin; }}
    }}
    server {{
        listen 127.0.0.1:{ports[2]} ssl http2;
        root {documents};
        keepalive_requests {requests};
        location /taken {{ return 200 "taken"; }}
    }}
}}
"""


def _nginx(binary: str, place: Place, ports: list[int]) -> list[str]:
    text = NGINX.format(
        # Its workers would else have no right to write to the folder.
        user="user root;" if os.geteuid() == 0 else "",
        folder=place.folder,
        documents=place.documents,
        certificates=place.certificates,
        origin=place.origin,
        ports=ports,
        requests=REQUESTS_PER_CONNECTION,
    )
    file = _written(place, "nginx.conf", text)
    return [binary, "-p", str(place.folder), "-c", file, "-e", "stderr"]


APACHE = """
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
LogLevel warn
ServerName localhost
{modules}
{user}
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
MaxKeepAliveRequests 0
KeepAliveTimeout 60
H2EarlyHints on
Listen 127.0.0.1:{ports[0]}
Listen 127.0.0.1:{ports[1]}
SSLSessionCache none
DocumentRoot {documents}
DirectoryIndex index.html
<Directory {documents}>
    Require all granted
</Directory>
SetEnv proxy-interim-response RFC
SetEnv proxy-sendchunked 1
<Location /app/>
    ProxyPass http://127.0.0.1:{origin}/app/ flushpackets=on
</Location>
<Location /app/refuse>
    LimitRequestBody 1
</Location>
<VirtualHost 127.0.0.1:{ports[0]}>
    Protocols http/1.1
</VirtualHost>
<VirtualHost 127.0.0.1:{ports[1]}>
    Protocols h2 http/1.1
    SSLEngine on
    SSLCertificateFile {certificates.certificate}
    SSLCertificateKeyFile {certificates.key}
</VirtualHost>
"""


def _apache(binary: str, place: Place, ports: list[int]) -> list[str]:
    names = ["mpm_event", "authz_core", "dir", "env", "http2", "mime", "proxy", "proxy_http"]
    names += ["setenvif", "ssl"]
    modules = [f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so" for name in names]
    text = APACHE.format(
        modules="\n".join(modules),
        # It refuses to serve as root.
        user="User nobody\nGroup nogroup" if os.geteuid() == 0 else "",
        folder=place.folder,
        documents=place.documents,
        certificates=place.certificates,
        origin=place.origin,
        ports=ports,
    )
    _written(place, "mime.types", "")
    file = _written(place, "apache.conf", f"{text}TypesConfig {place.folder}/mime.types\n")
    return [binary, "-f", file, "-D", "FOREGROUND"]


CADDY = """
{{
    admin off
    auto_https off
    storage file_system {folder}
    log {{
        level ERROR
    }}
}}
"""

CADDY_SITE = """
{address} {{
    bind 127.0.0.1
    {tls}
    handle /app/refuse {{
        request_body {{
            max_size 1
        }}
        reverse_proxy 127.0.0.1:{origin}
    }}
    handle /app/* {{
        reverse_proxy 127.0.0.1:{origin} {{
            flush_interval -1
        }}
    }}
    handle {{
        root * {documents}
        file_server
    }}
}}
"""


def _caddy(binary: str, place: Place, ports: list[int]) -> list[str]:
    certificates = place.certificates
    text = CADDY.format(folder=place.folder)
    for address, tls in (
        (f"http://:{ports[0]}", ""),
        (f"https://:{ports[1]}", f"tls {certificates.certificate} {certificates.key}"),
    ):
        text += CADDY_SITE.format(
            address=address, tls=tls, documents=place.documents, origin=place.origin
        )
    file = _written(place, "Caddyfile", text)
    homes = [f"{name}={place.folder}" for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")]
    return ["env", *homes, binary, "run", "--config", file, "--adapter", "caddyfile"]


HAPROXY = """
global
    maxconn 1000
    nbthread 1
defaults
    mode http
    timeout connect 10s
    timeout client 60s
    timeout server 60s
frontend all
    bind 127.0.0.1:{ports[0]}
    bind 127.0.0.1:{ports[1]} ssl crt {folder}/both.pem alpn h2,http/1.1
    default_backend origin
backend origin
    server origin 127.0.0.1:{origin}
"""


def _haproxy(binary: str, place: Place, ports: list[int]) -> list[str]:
    certificates = place.certificates
    both = certificates.certificate.read_text() + certificates.key.read_text()
    _written(place, "both.pem", both)
    text = HAPROXY.format(folder=place.folder, ports=ports, origin=place.origin)
    return [binary, "-db", "-f", _written(place, "haproxy.conf", text)]


H2O = """
num-threads: 1
temp-buffer-path: {folder}
http1-upgrade-to-http2: OFF
{user}
listen:
  host: 127.0.0.1
  port: {ports[0]}
listen:
  host: 127.0.0.1
  port: {ports[1]}
  ssl:
    certificate-file: {certificates.certificate}
    key-file: {certificates.key}
hosts:
  default:
    paths:
      /app:
        proxy.reverse.url: http://127.0.0.1:{origin}/app
      /:
        file.dir: {documents}
"""


def _h2o(binary: str, place: Place, ports: list[int]) -> list[str]:
    text = H2O.format(
        user="user: root" if os.geteuid() == 0 else "",
        folder=place.folder,
        documents=place.documents,
        certificates=place.certificates,
        origin=place.origin,
        ports=ports,
    )
    return [binary, "-m", "worker", "-c", _written(place, "h2o.conf", text)]


def _hypercorn(binary: str, place: Place, ports: list[int]) -> list[str]:
    certificates = place.certificates
    return [
        *("env", f"DOCUMENTS={place.documents}", binary, "-m", "hypercorn", "application:app"),
        *("--insecure-bind", f"127.0.0.1:{ports[0]}", "--bind", f"127.0.0.1:{ports[1]}"),
        *("--certfile", str(certificates.certificate), "--keyfile", str(certificates.key)),
        *("--keep-alive", "60", "--graceful-timeout", "0"),
    ]


def _node(binary: str, place: Place, ports: list[int]) -> list[str]:
    certificates = place.certificates
    files = [str(place.documents), str(certificates.certificate), str(certificates.key)]
    return [binary, str(PROGRAMS / "node_server.js"), *files, *map(str, ports)]


def _nghttpd(binary: str, place: Place, ports: list[int]) -> list[str]:
    files = [str(place.certificates.key), str(place.certificates.certificate)]
    options = ["-a", "127.0.0.1", "-d", str(place.documents), "--echo-upload"]
    return [binary, *options, "--trailer", "checksum: of nghttpd", str(ports[0]), *files]


WEB_SERVERS = {
    "nginx": WebServer("nginx", "nginx", 3, _nginx),
    "apache": WebServer("apache2", "apache2-bin", 2, _apache),
    "caddy": WebServer("caddy", "caddy", 2, _caddy),
    "haproxy": WebServer("haproxy", "haproxy", 2, _haproxy),
    "h2o": WebServer("h2o", "h2o", 2, _h2o),
    "hypercorn": WebServer("python", "", 2, _hypercorn),
    "node": WebServer("node", "nodejs", 3, _node),
    "nghttpd": WebServer("nghttpd", "nghttp2-server", 1, _nghttpd),
}
