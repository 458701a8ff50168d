"""Bodies of requests: read within a limit of size and of time. Nothing of one is read before the
guards have passed.
"""

from __future__ import annotations

import anyio
from starlette.requests import Request

from iib_core.errors import BodyTooLarge, BodyTooSlow, InvalidRequest

# A video cover of 20 MiB takes 27 in base64; 100,000 paths of 150 characters take 15.
MAX_BYTES = 32 << 20
# A body that is slower than this on the whole is given up, however often a byte comes.
MIN_BYTES_PER_S = 8 << 10
# Reading JSON holds Python's lock, for seconds where 32 MiB are full of keys or empty lists. The
# marks tell how many values there can be at
# most; 100,000 paths with a dozen commas each are still fine.
_MARKS = (b",", b":", b"[", b"{")
_MAX_MARKS = 1_500_000


class ReadRequest(Request):
    """A request whose body has been read, for the framework to parse as JSON, whatever type a script gave it."""

    def __init__(self, request: Request, body: bytes) -> None:
        headers = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
        headers.append((b"content-type", b"application/json"))
        super().__init__({**request.scope, "headers": headers}, request.receive)
        self._read = body

    async def body(self) -> bytes:
        return self._read


async def read(request: Request, *, timeout_s: float, max_bytes: int = MAX_BYTES) -> bytes:
    """The body. ``timeout_s``: longest pause, and what a body may take in any case.

    Raises BodyTooLarge, by the header where it says so; BodyTooSlow; starlette's ClientDisconnect
    where the client has gone.
    """
    told = request.headers.get("content-length", "")
    if told.isdecimal() and (len(told) > 15 or int(told) > max_bytes):
        raise _too_large(max_bytes)
    body = bytearray()
    start = anyio.current_time()
    with anyio.move_on_after(timeout_s) as scope:
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                raise _too_large(max_bytes)
            scope.deadline = min(anyio.current_time(), start + len(body) / MIN_BYTES_PER_S) + timeout_s
    if scope.cancel_called:
        raise BodyTooSlow("The body of the request did not arrive in time: send it again.")
    return bytes(body)


class Pieces:
    """The body of a request piece by piece, within a limit of time as of ``read``."""

    def __init__(self, request: Request, *, timeout_s: float) -> None:
        self._stream = request.stream()
        self._timeout_s = timeout_s
        self._start = anyio.current_time()
        self._size_bytes = 0

    async def read(self) -> bytes:
        """The next piece, b"" at the end.

        Raises BodyTooSlow, and starlette's ClientDisconnect where the client has gone.
        """
        piece = b""
        late = self._start + self._size_bytes / MIN_BYTES_PER_S
        wait_s = min(anyio.current_time(), late) + self._timeout_s - anyio.current_time()
        with anyio.move_on_after(wait_s) as scope:
            async for piece in self._stream:
                if piece:
                    break
        if scope.cancelled_caught:
            raise BodyTooSlow("The body of the request did not arrive in time: send it again.")
        self._size_bytes += len(piece)
        return piece


def require_few_values(body: bytes) -> None:
    """Raise InvalidRequest for JSON that may hold so many values that reading it would stop everybody
    else.
    """
    if len(body) > _MAX_MARKS and sum(map(body.count, _MARKS)) > _MAX_MARKS:
        raise InvalidRequest("The body of the request holds too many values: send it in parts.")


def _too_large(max_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body of the request is larger than {max_bytes >> 20} MiB: send it in parts.")
