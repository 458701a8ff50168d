"""Large PNGs, decoded in bands: however large the picture, only a band of its rows is in memory.

Pillow decodes a PNG whole. Here the rows are inflated a band at a time, and each band is handed to
Pillow's decoder as a picture of its own, with the last row of the band before in front, because the
rows of a PNG are stored as differences to the row above. Format: PNG specification, 3rd edition.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image

_BAND_BYTES = 4 << 20
_READ_BYTES = 1 << 18
_STORED = 0  # zlib's level: wrapped, not compressed
# How Pillow unpacks the two bytes of a sample: the high ones are what it keeps, the low ones are
# needed for the row that the next band begins with.
_LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}
_WHOLE_BYTES = {"L", "LA", "RGB", "RGBA", "P"}


def can_decode(image: Image.Image) -> bool:
    """Whether an opened picture, not decoded yet, is a PNG whose rows stand one after the other in
    a form that is decoded here.
    """
    tiles = getattr(image, "tile", ())
    if image.format != "PNG" or len(tiles) != 1 or image.info.get("interlace"):
        return False
    raw_mode = _raw_mode(image)
    return raw_mode in _WHOLE_BYTES or raw_mode in _LOW_BYTES or raw_mode == "I;16B"


def decode(image: Image.Image, file: BinaryIO, rows: int) -> Iterator[tuple[int, Image.Image]]:
    """(first row, band) from the top down, of a multiple of ``rows`` rows but for the last one; a
    file that is cut off has fewer.
    """
    raw_mode = _raw_mode(image)
    samples = 1 if raw_mode == "I;16B" else len(image.getbands())
    stride = 1 + image.width * samples * (2 if raw_mode.endswith("16B") else 1)
    height = max(1, _BAND_BYTES // stride // rows) * rows
    above = bytes(stride)  # a row of no filter, all zero: what the first row is a difference to
    top = 0
    for data in _bands(_inflate(_packed(file)), stride * height):
        count = min(len(data) // stride, image.height - top)
        if count <= 0:
            return
        packed = zlib.compress(b"".join((above, data[: count * stride])), _STORED)
        size = (image.width, count + 1)
        band = Image.frombytes(image.mode, size, packed, "zip", raw_mode, 0)
        if top + count < image.height:
            above = b"\0" + _last_row(band, packed, raw_mode)
        band = band.crop((0, 1, image.width, count + 1))
        if image.mode == "P" and image.palette is not None:
            band.putpalette(image.palette.palette, image.palette.rawmode or image.palette.mode)
        if "transparency" in image.info:
            band.info["transparency"] = image.info["transparency"]
        yield top, band
        top += count
        if top >= image.height:
            return


def _raw_mode(image: Image.Image) -> str:
    raw_mode = image.tile[0][3]  # type: ignore[attr-defined]
    return str(raw_mode if isinstance(raw_mode, str) else raw_mode[0])


def _last_row(band: Image.Image, packed: bytes, raw_mode: str) -> bytes:
    """The bytes of the last row without their filter."""
    box = (0, band.height - 1, band.width, band.height)
    if raw_mode == "I;16B":
        return np.asarray(band.crop(box)).astype(">u2").tobytes()
    high = band.crop(box).tobytes()
    if raw_mode not in _LOW_BYTES:
        return high
    low = Image.frombytes(band.mode, band.size, packed, "zip", _LOW_BYTES[raw_mode], 0).crop(box).tobytes()
    return np.stack((np.frombuffer(high, np.uint8), np.frombuffer(low, np.uint8)), axis=1).tobytes()


def _bands(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """``pieces`` as pieces of one size; the last one may be shorter."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= size:
            yield bytes(waiting[:size])
            del waiting[:size]
    if waiting:
        yield bytes(waiting)


def _inflate(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Inflated pieces of bounded size; it ends where the data is cut off or damaged."""
    inflater = zlib.decompressobj()
    try:
        for piece in pieces:
            while piece and not inflater.eof:
                yield inflater.decompress(piece, _READ_BYTES)
                piece = inflater.unconsumed_tail
    except zlib.error:
        return


def _packed(file: BinaryIO) -> Iterator[bytes]:
    """The content of all IDAT chunks."""
    file.seek(8)
    has_begun = False
    while len(head := file.read(8)) == 8:
        left, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind != b"IDAT":
            if has_begun or kind == b"IEND":
                return
            file.seek(left + 4, 1)
            continue
        has_begun = True
        while left and (piece := file.read(min(left, _READ_BYTES))):
            left -= len(piece)
            yield piece
        file.seek(4, 1)
