"""How requests get to a server: over HTTP, or however a transport of another kind does it."""

from __future__ import annotations

import http.client
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from iib_core.client.failures import ClientError


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    content: bytes


class Transport(Protocol):
    """Sends one request. ``target``: the path behind the base, with its query."""

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | Iterable[bytes] | None,
    ) -> Answer:
        """The answer, whatever its status. Raises ClientError where there is none."""


class HttpTransport:
    """Over HTTP or HTTPS, a connection for each request, past every proxy.

    ``url``: the address of the API with its base path, as the server prints it. ``timeout_s``:
    longest silence of the server.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ClientError(
                f"'{url}' is no address: give one as the server prints it.", code="NoAddress"
            )
        self.url = url.rstrip("/")
        self._host, self._port, self._base = parts.hostname, parts.port, parts.path
        self._kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._timeout_s = timeout_s

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | Iterable[bytes] | None,
    ) -> Answer:
        """The answer, whatever its status. Raises ClientError where there is none."""
        connection = self._kind(self._host, self._port, timeout=self._timeout_s)
        try:
            connection.request(method, self._base + target, body, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, response.read())
        except (OSError, http.client.HTTPException) as exc:
            reason = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
            raise ClientError(
                f"No server answers at {self.url} ({reason}).", code="Unreachable"
            ) from exc
        finally:
            connection.close()
