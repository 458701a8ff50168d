"""Limits for the connections of the standalone server: idle ones time out, and do not block new
ones.

uvicorn waits for the header of a request without a limit, keeps any number of connections and, with
httptools, accepts a header of any length. Its two protocols are extended here by these limits.
"""

from __future__ import annotations

import asyncio
import json
import logging
from functools import lru_cache
from typing import Any

logger = logging.getLogger(__name__)

# asyncio accepts this many new connections at once, up to four times before it hands us the first,
# and loses seconds if it runs out of file descriptors. uvicorn's default is 2048.
TAKEN_AT_ONCE = 32
MAX_CONNECTIONS = 1000
MAX_HEADER_BYTES = 64 << 10
_WANTED_FILES = 8192


def make_protocol(header_timeout_s: float, max_connections: int) -> type[asyncio.Protocol]:
    """The protocol for uvicorn: of httptools if that is installed, otherwise of h11.

    ``header_timeout_s``: the time for a header, from the moment when the client can send it. Above
    ``max_connections`` connections, the one that has kept us waiting longest is closed.
    """
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol

        return extend(H11Protocol, header_timeout_s, max_connections)
    return extend(HttpToolsProtocol, header_timeout_s, max_connections)


def extend(base: Any, header_timeout_s: float, max_connections: int) -> type[asyncio.Protocol]:
    """See ``make_protocol``; ``base`` is one of uvicorn's."""
    warn_once = lru_cache(logger.warning)

    class Protocol(base):  # type: ignore[misc]
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._header_bytes = 0
            self._is_in_header = False
            self._writing_since: float | None = None
            self._heard_at: float = self.loop.time()
            self._idle_since: float = self._heard_at
            self._timer = self._start_timer()
            if len(self.connections) > max_connections:
                warn_once(
                    "more than %d connections: from now on, each new one closes the one that has waited "
                    "longest",
                    max_connections,
                )
                _close_longest_waiting(self.connections, self)

        def connection_lost(self, exc: Exception | None) -> None:
            self._timer.cancel()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            self._heard_at = self.loop.time()
            super().data_received(data)
            if not self.is_waiting_for_request():
                self._timer.cancel()
            elif self._is_in_header:
                self._header_bytes += len(data)
                if self._header_bytes > MAX_HEADER_BYTES:
                    self.send_400_response("The header of the request is too large.")

        def send_400_response(self, msg: str) -> None:
            """Answer as every other error; in the middle of an answer, only close the connection."""
            if self.is_waiting_for_request():
                self.transport.write(_bad_request(msg))
            self.transport.close()

        # Only httptools calls this; h11 has a limit for headers.
        def on_message_begin(self) -> None:
            self._header_bytes, self._is_in_header = 0, True
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self._is_in_header = False
            super().on_headers_complete()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.is_waiting_for_request() and not self.transport.is_closing():
                self._idle_since = self.loop.time()
                self._timer.cancel()
                self._timer = self._start_timer()

        def pause_writing(self) -> None:
            self._writing_since = self.loop.time()
            super().pause_writing()

        def resume_writing(self) -> None:
            self._writing_since = None
            super().resume_writing()

        def is_waiting_for_request(self) -> bool:
            """Whether the connection is idle until the client sends the header of a request."""
            return self.cycle is None or self.cycle.response_complete

        def waits_since(self) -> float | None:
            """When the client began to keep us waiting, by the loop's clock: for a header, for a
            body, or to receive the answer. None if it does not.
            """
            if self._writing_since is not None:
                return self._writing_since
            if self.is_waiting_for_request():
                return self._idle_since
            return self._heard_at if self.cycle.more_body else None

        def _start_timer(self) -> asyncio.TimerHandle:
            timer: asyncio.TimerHandle = self.loop.call_later(
                header_timeout_s, self.transport.abort
            )
            return timer

    return Protocol


def _bad_request(detail: str) -> bytes:
    body = json.dumps({"detail": detail, "code": "InvalidRequest"}).encode()
    head = (
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nX-Content-Type-Options: "
        "nosniff\r\nConnection: close\r\n"
    )
    return head.encode() + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def _close_longest_waiting(connections: set[Any], newest: Any) -> None:
    # A closed connection stays in the set until the loop's next round, which may bring many new
    # ones at once.
    waiting = []
    for each in connections:
        if each is newest or each.transport.is_closing():
            continue
        since = each.waits_since()
        if since is not None:
            waiting.append((since, id(each), each))
    (min(waiting)[2] if waiting else newest).transport.abort()


def raise_file_limit() -> None:
    """Raise the limit of open files and connections to what the system allows; many begin at 256 or
    1024.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, _WANTED_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError) as exc:  # the kernel of macOS has another limit
        logger.warning("at most %d files and connections can be open at once: %s", soft, exc)


def count_for_file_limit() -> int:
    """The maximum number of connections: a quarter of the files that may be open, so that enough
    are left for everything else.
    """
    try:
        import resource
    except ImportError:
        return MAX_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        MAX_CONNECTIONS
        if soft == resource.RLIM_INFINITY
        else max(16, min(MAX_CONNECTIONS, soft // 4))
    )
