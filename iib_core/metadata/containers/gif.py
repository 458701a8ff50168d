"""GIF: comment extensions and the XMP application extension.

Source: GIF89a; XMP specification part 3, 1.1.2.
"""

from __future__ import annotations

import struct

from .source import MAX_CHUNKS, Draft, Source
from .text import decode

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_COMMENT, _APPLICATION = 0xFE, 0xFF
_XMP = b"\x0bXMP DataXMP"
# Pixels are stored in pieces of 255 bytes that must be read to be skipped, so beyond this offset
# only the end of the file is read.
_MAX_WALK_BYTES = 4 << 20
_TAIL_BYTES = 64 << 10
_STEP_BYTES = 64 << 10
_MAX_PIECES = 1 << 16
_MAX_TAIL_TRIES = 16


def walk(source: Source, draft: Draft) -> None:
    """Fill ``draft`` from a GIF."""
    draft.container = "gif"
    screen = source.at(6, 7)
    if len(screen) < 7:
        draft.note("the file ends inside its header")
        return
    draft.width_px, draft.height_px = struct.unpack_from("<HH", screen)
    pos = 13 + _table_bytes(screen[4])
    for _ in range(MAX_CHUNKS):
        if pos > _MAX_WALK_BYTES:
            _read_tail(source, draft)
            return
        header = source.at(pos, 14)
        if not header or header[0] == _TRAILER:
            if not header:
                draft.note("the file ends before its last block")
            return
        pos = _block(source, draft, pos, header)
        if pos < 0:
            draft.note("the file ends inside a block")
            return


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _block(source: Source, draft: Draft, pos: int, header: bytes) -> int:
    """Read or skip one block. Returns the offset after it; -1 if it is not a block."""
    if header[0] == _IMAGE and len(header) >= 10:
        return _skip(source, pos + 11 + _table_bytes(header[9]))
    if header[0] != _EXTENSION or len(header) < 3:
        return -1
    if header[1] == _COMMENT:
        data, end = _joined(source, pos + 2)
        if draft.spend(len(data), "a comment"):
            draft.add("comment", decode(data.rstrip(b"\0")), "GIF:comment")
        return end
    if header[1] == _APPLICATION and header[2:14] == _XMP:
        # The packet is not split into sub-blocks; a trailer of 258 bytes lets other readers skip
        # it.
        end = _skip(source, pos + 14)
        if end > 0 and draft.spend(end - pos, "an XMP packet"):
            packet = source.at(pos + 14, end - pos - 14)
            draft.add("XMP", decode(packet[:-258] if len(packet) > 258 else packet), "XMP")
        return end
    return _skip(source, pos + 2)


def _skip(source: Source, pos: int) -> int:
    """The offset after a sequence of sub-blocks; -1 if the file ends inside it."""
    while pos <= _MAX_WALK_BYTES:
        data = source.at(pos, _STEP_BYTES)
        at, end = 0, len(data)
        while at < end:
            if not data[at]:
                return pos + at + 1
            at += data[at] + 1
        if at == 0:
            return -1
        pos += at
    return pos


def _joined(source: Source, pos: int) -> tuple[bytes, int]:
    """(content of a sequence of sub-blocks, offset after it or -1 if the file ends inside it)."""
    pieces: list[bytes] = []
    while len(pieces) < _MAX_PIECES:
        size = source.at(pos, 1)
        if not size:
            return b"".join(pieces), -1
        if not size[0]:
            return b"".join(pieces), pos + 1
        pieces.append(source.at(pos + 1, size[0]))
        pos += size[0] + 1
    return b"".join(pieces), -1


def _read_tail(source: Source, draft: Draft) -> None:
    """Find a comment that ends exactly at the trailer, which cannot happen by chance inside pixels."""
    start = max(source.size - _TAIL_BYTES, _MAX_WALK_BYTES)
    data = source.at(start, _TAIL_BYTES)
    at = data.rfind(b"\x21\xfe")
    for _ in range(_MAX_TAIL_TRIES):
        if at < 0:
            return
        text, end = _joined(source, start + at + 2)
        if end == source.size - 1 and data[-1] == _TRAILER:
            draft.add("comment", decode(text), "GIF:comment")
            return
        at = data.rfind(b"\x21\xfe", 0, at)
