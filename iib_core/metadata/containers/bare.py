"""Plans a picture without metadata: pieces of the file as (start, end), and new bytes between them.

What decides how the pixels look stays: colour profiles, transparency, animation, and which way up
the picture is. Nothing is written here.
"""

from __future__ import annotations

import re
import struct
import zlib

from iib_core.errors import UnreadableMedia

from .rewrite import Plan, riff_chunk, riff_chunks
from .source import Source

_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs acTL fcTL "
    b"fdAT".split()
)
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
# The application segments that a decoder needs, by how they begin: of JFIF, of a colour profile and
# of Adobe's colour transformation.
_JPEG_KEPT = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))
_COMMENT, _FIRST_APP, _LAST_APP, _SCAN, _END = 0xFE, 0xE0, 0xEF, 0xDA, 0xD9
# In the pixels of a JPEG: the next marker that is neither stuffing nor a restart.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04
_READ_BYTES = 1 << 20


def png(source: Source, orientation: int) -> Plan:
    """The plan for a PNG: the chunks that make the picture."""
    plan: Plan = [(0, 8)]
    pos, kind = 8, b""
    while kind != b"IEND":
        size, kind = struct.unpack(">I4s", source.at(pos, 8).ljust(8, b"\0"))
        end = pos + size + 12
        if not kind.isalpha() or end > source.size:
            raise UnreadableMedia("its chunks are damaged or cut off")
        if kind in _PNG_KEPT:
            plan.append((pos, end))
        if kind == b"IHDR" and orientation != 1:
            plan.append(_png_chunk(b"eXIf", _upright(orientation)))
        pos = end
    return plan


def jpeg(source: Source, orientation: int) -> Plan:
    """The plan for a JPEG: its tables and pixels up to the end of the picture."""
    plan: Plan = [(0, 2)]
    if orientation != 1:
        block = b"Exif\0\0" + _upright(orientation)
        plan.append(b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block)
    pos, marker = 2, 0
    while marker != _END:
        marker, end = _segment(source, pos)
        if marker == _SCAN:
            end = _end_of_scan(source, end)
        if _is_kept(source, pos, marker):
            plan.append((pos, end))
        pos = end
    return plan


def _segment(source: Source, pos: int) -> tuple[int, int]:
    """The marker at ``pos`` and the end of its segment."""
    header = source.at(pos, 4)
    if header[:2] == b"\xff\xd9":
        return _END, pos + 2
    if len(header) < 4 or header[0] != 0xFF:
        raise UnreadableMedia("its segments are damaged or cut off")
    if header[1] == 0xFF:  # a fill byte
        return _COMMENT, pos + 1
    end = pos + 2 + int.from_bytes(header[2:], "big")
    if end > source.size:
        raise UnreadableMedia("its segments are damaged or cut off")
    return header[1], end


def _is_kept(source: Source, pos: int, marker: int) -> bool:
    if marker == _COMMENT:
        return False
    if not _FIRST_APP <= marker <= _LAST_APP:
        return True
    begin = source.at(pos + 4, 16)
    return any(marker == kept and begin.startswith(name) for kept, name in _JPEG_KEPT)


def _end_of_scan(source: Source, pos: int) -> int:
    """Where the marker after the pixels that begin at ``pos`` is."""
    while pos < source.size:
        data = source.at(pos, _READ_BYTES)
        if found := _MARKER.search(data):
            return pos + found.start()
        pos += max(len(data) - 1, 1)  # a marker may lie across two pieces
    raise UnreadableMedia("its pixels are cut off")


def webp(source: Source, orientation: int) -> Plan:
    """The plan for a WebP: the chunks that make the picture."""
    body: Plan = []
    is_extended = False
    for kind, start, end in riff_chunks(source):
        if kind == b"VP8X":
            is_extended = True
            flags = source.at(start + 8, 1)[0] & ~(_EXIF_FLAG | _XMP_FLAG)
            flags |= _EXIF_FLAG if orientation != 1 else 0
            body += [(start, start + 8), bytes((flags,)), (start + 9, end)]
        elif kind in _WEBP_KEPT:
            body.append((start, end))
    if is_extended and orientation != 1:
        body.append(riff_chunk(b"EXIF", _upright(orientation)))
    size = sum(len(piece) if isinstance(piece, bytes) else piece[1] - piece[0] for piece in body)
    return [b"RIFF" + struct.pack("<I", size + 4) + b"WEBP", *body]


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _upright(orientation: int) -> bytes:
    """An EXIF block that says nothing but which way up the picture is."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"II*\0\x08\0\0\0\x01\0" + entry + b"\0\0\0\0"
