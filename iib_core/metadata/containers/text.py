"""Decodes texts of unknown encoding, and decompresses with a limit."""

from __future__ import annotations

import codecs
import zlib
from unicodedata import category

from .source import Broken


def decode(data: bytes) -> str:
    """The text as UTF-8 if it is valid, else as Latin-1, which accepts all bytes.

    Purposely not the encoding that the format states: programs write UTF-8 into tEXt and ID3.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def decode_utf16(data: bytes, big_endian: bool) -> str:
    """The text as UTF-16, in the byte order that the text makes plausible. ``big_endian`` is used
    only if both are plausible.
    """
    data = data[: len(data) & ~1]
    if data.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        big_endian = data.startswith(codecs.BOM_UTF16_BE)
        data = data[2:]
    else:
        big_endian = _is_likelier_big_endian(data, big_endian)
    return data.decode("utf-16-be" if big_endian else "utf-16-le", "replace")


def _is_likelier_big_endian(data: bytes, stated: bool) -> bool:
    # Every prompt has blanks, digits or commas. Their zero byte comes first in big endian, last in
    # little endian.
    high, low = _ascii_units(data[0::2], data[1::2]), _ascii_units(data[1::2], data[0::2])
    if high != low:
        return high > low
    # In the wrong byte order many letters of a text without ASCII are unassigned or private.
    strange = [
        sum(category(letter)[0] == "C" for letter in data[:400].decode(name, "replace"))
        for name in ("utf-16-be", "utf-16-le")
    ]
    return stated if strange[0] == strange[1] else strange[0] < strange[1]


_NOT_ASCII = bytes(range(128, 256)) + bytes(range(9)) + bytes(range(14, 32))


def _ascii_units(high: bytes, low: bytes) -> int:
    """An upper bound of the pairs (high, low) that are printable ASCII characters: the smaller of
    the number of zeros in ``high`` and of ASCII bytes in ``low``.
    """
    return min(high.count(0), len(low.translate(None, _NOT_ASCII)))


def looks_like_utf16(data: bytes) -> bool:
    """Whether a text without a header is UTF-16: it has a BOM, or a quarter of its bytes are zeros,
    nearly all at even or nearly all at odd offsets.
    """
    if data.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        return True
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    return (
        len(sample) >= 4
        and max(even, odd) * 4 > len(sample)
        and min(even, odd) * 8 < max(even, odd)
    )


def decode_plain(data: bytes) -> str | None:
    """The content of a text file, decoded by its BOM, as UTF-8 or as Latin-1; None if it has more
    than a few control characters and so is not text.
    """
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace")
    if looks_like_utf16(data):
        text = decode_utf16(data, False)
        # The zeros of a small binary header may also be at even or odd offsets only.
        is_text = all(letter.isprintable() or letter in "\t\n\r\0" for letter in text[:2000])
        return text if is_text else None
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls * 20 > len(data):
        return None
    try:
        # The incremental decoder accepts a last character that was split at the read limit.
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return data.decode("latin-1") if controls == 0 else None


_CONTROLS = bytes(n for n in range(32) if n not in (9, 10, 12, 13, 27)) + b"\x7f"


def inflate(data: bytes, limit: int) -> bytes:
    """At most ``limit`` bytes of a zlib stream, up to the first damaged byte.

    Raises Broken if nothing can be inflated.
    """
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error as exc:
        inflated = _inflate_until_damage(data, limit)
        if not inflated:
            raise Broken(f"compressed text cannot be inflated: {exc}") from exc
        return inflated


def _inflate_until_damage(data: bytes, limit: int) -> bytes:
    stream, out = zlib.decompressobj(), bytearray()
    try:
        for start in range(0, len(data), 64):
            out += stream.decompress(data[start : start + 64], limit - len(out) or 1)
            if len(out) >= limit:
                break
    except zlib.error:
        pass  # the damaged byte: return what was inflated before it
    return bytes(out[:limit])
