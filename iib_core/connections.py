"""Connections of the standalone server: none is kept for longer than its client has use for it, and
many that are idle shut nobody out.

uvicorn waits for the header of a request for as long as the client likes, keeps any number of
connections, and with httptools takes a header of
any length. Its two protocols are extended here by what they lack.
"""

from __future__ import annotations

import asyncio
import json
import logging
from functools import lru_cache
from typing import Any

logger = logging.getLogger(__name__)

# asyncio takes so many new ones at once, up to four times before it hands us the first, and when it
# runs out of files it loses seconds.
# uvicorn's own number is 2048.
TAKEN_AT_ONCE = 32
MAX_CONNECTIONS = 1000
MAX_HEADER_BYTES = 64 << 10
_WANTED_FILES = 8192


def make_protocol(header_timeout_s: float, max_connections: int) -> type[asyncio.Protocol]:
    """The protocol for uvicorn: on httptools where that is installed, else on h11.

    ``header_timeout_s``: what a header may take from the moment that the client may send one. Where
    there are more connections than
    ``max_connections``, the one is closed that has kept us waiting longest.
    """
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol

        return extend(H11Protocol, header_timeout_s, max_connections)
    return extend(HttpToolsProtocol, header_timeout_s, max_connections)


def extend(base: Any, header_timeout_s: float, max_connections: int) -> type[asyncio.Protocol]:
    """See ``make_protocol``; ``base`` is one of uvicorn's."""
    tell_once = lru_cache(logger.warning)

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
                tell_once(
                    "more than %d connections: from now on the one that has waited longest is closed "
                    "for each new one",
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
            """As every other failure is told, and in the middle of an answer not at all."""
            if self.is_waiting_for_request():
                self.transport.write(_bad_request(msg))
            self.transport.close()

        # Called by httptools alone; h11 has a limit for headers itself.
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
            """Whether nothing is to be done until the client sends the header of a request."""
            return self.cycle is None or self.cycle.response_complete

        def waits_since(self) -> float | None:
            """Since when the client has kept us waiting, by the loop's clock: for a header, a body, or
            to take what is sent. None: it has not.
            """
            if self._writing_since is not None:
                return self._writing_since
            if self.is_waiting_for_request():
                return self._idle_since
            return self._heard_at if self.cycle.more_body else None

        def _start_timer(self) -> asyncio.TimerHandle:
            timer: asyncio.TimerHandle = self.loop.call_later(header_timeout_s, self.transport.abort)
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
    # One that is closed stays in the set until the loop's next round, which may bring many new ones at once.
    others = (each for each in connections if each is not newest and not each.transport.is_closing())
    waiting = [(since, id(each), each) for each in others if (since := each.waits_since()) is not None]
    (min(waiting)[2] if waiting else newest).transport.abort()


def raise_file_limit() -> None:
    """Let this process open as many files and connections as the system allows it; many systems begin
    with 256 or 1024.
    """
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, _WANTED_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError) as exc:  # macOS has one more limit, of the kernel
        logger.warning("no more than %d files and connections may be open at once: %s", soft, exc)


def count_for_file_limit() -> int:
    """How many connections there may be: of the files that may be open, enough is left for new ones
    and for everything else.
    """
    try:
        import resource
    except ImportError:
        return MAX_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else max(16, min(MAX_CONNECTIONS, soft // 4))
