"""JSON answers: whole ones, and large ones that are produced while they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import chain
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from iib_core.core import Core
from iib_core.routes.shared import encoding
from iib_core.routes.shared.streamed_body import StreamedBody

# An answer up to this size is built as a whole, and states its length.
_WHOLE_BYTES = 256 << 10


class JSON(Response):
    """An answer of JSON.

    It is encoded and sent in pieces, so that a slow client costs the memory of one copy only.
    """

    media_type: str = "application/json"

    def render(self, content: Any) -> bytes:
        return b"".join(encoding.encode(content))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if len(self.body) <= encoding.PIECE_BYTES:
            await super().__call__(scope, receive, send)
            return
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        for start in range(0, len(self.body), encoding.PIECE_BYTES):
            end = start + encoding.PIECE_BYTES
            piece = bytes(self.body[start:end])
            await send(
                {"type": "http.response.body", "body": piece, "more_body": end < len(self.body)}
            )


async def stream(core: Core, find: Callable[[], Any]) -> Response:
    """JSON of what ``find`` returns; its iterators (see ``encoding.encode``) are read while the
    answer is sent, as fast as the client takes it.

    A few threads do the work of all such answers piece by piece in turns, so that many large
    answers neither block other requests nor fill the memory. An exception of ``find``, or of the
    first part of the answer, becomes an error status as in any route; a later one closes the
    connection, so that no client takes half an answer for a whole one.
    """
    return await asyncio.wrap_future(
        core.readers.submit(lambda: _begin(core, encoding.encode(find())))
    )


def _begin(core: Core, pieces: Iterator[bytes]) -> Response:
    head: list[bytes] = []
    size_bytes = 0
    for piece in pieces:
        head.append(piece)
        size_bytes += len(piece)
        if size_bytes > _WHOLE_BYTES:
            return _InTurns(chain(head, pieces), core)
    return Response(b"".join(head), media_type=JSON.media_type)


class _InTurns(StreamedBody):
    """A body whose pieces are produced by the pool ``core.readers``, one submission for each piece."""

    def __init__(self, pieces: Iterator[bytes], core: Core) -> None:
        super().__init__(pieces, in_host=core.host is not None, media_type=JSON.media_type)
        self._readers = core.readers
        self.body_iterator = self._read_in_turns()

    async def _read_in_turns(self) -> AsyncIterator[bytes]:
        while piece := await asyncio.wrap_future(self._readers.submit(self._read_on)):
            yield piece

    def _read_on(self) -> bytes:
        pieces = self._pieces
        return b"" if pieces is None else next(pieces, b"")
