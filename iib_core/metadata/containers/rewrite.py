"""Plans a file with another infotext: pieces of the old file as (start, end), and new bytes between
them.

Nothing is written here.
"""

from __future__ import annotations

import struct
import zlib

from iib_core.errors import TooLarge, UnreadableMedia

from .source import Source
from .text import decode
from .tiff_edit import set_user_comment

Plan = list["bytes | tuple[int, int]"]

_KEYWORD = b"parameters"
_PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_MAX_SEGMENT_BYTES = 65533
_EXIF_PREFIX = b"Exif\0\0"
_EXIF_FLAG, _ALPHA_FLAG = 0x08, 0x10


def png(source: Source, infotext: str) -> Plan:
    """The plan for a PNG: all ``parameters`` texts are removed; the new one takes the place of the
    first of them, or follows the header.
    """
    plan: Plan = []
    chunk = _png_chunk(infotext)
    copied, pos, written = 0, 8, False
    header_end = 0
    while pos < source.size:
        header = source.at(pos, 8).ljust(8, b"\0")
        size, kind = struct.unpack(">I4s", header)
        end = pos + size + 12
        if not kind.isalpha() or end > source.size:
            raise UnreadableMedia("its chunks are damaged, so it is left as it is")
        if kind in _PNG_TEXTS and source.at(pos + 8, len(_KEYWORD) + 1) == _KEYWORD + b"\0":
            plan += [(copied, pos), b"" if written else chunk]
            copied, written = end, True
        elif kind == b"IHDR":
            header_end = end
        pos = end
        if kind == b"IEND":
            break
    else:
        raise UnreadableMedia("this PNG is cut off, so it was not changed")
    if not header_end:
        raise UnreadableMedia("it has no header chunk, so it is left as it is")
    plan.append((copied, source.size))
    return plan if written else [(0, header_end), chunk, (header_end, source.size)]


def _png_chunk(infotext: str) -> bytes:
    if not infotext:
        return b""
    kind, data = b"iTXt", _KEYWORD + b"\0\0\0\0\0" + infotext.encode("utf-8")
    try:
        plain = infotext.encode("latin-1")
    except UnicodeEncodeError:
        plain = b""
    # Most programs would read Latin-1 that is also valid UTF-8 as UTF-8.
    if plain and decode(plain) == infotext:
        kind, data = b"tEXt", _KEYWORD + b"\0" + plain
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg(source: Source, infotext: str) -> Plan:
    """The plan for a JPEG: the Exif segment is replaced; a new one follows the start marker and the
    JFIF segment.
    """
    pos, start, old = 2, 2, b""
    end = 2
    while True:
        header = source.at(pos, 4)
        if len(header) < 4 or header[0] != 0xFF:
            raise UnreadableMedia("its segments are damaged, so it is left as it is")
        marker, size = header[1], int.from_bytes(header[2:], "big")
        if marker in (0xDA, 0xD9):
            break
        if marker == 0xFF:
            pos += 1
            continue
        data = source.at(pos + 4, 6)
        if marker == 0xE0 and pos == 2:
            start = end = pos + 2 + size
        elif marker == 0xE1 and data == _EXIF_PREFIX:
            start, end, old = pos, pos + 2 + size, source.at(pos + 10, size - 8)
            break
        pos += 2 + size
    block = set_user_comment(old, infotext)
    if len(block) + 6 > _MAX_SEGMENT_BYTES:
        raise TooLarge("the text is too long for a JPEG, whose EXIF block cannot exceed 64 kB")
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 8) + _EXIF_PREFIX + block
    return [(0, start), segment, (end, source.size)]


def webp(source: Source, infotext: str) -> Plan:
    """The plan for a WebP: the EXIF chunk is replaced, or added after the picture. A simple file
    gets the extended header, which has to announce EXIF.
    """
    chunks = riff_chunks(source)
    kinds = [kind for kind, _, _ in chunks]
    old = next(((start, end) for kind, start, end in chunks if kind == b"EXIF"), None)
    size = int.from_bytes(source.at(old[0] + 4, 4), "little") if old else 0
    block = set_user_comment(source.at(old[0] + 8, size) if old else b"", infotext)
    exif = riff_chunk(b"EXIF", block)
    body: Plan = [] if b"VP8X" in kinds else [_extended_header(source, chunks)]
    is_placed = old is not None
    for kind, start, end in chunks:
        if kind == b"VP8X":
            flags = source.at(start + 8, 1)[0] | _EXIF_FLAG
            body += [(start, start + 8), bytes((flags,)), (start + 9, end)]
        elif kind == b"EXIF":
            body.append(exif if (start, end) == old else b"")
        else:
            if kind == b"XMP " and not is_placed:
                body.append(exif)
                is_placed = True
            body.append((start, end))
    if not is_placed:
        body.append(exif)
    length = sum(len(piece) if isinstance(piece, bytes) else piece[1] - piece[0] for piece in body)
    return [b"RIFF" + struct.pack("<I", length + 4) + b"WEBP", *body]


def riff_chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a WebP with its padding."""
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def riff_chunks(source: Source) -> list[tuple[bytes, int, int]]:
    """(kind, start, end including padding) of each chunk."""
    found = []
    pos = 12
    while pos + 8 <= source.size:
        kind, size = struct.unpack("<4sI", source.at(pos, 8))
        end = pos + 8 + size
        if end > source.size or not kind.strip().isalnum():
            raise UnreadableMedia("its chunks are damaged, so it is left as it is")
        # Some files lack the padding of the last chunk.
        found.append((kind, pos, min(end + (size & 1), source.size)))
        pos = end + (size & 1)
    return found


def _extended_header(source: Source, chunks: list[tuple[bytes, int, int]]) -> bytes:
    """The VP8X chunk for a simple file: the size, and whether it has an alpha channel."""
    for kind, start, _ in chunks:
        data = source.at(start + 8, 10)
        if kind == b"VP8L" and len(data) >= 5:
            bits = int.from_bytes(data[1:5], "little")
            width, height, alpha = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bits >> 28 & 1
            break
        if kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
            width, height = (value & 0x3FFF for value in struct.unpack_from("<HH", data, 6))
            alpha = 0
            break
    else:
        raise UnreadableMedia("it holds no picture, so it is left as it is")
    flags = _EXIF_FLAG | (_ALPHA_FLAG if alpha else 0)
    return riff_chunk(
        b"VP8X",
        bytes((flags, 0, 0, 0))
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little"),
    )
