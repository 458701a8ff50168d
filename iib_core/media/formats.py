"""Formats: which of Pillow's readers may open a file, and how much memory a decode takes."""

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

# Pillow's readers by container, as our own readers detect it. Pillow's other readers are not used:
# one of them runs Ghostscript.
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
# Packages with readers that some versions of Pillow lack: (module, function that registers the
# reader, package name).
_PLUGINS = {
    "AVIF": ("pillow_avif", "", "pillow-avif-plugin"),
    "HEIF": ("pillow_heif", "register_heif_opener", "pillow-heif"),
    "JXL": ("pillow_jxl", "", "pillow-jxl-plugin"),
}
# The peak memory of a decoder in bytes a pixel, with Pillow's own picture; measured. For other
# formats it follows from the mode.
_PEAK_BYTES = {"WEBP": 16, "AVIF": 10, "HEIF": 12, "JXL": 24}
_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
# A file up to this size is read with one call. Each call releases the GIL and waits for it again,
# which takes a fifth of the time when other threads want it too.
AT_ONCE_BYTES = 8 << 20
# Limits for what a file makes Pillow's readers do. A normal picture of the largest size is read in
# about 100,000 pieces, and hardly a byte of it twice.
_MAX_READS = 300_000
_MAX_TIMES_READ, _MAX_EXTRA_BYTES = 4, 16 << 20
# Processor time of the thread, from opening a picture to its last row. The largest allowed picture
# takes less on a slow machine.
_MAX_SECONDS = 20.0
# A progressive JPEG has about ten scans. The limit of pixels is about two seconds of a decoder.
_SCAN, _FEW_SCANS, _MAX_SCANNED_PIXELS = b"\xff\xda", 25, 3_000_000_000
_MAX_EXIF_BYTES = 64 << 20
# Each strip of a TIFF is a separate call of a decoder.
_MAX_TILES = 20_000
# The exceptions that Pillow's readers raise for damaged files.
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
    """The picture in ``file``, before its pixels are decoded.

    Raises UnreadableMedia, and TooLarge above Pillow's own limit.

    This, and the decoding of the pixels later, raise TakesTooLong for a file whose structure would
    keep Pillow busy.
    """
    readers = [reader for reader in _READERS.get(container, _OTHERS) if _load_reader(reader)]
    scans = _count_scans(file) if container == "jpeg" else 1
    watched = _Watched(file)
    watched.seek(0)
    try:
        image = Image.open(watched, formats=readers)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise TooLarge(f"The picture is too large to be decoded safely: {exc}") from exc
    except DAMAGED as exc:
        raise UnreadableMedia("The file is not a picture that can be decoded.") from exc
    tiles = len(getattr(image, "tile", ()))
    scanned_pixels = scans * image.width * image.height
    if tiles > _MAX_TILES or (scans > _FEW_SCANS and scanned_pixels > _MAX_SCANNED_PIXELS):
        raise TakesTooLong
    if tiles > 1:
        watched.allow(tiles * ImageFile.MAXBLOCK)
    elif isinstance(file, io.BytesIO):
        image.decodermaxblock = max(1, file.getbuffer().nbytes)
    return image


class TakesTooLong(UnreadableMedia):
    """The structure of the file would keep a decoder busy. Trying again does not help."""

    def __init__(
        self, message: str = "The picture is stored in a way that would take too long to decode."
    ) -> None:
        super().__init__(message)


class _Watched:
    """A file for Pillow that limits the number of reads, bytes and seconds.

    Pillow's readers parse files in Python, piece by piece: a JPEG with megabytes of fill bytes is
    read byte by byte, a directory of a TIFF may refer to the same megabyte 65,535 times, and a
    comment in a GIF is copied with each of its pieces. The work of the decoders in C is limited by
    pixels instead.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._calls = _MAX_READS
        self._bytes = _MAX_EXTRA_BYTES + _MAX_TIMES_READ * file.seek(0, io.SEEK_END)
        self._until = time.thread_time() + _MAX_SECONDS

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._calls -= 1
        self._bytes -= len(data)
        is_late = not self._calls & 63 and time.thread_time() > self._until
        if self._calls < 0 or self._bytes < 0 or is_late:
            raise TakesTooLong
        return data

    def allow(self, size_bytes: int) -> None:
        """Allow more bytes: Pillow reads more of each strip of a TIFF than it needs."""
        self._bytes += size_bytes

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _count_scans(file: BinaryIO) -> int:
    """The number of scans of a JPEG; each covers the whole picture.

    The marker cannot occur in compressed data.
    """
    file.seek(0)
    scans, tail = 0, b""
    while piece := file.read(AT_ONCE_BYTES):
        scans += (tail + piece).count(_SCAN)
        tail = piece[-1:]
    return scans


def require_harmless_exif(block: bytes, available_bytes: int) -> None:
    """Raise TakesTooLong for an EXIF block of which thousands of tags refer to the same bytes:
    Pillow would copy them for each tag, until memory is full.

    ``available_bytes``: the largest size of the block; Pillow joins the EXIF segments of a JPEG.
    """
    if len(block) < 8:
        return
    order = "<" if block[:2] == b"II" else ">"
    for offset in tiff.directories(block, order):
        if tiff.stated_bytes(block, order, offset, available_bytes) > _MAX_EXIF_BYTES:
            raise TakesTooLong


class ReadFile(io.BytesIO):
    """The content of a file, in memory. ``reopen`` opens the file itself; it is closed with this
    object.
    """

    def __init__(self, data: bytes, reopen: Callable[[], BinaryIO]) -> None:
        super().__init__(data)
        self._reopen = reopen
        self._file: BinaryIO | None = None

    def on_disk(self) -> BinaryIO:
        """The open file itself, for code that cannot use the bytes."""
        self._file = self._file or self._reopen()
        return self._file

    def close(self) -> None:
        super().close()
        if self._file:
            self._file.close()


def read_small(file: BinaryIO, reopen: Callable[[], BinaryIO] | None = None) -> BinaryIO:
    """The content of a small ``file``, in memory; a large ``file`` itself.

    ``reopen``: needed if the caller closes ``file`` meanwhile.
    """
    if isinstance(file, io.BytesIO):
        return file
    size_bytes = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size_bytes > AT_ONCE_BYTES:
        return file
    return ReadFile(file.read(size_bytes), reopen or (lambda: file))


def has_reader(container: str) -> bool:
    """Whether a reader for this container is installed."""
    try:
        return all(map(_load_reader, _READERS.get(container, ())))
    except UnreadableMedia:
        return False


def peak_bytes(image: Image.Image) -> int:
    """The peak memory of decoding this picture, estimated from its header."""
    pixels = image.width * image.height
    if image.info.get("progressive"):
        # The coefficients of the whole picture, two bytes each, are in memory until the last pass.
        # ``layer``: the horizontal and vertical sampling factors of each component.
        layers: list[tuple[int, int]] = [
            (layer[1], layer[2]) for layer in getattr(image, "layer", ())
        ]
        layers = layers or [(1, 1)] * len(image.getbands())
        largest = max(across for across, _ in layers) * max(down for _, down in layers)
        return pixels * 2 * sum(across * down for across, down in layers) // max(1, largest)
    return pixels * _PEAK_BYTES.get(image.format or "", _MODE_BYTES.get(image.mode, 4))


def _load_reader(reader: str) -> bool:
    """Load a reader of Pillow, from its package if it has one. Returns whether it exists.

    Raises UnreadableMedia, which names a missing package.
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
        raise UnreadableMedia(
            f"{reader} pictures need the package {package}: install it with pip."
        ) from exc
    if register:
        getattr(plugin, register)()
    return reader in Image.OPEN
