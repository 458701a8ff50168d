"""A small proxy in front of a host, like nginx or a notebook service: it has a prefix of its own,
and gives the host another name.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "host"}


class Proxy:
    """Serves ``http://127.0.0.1:PORT/PREFIX/...`` from ``target/...``; what is asked outside of the
    prefix is not there.

    A prefix that is the target's own path too is handed on, one that the target alone has is added,
    and any other is stripped.
    ``secure``: by https, with a certificate of this moment that nobody knows. ``tells_scheme``: in
    X-Forwarded-Proto, as careful people set it up.
    """

    def __init__(
        self, target: str, prefix: str = "", *, secure: bool = False, tells_scheme: bool = True
    ) -> None:
        self.lost: list[str] = []
        scheme = "https" if secure else "http"
        self._server = _Server(
            ("127.0.0.1", 0),
            _handler(
                target, prefix, {"X-Forwarded-Proto": scheme} if tells_scheme else {}, self.lost
            ),
        )
        if secure:
            # The handshake is left to the connection's own thread.
            self._server.socket = _made_up_identity().wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}{prefix}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A browser hangs up when it likes."""


def _made_up_identity() -> ssl.SSLContext:
    import trustme

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


def _handler(
    target: str, prefix: str, told: dict[str, str], lost: list[str]
) -> type[BaseHTTPRequestHandler]:
    _, netloc, below, *_ = urlsplit(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # a handshake for each of a page's files would take seconds

        def do_GET(self) -> None:
            if not self.path.startswith(prefix + "/"):
                lost.append(self.path)
                self.send_error(404)
                return
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in _OF_ONE_HOP
            }
            # Host is that of the host behind, as nginx sends it unless it is told otherwise.
            headers |= {
                "Host": netloc,
                "X-Forwarded-Host": self.headers["Host"],
                "X-Forwarded-For": "203.0.113.7",
                **told,
            }
            connection = http.client.HTTPConnection(netloc, timeout=60)
            try:
                connection.request(
                    self.command,
                    below.rstrip("/") + self.path[len(prefix) :],
                    self._body(),
                    headers,
                )
                self._relay(connection.getresponse())
            except OSError:
                self.close_connection = True
            finally:
                connection.close()

        do_POST = do_HEAD = do_DELETE = do_PUT = do_GET

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def _relay(self, answer: http.client.HTTPResponse) -> None:
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _OF_ONE_HOP:
                    self.send_header(name, value)
            if answer.length is None:
                self.send_header("Connection", "close")  # nothing else tells where it ends
            self.end_headers()
            while chunk := answer.read1(65_536):
                self.wfile.write(chunk)
                self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
