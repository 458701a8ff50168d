"""PNG: tEXt, zTXt, iTXt, eXIf and caBX chunks, before and after the image data.

Checksums are not verified: half of the PNGs of one large public collection have a wrong checksum of
a text chunk. Source: PNG (Third Edition), W3C 2025.
"""

from __future__ import annotations

import struct
from binascii import unhexlify

from .source import MAX_CHUNKS, Broken, Draft, Source
from .text import decode, inflate
from .tiff import read_exif

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">I4s")
_WANTED = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"caBX", b"cICP")
_TRUSTED = frozenset((b"IDAT", *_WANTED))
_KNOWN = (
    b"IDAT",
    b"IEND",
    *_WANTED,
    b"PLTE",
    b"iCCP",
    b"gAMA",
    b"cHRM",
    b"sRGB",
    b"pHYs",
    b"tIME",
    b"tRNS",
    b"bKGD",
    b"sBIT",
    b"acTL",
    b"fcTL",
)
_RESYNC_BYTES = 1 << 20
_MAX_RESYNCS = 8
_XMP_KEYWORD = "XML:com.adobe.xmp"


def walk(source: Source, draft: Draft) -> None:
    """Fill ``draft`` from a PNG."""
    draft.container = "png"
    head, head_size = source.head, len(source.head)
    if head[12:16] == b"IHDR" and head_size >= 24:
        draft.width_px, draft.height_px = struct.unpack_from(">II", head, 16)
    pos, after, resyncs = 8, "", 0
    # The last chunk whose length was trusted: (offset, kind, stated size, number of texts before
    # it).
    last = (0, b"", 0, 0)
    for _ in range(MAX_CHUNKS):
        header = head[pos : pos + 8] if pos + 8 <= head_size else source.at(pos, 8)
        size, kind = _HEADER.unpack(header) if len(header) == 8 else (0, b"")
        if kind == b"IEND":
            return
        if not kind.isalpha():
            resyncs += 1
            pos = _resync(source, draft, last, after) if resyncs <= _MAX_RESYNCS else -1
            if pos < 0:
                return
            continue
        if kind in _TRUSTED:
            last = (pos, kind, size, len(draft.texts))
            if kind == b"IDAT":
                pos = _skip_pixels(source, pos, size + 12)
                after = "@after"
                continue
            _take(source, draft, pos, size, kind, after)
        pos += size + 12
    draft.note(f"only the first {MAX_CHUNKS} chunks were read")


def _skip_pixels(source: Source, pos: int, stride: int) -> int:
    """The offset of the first chunk after a sequence of IDAT chunks.

    Writers split the pixels into chunks of equal length, so the end is found by a binary search for
    IDAT headers of that length, which compressed data does not contain by chance. 20 MB in chunks
    of 8 kB need a dozen reads.
    """
    end = pos + stride
    step = max((source.size - end) // stride, 0)
    same = _HEADER.pack(stride - 12, b"IDAT")
    while step:
        if source.peek(end + (step - 1) * stride, 8) == same:
            end += step * stride
            step = min(step, (source.size - end) // stride)
        else:
            step //= 2
    return end


def _resync(source: Source, draft: Draft, last: tuple[int, bytes, int, int], after: str) -> int:
    """The offset of the next chunk after one with a wrong length; -1 if there is none near.

    The chunk with the wrong length is read again with its true length.
    """
    pos, kind, stated, texts_before = last
    data = source.at(pos + 8, _RESYNC_BYTES)
    nearest = _nearest_chunk(data)
    if not nearest or not kind:
        draft.note("this PNG is cut off; its data may be incomplete")
        return -1
    size = nearest - 8
    if kind in _WANTED and size != stated:
        draft.note(f"a {kind.decode()} chunk has a wrong length")
        del draft.texts[texts_before:]
        _take(source, draft, pos, size, kind, after)
    draft.note("a chunk has a wrong length")
    return pos + 8 + size + 4


def _nearest_chunk(data: bytes) -> int:
    """The offset of the first known chunk name that can follow; 0 if there is none."""
    nearest = 0
    for name in _KNOWN:
        end = nearest + 3 if nearest else len(data)
        offset = data.find(name, 8, end)
        nearest = offset if offset > 0 else nearest
    return nearest


def _take(source: Source, draft: Draft, pos: int, size: int, kind: bytes, after: str) -> None:
    """Read one chunk of ``_WANTED``."""
    if not draft.spend(min(size, source.size), "a PNG chunk"):
        return
    data = source.at(pos + 8, size)
    if kind == b"eXIf":
        read_exif(data, draft)
    elif kind == b"cICP":
        draft.primaries, draft.transfer = (data[0], data[1]) if len(data) == 4 else (0, 0)
    elif kind == b"caBX":
        draft.c2pa = draft.c2pa or data
    else:
        try:
            _take_text(draft, data, kind, after)
        except Broken as exc:
            draft.note(str(exc))


def _take_text(draft: Draft, data: bytes, kind: bytes, after: str) -> None:
    """Read one text chunk.

    The keyword is Latin-1. All texts are tried as UTF-8, because some programs write that into
    tEXt.
    """
    name, separator, rest = data.partition(b"\0")
    if not separator:
        raise Broken("a text chunk has no keyword")
    keyword = name.decode("latin-1")
    if kind == b"zTXt":
        rest = _inflate(draft, rest[1:])
    elif kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:]
        # The language tag and the translated keyword, each terminated by a NUL.
        rest = rest.split(b"\0", 2)[-1]
        if packed:
            rest = _inflate(draft, rest)
    if keyword == _XMP_KEYWORD:
        draft.add("XMP", decode(rest), "XMP")
    elif keyword.startswith("Raw profile type "):
        _take_raw_profile(draft, keyword[17:].strip().lower(), rest)
    else:
        draft.add(keyword, decode(rest.rstrip(b"\0")), kind.decode() + after)


def _inflate(draft: Draft, data: bytes) -> bytes:
    if draft.inflate_bytes <= 0:
        raise Broken("the compressed texts are larger than what is read from one file")
    text = inflate(data, draft.budget_bytes + 1)
    draft.inflate_bytes -= len(text)
    return text if draft.spend(len(text), "a compressed text") else b""


def _take_raw_profile(draft: Draft, name: str, text: bytes) -> None:
    """Read EXIF or XMP that ImageMagick wrote as a text: a name, a length and hexadecimal lines."""
    parts = text.split(None, 2)
    if len(parts) < 3:
        return
    digits = b"".join(parts[2].split())
    try:
        data = unhexlify(digits[: len(digits) & ~1])
    except ValueError:
        raise Broken(f"the {name} profile is not written in hexadecimal digits") from None
    if name in ("exif", "app1", "app1 exif"):
        read_exif(data, draft)
    elif name == "xmp":
        draft.add("XMP", decode(data), "XMP")
