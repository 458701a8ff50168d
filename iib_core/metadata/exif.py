"""Every tag of a picture by name, for people to read: EXIF with GPS, texts, size."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator
from functools import cache

from . import containers
from .containers.embedded import Embedded
from .containers.tiff import Entry, entries

Value = str | int | float | list[str | int | float]

_EXIF_IFD, _GPS_IFD, _INTEROP_IFD = 0x8769, 0x8825, 0xA005
_MAX_VALUES = 64
_SHOWN_BYTES = 32
_LETTERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_RATIONAL, _SIGNED_RATIONAL = 5, 10
_TEXT_TYPES = frozenset((2, 129))


def read_tags(path: str | os.PathLike[str]) -> dict[str, Value]:
    """Tags of one file by name, ready for JSON: texts, finite numbers and lists of these. Raises OSError where the file cannot be read, nothing else.

    A name that occurs twice with another value is followed by its place. Bytes that are no text are shown in hexadecimal digits, shortened.
    """
    return describe(containers.read(path))


def describe(embedded: Embedded) -> dict[str, Value]:
    """The same of a file that has been read."""
    tags: dict[str, Value] = {"container": embedded.container}
    facts = {"width": embedded.width_px, "height": embedded.height_px, "duration_s": embedded.duration_s}
    tags.update({name: value for name, value in facts.items() if value is not None and math.isfinite(value)})
    for text in embedded.texts:
        _put(tags, text.keyword, text.where, text.value)
    for place, name, value in _exif_values(embedded.exif):
        if name not in tags:
            _put(tags, name, place, value)
    if embedded.c2pa:
        tags["C2PA"] = f"{len(embedded.c2pa)} bytes"
    if embedded.error:
        tags["error"] = embedded.error
    return tags


def _put(tags: dict[str, Value], name: str, place: str, value: Value) -> None:
    if tags.get(name, value) == value:
        tags[name] = value
        return
    label, number = f"{name} ({place})", 2
    while label in tags and tags[label] != value:
        label, number = f"{name} ({place} {number})", number + 1
    tags[label] = value


def _exif_values(block: bytes) -> Iterator[tuple[str, str, Value]]:
    """(directory, name, value) of each tag of IFD0, the Exif IFD and the GPS IFD."""
    if len(block) < 8:
        return
    order = "<" if block[:2] == b"II" else ">"
    pending = [("Exif:IFD0", struct.unpack_from(order + "I", block, 4)[0])]
    below = {_EXIF_IFD: "Exif:ExifIFD", _GPS_IFD: "Exif:GPS", _INTEROP_IFD: ""}
    seen: set[int] = set()
    while pending:
        place, offset = pending.pop(0)
        if offset in seen:
            continue
        seen.add(offset)
        for entry in entries(block, order, offset)[0]:
            if entry.tag in below and len(entry.data) == 4 and place != "Exif:GPS":
                if below[entry.tag]:
                    pending.append((below[entry.tag], struct.unpack(order + "I", entry.data)[0]))
            elif entry.data:
                yield place, _name(entry.tag, place), _value(entry, order)


@cache
def _names() -> tuple[dict[int, str], dict[int, str]]:
    from PIL.ExifTags import GPSTAGS, TAGS  # not at the top: an index run never asks for names

    return TAGS, GPSTAGS


def _name(tag: int, place: str) -> str:
    return _names()[place == "Exif:GPS"].get(tag) or f"0x{tag:04X}"


def _value(entry: Entry, order: str) -> Value:
    if entry.kind in _TEXT_TYPES:
        return entry.data.rstrip(b"\0").decode("utf-8", "replace")
    if entry.kind in (_RATIONAL, _SIGNED_RATIONAL):
        letter = "I" if entry.kind == _RATIONAL else "i"
        numbers = struct.unpack(f"{order}{len(entry.data) // 8 * 2}{letter}", entry.data[: len(entry.data) & ~7])
        return _listed([_quotient(top, bottom) for top, bottom in zip(numbers[::2], numbers[1::2], strict=True)])
    letter = _LETTERS.get(entry.kind, "")
    if not letter or (entry.kind == 1 and entry.values > 4):
        return _shown(entry.data)
    size = struct.calcsize(letter)
    count = len(entry.data) // size
    return _listed([_finite(number) for number in struct.unpack(f"{order}{count}{letter}", entry.data[: count * size])])


def _quotient(top: int, bottom: int) -> str | int | float:
    if not bottom:
        return f"{top}/0"
    return top // bottom if top % bottom == 0 else top / bottom


def _finite(number: int | float) -> str | int | float:
    return number if math.isfinite(number) else str(number)


def _listed(values: list[str | int | float]) -> Value:
    """One value as itself, several as a list that is cut where it gets long."""
    if len(values) == 1:
        return values[0]
    return values if len(values) <= _MAX_VALUES else [*values[:_MAX_VALUES], f"... {len(values)} values"]


def _shown(data: bytes) -> str:
    text = data.rstrip(b"\0")
    if text.isascii() and text.decode("ascii").isprintable():
        return text.decode("ascii")
    return f"0x{data[:_SHOWN_BYTES].hex()}" + (f"... ({len(data)} bytes)" if len(data) > _SHOWN_BYTES else "")
