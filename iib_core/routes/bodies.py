"""Bodies that are sent while they are read."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from iib_core.errors import IIBError

logger = logging.getLogger(__name__)


class BrokenOff(Exception):
    """Ends a connection in the middle of an answer, where a host around us would otherwise end the
    answer as if it were whole.
    """


class Body(StreamingResponse):
    """An answer whose pieces are made while it is sent.

    The first piece is made here, before anything is sent: what fails at once is raised, and gets a
    status and a sentence. What fails later ends
    the connection, so that the client sees that it has not got all, and is one line in the log.
    ``in_host``: the server is not ours.
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
        finally:  # where the client has gone, nothing else closes what is read from
            self._close_source()
        if self._problem and self._in_host:
            raise BrokenOff(self._problem)

    async def stream_response(self, send: Send) -> None:
        async def send_unless_broken(message: Message) -> None:
            is_end = message["type"] == "http.response.body" and not message.get("more_body", False)
            if not (self._problem and is_end):  # a server that is not told of an end closes the connection
                await send(message)

        await super().stream_response(send_unless_broken)

    def _close_source(self) -> None:
        close = getattr(self._source, "close", None)
        # What has no end of its own, or is being read by a thread, ends with whoever holds it last.
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
        except Exception as exc:  # its status has been sent: nobody else would tell
            self._problem = type(exc).__name__
            logger.exception("an answer was broken off")
