"""Stealth PNG info: an infotext hidden in the lowest bits of a picture's pixels.

The bits run down the columns, in the alpha channel or in red, green and blue of each pixel: a
signature of 15 characters, the length of the text in bits (32 bits), the text. The text is gzipped
if the signature ends in ``comp``. Source: sd-webui-stealth-pnginfo and NovelAI's exports.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .containers.embedded import Embedded, Text
from .containers.source import MAX_TEXT_BYTES, Source
from .containers.text import decode

if TYPE_CHECKING:
    from PIL import Image

_SIGNATURES = {
    b"stealth_pnginfo": ("alpha", False),
    b"stealth_pngcomp": ("alpha", True),
    b"stealth_rgbinfo": ("rgb", False),
    b"stealth_rgbcomp": ("rgb", True),
}
_HEADER_BITS = 15 * 8 + 32
# The common prefix of both signatures of a channel, as bits.
_PREFIX_BITS = {
    name: [byte >> shift & 1 for byte in text for shift in range(7, -1, -1)]
    for name, text in (("alpha", b"stealth_png"), ("rgb", b"stealth_rgb"))
}
_LOWEST_BIT = bytes(48 + (value & 1) for value in range(256))
# Below the limit above which Pillow warns.
_MAX_PIXELS = 80_000_000
_MAX_STRIDE_BYTES = 256 * 1024
_MAX_CHUNKS = 10_000
_PIECE_BYTES = 1024
_WEBP_LOSSLESS, _WEBP_ALPHA = b"VP8L", b"ALPH"
_GRAY_ALPHA, _RGB, _RGBA = 4, 2, 6
_CHANNELS = {_GRAY_ALPHA: 2, _RGB: 3, _RGBA: 4}


def read_stealth(path: str | os.PathLike[str], embedded: Embedded) -> Text | None:
    """The hidden text of a PNG or lossless WebP, or None.

    Its keyword is ``stealth``, its place the signature. Raises OSError if the file cannot be read.

    A PNG without a signature is recognised by a few inflated rows. A WebP must be decoded, so call
    this only if nothing else was found.
    """
    if not 0 < (embedded.width_px or 0) * (embedded.height_px or 0) <= _MAX_PIXELS:
        return None
    if embedded.container == "png":
        with Source.open(path) as source:
            channels = _png_channels(source)
            data = _png_pixels(source) if channels else b""
    elif embedded.container == "webp":
        with Source.open(path) as source:
            channels = _webp_channels(source)
            data = source.at(0, source.size) if channels else b""
    else:
        return None
    return _extract(data, channels) if channels else None


def _png_chunks(source: Source) -> Iterator[tuple[bytes, int, int]]:
    """(kind, offset, length) of the chunks."""
    pos = 8
    for _ in range(_MAX_CHUNKS):
        header = source.at(pos, 8)
        if len(header) < 8:
            return
        size, kind = struct.unpack(">I4s", header)
        yield kind, pos, size
        pos += size + 12


def _png_channels(source: Source) -> list[str]:
    """The channels that begin with a signature, according to the first pixel of each row."""
    if len(source.head) < 33:
        return []
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", source.head, 16)
    channels = _CHANNELS.get(colour, 0)
    stride = width * channels + 1
    if depth != 8 or not channels or interlaced or stride > _MAX_STRIDE_BYTES:
        return []
    candidates = [
        name
        for name, colour_types in (("alpha", (_GRAY_ALPHA, _RGBA)), ("rgb", (_RGB, _RGBA)))
        if colour in colour_types
    ]
    rows = 0
    for pixel in _first_column(source, stride, channels):
        candidates = [name for name in candidates if _matches_prefix(name, rows, pixel)]
        rows += 1
        if not candidates or rows >= min(height, len(_PREFIX_BITS["alpha"])):
            break
    return candidates if rows else []


def _matches_prefix(name: str, row: int, pixel: list[int]) -> bool:
    bits = [pixel[-1] & 1] if name == "alpha" else [value & 1 for value in pixel[:3]]
    expected = _PREFIX_BITS[name][row * len(bits) : (row + 1) * len(bits)]
    return bits[: len(expected)] == expected


def _first_column(source: Source, stride: int, channels: int) -> Iterator[list[int]]:
    """The first pixel of each row, up to the first damaged byte.

    At column 0 the left neighbours are 0, so each filter needs only the pixel above, and no row has
    to be decoded.
    """
    above = [0] * channels
    for row in _rows(source, stride):
        kind = row[0]
        raw = list(row[1 : 1 + channels])
        if kind in (2, 4):
            raw = [value + up & 255 for value, up in zip(raw, above, strict=True)]
        elif kind == 3:
            raw = [value + (up >> 1) & 255 for value, up in zip(raw, above, strict=True)]
        yield raw
        above = raw


def _rows(source: Source, stride: int) -> Iterator[bytes]:
    """Filtered rows, inflated lazily."""
    stream, buffer = zlib.decompressobj(), b""
    for kind, pos, size in _png_chunks(source):
        if kind != b"IDAT":
            continue
        for start in range(0, min(size, source.size), _PIECE_BYTES):
            piece = source.at(pos + 8 + start, min(_PIECE_BYTES, size - start))
            try:
                buffer += stream.decompress(piece)
            except zlib.error:
                return
            while len(buffer) >= stride:
                yield buffer[:stride]
                buffer = buffer[stride:]
            if not piece:
                return


def _png_pixels(source: Source) -> bytes:
    """The picture without its texts, because Pillow refuses a PNG with a wrong checksum of a text."""
    pieces = [source.head[:8]]
    kept = (b"IHDR", b"IDAT", b"IEND")
    pieces.extend(
        source.at(pos, size + 12) for kind, pos, size in _png_chunks(source) if kind in kept
    )
    return b"".join(pieces)


def _webp_channels(source: Source) -> list[str]:
    """The channels that are stored without loss and can hide bits: all of VP8L, the alpha channel
    of VP8.
    """
    pos = 12
    for _ in range(16):
        header = source.at(pos, 8)
        if len(header) < 8:
            break
        if header[:4] == _WEBP_LOSSLESS:
            return ["alpha", "rgb"]
        if header[:4] == _WEBP_ALPHA:
            return ["alpha"]
        pos += 8 + (int.from_bytes(header[4:], "little") + 1 & ~1)
    return []


def _extract(data: bytes, channels: list[str]) -> Text | None:
    from PIL import (
        Image,
    )  # imported only here: the import costs more time than reading a thousand headers

    try:
        with Image.open(io.BytesIO(data)) as picture:
            bands = {
                "alpha": picture.convert("RGBA").getchannel("A"),
                "rgb": picture.convert("RGB"),
            }
    except (
        OSError,
        ValueError,
        SyntaxError,
        struct.error,
        zlib.error,
        Image.DecompressionBombError,
    ):
        return None
    texts = (_read_bits(bands[name], name) for name in channels)
    return next(filter(None, texts), None)


def _read_bits(band: Image.Image, channel: str) -> Text | None:
    header = _column_bytes(band, _HEADER_BITS)
    signature = header[:15]
    known = _SIGNATURES.get(signature)
    if known is None or known[0] != channel:
        return None
    bits = int.from_bytes(header[15:19], "big")
    capacity = band.width * band.height * len(band.getbands()) - _HEADER_BITS
    if not 0 < bits <= min(capacity, MAX_TEXT_BYTES * 8):
        return None
    text = _column_bytes(band, _HEADER_BITS + bits)[19:]
    if known[1]:
        try:
            text = zlib.decompressobj(31).decompress(text, MAX_TEXT_BYTES)
        except zlib.error:
            return None
    value = decode(text).rstrip("\0")
    return Text("stealth", value, signature.decode()) if value else None


def _column_bytes(band: Image.Image, bits: int) -> bytes:
    """The lowest bits of the first ``bits`` samples down the columns, as whole bytes."""
    from PIL.Image import Transpose

    columns = -(-bits // (band.height * len(band.getbands())))
    raw = (
        band.crop((0, 0, min(columns, band.width), band.height))
        .transpose(Transpose.TRANSPOSE)
        .tobytes()
    )
    digits = raw[: bits & ~7].translate(_LOWEST_BIT)
    # Python parses base 2 in linear time and without its limit of digits.
    return int(digits or b"0", 2).to_bytes(len(digits) // 8, "big")
