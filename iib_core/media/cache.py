"""A folder of small files with a byte limit; the least recently used go first."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable

from iib_core import reading, times

logger = logging.getLogger(__name__)

# A hit refreshes a file's time at most this often: the order need not be exact, and a warm cache
# should not write.
_TOUCH_AFTER_S = 3600
_EVICT_TO = 0.9


class DiskCache:
    """Bytes by key, in files ``ab/abcdef….ext`` below ``folder``.

    Safe for threads, processes and crashes: a file is there whole or not at all.

    ``later`` runs what may take its time, so that nobody who stores something waits until a large
    folder was counted.
    """

    def __init__(
        self,
        folder: str,
        *,
        limit_bytes: int,
        extension: str,
        later: Callable[[Callable[[], None]], object] | None = None,
    ) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._extension = extension
        self._lock = threading.Lock()
        self._later = later or (lambda work: work())
        self._total_bytes: int | None = None  # unknown until the first write has looked
        self._is_sweeping = False
        # Of unfinished files: no two threads and no two processes take the same.
        self._name, self._numbers = secrets.token_hex(4), itertools.count()

    def find(self, key: str) -> bytes | None:
        """The bytes under ``key``, else None."""
        path = self._path(key)
        try:
            with reading.open_file(path) as file:
                data = file.read()
                if time.time() - times.mtime_s(os.fstat(file.fileno())) > _TOUCH_AFTER_S:
                    os.utime(path)
        except OSError:
            return None
        return data or None  # a power cut may leave an empty file behind a rename

    def has(self, key: str) -> bool:
        """Whether there are bytes under ``key``."""
        try:
            return os.stat(self._path(key)).st_size > 0
        except OSError:
            return False

    def put(self, key: str, data: bytes) -> bool:
        """Keep ``data``.

        Whether it is kept: a disk that is full or read-only costs the cache, never the caller.
        """
        path = self._path(key)
        part = f"{path}.{self._name}-{next(self._numbers)}.part"
        try:
            try:
                file = open(part, "xb", buffering=0)  # noqa: SIM115  closed below
            except FileNotFoundError:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                file = open(part, "xb", buffering=0)  # noqa: SIM115
            with file:
                if file.write(data) < len(data):
                    raise OSError("the disk is full")
            os.replace(part, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(part)
            return False
        with self._lock:
            if self._total_bytes is not None:
                self._total_bytes += len(data)
            if self._is_sweeping or (
                self._total_bytes is not None and self._total_bytes <= self._limit_bytes
            ):
                return True
            self._is_sweeping = True
        self._later(self._sweep)
        return True

    def _path(self, key: str) -> str:
        return os.path.join(self._folder, key[:2], key + self._extension)

    def _sweep(self) -> None:
        """Count what there is, and remove the least recently used above the limit.

        Where that fails, the next write begins it again.
        """
        total: int | None = None
        try:
            total = self._evict()
        except Exception:  # the edge of a thread of workers: nobody else would hear of it
            logger.exception("the least recently used files of %s could not be removed", self._folder)
        finally:
            with self._lock:
                self._total_bytes, self._is_sweeping = total, False

    def _evict(self) -> int:
        """The bytes that are left."""
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        if total > self._limit_bytes:
            for _, size, path in files:
                if total <= self._limit_bytes * _EVICT_TO:
                    break
                try:
                    os.unlink(path)
                except OSError:
                    continue
                total -= size
        return total

    def _files(self) -> list[tuple[float, int, str]]:
        """(mtime, bytes, path) of every file, leftovers of a crash included."""
        found = []
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    status = os.stat(path)
                except OSError:
                    continue
                found.append((times.mtime_s(status), status.st_size, path))
        return found
