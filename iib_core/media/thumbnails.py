"""Thumbnails: small WebP pictures of pictures, videos and sounds, made once and cached on the disk."""

from __future__ import annotations

import io
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Optional

from iib_core import companions, mediatypes, times
from iib_core.errors import AccessDenied, InvalidRequest, TooLarge, UnreadableMedia
from iib_core.lru import LRU
from iib_core.media import decode, ffmpeg, formats, signature
from iib_core.media.cache import DiskCache
from iib_core.media.chosen_covers import ChosenCovers, hash_text, read_status
from iib_core.metadata import containers
from iib_core.workers import Workers, completed_future, pending_future

MIN_EDGE_PX, MAX_EDGE_PX = 16, 2048
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)
_PREVIEW = "preview"
# A file that could not be decoded is not tried again for this long unless it changes: a page that
# is scrolled asks for it repeatedly.
_RETRY_FAILED_S = 300.0
# The same for a file that kept a decoder busy for long.
_RETRY_SLOW_S = 7 * 86400.0
_CACHED_FAILURES = 1000
# At most this many small pictures are read before a decoder is free for them.
_MAX_READ_AHEAD = 16

OpenFile = Callable[[str], BinaryIO]
# (path, mtime_ns, 0xRRGGBB)
OnColour = Callable[[str, int, int], None]
# (path, mtime_ns, size_bytes, signature)
OnSignature = Callable[[str, int, int, Optional[bytes]], None]


@dataclass(frozen=True)
class ThumbnailSpec:
    """One thumbnail of one state of a file.

    ``key``: its name in the cache and its ETag; it changes with the file. ``width_px`` 0 means the
    moving preview of a video. ``content``: the content hash of a video, for its chosen cover.
    ``size_bytes``: the size of the file.
    """

    path: str
    mtime_ns: int
    width_px: int
    height_px: int
    key: str
    content: str = ""
    size_bytes: int = 0


def parse_size(size: str) -> tuple[int, int]:
    """``"256x256"`` -> (256, 256). Raises InvalidRequest for other forms and for edges outside
    16..2048.
    """
    match = _SIZE.fullmatch(size)
    edges = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(MIN_EDGE_PX <= edge <= MAX_EDGE_PX for edge in edges):
        raise InvalidRequest(
            f"'{size[:40]}' is not a thumbnail size: give WIDTHxHEIGHT with edges from {MIN_EDGE_PX} to "
            f"{MAX_EDGE_PX}, such as 256x256."
        )
    return edges


class Thumbnails:
    """Makes thumbnails and caches them. Requests for one thumbnail share one decode.

    ``covers``: a cache that is never evicted. ``on_colour`` is called with the mean colour of every
    file that is decoded, ``on_signature`` with the signature of every picture.
    """

    def __init__(
        self,
        cache: DiskCache,
        covers: DiskCache,
        decoders: Workers,
        *,
        max_pixels: int,
        on_colour: OnColour | None = None,
        on_signature: OnSignature | None = None,
    ) -> None:
        self.cache = cache
        self._covers = ChosenCovers(covers, max_pixels=max_pixels)
        self._decoders = decoders
        self._max_pixels = max_pixels
        self._on_colour = on_colour
        self._on_signature = on_signature
        self._lock = threading.Lock()
        self._in_flight: dict[str, Future[bytes]] = {}
        # (monotonic time of the next try, error) by key
        self._failures: LRU[str, tuple[float, UnreadableMedia | TooLarge]] = LRU(_CACHED_FAILURES)
        self._requested_at = float("-inf")
        self.last_size = (512, 512)  # the size of the last request, used for thumbnails made ahead

    def set_limits(self, *, max_pixels: int, cache_bytes: int) -> None:
        """Change the largest picture that gets a thumbnail, and the limit of the cache."""
        self._max_pixels = max_pixels
        self._failures = LRU(_CACHED_FAILURES)  # what was too large may not be any more
        self.cache.set_limit(cache_bytes)

    def spec_for(self, path: str, size: str) -> ThumbnailSpec:
        """The thumbnail of the present state of the file at a resolved path.

        ``size``: as in ``parse_size``. Raises InvalidRequest and NotFound.
        """
        return self.spec_in_box(path, *parse_size(size))

    def spec_in_box(self, path: str, width_px: int, height_px: int) -> ThumbnailSpec:
        """``spec_for`` with a parsed size."""
        return self._spec(path, width_px, height_px, f"{width_px}x{height_px}")

    def preview_spec_for(self, path: str) -> ThumbnailSpec:
        """The moving preview of a video. Raises UnreadableMedia if it is not a video, and NotFound."""
        if mediatypes.media_type(path) != "video":
            raise UnreadableMedia("Only a video has a moving preview.")
        return self._spec(path, 0, 0, _PREVIEW)

    def find(self, spec: ThumbnailSpec) -> bytes | None:
        """The thumbnail if it is in the cache."""
        return self.cache.find(spec.key)

    def get_or_make(self, spec: ThumbnailSpec, open_file: OpenFile) -> Future[bytes]:
        """The thumbnail from the cache; if it is not there it is made, see ``make``."""
        data = self.find(spec)
        return completed_future(data) if data is not None else self.make(spec, open_file)

    def make(self, spec: ThumbnailSpec, open_file: OpenFile) -> Future[bytes]:
        """The thumbnail, made by a decoder. Concurrent requests for the same one share the future.

        ``open_file`` is ``Access.open``.

        A small picture is read in the caller's thread, so that a slow drive does not block a
        decoder.
        """
        with self._lock:
            self._requested_at = time.monotonic()
            if spec.width_px:
                self.last_size = spec.width_px, spec.height_px
            failure = self._failures.get(spec.key)
            if failure and time.monotonic() < failure[0]:
                return _failed(failure[1])
            if spec.key in self._in_flight:
                return self._in_flight[spec.key]
            answer = self._in_flight[spec.key] = pending_future()
            is_read_here = len(self._in_flight) <= _MAX_READ_AHEAD
        answer.add_done_callback(lambda _: self._finish(spec.key))
        try:
            data = self.cache.find(spec.key)  # it may have been made since the caller looked
            if data is None:
                self._submit(spec, open_file, answer, is_read_here=is_read_here)
            else:
                answer.set_result(data)
        except Exception as exc:  # noqa: BLE001  handed to the threads that wait for the future
            answer.set_exception(exc)
        return answer

    def _submit(
        self, spec: ThumbnailSpec, open_file: OpenFile, answer: Future[bytes], *, is_read_here: bool
    ) -> None:
        is_picture = mediatypes.media_type(spec.path) == "image"
        source = _read(spec.path, open_file) if is_read_here and is_picture else None
        if source is None:
            self._decoders.submit_for(answer, lambda: self._make_and_store(spec, open_file))
        else:
            self._decoders.submit_for(
                answer, lambda: self._make_and_store(spec, lambda _path: source)
            )

    def _finish(self, key: str) -> None:
        with self._lock:
            del self._in_flight[key]
            self._requested_at = time.monotonic()

    def _note_failure(self, key: str, exc: UnreadableMedia | TooLarge) -> None:
        # A copy without its traceback, which would keep the decoder's pictures alive.
        wait_s = _RETRY_SLOW_S if isinstance(exc, formats.TakesTooLong) else _RETRY_FAILED_S
        self._failures.put(key, (time.monotonic() + wait_s, type(exc)(*exc.args)))

    def make_missing(self, path: str, sizes: Iterable[tuple[int, int]], open_file: OpenFile) -> int:
        """Make the thumbnails of a file that are not in the cache, in this thread, with one decode.

        Returns how many were made.
        """
        specs = [self.spec_in_box(path, *size) for size in sizes]
        missing = [spec for spec in specs if not self.cache.has(spec.key)]
        if not missing:
            return 0
        missing.sort(key=lambda spec: -max(spec.width_px, spec.height_px))
        box = (max(spec.width_px for spec in missing), max(spec.height_px for spec in missing))
        largest = self._shrink(missing[0], open_file, box=box)
        for spec in missing:
            self.cache.put(spec.key, largest.within(spec.width_px, spec.height_px).to_webp())
        return len(missing)

    def signature_of(self, path: str, open_file: OpenFile) -> tuple[ThumbnailSpec, bytes | None]:
        """The state and the signature of a picture or a video, by a thumbnail that is there where
        there is one; None where it has none. No thumbnail is kept.

        Raises NotFound, AccessDenied, UnreadableMedia and TooLarge.
        """
        edge_px = signature.LEAST_EDGE_PX
        spec = self.spec_in_box(path, edge_px, edge_px)
        if mediatypes.media_type(path) == "video":
            return spec, self._signature_of_video(spec, open_file)
        small = self._find_small(path, edge_px) or self._decode(spec, open_file, edge_px, edge_px)
        return spec, signature.of(small.image)

    def small_of(
        self, path: str, open_file: OpenFile, edge_px: int
    ) -> tuple[ThumbnailSpec, decode.Small]:
        """The state and a small picture of a file, at most ``edge_px`` large or as large as its
        thumbnail, which is used where there is one that is large enough. No thumbnail is kept.

        Raises NotFound, AccessDenied, UnreadableMedia and TooLarge.
        """
        spec = self.spec_in_box(path, edge_px, edge_px)
        return spec, self._find_small(path, edge_px) or self._shrink(spec, open_file)

    def shrink_bytes(self, data: bytes, edge_px: int) -> decode.Small:
        """A small picture of the bytes of one, made by a decoder. Raises UnreadableMedia and
        TooLarge.
        """

        def shrink() -> decode.Small:
            return decode.shrink(io.BytesIO(data), edge_px, edge_px, max_pixels=self._max_pixels)

        return self._decoders.submit(shrink).result()

    def _find_small(self, path: str, edge_px: int) -> decode.Small | None:
        """The thumbnail of the size that is in use, if it is there and large enough."""
        width_px, height_px = self.last_size
        if min(width_px, height_px) < edge_px:
            return None
        made = self.cache.find(self.spec_in_box(path, width_px, height_px).key)
        if made is None:
            return None
        return decode.shrink(io.BytesIO(made), width_px, height_px, max_pixels=self._max_pixels)

    def _signature_of_video(self, spec: ThumbnailSpec, open_file: OpenFile) -> bytes | None:
        with _opened(spec.path, open_file) as file:
            frames = ffmpeg.grab_frames(file, containers.read_file(file).duration_s)
        return signature.of_frames([decode.shrink_frame(frame).image for frame in frames])

    def is_idle(self, for_s: float) -> bool:
        """Whether no thumbnail has been made or requested from a decoder for this many seconds."""
        with self._lock:
            return not self._in_flight and time.monotonic() - self._requested_at >= for_s

    def set_cover(self, path: str, picture: str) -> None:
        """Set the cover of a video, see ``ChosenCovers.put``."""
        self._covers.put(path, picture)

    def _spec(self, path: str, width_px: int, height_px: int, variant: str) -> ThumbnailSpec:
        status = read_status(path)
        content = cover = ""
        if mediatypes.media_type(path) == "video":
            content = self._covers.content_hash(path, status)
            cover = hash_text(self._covers.find(content) or b"")
        key = hash_text(f"{path}\0{times.mtime_ns(status)}\0{status.st_size}\0{variant}\0{cover}")
        mtime_ns = times.mtime_ns(status)
        return ThumbnailSpec(path, mtime_ns, width_px, height_px, key, content, status.st_size)

    def _make_and_store(self, spec: ThumbnailSpec, open_file: OpenFile) -> bytes:
        try:
            if spec.width_px:
                data = self._shrink(spec, open_file).to_webp()
            else:
                data = _make_preview(spec.path, open_file)
        except (UnreadableMedia, TooLarge) as exc:
            self._note_failure(spec.key, exc)
            raise
        self.cache.put(spec.key, data)
        return data

    def _shrink(
        self, spec: ThumbnailSpec, open_file: OpenFile, box: tuple[int, int] | None = None
    ) -> decode.Small:
        width_px, height_px = box or (spec.width_px, spec.height_px)
        small = self._decode(spec, open_file, width_px, height_px)
        if self._on_colour is not None:
            self._on_colour(spec.path, spec.mtime_ns, small.mean_colour())
        self._report_signature(spec, small, min(width_px, height_px))
        return small

    def _report_signature(self, spec: ThumbnailSpec, small: decode.Small, edge_px: int) -> None:
        """Make the signature of a picture on the way; that of a video needs more frames than its
        cover.
        """
        is_picture = mediatypes.media_type(spec.path) == "image"
        if self._on_signature is not None and is_picture and edge_px >= signature.LEAST_EDGE_PX:
            self._on_signature(spec.path, spec.mtime_ns, spec.size_bytes, signature.of(small.image))

    def _decode(
        self, spec: ThumbnailSpec, open_file: OpenFile, width_px: int, height_px: int
    ) -> decode.Small:
        media_type = mediatypes.media_type(spec.path)
        chosen = self._covers.find(spec.content) if media_type == "video" else None
        if chosen:
            return decode.shrink(
                io.BytesIO(chosen), width_px, height_px, max_pixels=self._max_pixels
            )
        with _opened(spec.path, open_file) as file:
            if media_type == "video":
                try:
                    frame = ffmpeg.grab_cover(file, containers.read_file(file).duration_s)
                except UnreadableMedia:
                    preview = self._decode_companion(spec, open_file, width_px, height_px)
                    if preview is None:
                        raise
                    return preview
            elif media_type == "audio":
                frame = ffmpeg.draw_sound(file)
            else:
                return decode.shrink(file, width_px, height_px, max_pixels=self._max_pixels)
        return decode.shrink_frame(frame).within(width_px, height_px)

    def _decode_companion(
        self, spec: ThumbnailSpec, open_file: OpenFile, width_px: int, height_px: int
    ) -> decode.Small | None:
        """The preview that SwarmUI writes beside a video, for machines that cannot decode the
        video. None if there is none.
        """
        stem = os.path.splitext(spec.path)[0]
        for path in (stem + ending for ending in companions.PREVIEWS):
            if os.path.isfile(path) and not os.path.islink(path):
                with _opened(path, open_file) as file:
                    return decode.shrink(file, width_px, height_px, max_pixels=self._max_pixels)
        return None


@contextmanager
def _opened(path: str, open_file: OpenFile) -> Iterator[BinaryIO]:
    """The open file. Raises AccessDenied if it cannot be read, for instance because its drive is
    offline.
    """
    try:
        with open_file(path) as file:
            yield file
    except OSError as exc:
        raise AccessDenied(f"The file cannot be read: {exc.strerror or exc}.") from exc


def _read(path: str, open_file: OpenFile) -> BinaryIO | None:
    """The content of a small file, in memory; None for a large file.

    The file is closed, so that it can be moved or deleted meanwhile.
    """
    with _opened(path, open_file) as file:
        source = formats.read_small(file, lambda: open_file(path))
        return source if source is not file else None


def _make_preview(path: str, open_file: OpenFile) -> bytes:
    with _opened(path, open_file) as file:
        return ffmpeg.make_preview(file, containers.read_file(file).duration_s)


def _failed(exc: UnreadableMedia | TooLarge) -> Future[bytes]:
    future: Future[bytes] = Future()
    future.set_exception(type(exc)(*exc.args))
    return future
