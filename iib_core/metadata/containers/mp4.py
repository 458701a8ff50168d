"""MP4, M4V and QuickTime: texts under ``moov`` (ilst, keys, udta), duration and picture size.

Sources: ISO/IEC 14496-12; QuickTime File Format (user data, metadata keys); what ffmpeg 6 writes
with and without ``use_metadata_tags``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .bmff import Box, boxes, take_uuid
from .source import MAX_DEPTH, Broken, Draft, Source
from .text import decode, decode_utf16

_NAMES = {
    b"\xa9cmt": "comment",
    b"\xa9nam": "title",
    b"\xa9ART": "artist",
    b"\xa9alb": "album",
    b"\xa9day": "date",
    b"\xa9des": "description",
    b"\xa9inf": "information",
    b"\xa9lyr": "lyrics",
    b"\xa9too": "encoder",
    b"\xa9swr": "software",
    b"\xa9cpy": "copyright",
    b"cprt": "copyright",
    b"desc": "description",
    b"ldes": "synopsis",
}
_APPLE = "com.apple.quicktime."
_UTF8, _UTF16 = 1, 2


def walk(source: Source, draft: Draft) -> None:
    """Fill ``draft``, but for its container, from a video."""
    for box in boxes(source, 0, source.size):
        if box.kind in (b"moov", b"meta", b"udta"):
            _try_descend(source, box, draft, 0)
        elif box.kind == b"uuid":
            take_uuid(source, box, draft)


def _descend(source: Source, parent: Box, draft: Draft, depth: int) -> None:
    if parent.kind == b"meta":
        _read_meta(source, parent, draft)
        return
    for box in boxes(source, parent.start, parent.end):
        if box.kind in (b"moov", b"trak", b"udta", b"meta"):
            if depth < MAX_DEPTH:
                _try_descend(source, box, draft, depth + 1)
        elif box.kind == b"mvhd":
            _read_duration(source.at(box.start, 32), draft)
        elif box.kind == b"tkhd" and not draft.width_px:
            _read_size(source.at(box.start, 96), draft)
        elif box.kind == b"uuid":
            take_uuid(source, box, draft)
        elif box.kind == b"XMP_":
            draft.add("XMP", decode(box.read(source, draft)), "XMP")
        elif parent.kind == b"udta":
            _read_user_data(source, box, draft)


def _try_descend(source: Source, parent: Box, draft: Draft, depth: int) -> None:
    """Descend into a box; note damage, because a damaged track must not hide the tags after it."""
    try:
        _descend(source, parent, draft, depth)
    except Broken as exc:
        draft.note(str(exc))


def _read_duration(data: bytes, draft: Draft) -> None:
    wide = data[:1] == b"\1"
    if len(data) >= (32 if wide else 20):
        scale, length = struct.unpack_from(">IQ" if wide else ">II", data, 20 if wide else 12)
        # All bits set means that the length is unknown.
        if scale and length not in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF):
            draft.duration_s = length / scale


def _read_size(data: bytes, draft: Draft) -> None:
    """Read width and height, 16.16 numbers at the end of the track header; 0 for a sound track."""
    at = 88 if data[:1] == b"\1" else 76
    if len(data) >= at + 8:
        width, height = struct.unpack_from(">II", data, at)
        if width >> 16 and height >> 16:
            draft.width_px, draft.height_px = width >> 16, height >> 16


def _read_user_data(source: Source, box: Box, draft: Draft) -> None:
    """Read a text directly in ``udta``: of QuickTime (size, language, text), of 3GPP (version,
    language, text) or plain.
    """
    name = _NAMES.get(box.kind)
    if name is None:
        return
    data = box.read(source, draft)
    if box.kind[:1] == b"\xa9" and len(data) >= 4:
        size = int.from_bytes(data[:2], "big")
        data = data[4 : 4 + size] if 0 < size <= len(data) - 4 else data
    elif data[:4] == bytes(4):
        data = data[6:]
    draft.add(name, _decode(data, 0), "mp4:udta")


def _read_meta(source: Source, meta: Box, draft: Draft) -> None:
    # ISO has four bytes of version before the first box, QuickTime has not.
    start = meta.start if source.at(meta.start + 4, 4) == b"hdlr" else meta.start + 4
    parts = {box.kind: box for box in boxes(source, start, meta.end)}
    keys = _keys(source, parts[b"keys"]) if b"keys" in parts else []
    if b"ilst" not in parts:
        return
    for item in boxes(source, parts[b"ilst"].start, parts[b"ilst"].end):
        index = int.from_bytes(item.kind, "big")
        if item.kind == b"----":
            _take_freeform(source, item, draft)
        elif 0 < index <= len(keys):
            _take_values(source, item, keys[index - 1], "mp4:mdta", draft)
        elif item.kind in _NAMES:
            _take_values(source, item, _NAMES[item.kind], "mp4:ilst", draft)


def _keys(source: Source, box: Box) -> list[str]:
    """The names of the metadata items; the first has number 1."""
    names = (
        source.at(key.start, min(key.end - key.start, 256))
        for key in boxes(source, box.start + 8, box.end)
    )
    return [_without_prefix(decode(name)) for name in names]


def _without_prefix(name: str) -> str:
    return name[len(_APPLE) :] if name.startswith(_APPLE) else name


def _take_freeform(source: Source, item: Box, draft: Draft) -> None:
    """Read a ``----`` item: mean (a reversed domain), name, data."""
    name = ""
    for box in boxes(source, item.start, item.end):
        if box.kind == b"name":
            name = decode(source.at(box.start + 4, min(box.end - box.start - 4, 256)))
    _take_values(source, item, name or "----", "mp4:ilst", draft)


def _take_values(source: Source, item: Box, keyword: str, where: str, draft: Draft) -> None:
    for value in _values(source, item, draft):
        draft.add(keyword, value, where)


def _values(source: Source, item: Box, draft: Draft) -> Iterator[str]:
    for box in boxes(source, item.start, item.end):
        if box.kind == b"data":
            kind = int.from_bytes(source.at(box.start, 4), "big") & 0xFFFFFF
            if kind in (0, _UTF8, _UTF16):
                yield _decode(box._replace(start=box.start + 8).read(source, draft), kind)


def _decode(data: bytes, kind: int) -> str:
    if kind == _UTF16 or data[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return decode_utf16(data, True)
    return decode(data.rstrip(b"\0"))
