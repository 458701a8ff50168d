"""Thumbnails: small WebP pictures, made once and kept on disk."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import BinaryIO

from iib_core.errors import InvalidRequest, NotFound
from iib_core.jobs import Workers
from iib_core.media.cache import DiskCache
from iib_core.media.decode import shrink_to_webp

MIN_EDGE_PX, MAX_EDGE_PX = 16, 2048
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)


@dataclass(frozen=True)
class Wanted:
    """One thumbnail of one state of a file. ``key`` names it in the cache and as ETag; whatever changes the file changes the key."""

    path: str
    mtime_ns: int
    width_px: int
    height_px: int
    key: str


def parse_size(size: str) -> tuple[int, int]:
    """``"256x256"`` -> (256, 256). Raises InvalidRequest for any other form and for edges outside 16..2048."""
    match = _SIZE.fullmatch(size)
    edges = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(MIN_EDGE_PX <= edge <= MAX_EDGE_PX for edge in edges):
        raise InvalidRequest(f"'{size[:40]}' is no thumbnail size: give WIDTHxHEIGHT with edges from {MIN_EDGE_PX} to {MAX_EDGE_PX}, such as 256x256.")
    return edges


def want(path: str, size: str) -> Wanted:
    """The thumbnail of the file as it is now on disk. ``path`` is resolved."""
    width_px, height_px = parse_size(size)
    try:
        status = os.stat(path)
    except OSError as exc:
        raise NotFound("The picture does not exist any more.") from exc
    state = f"{path}\0{status.st_mtime_ns}\0{status.st_size}\0{width_px}x{height_px}"
    key = hashlib.sha256(state.encode("utf-8", "surrogateescape")).hexdigest()[:40]
    return Wanted(path, status.st_mtime_ns, width_px, height_px, key)


class Thumbnails:
    """The cache and the decoders in front of it: one decode a picture however many ask, a bounded number at a time."""

    def __init__(self, cache: DiskCache, decoders: Workers, *, max_pixels: int) -> None:
        self._cache = cache
        self._decoders = decoders
        self._max_pixels = max_pixels
        self._lock = threading.Lock()
        self._in_flight: dict[str, Future[bytes]] = {}

    def find(self, wanted: Wanted) -> bytes | None:
        """The thumbnail if it has been made."""
        return self._cache.find(wanted.key)

    def make(self, wanted: Wanted, open_file: Callable[[str], BinaryIO]) -> Future[bytes]:
        """The thumbnail, being made by a decoder; whoever asks for the same one meanwhile shares it. ``open_file`` is ``Access.open``."""

        def work() -> bytes:
            try:
                with open_file(wanted.path) as file:
                    data = shrink_to_webp(file, wanted.width_px, wanted.height_px, max_pixels=self._max_pixels)
                self._cache.put(wanted.key, data)
                return data
            finally:
                with self._lock:
                    self._in_flight.pop(wanted.key, None)

        with self._lock:
            if wanted.key not in self._in_flight:
                self._in_flight[wanted.key] = self._decoders.submit(work)
            return self._in_flight[wanted.key]
