"""AVIF and HEIF: the items of the top ``meta`` box.

Source: ISO/IEC 14496-12 (iinf, iloc, iprp), ISO/IEC 23008-12 (Exif item, ispe).
"""

from __future__ import annotations

from typing import NamedTuple

from .bmff import Box, boxes, take_uuid
from .source import Broken, Draft, Source
from .text import decode
from .tiff import read_exif

_MAX_ITEMS, _MAX_EXTENTS = 4096, 32


class _Item(NamedTuple):
    number: int
    kind: bytes
    content_type: bytes


def walk(source: Source, draft: Draft) -> None:
    """Fill ``draft``, but for its container, from an AVIF or HEIF."""
    for box in boxes(source, 0, source.size):
        if box.kind == b"meta":
            _read_meta(source, box, draft)
        elif box.kind == b"uuid":
            take_uuid(source, box, draft)


class _Bits:
    """Reads consecutive big-endian numbers. Raises Broken at the end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.pos = data, 0

    def number(self, size: int) -> int:
        piece = self.data[self.pos : self.pos + size]
        if len(piece) < size:
            raise Broken("the item tables are cut off")
        self.pos += size
        return int.from_bytes(piece, "big")


def _read_meta(source: Source, meta: Box, draft: Draft) -> None:
    parts = {box.kind: box for box in boxes(source, meta.start + 4, meta.end)}
    primary = (
        int.from_bytes(source.at(parts[b"pitm"].start + 4, 2), "big") if b"pitm" in parts else -1
    )
    # Texts first: a damaged property must not hide them.
    if b"iinf" in parts and b"iloc" in parts:
        _read_items(source, parts, draft)
    if b"iprp" in parts:
        _read_size(source, parts[b"iprp"], primary, draft)


def _read_items(source: Source, parts: dict[bytes, Box], draft: Draft) -> None:
    places = _places(parts[b"iloc"].read(source, draft))
    data_start = parts[b"idat"].start if b"idat" in parts else 0
    for item in _items(source, parts[b"iinf"]):
        if item.kind == b"Exif" or (item.kind == b"mime" and item.content_type):
            _take(item, _content(source, places.get(item.number, []), data_start, draft), draft)


def _take(item: _Item, data: bytes, draft: Draft) -> None:
    if item.kind == b"Exif":
        # Four bytes state the distance to the TIFF header.
        read_exif(data[4 + int.from_bytes(data[:4], "big") :] or data, draft)
    elif b"rdf+xml" in item.content_type:
        draft.add("XMP", decode(data), "XMP")
    elif b"json" in item.content_type or item.content_type.startswith(b"text/"):
        draft.add("comment", decode(data), "heif:mime")


def _items(source: Source, info: Box) -> list[_Item]:
    found: list[_Item] = []
    wide = source.at(info.start, 1) > b"\0"
    for box in boxes(source, info.start + (8 if wide else 6), info.end):
        if box.kind != b"infe" or len(found) >= _MAX_ITEMS:
            continue
        data = source.at(box.start, min(box.end - box.start, 512))
        version = data[0] if data else 0
        if version >= 2:
            numbers = _Bits(data[4:])
            number = numbers.number(2 if version == 2 else 4)
            rest = data[4 + numbers.pos + 2 :]
            content_type = rest[4:].split(b"\0")[1] if rest.count(b"\0") else b""
            found.append(_Item(number, rest[:4], content_type))
    return found


def _places(data: bytes) -> dict[int, list[tuple[int, int, int]]]:
    """The extents, (construction method, offset, size), of each item by its number."""
    numbers = _Bits(data)
    version = numbers.number(4) >> 24
    sizes = numbers.number(2)
    offset_size, length_size, base_size, index_size = (
        sizes >> 12,
        sizes >> 8 & 15,
        sizes >> 4 & 15,
        sizes & 15 if version else 0,
    )
    places: dict[int, list[tuple[int, int, int]]] = {}
    for _ in range(min(numbers.number(4 if version == 2 else 2), _MAX_ITEMS)):
        item = numbers.number(4 if version == 2 else 2)
        method = numbers.number(2) & 15 if version else 0
        numbers.number(2)
        base = numbers.number(base_size)
        extents = places.setdefault(item, [])
        count = numbers.number(2)
        for _ in range(min(count, _MAX_EXTENTS)):
            numbers.number(index_size)
            offset = numbers.number(offset_size)
            extents.append((method, base + offset, numbers.number(length_size)))
        numbers.pos += max(count - _MAX_EXTENTS, 0) * (index_size + offset_size + length_size)
    return places


def _content(
    source: Source, extents: list[tuple[int, int, int]], data_start: int, draft: Draft
) -> bytes:
    pieces = []
    for method, offset, size in extents:
        start = offset + (data_start if method == 1 else 0)
        size = min(size or source.size - start, source.size - start)
        if method > 1 or size <= 0 or not draft.spend(size, "an item"):
            draft.note("an item lies outside the file")
            continue
        pieces.append(source.at(start, size))
    return b"".join(pieces)


def _read_size(source: Source, iprp: Box, primary: int, draft: Draft) -> None:
    """Read the size and the colour code points of the primary item, or else of the largest."""
    parts = {box.kind: box for box in boxes(source, iprp.start, iprp.end)}
    if b"ipco" not in parts:
        return
    sizes: dict[int, tuple[int, int]] = {}
    colours: dict[int, tuple[int, int]] = {}
    for index, box in enumerate(boxes(source, parts[b"ipco"].start, parts[b"ipco"].end), 1):
        if box.kind == b"ispe":
            data = source.at(box.start, 12)
            sizes[index] = (int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big"))
        elif box.kind == b"colr" and source.at(box.start, 4) == b"nclx":
            data = source.at(box.start + 4, 4)
            colours[index] = (int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big"))
    used = _properties(parts[b"ipma"].read(source, draft), primary) if b"ipma" in parts else []
    own = [sizes[index] for index in used if index in sizes]
    own = own or sorted(sizes.values(), key=lambda size: size[0] * size[1])[-1:]
    if own:
        draft.width_px, draft.height_px = own[0]
    coded = [colours[index] for index in used if index in colours] or list(colours.values())[:1]
    if coded:
        draft.primaries, draft.transfer = coded[0]


def _properties(data: bytes, item: int) -> list[int]:
    """The indexes of the properties of one item."""
    numbers = _Bits(data)
    flags = numbers.number(4)
    for _ in range(min(numbers.number(4), _MAX_ITEMS)):
        number = numbers.number(4 if flags >> 24 else 2)
        count = numbers.number(1)
        used = [
            numbers.number(2) & 0x7FFF if flags & 1 else numbers.number(1) & 0x7F
            for _ in range(count)
        ]
        if number == item:
            return used
    return []
