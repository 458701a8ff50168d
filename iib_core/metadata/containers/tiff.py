"""EXIF: the texts of a TIFF block.

Source: TIFF 6.0, and CIPA DC-008-2023 (Exif 3.0) for UserComment's encodings.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from .source import Draft
from .text import decode, decode_utf16, looks_like_utf16

_MAX_ENTRIES = 1000
_MAX_DIRECTORIES = 3
_EXIF_IFD, _GPS_IFD, _ORIENTATION = 0x8769, 0x8825, 0x0112
_NUMBERS = {1: "B", 3: "H", 4: "I"}
_ASCII, _BYTE, _UNDEFINED, _UTF8 = 2, 1, 7, 129
TYPE_BYTES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    129: 1,
}

# The names of text tags. Other ASCII tags are named by their number, because ComfyUI's savers use
# unassigned tags, counting down from Make.
_NAMES = {
    0x010D: "DocumentName",
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x011D: "PageName",
    0x0131: "Software",
    0x0132: "DateTime",
    0x013B: "Artist",
    0x013C: "HostComputer",
    0x8298: "Copyright",
    0x927C: "MakerNote",
    0x9286: "UserComment",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
    0xA420: "ImageUniqueID",
}
_USER_COMMENT, _XMP, _XP_FIRST, _XP_LAST = 0x9286, 0x02BC, 0x9C9B, 0x9C9F
# Texts with times and lens data of cameras, which are never metadata of a generation.
_CAMERA_TEXTS = frozenset(
    (
        0x9003,
        0x9004,
        0x9010,
        0x9011,
        0x9012,
        0x9290,
        0x9291,
        0x9292,
        0xA430,
        0xA431,
        0xA433,
        0xA434,
        0xA435,
    )
)


class Entry(NamedTuple):
    """One tag of a directory: its number, TIFF type, number of values and raw bytes."""

    tag: int
    kind: int
    values: int
    data: bytes


def tiff_block(data: bytes) -> bytes:
    """The TIFF block without the bytes that some programs write before it (``Exif\\0\\0``, once or
    twice, or an offset); b"" if there is none.
    """
    if data[:4] in (b"II*\0", b"MM\0*"):
        return data
    starts = [at for at in (data[:40].find(b"II*\0"), data[:40].find(b"MM\0*")) if at >= 0]
    return data[min(starts) :] if starts else b""


def entries(block: bytes, order: str, offset: int) -> tuple[list[Entry], bool]:
    """(tags of the directory at ``offset`` that are inside the block, whether some are not).

    The values together are limited to the size of the block: a thousand tags that share a value of
    one megabyte are an attack.
    """
    found: list[Entry] = []
    if offset + 2 > len(block):
        return found, True
    count = struct.unpack_from(order + "H", block, offset)[0]
    broken, room = count > _MAX_ENTRIES, len(block)
    layout = struct.Struct(order + "HHI")
    for pos in range(offset + 2, offset + 2 + 12 * min(count, _MAX_ENTRIES), 12):
        if pos + 12 > len(block):
            return found, True
        tag, kind, values = layout.unpack_from(block, pos)
        size = TYPE_BYTES.get(kind, 0) * values
        room -= size
        if room < 0:
            return found, True
        at = pos + 8 if size <= 4 else struct.unpack_from(order + "I", block, pos + 8)[0]
        data = block[at : at + size]
        broken = broken or len(data) < size
        found.append(Entry(tag, kind, values, data))
    return found, broken


def directories(block: bytes, order: str) -> list[int]:
    """The offsets of IFD0 and of the directories that it points to: Exif, GPS."""
    first = struct.unpack_from(order + "I", block, 4)[0]
    pointers = (
        entry.data
        for entry in entries(block, order, first)[0]
        if entry.tag in (_EXIF_IFD, _GPS_IFD) and len(entry.data) == 4
    )
    return [first, *(struct.unpack(order + "I", data)[0] for data in pointers)][:_MAX_DIRECTORIES]


def stated_bytes(block: bytes, order: str, offset: int, available_bytes: int) -> int:
    """The total size of the values of the directory at ``offset`` that end within
    ``available_bytes``.
    """
    if offset + 2 > len(block):
        return 0
    count = struct.unpack_from(order + "H", block, offset)[0]
    end = min(offset + 2 + 12 * count, len(block) - 11)
    rows = (struct.unpack_from(order + "HII", block, at + 2) for at in range(offset + 2, end, 12))
    sizes = ((TYPE_BYTES.get(kind, 0) * values, start) for kind, values, start in rows)
    return sum(size for size, start in sizes if 4 < size <= available_bytes - start)


def orientation(block: bytes) -> int:
    """The EXIF orientation of a picture, 1 to 8; 1 (upright) if it is not stated."""
    if len(block) < 8:
        return 1
    order = "<" if block[:2] == b"II" else ">"
    found = entries(block, order, struct.unpack_from(order + "I", block, 4)[0])[0]
    stated = next(
        (
            entry
            for entry in found
            if entry.tag == _ORIENTATION and entry.kind in _NUMBERS and entry.data
        ),
        None,
    )
    return int(struct.unpack_from(order + _NUMBERS[stated.kind], stated.data)[0]) if stated else 1


def read_exif(data: bytes, draft: Draft) -> None:
    """Store the block and add the texts of IFD0 and the Exif IFD. Only the first block of a file
    counts.
    """
    block = tiff_block(data)
    if draft.exif or not block:
        return
    draft.exif = block
    order = "<" if block[:2] == b"II" else ">"
    if len(block) < 8:
        draft.note("the EXIF block is cut off")
        return
    first = struct.unpack_from(order + "I", block, 4)[0]
    tags, broken = entries(block, order, first)
    below = 0
    for entry in tags:
        if entry.tag == _EXIF_IFD and len(entry.data) == 4:
            below = struct.unpack(order + "I", entry.data)[0]
        else:
            _take(entry, order, draft, "Exif:IFD0")
    if below and below != first:
        tags, broken_below = entries(block, order, below)
        broken = broken or broken_below
        for entry in tags:
            _take(entry, order, draft, "Exif:ExifIFD")
    if broken:
        draft.note("the EXIF block is damaged or cut off")


def _take(entry: Entry, order: str, draft: Draft, where: str) -> None:
    tag, kind, _, data = entry
    if not data or tag in _CAMERA_TEXTS:
        return
    if tag == _USER_COMMENT:
        draft.add("UserComment", decode_user_comment(data, order == ">"), where)
    elif _XP_FIRST <= tag <= _XP_LAST:
        draft.add(_NAMES[tag], _stripped(decode_utf16(data, False)), where)
    elif tag == _XMP:
        draft.add("XMP", _stripped(decode(data)), "XMP")
    elif kind in (_ASCII, _UTF8) or (
        tag in _NAMES and kind in (_BYTE, _UNDEFINED) and _is_text(data)
    ):
        draft.add(_NAMES.get(tag) or f"0x{tag:04X}", _stripped(decode(data)), where)


def _is_text(data: bytes) -> bool:
    """Whether bytes without a stated encoding are text, unlike a camera's MakerNote."""
    return data.rstrip(b"\0").isascii() and min(data.rstrip(b"\0"), default=0) >= 9


def _stripped(text: str) -> str:
    return text.strip("\0")


def decode_user_comment(data: bytes, big_endian: bool) -> str:
    """The text of a UserComment with or without its 8 byte header.

    The byte order is guessed, because A1111 writes UNICODE in big endian into little-endian blocks.
    """
    code, body = data[:8].upper(), data[8:]
    if code.startswith(b"UNICODE"):
        # Some programs write UTF-8 after this header: valid UTF-8 without a zero byte.
        if 0 not in body.rstrip(b"\0") and _is_utf8(body) and not _is_cjk_utf16(body, big_endian):
            return _stripped(decode(body))
        return _stripped(decode_utf16(body, big_endian))
    if code.startswith(b"JIS\0"):
        return _stripped(_decode_jis(body))
    if not code.startswith(b"ASCII\0") and code != bytes(8):
        body = data
    body = body.strip(b"\0") if not looks_like_utf16(body) else body
    return _stripped(decode_utf16(body, big_endian) if looks_like_utf16(body) else decode(body))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_cjk_utf16(data: bytes, big_endian: bool) -> bool:
    """Whether bytes without zeros are probably UTF-16: not plain ASCII, and each unit a CJK
    character.
    """
    return not data.isascii() and all(
        0x30 <= unit <= 0x9F for unit in data[0 if big_endian else 1 : 2000 : 2]
    )


def _decode_jis(data: bytes) -> str:
    for encoding in ("iso2022_jp", "shift_jis", "euc_jp"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return decode(data)
