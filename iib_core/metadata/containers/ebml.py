"""WebM and Matroska: tags, title, duration and picture size. Source: RFC 8794 (EBML), RFC 9559
(Matroska).
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from typing import NamedTuple

from .source import MAX_CHUNKS, MAX_DEPTH, Broken, Draft, Source
from .text import decode

SIGNATURE = b"\x1aE\xdf\xa3"
_DOCTYPE, _SEGMENT, _SEEK_HEAD, _INFO, _TRACKS, _CLUSTER, _TAGS = (
    0x4282,
    0x18538067,
    0x114D9B74,
    0x1549A966,
    0x1654AE6B,
    0x1F43B675,
    0x1254C367,
)
_SEEK, _SEEK_ID, _SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC
_TITLE, _DURATION, _SCALE = 0x7BA9, 0x4489, 0x2AD7B1
_TRACK, _VIDEO, _WIDTH, _HEIGHT = 0xAE, 0xE0, 0xB0, 0xBA
_TAG, _SIMPLE_TAG, _NAME, _STRING, _BINARY = 0x7373, 0x67C8, 0x45A3, 0x4487, 0x4485
_READ = (_INFO, _TRACKS, _TAGS)


class Element(NamedTuple):
    """One element: its identifier, and the offsets of its content in the file.

    ``open_ended``: the writer did not know the length.
    """

    kind: int
    start: int
    end: int
    open_ended: bool


def walk(source: Source, draft: Draft) -> None:
    """Fill ``draft`` from a WebM or Matroska file."""
    draft.container = "mkv"
    for element in _elements(source, 0, source.size):
        if element.kind == _SEGMENT:
            _read_segment(source, element, draft)
            return
        for child in _elements(source, element.start, element.end):
            if child.kind == _DOCTYPE:
                doctype = source.at(child.start, child.end - child.start).rstrip(b"\0")
                if doctype == b"webm":
                    draft.container = "webm"


def _elements(source: Source, pos: int, end: int) -> Iterator[Element]:
    """The elements between two offsets. Raises Broken if the bytes are no element."""
    for _ in range(MAX_CHUNKS):
        if pos >= min(end, source.size):
            return
        header = source.at(pos, 12)
        id_bytes = 9 - header[0].bit_length()
        if id_bytes > 4 or len(header) < id_bytes + 1:
            raise Broken("an element has no identifier")
        first = header[id_bytes]
        size_bytes = 9 - first.bit_length()
        if size_bytes > 8 or len(header) < id_bytes + size_bytes:
            raise Broken("an element has no length")
        all_ones = (1 << 7 * size_bytes) - 1
        size = int.from_bytes(header[id_bytes : id_bytes + size_bytes], "big") & all_ones
        start = pos + id_bytes + size_bytes
        kind = int.from_bytes(header[:id_bytes], "big")
        yield Element(
            kind, start, end if size == all_ones else min(start + size, end), size == all_ones
        )
        pos = start + size
        if size == all_ones:
            # Only a segment or a cluster may have no length. The children of a cluster then follow
            # as elements of this level.
            pos = start if kind == _CLUSTER else end
        elif pos > end:
            raise Broken("the file ends inside an element")


def _read_segment(source: Source, segment: Element, draft: Draft) -> None:
    offsets: dict[int, int] = {}
    done: set[int] = set()
    for element in _elements(source, segment.start, segment.end):
        if element.kind == _SEEK_HEAD:
            offsets.update(_seek_offsets(source, element))
        elif element.kind == _CLUSTER:
            # If the seek head states that the tags follow the pixels, these need not be walked
            # through.
            if _TAGS in offsets and offsets[_TAGS] + segment.start > element.start:
                break
        elif element.kind in _READ:
            done.add(element.start)
            _read_top(source, element, draft)
    for position in [offsets[kind] for kind in _READ if kind in offsets]:
        for element in itertools.islice(
            _elements(source, segment.start + position, source.size), 1
        ):
            if element.kind in _READ and element.start not in done:
                _read_top(source, element, draft)


def _seek_offsets(source: Source, head: Element) -> dict[int, int]:
    """The offsets inside the segment that the seek head states, by identifier."""
    offsets = {}
    for seek in _elements(source, head.start, head.end):
        if seek.kind != _SEEK:
            continue
        parts = {
            child.kind: _number(source, child) for child in _elements(source, seek.start, seek.end)
        }
        if _SEEK_ID in parts and _SEEK_POSITION in parts:
            offsets[parts[_SEEK_ID]] = parts[_SEEK_POSITION]
    return offsets


def _number(source: Source, element: Element) -> int:
    return int.from_bytes(source.at(element.start, min(element.end - element.start, 8)), "big")


def _text(source: Source, element: Element, draft: Draft) -> str:
    size = element.end - element.start
    return (
        decode(source.at(element.start, size).rstrip(b"\0")) if draft.spend(size, "a tag") else ""
    )


def _read_top(source: Source, element: Element, draft: Draft) -> None:
    if element.kind == _INFO:
        _read_info(source, element, draft)
    elif element.kind == _TRACKS:
        _read_tracks(source, element, draft)
    else:
        for tag in _elements(source, element.start, element.end):
            if tag.kind == _TAG:
                _read_tag(source, tag, draft, 0)


def _read_info(source: Source, info: Element, draft: Draft) -> None:
    scale, length = 1_000_000, 0.0
    for child in _elements(source, info.start, info.end):
        if child.kind == _TITLE:
            draft.add("title", _text(source, child, draft), "mkv:Info")
        elif child.kind == _SCALE:
            scale = _number(source, child)
        elif child.kind == _DURATION:
            data = source.at(child.start, min(child.end - child.start, 8))
            length = (
                struct.unpack({4: ">f", 8: ">d"}[len(data)], data)[0]
                if len(data) in (4, 8)
                else 0.0
            )
    if 0 < length * scale < 1e18:
        draft.duration_s = length * scale / 1e9


def _read_tracks(source: Source, tracks: Element, draft: Draft) -> None:
    for track in _elements(source, tracks.start, tracks.end):
        for video in _elements(source, track.start, track.end) if track.kind == _TRACK else ():
            if video.kind == _VIDEO and draft.width_px is None:
                parts = {
                    child.kind: _number(source, child)
                    for child in _elements(source, video.start, video.end)
                }
                draft.width_px, draft.height_px = parts.get(_WIDTH), parts.get(_HEIGHT)


def _read_tag(source: Source, parent: Element, draft: Draft, depth: int) -> None:
    """Read simple tags, which may be nested."""
    name = value = ""
    for child in _elements(source, parent.start, parent.end):
        if child.kind == _SIMPLE_TAG and depth < MAX_DEPTH:
            _read_tag(source, child, draft, depth + 1)
        elif child.kind == _NAME:
            name = _text(source, child, draft)
        elif child.kind in (_STRING, _BINARY):
            value = _text(source, child, draft)
    draft.add(name or "tag", value, "mkv:Tag")
