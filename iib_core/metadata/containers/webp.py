"""WebP: EXIF, XMP and C2PA chunks and the canvas size. Source: WebP Container Specification, RFC
9649.
"""

from __future__ import annotations

import struct

from .source import MAX_CHUNKS, Draft, Source
from .text import decode
from .tiff import read_exif

_HEADER = struct.Struct("<4sI")
_METADATA = frozenset((b"EXIF", b"XMP ", b"C2PA"))
_KNOWN = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP", *_METADATA))


def walk(source: Source, draft: Draft) -> None:
    """Fill ``draft`` from a WebP.

    The length in the RIFF header is ignored, because programs that append chunks often do not
    update it.
    """
    draft.container = "webp"
    pos = 12
    for _ in range(MAX_CHUNKS):
        header = source.at(pos, 8)
        if len(header) < 8:
            return
        kind, size = _HEADER.unpack(header)
        if pos + 8 + size > source.size:
            draft.note(f"the file ends inside its {kind.decode('latin-1')} chunk")
        if kind in _METADATA:
            if draft.spend(min(size, source.size), "a WebP chunk"):
                _take(kind, source.at(pos + 8, size), draft)
        elif draft.width_px is None:
            _take_size(kind, source.at(pos + 8, 10), draft)
        pos += 8 + size
        # Chunks start at even offsets, but some programs omit the padding.
        if size & 1 and source.at(pos, 4) not in _KNOWN:
            pos += 1
    draft.note(f"only the first {MAX_CHUNKS} chunks were read")


def _take(kind: bytes, data: bytes, draft: Draft) -> None:
    if kind == b"EXIF":
        read_exif(data, draft)
    elif kind == b"XMP ":
        draft.add("XMP", decode(data.rstrip(b"\0")), "XMP")
    else:
        draft.c2pa = draft.c2pa or data


def _take_size(kind: bytes, data: bytes, draft: Draft) -> None:
    if len(data) < 10:
        return
    if kind == b"VP8X":
        draft.width_px = int.from_bytes(data[4:7], "little") + 1
        draft.height_px = int.from_bytes(data[7:10], "little") + 1
    elif kind == b"VP8L" and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        draft.width_px, draft.height_px = (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    elif kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 6)
        draft.width_px, draft.height_px = width & 0x3FFF, height & 0x3FFF
