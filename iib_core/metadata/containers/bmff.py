"""ISO base media file format: the boxes that AVIF, HEIF, JPEG XL, MP4 and QuickTime are made of.

Source: ISO/IEC 14496-12.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .source import MAX_CHUNKS, Broken, Draft, Source

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


class Box(NamedTuple):
    """One box: its type, and where its content lies in the file."""

    kind: bytes
    start: int
    end: int

    def read(self, source: Source, draft: Draft) -> bytes:
        """Its content, b"" where that is above the limit of text a file."""
        size = min(self.end, source.size) - self.start
        return (
            source.at(self.start, size)
            if size > 0 and draft.spend(size, f"a {self.kind.decode('latin-1')} box")
            else b""
        )


def boxes(source: Source, start: int, end: int) -> Iterator[Box]:
    """Boxes between two offsets. Raises Broken where a length cannot be."""
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
    """XMP and C2PA live in boxes of type ``uuid``."""
    name = source.at(box.start, 16)
    inside = box._replace(start=box.start + 16)
    if name == XMP_UUID:
        draft.add("XMP", inside.read(source, draft).decode("utf-8", "replace"), "XMP")
    elif name == C2PA_UUID:
        draft.c2pa = draft.c2pa or c2pa_store(inside.read(source, draft))


def c2pa_store(data: bytes) -> bytes:
    """The manifest store of a C2PA uuid box, behind its version, purpose and offset to the next one."""
    purpose, _, rest = data[4:].partition(b"\0")
    return rest[8:] if purpose == b"manifest" else b""
