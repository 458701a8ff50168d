"""Source: random access to the bytes of one file in few reads. Draft: what a walker has found so far."""

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

# Most pictures of one megapixel keep all their text in here; for a small file it is the only read.
HEAD_BYTES = 32 * 1024
# A miss behind the head fetches this much, so that a run of small boxes costs one read.
WINDOW_BYTES = 8 * 1024
MAX_TEXT_BYTES = 16 * 1024 * 1024
MAX_CHUNKS = 20_000
MAX_DEPTH = 8


class Broken(ValueError):
    """The structure of the file contradicts itself from here on.

    Never leaves this package: it becomes ``Embedded.error``.
    """


class Source:
    """Bytes by offset. ``head`` is the file's beginning, ``size`` its length in bytes."""

    __slots__ = ("_asked", "_base", "_fd", "_file", "_window", "head", "size")

    def __init__(self, fd: int = -1, file: IO[bytes] | None = None) -> None:
        self._fd = fd
        self._file = file
        self._window = b""
        self._base = 0
        self._asked = limits.Budget(sys.maxsize)
        if file is not None:
            self.size = file.seek(0, os.SEEK_END)
            self.head = self._read(0, HEAD_BYTES)
            return
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            # A pipe or a device has no headers and may never answer.
            raise OSError(errno.EINVAL, "not a regular file")
        self.size = found.st_size
        # A new handle stands at 0: seeking there would cost a tenth of what a small file costs in all.
        self.head = os.read(fd, HEAD_BYTES)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Source:
        """A Source over a path, to be used in a ``with``.

        Raises OSError where that is missing, unreadable, a link or no regular file.
        """
        try:
            # Paths come here resolved: a link is one that was put there since, or a text beside a
            # picture that leads out of the library.
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
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
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
        """At most ``size`` bytes from ``offset``; fewer at the end of the file, none for a
        senseless position. Raises limits.TooSlow.
        """
        if offset < 0 or size <= 0:
            return b""
        end = offset + size
        if end <= len(self.head):
            return self.head[offset:end]
        if offset >= self.size:
            return b""
        self._asked.spend()
        start = offset - self._base
        if start < 0 or start + size > len(self._window):
            self._fill(offset, min(size, self.size - offset))
            start = 0
        return self._window[start : start + size]

    def peek(self, offset: int, size: int) -> bytes:
        """Like ``at``, but fetches nothing beyond ``size``: for probes that are far apart."""
        if offset < 0 or offset + size <= len(self.head):
            return self.at(offset, size)
        return self._read(offset, size) if offset < self.size else b""

    def _fill(self, offset: int, size: int) -> None:
        data = self._read(offset, max(size, WINDOW_BYTES))
        # One read may return less than asked for on some network mounts.
        while len(data) < size:
            more = self._read(offset + len(data), size - len(data))
            if not more:
                break
            data += more
        self._window, self._base = data, offset


class Draft:
    """An Embedded in the making. Walkers fill it in, so that what stood before a broken place is kept."""

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
        # What may be inflated in all, also for texts that are then refused: two thousand small
        # bombs are a bomb too.
        self.inflate_bytes = 2 * MAX_TEXT_BYTES

    def add(self, keyword: str, value: str, where: str) -> None:
        """Keep one text; empty ones say nothing and are dropped."""
        if value:
            self.texts.append(Text(keyword, value, where))

    def note(self, reason: str) -> None:
        """Keep the first reason why something was left out."""
        self.error = self.error or reason

    def spend(self, size: int, what: str) -> bool:
        """Whether ``size`` more bytes of text may be read; notes the refusal."""
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
