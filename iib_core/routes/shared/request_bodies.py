"""Bodies of requests: reads them within limits of size and time, after the guards."""

from __future__ import annotations

import anyio
from starlette.requests import Request

from iib_core.errors import BodyTooLarge, BodyTooSlow, InvalidRequest

# A video cover of 20 MiB takes 27 in base64; 100,000 paths of 150 characters take 15.
MAX_BYTES = 32 << 20
# A body that is slower than this on average is refused, even if its bytes come at short intervals.
MIN_BYTES_PER_S = 8 << 10
# Parsing JSON holds Python's lock, for seconds if 32 MiB are full of keys or empty lists. These
# signs bound the number of values; 100,000 paths with a dozen commas each stay below the limit.
_SIGNS = (b",", b":", b"[", b"{")
_MAX_SIGNS = 1_500_000


class ReadRequest(Request):
    """A request whose body has been read. The framework parses it as JSON, whatever its content
    type is.
    """

    def __init__(self, request: Request, body: bytes) -> None:
        headers = [
            (name, value) for name, value in request.scope["headers"] if name != b"content-type"
        ]
        headers.append((b"content-type", b"application/json"))
        super().__init__({**request.scope, "headers": headers}, request.receive)
        self._read = body

    async def body(self) -> bytes:
        return self._read


async def read(request: Request, *, timeout_s: float, max_bytes: int = MAX_BYTES) -> bytes:
    """The body of a request. ``timeout_s``: the longest pause, and the time that any body may take.

    Raises BodyTooLarge, by the header alone if that states a larger size; BodyTooSlow; starlette's
    ClientDisconnect if the client has gone.
    """
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and (len(stated) > 15 or int(stated) > max_bytes):
        raise _too_large(max_bytes)
    body = bytearray()
    start = anyio.current_time()
    with anyio.move_on_after(timeout_s) as scope:
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                raise _too_large(max_bytes)
            scope.deadline = (
                min(anyio.current_time(), start + len(body) / MIN_BYTES_PER_S) + timeout_s
            )
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
        if scope.cancel_called:
            raise BodyTooSlow("The body of the request did not arrive in time: send it again.")
        self._size_bytes += len(piece)
        return piece


def require_few_values(body: bytes) -> None:
    """Raise InvalidRequest for JSON with too many values: parsing it would block all other
    requests.
    """
    if len(body) > _MAX_SIGNS and sum(map(body.count, _SIGNS)) > _MAX_SIGNS:
        raise InvalidRequest("The body of the request holds too many values: send it in parts.")


def _too_large(max_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(
        f"The body of the request is larger than {max_bytes >> 20} MiB: send it in parts."
    )
