"""Bytes -> str for texts of unknown encoding, and bounded decompression."""

from __future__ import annotations

import codecs
import zlib
from unicodedata import category

from .source import Broken


def decode(data: bytes) -> str:
    """UTF-8 where it is that, else Latin-1, which takes anything.

    Purposely not the format's stated encoding: writers of tEXt and ID3 put UTF-8 there.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def decode_utf16(data: bytes, big_endian: bool) -> str:
    """UTF-16 in the order that the text itself makes plausible; ``big_endian`` only decides where
    it does not.
    """
    data = data[: len(data) & ~1]
    if data.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        big_endian = data.startswith(codecs.BOM_UTF16_BE)
        data = data[2:]
    else:
        # Every prompt has blanks, digits or commas. They have a zero byte first in big endian, last
        # in little endian.
        high, low = _ascii_units(data[0::2], data[1::2]), _ascii_units(data[1::2], data[0::2])
        big_endian = high > low if high != low else _is_likelier_big_endian(data[:400], big_endian)
    return data.decode("utf-16-be" if big_endian else "utf-16-le", "replace")


def _is_likelier_big_endian(data: bytes, stated: bool) -> bool:
    """Decide for a text without ASCII: in the wrong order many of its letters are unassigned or private."""
    strange = [
        sum(category(letter)[0] == "C" for letter in data.decode(name, "replace"))
        for name in ("utf-16-be", "utf-16-le")
    ]
    return stated if strange[0] == strange[1] else strange[0] < strange[1]


_NOT_ASCII = bytes(range(128, 256)) + bytes(range(9)) + bytes(range(14, 32))


def _ascii_units(high: bytes, low: bytes) -> int:
    """Roughly how many pairs (high, low) are printable ASCII characters: bounded by the zeros on
    one side and the ASCII on the other.
    """
    return min(high.count(0), len(low.translate(None, _NOT_ASCII)))


def looks_like_utf16(data: bytes) -> bool:
    """Whether a text without a header is UTF-16: a BOM, or a quarter of the bytes are zeros that
    all stand on one side.
    """
    if data.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        return True
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    return len(sample) >= 4 and max(even, odd) * 4 > len(sample) and min(even, odd) * 8 < max(even, odd)


def decode_plain(data: bytes) -> str | None:
    """Content of a text file by BOM, UTF-8 or Latin-1; None where it is no text: control characters
    beyond a few stray ones.
    """
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace")
    if looks_like_utf16(data):
        text = decode_utf16(data, False)
        # The zeros of a small binary header stand on one side as well.
        return text if all(letter.isprintable() or letter in "\t\n\r\0" for letter in text[:2000]) else None
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls * 20 > len(data):
        return None
    try:
        # A cut at the read limit may split a character: only then is the tail forgiven.
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return data.decode("latin-1") if controls == 0 else None


_CONTROLS = bytes(n for n in range(32) if n not in (9, 10, 12, 13, 27)) + b"\x7f"


def inflate(data: bytes, limit: int) -> bytes:
    """At most ``limit`` bytes of a zlib stream; what came before a damaged place is kept.

    Raises Broken where nothing can be had.
    """
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error as exc:
        saved = _inflate_until_damage(data, limit)
        if not saved:
            raise Broken(f"compressed text cannot be inflated: {exc}") from exc
        return saved


def _inflate_until_damage(data: bytes, limit: int) -> bytes:
    stream, out = zlib.decompressobj(), bytearray()
    try:
        for start in range(0, len(data), 64):
            out += stream.decompress(data[start : start + 64], limit - len(out) or 1)
            if len(out) >= limit:
                break
    except zlib.error:
        pass  # the damaged place: what is inflated by now is all there is
    return bytes(out[:limit])
