"""A small proxy in front of a host, as nginx or a notebook service puts one there: it has a prefix of its own, and gives the host another name."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "host"}


class Proxy:
    """Serves ``http://127.0.0.1:PORT/PREFIX/...`` from ``target/...``; what is asked outside of the prefix is not there."""

    def __init__(self, target: str, prefix: str) -> None:
        self.lost: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(urlsplit(target).netloc, prefix, self.lost))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{prefix}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(target: str, prefix: str, lost: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            if not self.path.startswith(prefix + "/"):
                lost.append(self.path)
                self.send_error(404)
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_HOP}
            # Host is that of the host behind, as nginx sends it unless it is told otherwise.
            headers |= {"Host": target, "X-Forwarded-Host": self.headers["Host"], "X-Forwarded-Proto": "http", "X-Forwarded-For": "203.0.113.7"}
            connection = http.client.HTTPConnection(target, timeout=60)
            try:
                connection.request(self.command, self.path[len(prefix) :], self._body(), headers)
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
            self.end_headers()
            while chunk := answer.read1(65_536):
                self.wfile.write(chunk)
                self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
