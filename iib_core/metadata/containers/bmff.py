"""ISO base media file format: the boxes of AVIF, HEIF, JPEG XL, MP4 and QuickTime.

Source: ISO/IEC 14496-12.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .source import MAX_CHUNKS, Broken, Draft, Source

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


class Box(NamedTuple):
    """One box: its type, and the offsets of its content in the file."""

    kind: bytes
    start: int
    end: int

    def read(self, source: Source, draft: Draft) -> bytes:
        """Its content; b"" if that exceeds the limit of text a file."""
        size = min(self.end, source.size) - self.start
        if size <= 0 or not draft.spend(size, f"a {self.kind.decode('latin-1')} box"):
            return b""
        return source.at(self.start, size)


def boxes(source: Source, start: int, end: int) -> Iterator[Box]:
    """The boxes between two offsets. Raises Broken if a length is impossible."""
    for _ in range(MAX_CHUNKS):
        header = source.at(start, 8)
        if start + 8 > end or len(header) < 8:
            return
        size, kind, content = int.from_bytes(header[:4], "big"), header[4:], start + 8
        if size == 1:
            size, content = int.from_bytes(source.at(content, 8), "big"), content + 8
        stop = start + size if size else end
        if stop < content:
            raise Broken(f"a {kind.decode('latin-1')} box has a wrong length")
        yield Box(kind, content, min(stop, end))
        if stop > end:
            raise Broken(f"the file ends inside its {kind.decode('latin-1')} box")
        start = stop


def take_uuid(source: Source, box: Box, draft: Draft) -> None:
    """Read XMP or C2PA from a box of type ``uuid``."""
    name = source.at(box.start, 16)
    inside = box._replace(start=box.start + 16)
    if name == XMP_UUID:
        draft.add("XMP", inside.read(source, draft).decode("utf-8", "replace"), "XMP")
    elif name == C2PA_UUID:
        draft.c2pa = draft.c2pa or c2pa_store(inside.read(source, draft))


def c2pa_store(data: bytes) -> bytes:
    """The manifest store of a C2PA uuid box, which follows its version, purpose and an offset."""
    purpose, _, rest = data[4:].partition(b"\0")
    return rest[8:] if purpose == b"manifest" else b""
