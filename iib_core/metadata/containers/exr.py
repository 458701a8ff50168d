"""OpenEXR: the attributes of the header; ComfyUI's saver writes its graphs into two of them.

Source: the OpenEXR file layout (magic, version, attributes).
"""

from __future__ import annotations

import struct

from .source import Draft, Source
from .text import decode

SIGNATURE = b"\x76\x2f\x31\x01"
ATTRIBUTES_MAX = 1000
_NAME_MAX_BYTES = 256


def walk(source: Source, draft: Draft) -> None:
    """Fill ``draft`` from the header, of a multi-part file from the first header."""
    draft.container = "exr"
    position = 8
    for _attribute in range(ATTRIBUTES_MAX):
        head = source.at(position, 2 * _NAME_MAX_BYTES + 4)
        name, end = _name(head, 0)
        if not name:
            return
        kind, end = _name(head, end)
        if not kind or len(head) < end + 4:
            draft.note("the header is cut off")
            return
        size = struct.unpack_from("<i", head, end)[0]
        position += end + 4
        if size < 0 or position + size > source.size:
            draft.note("an attribute of the header is longer than the file")
            return
        _take(source, draft, name, kind, position, size)
        position += size
    draft.note(f"only the first {ATTRIBUTES_MAX} attributes were read")


def _name(data: bytes, start: int) -> tuple[bytes, int]:
    """(name at ``start``, offset after it). The name is b"" at the end of the header."""
    end = data.find(b"\0", start, start + _NAME_MAX_BYTES)
    return (data[start:end], end + 1) if end >= 0 else (b"", start)


def _take(source: Source, draft: Draft, name: bytes, kind: bytes, position: int, size: int) -> None:
    """Read an attribute that is a text or the size in pixels."""
    if kind == b"string" and draft.spend(size, "an attribute"):
        draft.add(decode(name), decode(source.at(position, size)), "exr:header")
    elif name == b"dataWindow" and kind == b"box2i" and size == 16:
        left, top, right, bottom = struct.unpack("<4i", source.at(position, 16))
        draft.width_px, draft.height_px = max(right - left + 1, 0), max(bottom - top + 1, 0)
