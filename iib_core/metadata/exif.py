"""All tags of a picture by name, to be displayed: EXIF with GPS, texts, size."""

from __future__ import annotations

import math
import os
import struct
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from . import containers
from .containers.embedded import Embedded
from .containers.tiff import Entry, entries

Value = str | int | float | list[str | int | float]

# At most this many values of one name and place are shown: a file may hold thousands of comments.
MAX_DUPLICATES = 100
# Tags that point to another directory; that of Interop is not read.
_POINTERS = {0x8769: "Exif:ExifIFD", 0x8825: "Exif:GPS", 0xA005: "Exif:Interop"}
_MAX_VALUES = 64
_SHOWN_BYTES = 32
_LETTERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_RATIONAL, _SIGNED_RATIONAL = 5, 10
_TEXT_TYPES = frozenset((2, 129))


def read_tags(path: str | os.PathLike[str]) -> dict[str, Value]:
    """The tags of one file by name, ready for JSON: texts, finite numbers and lists of these.

    Raises OSError if the file cannot be read, and nothing else.

    If a name occurs again with another value, its place is added to the name. Bytes that are not
    text are shown in hexadecimal digits, shortened.
    """
    return describe(containers.read(path))


def describe(embedded: Embedded) -> dict[str, Value]:
    """``read_tags`` of a file that was read before."""
    tags: dict[str, Value] = {"container": embedded.container}
    duplicates: defaultdict[str, list[Value]] = defaultdict(list)
    facts = {
        "width": embedded.width_px,
        "height": embedded.height_px,
        "duration_s": embedded.duration_s,
    }
    tags.update(
        {name: value for name, value in facts.items() if value is not None and math.isfinite(value)}
    )
    for text in embedded.texts:
        _put(tags, duplicates, text.keyword, text.where, text.value)
    for place, name, value in _exif_values(embedded.exif):
        if name not in tags:
            _put(tags, duplicates, name, place, value)
    if embedded.c2pa:
        tags["C2PA"] = f"{len(embedded.c2pa)} bytes"
    if embedded.error:
        tags["error"] = embedded.error
    return tags


def _put(
    tags: dict[str, Value],
    duplicates: defaultdict[str, list[Value]],
    name: str,
    place: str,
    value: Value,
) -> None:
    """Add a value under its name or, if the name has another value, under name, place and number.

    ``duplicates``: the values that were added under each name and place.
    """
    if tags.get(name, value) == value:
        tags[name] = value
        return
    label = f"{name} ({place})"
    values = duplicates[label]
    if len(values) >= MAX_DUPLICATES or value in values:
        return
    values.append(value)
    tags[label if len(values) == 1 else f"{name} ({place} {len(values)})"] = value


def _exif_values(block: bytes) -> Iterator[tuple[str, str, Value]]:
    """(directory, name, value) of each tag of IFD0, the Exif IFD and the GPS IFD."""
    if len(block) < 8:
        return
    order = "<" if block[:2] == b"II" else ">"
    offsets = {"Exif:IFD0": struct.unpack_from(order + "I", block, 4)[0]}
    seen: set[int] = set()
    # Each directory is read once, the first that is pointed to: pointers to further directories
    # could go on through the whole block.
    for place in ("Exif:IFD0", "Exif:ExifIFD", "Exif:GPS"):
        offset = offsets.get(place)
        if offset is None or offset in seen:
            continue
        seen.add(offset)
        for entry in entries(block, order, offset)[0]:
            if entry.tag in _POINTERS and len(entry.data) == 4 and place != "Exif:GPS":
                offsets.setdefault(_POINTERS[entry.tag], struct.unpack(order + "I", entry.data)[0])
            elif entry.data:
                yield place, _name(entry.tag, place), _value(entry, order)


@cache
def _names() -> tuple[dict[int, str], dict[int, str]]:
    from PIL.ExifTags import (
        GPSTAGS,
        TAGS,
    )  # imported here, because an update of the index needs no names

    return TAGS, GPSTAGS


def _name(tag: int, place: str) -> str:
    return _names()[place == "Exif:GPS"].get(tag) or f"0x{tag:04X}"


def _value(entry: Entry, order: str) -> Value:
    if entry.kind in _TEXT_TYPES:
        return entry.data.rstrip(b"\0").decode("utf-8", "replace")
    if entry.kind in (_RATIONAL, _SIGNED_RATIONAL):
        letter = "I" if entry.kind == _RATIONAL else "i"
        count = len(entry.data) // 8
        numbers = struct.unpack_from(f"{order}{min(count, _MAX_VALUES) * 2}{letter}", entry.data)
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        return _as_list([_quotient(top, bottom) for top, bottom in pairs], count)
    letter = _LETTERS.get(entry.kind, "")
    if not letter or (entry.kind == 1 and entry.values > 4):
        return _format_bytes(entry.data)
    count = len(entry.data) // struct.calcsize(letter)
    numbers = struct.unpack_from(f"{order}{min(count, _MAX_VALUES)}{letter}", entry.data)
    return _as_list(list(map(_finite, numbers)), count)


def _quotient(top: int, bottom: int) -> str | int | float:
    if not bottom:
        return f"{top}/0"
    return top // bottom if top % bottom == 0 else top / bottom


def _finite(number: int | float) -> str | int | float:
    return number if math.isfinite(number) else str(number)


def _as_list(values: list[str | int | float], count: int) -> Value:
    """A single value, or a list; if it was shortened, its last item states the number of all
    values.
    """
    if count == 1:
        return values[0]
    return values if count <= len(values) else [*values, f"... {count} values"]


def _format_bytes(data: bytes) -> str:
    text = data.rstrip(b"\0")
    if text.isascii() and text.decode("ascii").isprintable():
        return text.decode("ascii")
    digits = f"0x{data[:_SHOWN_BYTES].hex()}"
    return digits if len(data) <= _SHOWN_BYTES else f"{digits}... ({len(data)} bytes)"
