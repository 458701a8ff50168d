"""Source: random access to the bytes of one file in few reads. Draft: the results of a walker so
far.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from types import TracebackType
from typing import IO

from iib_core import reading

from .. import limits
from .embedded import Embedded, Text

# Most pictures of one megapixel have all their texts within this; a small file needs one read only.
HEAD_BYTES = 32 * 1024
# A read beyond the head fetches this much, so that a sequence of small boxes costs one read.
WINDOW_BYTES = 8 * 1024
MAX_TEXT_BYTES = 16 * 1024 * 1024
MAX_CHUNKS = 20_000
MAX_DEPTH = 8


class Broken(ValueError):
    """The structure of the file is invalid from here on.

    Never leaves this package: it becomes ``Embedded.error``.
    """


class Source:
    """Bytes by offset. ``head``: the beginning of the file; ``size``: its length in bytes."""

    __slots__ = ("_base", "_fd", "_file", "_reads", "_window", "head", "size")

    def __init__(self, fd: int = -1, file: IO[bytes] | None = None) -> None:
        self._fd = fd
        self._file = file
        self._window = b""
        self._base = 0
        self._reads = limits.Budget(sys.maxsize)
        if file is not None:
            self.size = file.seek(0, os.SEEK_END)
            self.head = self._read(0, HEAD_BYTES)
            return
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            # A read of a pipe or a device may block forever.
            raise OSError(errno.EINVAL, "not a regular file")
        self.size = status.st_size
        # The position of a new handle is 0; a seek would add a tenth to the time of a small file.
        self.head = os.read(fd, HEAD_BYTES)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Source:
        """A Source for a path, to be used in a ``with``.

        Raises OSError if the file is missing, unreadable, a link or not a regular file.
        """
        try:
            # Paths are resolved before. A link replaced the file since, or is a companion that may
            # lead out of the library.
            fd = reading.open_number(path, follow=False)
        except ValueError as exc:  # a NUL inside the name
            raise FileNotFoundError(errno.ENOENT, str(exc), os.fspath(path)) from exc
        try:
            return cls(fd)
        except OSError as exc:
            os.close(fd)
            exc.filename = os.fspath(path)
            raise

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is None:
            os.close(self._fd)

    def _read(self, offset: int, size: int) -> bytes:
        if self._file is not None:
            self._file.seek(offset)
            return self._file.read(size)
        # Not os.pread: Windows has none, and a Source is used by one thread only.
        os.lseek(self._fd, offset, os.SEEK_SET)
        return os.read(self._fd, size)

    def at(self, offset: int, size: int) -> bytes:
        """At most ``size`` bytes from ``offset``; fewer at the end of the file, none for an invalid
        offset. Raises limits.TooSlow.
        """
        if offset < 0 or size <= 0:
            return b""
        end = offset + size
        if end <= len(self.head):
            return self.head[offset:end]
        if offset >= self.size:
            return b""
        self._reads.spend()
        start = offset - self._base
        if start < 0 or start + size > len(self._window):
            self._fill(offset, min(size, self.size - offset))
            start = 0
        return self._window[start : start + size]

    def peek(self, offset: int, size: int) -> bytes:
        """Like ``at``, but reads not more than ``size``; for offsets that are far apart."""
        if offset < 0 or offset + size <= len(self.head):
            return self.at(offset, size)
        return self._read(offset, size) if offset < self.size else b""

    def _fill(self, offset: int, size: int) -> None:
        data = self._read(offset, max(size, WINDOW_BYTES))
        # On some network drives a read may return less than requested.
        while len(data) < size:
            more = self._read(offset + len(data), size - len(data))
            if not more:
                break
            data += more
        self._window, self._base = data, offset


class Draft:
    """A mutable Embedded that walkers fill, so that everything before a broken place is kept."""

    __slots__ = (
        "budget_bytes",
        "c2pa",
        "container",
        "duration_s",
        "error",
        "exif",
        "height_px",
        "inflate_bytes",
        "primaries",
        "texts",
        "transfer",
        "width_px",
    )

    def __init__(self) -> None:
        self.container = "unknown"
        self.width_px: int | None = None
        self.height_px: int | None = None
        self.duration_s: float | None = None
        self.texts: list[Text] = []
        self.exif = b""
        self.c2pa = b""
        self.error = ""
        self.primaries = self.transfer = 0
        self.budget_bytes = MAX_TEXT_BYTES
        # The limit of all inflated bytes, including texts that are then refused: two thousand small
        # bombs would add up.
        self.inflate_bytes = 2 * MAX_TEXT_BYTES

    def add(self, keyword: str, value: str, where: str) -> None:
        """Add one text, unless it is empty."""
        if value:
            self.texts.append(Text(keyword, value, where))

    def note(self, reason: str) -> None:
        """Note why something was left out. Only the first reason is kept."""
        self.error = self.error or reason

    def spend(self, size: int, what: str) -> bool:
        """Count ``size`` bytes of text. Returns False, with a note, if the limit is exceeded."""
        if size > self.budget_bytes:
            self.note(
                f"{what} is larger than the {MAX_TEXT_BYTES // 2**20} MB of text that are read from one file"
            )
            return False
        self.budget_bytes -= size
        return True

    def freeze(self) -> Embedded:
        """The finished value."""
        texts = tuple(self.texts)
        return Embedded(
            self.container,
            self.width_px,
            self.height_px,
            self.duration_s,
            texts,
            self.exif,
            self.c2pa,
            self.error,
            self.primaries,
            self.transfer,
        )
