"""Files of this machine as bodies: alone, or in forms that are read while they are sent."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence

from iib_core.client.failures import ClientError
from iib_core.reading import open_file

_PIECE_BYTES = 1 << 20


class Form:
    """A body of multipart/form-data with the files at these paths. Iterating sends it, once."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = list(paths)
        self._boundary = secrets.token_hex(16)
        self._heads = [self._head(path) for path in self._paths]
        self._end = f"--{self._boundary}--\r\n".encode()
        try:
            self._sizes = [os.stat(path).st_size for path in self._paths]
        except OSError as exc:
            raise _unreadable(exc) from exc

    @property
    def headers(self) -> dict[str, str]:
        """Type and length of the body."""
        length = (
            sum(map(len, self._heads)) + sum(self._sizes) + 2 * len(self._paths) + len(self._end)
        )
        kind = f"multipart/form-data; boundary={self._boundary}"
        return {"Content-Type": kind, "Content-Length": str(length)}

    def __iter__(self) -> Iterator[bytes]:
        for path, head in zip(self._paths, self._heads):
            yield head
            try:
                with open_file(path) as file:
                    while piece := file.read(_PIECE_BYTES):
                        yield piece
            except OSError as exc:
                raise _unreadable(exc) from exc
            yield b"\r\n"
        yield self._end

    def _head(self, path: str) -> bytes:
        name = os.path.basename(path)
        for sign, written in (('"', "%22"), ("\r", "%0D"), ("\n", "%0A")):
            name = name.replace(sign, written)
        lines = (
            f"--{self._boundary}",
            f'Content-Disposition: form-data; name="file"; filename="{name}"',
        )
        return ("\r\n".join(lines) + "\r\nContent-Type: application/octet-stream\r\n\r\n").encode()


def read_whole(path: str) -> bytes:
    """What is in a file of this machine. Raises ClientError."""
    try:
        with open_file(path) as file:
            return file.read()
    except OSError as exc:
        raise _unreadable(exc) from exc


def _unreadable(exc: OSError) -> ClientError:
    return ClientError(f"'{exc.filename}' cannot be read ({exc.strerror}).", code="UnreadableFile")
