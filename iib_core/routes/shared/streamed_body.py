"""Bodies that are produced while they are sent."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from iib_core.core import Core
from iib_core.errors import IIBError

logger = logging.getLogger(__name__)


def uncompressed(core: Core) -> dict[str, str]:
    """Headers that keep a host from compressing an answer; none without a host.

    A host compresses every answer that names no encoding. That costs time for pictures, breaks byte
    ranges, and holds a stream back until its end.
    """
    return {} if core.host is None else {"content-encoding": "identity"}


class BrokenOff(Exception):
    """Closes the connection in the middle of an answer.

    A host would otherwise end the answer as if it were complete.
    """


class StreamedBody(StreamingResponse):
    """An answer whose pieces are produced while it is sent.

    The first piece is produced in the constructor, before anything is sent: an exception there
    becomes an error status. A later exception closes the connection, so that the client sees that
    the answer is incomplete, and writes one line to the log. ``in_host``: whether another server
    than ours sends it.
    """

    def __init__(
        self,
        pieces: Iterator[bytes] | Iterator[str],
        *,
        in_host: bool,
        media_type: str,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._problem = ""
        self._in_host = in_host
        self._source: Iterator[Any] | None = pieces
        first = [piece for piece in [next(pieces, None)] if piece is not None]
        self._pieces: Iterator[Any] | None = self._until_it_fails(chain(first, pieces))
        super().__init__(self._pieces, status_code, headers, media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # if the client has gone, nothing else closes the source
            self._close_source()
        if self._problem and self._in_host:
            raise BrokenOff(self._problem)

    async def stream_response(self, send: Send) -> None:
        async def send_unless_broken(message: Message) -> None:
            is_end = message["type"] == "http.response.body" and not message.get("more_body", False)
            if not (self._problem and is_end):  # a server that gets no end closes the connection
                await send(message)

        await super().stream_response(send_unless_broken)

    def _close_source(self) -> None:
        close = getattr(self._source, "close", None)
        # A source without ``close``, or one that a thread is reading, is freed with its last
        # reference.
        self._source = self._pieces = None
        if close is not None:
            with contextlib.suppress(ValueError):
                close()

    def _until_it_fails(self, pieces: Iterator[Any]) -> Iterator[Any]:
        try:
            yield from pieces
        except (IIBError, OSError) as exc:
            self._problem = str(exc)
            logger.warning("an answer was broken off: %s", exc)
        except Exception as exc:  # the status has been sent, so only the log can report it
            self._problem = type(exc).__name__
            logger.exception("an answer was broken off")
