"""Decodes large PNGs in bands, so that only one band of rows is in memory.

Pillow decodes a PNG as a whole. Here the rows are inflated one band at a time, and each band goes
to Pillow's decoder as a separate picture. The last row of the previous band comes before it,
because PNG filters refer to the row above. Format: PNG specification, 3rd edition.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image

_BAND_BYTES = 4 << 20
_READ_BYTES = 1 << 18
_STORED = 0  # zlib's level for data that is wrapped, not compressed
# Pillow's raw modes with two bytes a sample, and the modes that unpack the low bytes. Pillow keeps
# the high bytes; the last row of a band needs both.
_LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}
_ONE_BYTE = {"L", "LA", "RGB", "RGBA", "P"}


def can_decode(image: Image.Image) -> bool:
    """Whether an opened picture, not decoded yet, is a PNG that is not interlaced and of a
    supported mode.
    """
    tiles = getattr(image, "tile", ())
    if image.format != "PNG" or len(tiles) != 1 or image.info.get("interlace"):
        return False
    raw_mode = _raw_mode(image)
    return raw_mode in _ONE_BYTE or raw_mode in _LOW_BYTES or raw_mode == "I;16B"


def decode(image: Image.Image, file: BinaryIO, rows: int) -> Iterator[tuple[int, Image.Image]]:
    """(first row, band) from the top down. All bands but the last have a multiple of ``rows`` rows;
    a truncated file has fewer bands.
    """
    raw_mode = _raw_mode(image)
    samples = 1 if raw_mode == "I;16B" else len(image.getbands())
    stride = 1 + image.width * samples * (2 if raw_mode.endswith("16B") else 1)
    height = max(1, _BAND_BYTES // stride // rows) * rows
    above = bytes(stride)  # the row before the first: filter type 0, all zero
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
    """The unfiltered bytes of the last row."""
    box = (0, band.height - 1, band.width, band.height)
    if raw_mode == "I;16B":
        return np.asarray(band.crop(box)).astype(">u2").tobytes()
    high = band.crop(box).tobytes()
    if raw_mode not in _LOW_BYTES:
        return high
    low = (
        Image.frombytes(band.mode, band.size, packed, "zip", _LOW_BYTES[raw_mode], 0)
        .crop(box)
        .tobytes()
    )
    return np.stack((np.frombuffer(high, np.uint8), np.frombuffer(low, np.uint8)), axis=1).tobytes()


def _bands(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """``pieces`` joined and cut to pieces of ``size`` bytes; the last one may be shorter."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= size:
            yield bytes(waiting[:size])
            del waiting[:size]
    if waiting:
        yield bytes(waiting)


def _inflate(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Inflated pieces of bounded size. Ends at the first damaged byte."""
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
