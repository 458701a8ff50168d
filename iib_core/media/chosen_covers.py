"""Chosen covers: pictures that a user chose to represent a video.

A cover is stored under a hash of the video's content, so that it follows the file when it is moved.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os

from iib_core import mediatypes, reading, times
from iib_core.errors import AccessDenied, InvalidRequest, NotFound, TooLarge, UnreadableMedia
from iib_core.lru import LRU
from iib_core.media import decode
from iib_core.media.cache import DiskCache

MAX_COVER_BYTES = 20 * 2**20
_COVER_EDGE_PX = 1024
# The hash covers this much of the head and of the tail of a video.
_PART_BYTES = 64 * 1024
_CACHED_HASHES = 10_000


class ChosenCovers:
    """Stores covers in ``cache``, which must never evict them."""

    def __init__(self, cache: DiskCache, *, max_pixels: int) -> None:
        self._cache = cache
        self._max_pixels = max_pixels
        # The content hash by (path, mtime_ns, size in bytes).
        self._hashes: LRU[tuple[str, int, int], str] = LRU(_CACHED_HASHES)

    def content_hash(self, path: str, status: os.stat_result) -> str:
        """A hash of the size, head and tail of a video. Raises NotFound."""
        state = (path, times.mtime_ns(status), status.st_size)
        content = self._hashes.get(state)
        if content is None:
            content = _hash_content(path, status.st_size)
            self._hashes.put(state, content)
        return content

    def find(self, content: str) -> bytes | None:
        """The cover of the video with this content hash, as WebP; None if none was chosen."""
        return self._cache.find(content)

    def put(self, path: str, picture: str) -> None:
        """Set the cover of the video at ``path``.

        ``picture``: base64, with or without ``data:image/...;base64,`` before it. Raises
        UnreadableMedia if ``path`` is not a video or ``picture`` not a picture, TooLarge above
        ``MAX_COVER_BYTES``, AccessDenied if the cover cannot be stored.
        """
        if mediatypes.media_type(path) != "video":
            raise UnreadableMedia("Only a video has a cover of its own.")
        encoded = picture.partition(",")[2] if picture.startswith("data:") else picture
        if len(encoded) * 3 // 4 > MAX_COVER_BYTES:
            raise TooLarge(f"A cover has at most {MAX_COVER_BYTES // 2**20} MiB.")
        try:
            data = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as exc:
            raise InvalidRequest("The cover is not valid base64.") from exc
        cover = decode.shrink(
            io.BytesIO(data), _COVER_EDGE_PX, _COVER_EDGE_PX, max_pixels=self._max_pixels
        )
        if not self._cache.put(self.content_hash(path, read_status(path)), cover.to_webp()):
            raise AccessDenied("The cover cannot be written: is the disk of the data folder full?")


def read_status(path: str) -> os.stat_result:
    """The status of a file. Raises NotFound."""
    try:
        return os.stat(path)
    except OSError as exc:
        raise NotFound("The file does not exist any more.") from exc


def _hash_content(path: str, size_bytes: int) -> str:
    try:
        with reading.open_file(path) as file:
            head = file.read(_PART_BYTES)
            file.seek(max(0, size_bytes - _PART_BYTES))
            return hash_text(b"%d\0%b%b" % (size_bytes, head, file.read(_PART_BYTES)))
    except OSError as exc:
        raise NotFound("The file does not exist any more, or cannot be read.") from exc


def hash_text(text: str | bytes) -> str:
    """A hash with 40 hexadecimal digits."""
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return hashlib.sha256(data).hexdigest()[:40]
