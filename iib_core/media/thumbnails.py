"""Thumbnails: small WebP pictures of pictures, videos and sounds, made once and kept on disk."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Optional

from iib_core import companions, mediatypes, reading, times
from iib_core.errors import AccessDenied, InvalidRequest, NotFound, TooLarge, UnreadableMedia
from iib_core.media import decode, ffmpeg, formats, signature
from iib_core.media.cache import DiskCache
from iib_core.metadata import containers
from iib_core.workers import Workers, at_once, promise

MIN_EDGE_PX, MAX_EDGE_PX = 16, 2048
MAX_COVER_BYTES = 20 * 2**20
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)
_PREVIEW = "preview"
# A chosen cover belongs to what the video holds, so that it follows the file wherever it goes: so
# much of its head and of its tail tells it from others.
_PART_BYTES = 64 * 1024
_KEPT_CONTENTS = 10_000
# What could not be decoded is not tried again for so long, as long as the file stays as it is: a
# page that is scrolled asks again and again.
_FAILED_FOR_S = 300.0
# One that took a decoder's time is not tried again before it changes, unless the program is started
# anew or has met many others since.
_SLOW_FOR_S = 7 * 86400.0
_KEPT_FAILURES = 1000
# So many pictures are read before a decoder has time for them, of those that are small enough.
_MOST_READ = 16

OpenFile = Callable[[str], BinaryIO]
TellColour = Callable[[str, int, int], None]
TellSignature = Callable[[str, int, int, Optional[bytes]], None]


@dataclass(frozen=True)
class Wanted:
    """One thumbnail of one state of a file.

    ``key`` names it in the cache and as ETag; whatever changes the file changes the key.

    ``width_px`` 0 means the moving preview of a video. ``content`` names what a video holds, for
    its chosen cover. ``size_bytes`` is the file's.
    """

    path: str
    mtime_ns: int
    width_px: int
    height_px: int
    key: str
    content: str = ""
    size_bytes: int = 0


def parse_size(size: str) -> tuple[int, int]:
    """``"256x256"`` -> (256, 256). Raises InvalidRequest for any other form and for edges outside 16..2048."""
    match = _SIZE.fullmatch(size)
    edges = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(MIN_EDGE_PX <= edge <= MAX_EDGE_PX for edge in edges):
        raise InvalidRequest(
            f"'{size[:40]}' is no thumbnail size: give WIDTHxHEIGHT with edges from {MIN_EDGE_PX} to "
            f"{MAX_EDGE_PX}, such as 256x256."
        )
    return edges


class Thumbnails:
    """The cache and the decoders in front of it: one decode a picture however many ask, a bounded
    number at a time.

    ``tell_colour`` hears of the mean colour of every picture that is made small: path, mtime_ns, 0xRRGGBB.
    ``tell_signature`` is called with the signature of a picture: path, mtime_ns, size_bytes, signature.
    """

    def __init__(
        self,
        cache: DiskCache,
        covers: DiskCache,
        decoders: Workers,
        *,
        max_pixels: int,
        tell_colour: TellColour | None = None,
        tell_signature: TellSignature | None = None,
    ) -> None:
        self._cache = cache
        self._covers = covers  # chosen by a person, so never evicted
        self._decoders = decoders
        self._max_pixels = max_pixels
        self._tell_colour = tell_colour
        self._tell_signature = tell_signature
        self._lock = threading.Lock()
        self._in_flight: dict[str, Future[bytes]] = {}
        self._contents: OrderedDict[tuple[str, int, int], str] = OrderedDict()
        self._failed: OrderedDict[str, tuple[float, UnreadableMedia | TooLarge]] = OrderedDict()
        self._asked_at = float("-inf")
        self.last_size = (512, 512)  # what was asked for last, for those who make thumbnails ahead

    def want(self, path: str, size: str) -> Wanted:
        """The thumbnail of the file as it is now on disk.

        ``path`` is resolved. Raises InvalidRequest and NotFound.
        """
        return self.want_within(path, *parse_size(size))

    def want_within(self, path: str, width_px: int, height_px: int) -> Wanted:
        """The same with a size that was parsed."""
        return self._want(path, width_px, height_px, f"{width_px}x{height_px}")

    def want_preview(self, path: str) -> Wanted:
        """The moving preview of a video. Raises UnreadableMedia where it is none, and NotFound."""
        if mediatypes.media_type(path) != "video":
            raise UnreadableMedia("Only a video has a moving preview.")
        return self._want(path, 0, 0, _PREVIEW)

    def find(self, wanted: Wanted) -> bytes | None:
        """The thumbnail if it has been made."""
        return self._cache.find(wanted.key)

    def give(self, wanted: Wanted, open_file: OpenFile) -> Future[bytes]:
        """The thumbnail: at once if it has been made, else being made as by ``make``."""
        data = self.find(wanted)
        return at_once(data) if data is not None else self.make(wanted, open_file)

    def make(self, wanted: Wanted, open_file: OpenFile) -> Future[bytes]:
        """The thumbnail, being made by a decoder; whoever asks for the same one meanwhile shares it.

        ``open_file`` is ``Access.open``.

        A picture is read in this thread: a slow drive keeps no decoder waiting, and a decoder works
        without a pause.
        """
        with self._lock:
            self._asked_at = time.monotonic()
            if wanted.width_px:
                self.last_size = wanted.width_px, wanted.height_px
            if failure := self._failed.get(wanted.key):
                if time.monotonic() < failure[0]:
                    return _failed(failure[1])
                del self._failed[wanted.key]
            if wanted.key in self._in_flight:
                return self._in_flight[wanted.key]
            answer = self._in_flight[wanted.key] = promise()
            is_read_here = (
                len(self._in_flight) <= _MOST_READ and mediatypes.media_type(wanted.path) == "image"
            )
        answer.add_done_callback(lambda _: self._land(wanted.key))
        try:
            data = self._cache.find(wanted.key)  # made since the caller looked, perhaps
            if data is None:
                source = _read(wanted.path, open_file) if is_read_here else None
                self._decoders.submit_for(
                    answer, lambda: self._make(wanted, (lambda _: source) if source else open_file)
                )
            else:
                answer.set_result(data)
        except Exception as exc:  # noqa: BLE001  handed to whoever waits
            answer.set_exception(exc)
        return answer

    def _land(self, key: str) -> None:
        with self._lock:
            del self._in_flight[key]
            self._asked_at = time.monotonic()

    def _note_failure(self, key: str, exc: UnreadableMedia | TooLarge) -> None:
        # A copy without its traceback, which would keep the decoder's pictures alive.
        with self._lock:
            for_s = _SLOW_FOR_S if isinstance(exc, formats.TakesTooLong) else _FAILED_FOR_S
            self._failed[key] = time.monotonic() + for_s, type(exc)(*exc.args)
            while len(self._failed) > _KEPT_FAILURES:
                self._failed.popitem(last=False)

    def make_ahead(self, path: str, sizes: Iterable[tuple[int, int]], open_file: OpenFile) -> int:
        """Make the thumbnails that are missing in this thread, with one decode for all sizes.

        Returns how many it made. Nobody waits for these.
        """
        missing = [
            wanted
            for wanted in (self.want_within(path, *size) for size in sizes)
            if not self._cache.has(wanted.key)
        ]
        if not missing:
            return 0
        missing.sort(key=lambda wanted: -max(wanted.width_px, wanted.height_px))
        largest = self._shrink(
            missing[0], open_file, box=(max(w.width_px for w in missing), max(w.height_px for w in missing))
        )
        for wanted in missing:
            self._cache.put(wanted.key, largest.within(wanted.width_px, wanted.height_px).to_webp())
        return len(missing)

    def signature_of(self, path: str, open_file: OpenFile) -> tuple[Wanted, bytes | None]:
        """The state and the signature of a picture or a video, by a thumbnail that is there where
        there is one; None where it has none. No thumbnail is kept.

        Raises NotFound, AccessDenied, UnreadableMedia and TooLarge.
        """
        edge_px = signature.LEAST_EDGE_PX
        wanted = self.want_within(path, edge_px, edge_px)
        if mediatypes.media_type(path) == "video":
            return wanted, self._signature_of_video(wanted, open_file)
        width_px, height_px = self.last_size
        made = self._cache.find(self.want_within(path, width_px, height_px).key)
        if made is not None and min(width_px, height_px) >= edge_px:
            file: BinaryIO = io.BytesIO(made)
            small = decode.shrink(file, width_px, height_px, max_pixels=self._max_pixels)
        else:
            small = self._decode(wanted, open_file, edge_px, edge_px)
        return wanted, signature.of(small.image)

    def _signature_of_video(self, wanted: Wanted, open_file: OpenFile) -> bytes | None:
        with _opened(wanted.path, open_file) as file:
            frames = ffmpeg.grab_frames(file, containers.read_file(file).duration_s)
        return signature.of_frames([decode.shrink_frame(frame).image for frame in frames])

    def is_idle(self, for_s: float) -> bool:
        """Whether nobody has asked for a thumbnail that was not there for so many seconds."""
        with self._lock:
            return not self._in_flight and time.monotonic() - self._asked_at >= for_s

    def set_cover(self, path: str, picture: str) -> None:
        """Show the video at ``path`` by this picture: base64, with or without
        ``data:image/...;base64,`` in front.

        Raises UnreadableMedia for what is no video or no picture, TooLarge above 20 MiB,
        AccessDenied where it cannot be kept.
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
        cover = decode.shrink(io.BytesIO(data), 1024, 1024, max_pixels=self._max_pixels)
        if not self._covers.put(self._content(path, _status(path)), cover.to_webp()):
            raise AccessDenied("The cover cannot be written: is the disk of the data folder full?")

    def _want(self, path: str, width_px: int, height_px: int, variant: str) -> Wanted:
        status = _status(path)
        content = cover = ""
        if mediatypes.media_type(path) == "video":
            content = self._content(path, status)
            cover = _hash(self._covers.find(content) or b"")
        key = _hash(f"{path}\0{times.mtime_ns(status)}\0{status.st_size}\0{variant}\0{cover}")
        mtime_ns = times.mtime_ns(status)
        return Wanted(path, mtime_ns, width_px, height_px, key, content, status.st_size)

    def _content(self, path: str, status: os.stat_result) -> str:
        """A name for what the file holds."""
        state = (path, times.mtime_ns(status), status.st_size)
        with self._lock:
            known = self._contents.get(state)
        if known is None:
            known = _hash_parts(path, status.st_size)
            with self._lock:
                self._contents[state] = known
                while len(self._contents) > _KEPT_CONTENTS:
                    self._contents.popitem(last=False)
        return known

    def _make(self, wanted: Wanted, open_file: OpenFile) -> bytes:
        try:
            data = (
                self._shrink(wanted, open_file).to_webp()
                if wanted.width_px
                else _preview(wanted.path, open_file)
            )
        except (UnreadableMedia, TooLarge) as exc:
            self._note_failure(wanted.key, exc)
            raise
        self._cache.put(wanted.key, data)
        return data

    def _shrink(
        self, wanted: Wanted, open_file: OpenFile, box: tuple[int, int] | None = None
    ) -> decode.Small:
        width_px, height_px = box or (wanted.width_px, wanted.height_px)
        small = self._decode(wanted, open_file, width_px, height_px)
        if self._tell_colour is not None:
            self._tell_colour(wanted.path, wanted.mtime_ns, small.mean_colour())
        self._tell_of_signature(wanted, small, min(width_px, height_px))
        return small

    def _tell_of_signature(self, wanted: Wanted, small: decode.Small, edge_px: int) -> None:
        """Make the signature of a picture on the way; one of a video needs more frames than the cover."""
        is_picture = mediatypes.media_type(wanted.path) == "image"
        if self._tell_signature is not None and is_picture and edge_px >= signature.LEAST_EDGE_PX:
            found = signature.of(small.image)
            self._tell_signature(wanted.path, wanted.mtime_ns, wanted.size_bytes, found)

    def _decode(self, wanted: Wanted, open_file: OpenFile, width_px: int, height_px: int) -> decode.Small:
        kind = mediatypes.media_type(wanted.path)
        chosen = self._covers.find(wanted.content) if kind == "video" else None
        if chosen:
            return decode.shrink(io.BytesIO(chosen), width_px, height_px, max_pixels=self._max_pixels)
        with _opened(wanted.path, open_file) as file:
            if kind == "video":
                try:
                    frame = ffmpeg.grab_cover(file, containers.read_file(file).duration_s)
                except UnreadableMedia:
                    beside = self._decode_beside(wanted, open_file, width_px, height_px)
                    if beside is None:
                        raise
                    return beside
            elif kind == "audio":
                frame = ffmpeg.draw_sound(file)
            else:
                return decode.shrink(file, width_px, height_px, max_pixels=self._max_pixels)
        return decode.shrink_frame(frame).within(width_px, height_px)

    def _decode_beside(
        self, wanted: Wanted, open_file: OpenFile, width_px: int, height_px: int
    ) -> decode.Small | None:
        """The preview that SwarmUI put beside a video, for machines that cannot decode the video; None where
        there is none.
        """
        stem = os.path.splitext(wanted.path)[0]
        for path in (stem + ending for ending in companions.PREVIEWS):
            if os.path.isfile(path) and not os.path.islink(path):
                with _opened(path, open_file) as file:
                    return decode.shrink(file, width_px, height_px, max_pixels=self._max_pixels)
        return None


@contextmanager
def _opened(path: str, open_file: OpenFile) -> Iterator[BinaryIO]:
    """The file, open. Raises AccessDenied where it cannot be read: its drive was pulled out, or is damaged."""
    try:
        with open_file(path) as file:
            yield file
    except OSError as exc:
        raise AccessDenied(f"The file cannot be read: {exc.strerror or exc}.") from exc


def _read(path: str, open_file: OpenFile) -> BinaryIO | None:
    """What is in a file, in memory; None where that is much.

    The file is closed: somebody may want to move or delete it.
    """
    with _opened(path, open_file) as file:
        source = formats.read_small(file, lambda: open_file(path))
        return source if source is not file else None


def _preview(path: str, open_file: OpenFile) -> bytes:
    with _opened(path, open_file) as file:
        return ffmpeg.make_preview(file, containers.read_file(file).duration_s)


def _failed(exc: UnreadableMedia | TooLarge) -> Future[bytes]:
    future: Future[bytes] = Future()
    future.set_exception(type(exc)(*exc.args))
    return future


def _status(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except OSError as exc:
        raise NotFound("The file does not exist any more.") from exc


def _hash_parts(path: str, size_bytes: int) -> str:
    """A name for a file by its size, its head and its tail."""
    try:
        with reading.open_file(path) as file:
            head = file.read(_PART_BYTES)
            file.seek(max(0, size_bytes - _PART_BYTES))
            return _hash(b"%d\0%b%b" % (size_bytes, head, file.read(_PART_BYTES)))
    except OSError as exc:
        raise NotFound("The file does not exist any more, or cannot be read.") from exc


def _hash(text: str | bytes) -> str:
    return hashlib.sha256(
        text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    ).hexdigest()[:40]
