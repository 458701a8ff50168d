"""Thumbnails: small WebP pictures of pictures, videos and sounds, made once and kept on disk."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import BinaryIO

from iib_core import mediatypes
from iib_core.errors import AccessDenied, InvalidRequest, NotFound, TooLarge, UnreadableMedia
from iib_core.jobs import Workers
from iib_core.media import decode, ffmpeg
from iib_core.media.cache import DiskCache
from iib_core.metadata import containers

MIN_EDGE_PX, MAX_EDGE_PX = 16, 2048
MAX_COVER_BYTES = 20 * 2**20
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)
_PREVIEW = "preview"

OpenFile = Callable[[str], BinaryIO]


@dataclass(frozen=True)
class Wanted:
    """One thumbnail of one state of a file. ``key`` names it in the cache and as ETag; whatever changes the file changes the key.

    ``width_px`` 0 means the moving preview of a video.
    """

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


class Thumbnails:
    """The cache and the decoders in front of it: one decode a picture however many ask, a bounded number at a time."""

    def __init__(self, cache: DiskCache, covers: DiskCache, decoders: Workers, *, max_pixels: int) -> None:
        self._cache = cache
        self._covers = covers  # chosen by a person, so never evicted
        self._decoders = decoders
        self._max_pixels = max_pixels
        self._lock = threading.Lock()
        self._in_flight: dict[str, Future[bytes]] = {}

    def want(self, path: str, size: str) -> Wanted:
        """The thumbnail of the file as it is now on disk. ``path`` is resolved. Raises InvalidRequest and NotFound."""
        width_px, height_px = parse_size(size)
        return self._want(path, width_px, height_px, size)

    def want_preview(self, path: str) -> Wanted:
        """The moving preview of a video. Raises UnreadableMedia where it is none, and NotFound."""
        if mediatypes.media_type(path) != "video":
            raise UnreadableMedia("Only a video has a moving preview.")
        return self._want(path, 0, 0, _PREVIEW)

    def find(self, wanted: Wanted) -> bytes | None:
        """The thumbnail if it has been made."""
        return self._cache.find(wanted.key)

    def make(self, wanted: Wanted, open_file: OpenFile) -> Future[bytes]:
        """The thumbnail, being made by a decoder; whoever asks for the same one meanwhile shares it. ``open_file`` is ``Access.open``."""

        def work() -> bytes:
            try:
                data = self._make(wanted, open_file)
                self._cache.put(wanted.key, data)
                return data
            finally:
                with self._lock:
                    self._in_flight.pop(wanted.key, None)

        with self._lock:
            if wanted.key not in self._in_flight:
                self._in_flight[wanted.key] = self._decoders.submit(work)
            return self._in_flight[wanted.key]

    def set_cover(self, path: str, picture: str) -> None:
        """Show the video at ``path`` by this picture: base64, with or without ``data:image/...;base64,`` in front.

        Raises UnreadableMedia for what is no video or no picture, TooLarge above 20 MiB, AccessDenied where it cannot be kept.
        """
        if mediatypes.media_type(path) != "video":
            raise UnreadableMedia("Only a video has a cover of its own.")
        encoded = picture.partition(",")[2] if picture.startswith("data:") else picture
        if len(encoded) * 3 // 4 > MAX_COVER_BYTES:
            raise TooLarge(f"A cover has at most {MAX_COVER_BYTES // 2**20} MiB.")
        try:
            data = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as exc:
            raise InvalidRequest("The cover is no valid base64.") from exc
        if not self._covers.put(_hash(path), decode.shrink_to_webp(io.BytesIO(data), 1024, 1024, max_pixels=self._max_pixels)):
            raise AccessDenied("The cover cannot be written: is the disk of the data folder full?")

    def _want(self, path: str, width_px: int, height_px: int, variant: str) -> Wanted:
        try:
            status = os.stat(path)
        except OSError as exc:
            raise NotFound("The file does not exist any more.") from exc
        cover = _hash(self._covers.find(_hash(path)) or b"") if mediatypes.media_type(path) == "video" else ""
        key = _hash(f"{path}\0{status.st_mtime_ns}\0{status.st_size}\0{variant}\0{cover}")
        return Wanted(path, status.st_mtime_ns, width_px, height_px, key)

    def _make(self, wanted: Wanted, open_file: OpenFile) -> bytes:
        kind = mediatypes.media_type(wanted.path)
        chosen = self._covers.find(_hash(wanted.path)) if kind == "video" and wanted.width_px else None
        if chosen:
            return decode.shrink_to_webp(io.BytesIO(chosen), wanted.width_px, wanted.height_px, max_pixels=self._max_pixels)
        with open_file(wanted.path) as file:
            if kind == "video":
                duration_s = containers.read_file(file).duration_s
                if not wanted.width_px:
                    return ffmpeg.make_preview(file, duration_s)
                return decode.frame_to_webp(ffmpeg.grab_cover(file, duration_s), wanted.width_px, wanted.height_px)
            if kind == "audio":
                return decode.frame_to_webp(ffmpeg.draw_sound(file), wanted.width_px, wanted.height_px)
            return decode.shrink_to_webp(file, wanted.width_px, wanted.height_px, max_pixels=self._max_pixels)


def _hash(text: str | bytes) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text).hexdigest()[:40]
