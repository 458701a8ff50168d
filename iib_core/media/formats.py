"""Formats: which of Pillow's readers may open a file, and what a pixel of it costs while it is decoded."""

from __future__ import annotations

import importlib
import io
import struct
from collections.abc import Callable
from typing import BinaryIO

from PIL import Image

from iib_core.errors import TooLarge, UnreadableMedia

# Container as our own readers tell it by the bytes -> Pillow's readers. Every other reader of Pillow's stays out: one of them runs Ghostscript.
_READERS = {"png": ("PNG",), "jpeg": ("JPEG",), "webp": ("WEBP",), "gif": ("GIF",), "avif": ("AVIF",), "heif": ("HEIF",), "jxl": ("JXL",)}
_OTHERS = ("BMP", "DIB", "TIFF")
# Packages that bring a reader which Pillow, or an older one, lacks: module, the function in it that adds the reader, name to install it by.
_PLUGINS = {
    "AVIF": ("pillow_avif", "", "pillow-avif-plugin"),
    "HEIF": ("pillow_heif", "register_heif_opener", "pillow-heif"),
    "JXL": ("pillow_jxl", "", "pillow-jxl-plugin"),
}
# Bytes that a decoder holds for each pixel at its peak, Pillow's own picture included; measured. Those of the others follow from the mode.
_PEAK_BYTES = {"WEBP": 16, "AVIF": 10, "HEIF": 12, "JXL": 24}
_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
# Up to here a file is read at once. Each part that is read by itself lets go of Python's lock and takes it again: a fifth of the time where others want it too.
AT_ONCE_BYTES = 8 << 20
# What Pillow's format readers raise for damaged files, beside OSError.
DAMAGED = (OSError, ValueError, SyntaxError, TypeError, IndexError, KeyError, OverflowError, EOFError, AttributeError, RuntimeError, struct.error)


def open_picture(file: BinaryIO, container: str) -> Image.Image:
    """The picture in ``file``, its pixels not decoded yet. Raises UnreadableMedia, and TooLarge above what Pillow takes at all."""
    readers = [reader for reader in _READERS.get(container, _OTHERS) if _is_there(reader)]
    file.seek(0)
    try:
        image = Image.open(file, formats=readers)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise TooLarge(f"The picture is too large to be decoded safely: {exc}") from exc
    except DAMAGED as exc:
        raise UnreadableMedia("The file is no picture that can be decoded.") from exc
    if isinstance(file, io.BytesIO):
        image.decodermaxblock = max(1, file.getbuffer().nbytes)
    return image


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
    """What is in ``file``, in memory, where that is little; else ``file`` itself. ``reopen`` is for those who close it meanwhile."""
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
        layers: list[tuple[int, int]] = [(layer[1], layer[2]) for layer in getattr(image, "layer", ())] or [(1, 1)] * len(image.getbands())
        most = max(across for across, _ in layers) * max(down for _, down in layers)
        return pixels * 2 * sum(across * down for across, down in layers) // max(1, most)
    return pixels * _PEAK_BYTES.get(image.format or "", _MODE_BYTES.get(image.mode, 4))


def _is_there(reader: str) -> bool:
    """Whether Pillow has a reader, which is fetched from its package where there is one. Raises UnreadableMedia that names the package."""
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

