"""JPEG XL: the boxes Exif, ``xml ``, ``brob`` and ``jumb``, and the size in the codestream.

Source: ISO/IEC 18181-1 (size header), 18181-2 (boxes).
"""

from __future__ import annotations

from .bmff import Box, boxes
from .source import Broken, Draft, Source
from .text import decode
from .tiff import read_exif

CODESTREAM = b"\xff\x0a"
CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_SIZE_BITS = (9, 13, 18, 30)


def walk(source: Source, draft: Draft) -> None:
    """Fill ``draft`` from a JPEG XL, a bare codestream or a container."""
    draft.container = "jxl"
    if source.head.startswith(CODESTREAM):
        _read_size(source.head[2:32], draft)
        return
    for box in boxes(source, 0, source.size):
        if box.kind in (b"jxlc", b"jxlp"):
            _take_codestream(source, box, draft)
        elif box.kind == b"brob":
            _take_packed(box.read(source, draft), draft)
        elif box.kind in (b"Exif", b"xml ", b"jumb"):
            _take(box.kind, box.read(source, draft), draft)


def _take_codestream(source: Source, box: Box, draft: Draft) -> None:
    data = source.at(box.start + (4 if box.kind == b"jxlp" else 0), 32)
    if draft.width_px is None and data.startswith(CODESTREAM):
        _read_size(data[2:], draft)


def _take(kind: bytes, data: bytes, draft: Draft) -> None:
    if kind == b"Exif":
        read_exif(data[4 + int.from_bytes(data[:4], "big") :] or data, draft)
    elif kind == b"xml ":
        draft.add("XMP", decode(data), "XMP")
    elif kind == b"jumb":
        draft.c2pa = draft.c2pa or (len(data) + 8).to_bytes(4, "big") + kind + data


def _take_packed(data: bytes, draft: Draft) -> None:
    """Read a box compressed with Brotli: four bytes of its real type, then the stream."""
    try:
        import brotli
    except ImportError:
        draft.note("a text is compressed with Brotli: install the package 'brotli' to read it")
        return
    stream, out = brotli.Decompressor(), bytearray()
    try:
        for start in range(4, len(data), 1024):
            out += stream.process(data[start : start + 1024])
            if not draft.spend(0, "") or len(out) > draft.budget_bytes:
                raise Broken("a compressed text is larger than the limit")
    except brotli.error as exc:
        raise Broken(f"a compressed text cannot be decompressed: {exc}") from exc
    _take(data[:4], bytes(out), draft)


def _read_size(data: bytes, draft: Draft) -> None:
    """Read the size header, a sequence of bits with the lowest first."""
    bits, pos = int.from_bytes(data, "little"), 0

    def take(count: int) -> int:
        nonlocal pos
        pos += count
        return bits >> (pos - count) & ((1 << count) - 1)

    small = take(1)

    def length() -> int:
        return (take(5) + 1) * 8 if small else take(_SIZE_BITS[take(2)]) + 1

    height = length()
    ratio = take(3)
    draft.height_px = height
    draft.width_px = height * _RATIOS[ratio - 1][0] // _RATIOS[ratio - 1][1] if ratio else length()
