"""Formats: which of Pillow's readers may open a file, and what a pixel of it costs while it is decoded."""

from __future__ import annotations

import importlib
import io
import struct
import time
from collections.abc import Callable
from typing import Any, BinaryIO

from PIL import Image, ImageFile

from iib_core.errors import TooLarge, UnreadableMedia
from iib_core.metadata.containers import tiff

# Container as our own readers tell it by the bytes -> Pillow's readers. Every other reader of
# Pillow's stays out: one of them runs Ghostscript.
_READERS = {
    "png": ("PNG",),
    "jpeg": ("JPEG",),
    "webp": ("WEBP",),
    "gif": ("GIF",),
    "avif": ("AVIF",),
    "heif": ("HEIF",),
    "jxl": ("JXL",),
}
_OTHERS = ("BMP", "DIB", "TIFF")
# Packages that bring a reader which Pillow, or an older one, lacks: module, the function in it that
# adds the reader, name to install it by.
_PLUGINS = {
    "AVIF": ("pillow_avif", "", "pillow-avif-plugin"),
    "HEIF": ("pillow_heif", "register_heif_opener", "pillow-heif"),
    "JXL": ("pillow_jxl", "", "pillow-jxl-plugin"),
}
# Bytes that a decoder holds for each pixel at its peak, Pillow's own picture included; measured.
# Those of the others follow from the mode.
_PEAK_BYTES = {"WEBP": 16, "AVIF": 10, "HEIF": 12, "JXL": 24}
_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
# Up to here a file is read at once. Each part that is read by itself lets go of Python's lock and
# takes it again: a fifth of the time where others want it too.
AT_ONCE_BYTES = 8 << 20
# What a file may ask of Pillow's readers. An honest picture of the largest size is read in some
# 100,000 pieces, and hardly a byte of it twice.
_MOST_READS = 300_000
_MOST_TIMES_READ, _MOST_BYTES = 4, 16 << 20
# Processor time of the thread, from opening a picture to its last row: more than the largest that
# may be decoded takes on a slow machine.
_MOST_SECONDS = 20.0
# Scans of a JPEG: some ten in a progressive one. Two seconds of a decoder for all of them together.
_SCAN, _FEW_SCANS, _MOST_SCANNED_PIXELS = b"\xff\xda", 25, 3_000_000_000
_MOST_EXIF_BYTES = 64 << 20
# Strips of a TIFF: each is a call of a decoder of its own.
_MOST_TILES = 20_000
# What Pillow's format readers raise for damaged files, beside OSError.
DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    IndexError,
    KeyError,
    OverflowError,
    EOFError,
    AttributeError,
    RuntimeError,
    struct.error,
)


def open_picture(file: BinaryIO, container: str) -> Image.Image:
    """The picture in ``file``, its pixels not decoded yet.

    Raises UnreadableMedia, and TooLarge above what Pillow takes at all.

    Both this and decoding the pixels later raise TakesTooLong for a file whose structure would keep
    Pillow busy.
    """
    readers = [reader for reader in _READERS.get(container, _OTHERS) if _is_there(reader)]
    scans = _count_scans(file) if container == "jpeg" else 1
    watched = _Watched(file)
    watched.seek(0)
    try:
        image = Image.open(watched, formats=readers)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise TooLarge(f"The picture is too large to be decoded safely: {exc}") from exc
    except DAMAGED as exc:
        raise UnreadableMedia("The file is no picture that can be decoded.") from exc
    tiles = len(getattr(image, "tile", ()))
    if tiles > _MOST_TILES or (
        scans > _FEW_SCANS and scans * image.width * image.height > _MOST_SCANNED_PIXELS
    ):
        raise TakesTooLong
    if tiles > 1:
        watched.allow(tiles * ImageFile.MAXBLOCK)
    elif isinstance(file, io.BytesIO):
        image.decodermaxblock = max(1, file.getbuffer().nbytes)
    return image


class TakesTooLong(UnreadableMedia):
    """The file is built so that it would keep a decoder busy.

    It will be no better as long as it stays as it is.
    """

    def __init__(
        self, message: str = "The picture is put together in a way that would take too long to decode."
    ) -> None:
        super().__init__(message)


class _Watched:
    """A file for Pillow, whose readers are Python and take files apart piece by piece: so many
    pieces, bytes and seconds, and no more.

    A JPEG with megabytes of fill bytes is read byte by byte, a directory of a TIFF may hold the
    same megabyte 65,535 times, and a comment in a GIF is put together again with each of its
    pieces. What a decoder in C does with what it was given is not bounded here, but by pixels.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._calls = _MOST_READS
        self._bytes = _MOST_BYTES + _MOST_TIMES_READ * file.seek(0, io.SEEK_END)
        self._until = time.thread_time() + _MOST_SECONDS

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._calls -= 1
        self._bytes -= len(data)
        if self._calls < 0 or self._bytes < 0 or (not self._calls & 63 and time.thread_time() > self._until):
            raise TakesTooLong
        return data

    def allow(self, size_bytes: int) -> None:
        """So many bytes more: of each strip of a TIFF Pillow reads more than it needs."""
        self._bytes += size_bytes

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _count_scans(file: BinaryIO) -> int:
    """Scans of a JPEG, each of which goes over the whole picture.

    Compressed data does not hold this marker by accident.
    """
    file.seek(0)
    scans, tail = 0, b""
    while piece := file.read(AT_ONCE_BYTES):
        scans += (tail + piece).count(_SCAN)
        tail = piece[-1:]
    return scans


def check_exif(block: bytes, available_bytes: int) -> None:
    """Refuse a file whose EXIF block states the same bytes over and over: Pillow would copy them
    for each of thousands of tags, until memory is full.

    ``available_bytes``: what the block may be continued to; Pillow joins the EXIF segments of a JPEG.
    """
    if len(block) < 8:
        return
    order = "<" if block[:2] == b"II" else ">"
    for offset in tiff.directories(block, order):
        if tiff.stated_bytes(block, order, offset, available_bytes) > _MOST_EXIF_BYTES:
            raise TakesTooLong


class ReadFile(io.BytesIO):
    """What is in a file, in memory. ``reopen`` gives the file itself, which is closed with this."""

    def __init__(self, data: bytes, reopen: Callable[[], BinaryIO]) -> None:
        super().__init__(data)
        self._reopen = reopen
        self._file: BinaryIO | None = None

    def on_disk(self) -> BinaryIO:
        """The file itself, open, for those to whom bytes are not enough."""
        self._file = self._file or self._reopen()
        return self._file

    def close(self) -> None:
        super().close()
        if self._file:
            self._file.close()


def read_small(file: BinaryIO, reopen: Callable[[], BinaryIO] | None = None) -> BinaryIO:
    """What is in ``file``, in memory, where that is little; else ``file`` itself.

    ``reopen`` is for those who close it meanwhile.
    """
    if isinstance(file, io.BytesIO):
        return file
    size_bytes = file.seek(0, io.SEEK_END)
    file.seek(0)
    return file if size_bytes > AT_ONCE_BYTES else ReadFile(file.read(size_bytes), reopen or (lambda: file))


def has_reader(container: str) -> bool:
    """Whether a reader for this container is installed."""
    try:
        return all(map(_is_there, _READERS.get(container, ())))
    except UnreadableMedia:
        return False


def peak_bytes(image: Image.Image) -> int:
    """What decoding this picture takes at its peak, as far as its header tells."""
    pixels = image.width * image.height
    if image.info.get("progressive"):
        # The coefficients of the whole picture, two bytes each, are held until the last pass.
        layers: list[tuple[int, int]] = [(layer[1], layer[2]) for layer in getattr(image, "layer", ())] or [
            (1, 1)
        ] * len(image.getbands())
        most = max(across for across, _ in layers) * max(down for _, down in layers)
        return pixels * 2 * sum(across * down for across, down in layers) // max(1, most)
    return pixels * _PEAK_BYTES.get(image.format or "", _MODE_BYTES.get(image.mode, 4))


def _is_there(reader: str) -> bool:
    """Whether Pillow has a reader, which is fetched from its package where there is one.

    Raises UnreadableMedia that names the package.
    """
    if reader in Image.OPEN:
        return True
    Image.init()
    if reader in Image.OPEN or reader not in _PLUGINS:
        return reader in Image.OPEN
    module, register, package = _PLUGINS[reader]
    try:
        plugin = importlib.import_module(module)
    except ImportError as exc:
        raise UnreadableMedia(f"{reader} pictures need the package {package}: install it with pip.") from exc
    if register:
        getattr(plugin, register)()
    return reader in Image.OPEN
