"""A cache of small files with a limit in bytes; the least recently used are removed first."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable

from iib_core import reading, times, windows

logger = logging.getLogger(__name__)

# A hit refreshes a file's time at most this often: the order need not be exact, and a warm cache
# should not write.
_TOUCH_AFTER_S = 3600
_EVICT_TO = 0.9


class DiskCache:
    """Bytes by key, in files ``ab/abcdef….ext`` below ``folder``.

    Safe for threads, processes and crashes: a file is complete or does not exist.

    ``later`` runs slow work in the background, so that ``put`` does not wait while a large folder
    is counted.
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
        # For the names of unfinished files, unique among threads and processes.
        self._name, self._numbers = secrets.token_hex(4), itertools.count()

    def find(self, key: str) -> bytes | None:
        """The bytes of ``key``, or None."""
        path = self._path(key)
        try:
            with reading.open_file(path) as file:
                data = file.read()
                if time.time() - times.mtime_s(os.fstat(file.fileno())) > _TOUCH_AFTER_S:
                    os.utime(path)
        except OSError:
            return None
        return data or None  # after a power failure a renamed file may be empty

    def has(self, key: str) -> bool:
        """Whether ``key`` is in the cache."""
        try:
            return os.stat(self._path(key)).st_size > 0
        except OSError:
            return False

    def put(self, key: str, data: bytes) -> bool:
        """Store ``data``. Returns False, without an error, if the disk is full or read-only."""
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
            windows.replace(part, path)
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

    def set_limit(self, limit_bytes: int) -> None:
        """Change the limit; what is above it is removed in the background."""
        with self._lock:
            self._limit_bytes = limit_bytes
            if self._is_sweeping:
                return
            self._is_sweeping = True
        self._later(self._sweep)

    def measure(self) -> tuple[int, int]:
        """The number of files, and their bytes."""
        files = self._files()
        return len(files), sum(size for _, size, _ in files)

    def clear(self) -> tuple[int, int]:
        """Remove every file. Returns how many there were, and their bytes."""
        removed, size_bytes = 0, 0
        for _, size, path in self._files():
            try:
                os.unlink(path)
            except OSError:
                continue  # it is in use, or gone already
            removed, size_bytes = removed + 1, size_bytes + size
        with self._lock:
            self._total_bytes = None
        return removed, size_bytes

    def _path(self, key: str) -> str:
        return os.path.join(self._folder, key[:2], key + self._extension)

    def _sweep(self) -> None:
        """Count the files, and remove the least recently used above the limit.

        If that fails, the next write starts it again.
        """
        total: int | None = None
        try:
            total = self._evict()
        except Exception:  # the edge of a background thread, where an error would be lost
            logger.exception(
                "the least recently used files of %s could not be removed", self._folder
            )
        finally:
            with self._lock:
                self._total_bytes, self._is_sweeping = total, False

    def _evict(self) -> int:
        """Remove files above the limit. Returns the bytes that remain."""
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
        """(mtime, bytes, path) of every file, including unfinished ones after a crash."""
        files = []
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    status = os.stat(path)
                except OSError:
                    continue
                files.append((times.mtime_s(status), status.st_size, path))
        return files
