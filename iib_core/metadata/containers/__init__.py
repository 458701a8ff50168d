"""Containers: reads the texts, the size and the EXIF block of a media file from its headers.

``read(path)`` detects the container by its bytes and walks through it, without decoding the
picture. Broken files are read up to the damage.
"""

from __future__ import annotations

import os
import struct
from typing import IO

from .. import limits
from . import audio, ebml, exr, gif, heif, jpeg, jxl, mp4, plain, png, webp
from .embedded import Embedded, Text
from .source import Broken, Draft, Source

__all__ = ["Embedded", "Text", "read", "read_file"]

_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEIF_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"))
_VIDEO_BOXES = frozenset((b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"))


def read(path: str | os.PathLike[str]) -> Embedded:
    """The content of a file's headers. Raises OSError if it is missing or unreadable, and nothing
    else.
    """
    with Source.open(path) as source:
        return _read(source)


def read_file(file: IO[bytes]) -> Embedded:
    """``read`` of an open binary file that can seek. It stays open; its position changes."""
    return _read(Source(file=file))


@limits.one_file()
def _read(source: Source) -> Embedded:
    draft = Draft()
    try:
        _walk(source, draft)
    except (Broken, struct.error, IndexError, ValueError, OverflowError) as exc:
        # Walkers trust the lengths and offsets that the file states, and these may be wrong.
        draft.note(str(exc) if isinstance(exc, Broken) else "the file is damaged or cut off")
    except limits.TooSlow:
        draft.note(limits.REASON)
    return draft.freeze()


def _walk(source: Source, draft: Draft) -> None:
    head = source.head
    if head.startswith(png.SIGNATURE):
        png.walk(source, draft)
    elif head.startswith(b"\xff\xd8\xff"):
        jpeg.walk(source, draft)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        webp.walk(source, draft)
    elif head[:6] in (b"GIF89a", b"GIF87a"):
        gif.walk(source, draft)
    elif head.startswith((jxl.CODESTREAM, jxl.CONTAINER)):
        jxl.walk(source, draft)
    elif head.startswith(exr.SIGNATURE):
        exr.walk(source, draft)
    elif head.startswith(ebml.SIGNATURE):
        ebml.walk(source, draft)
    elif head[4:8] == b"ftyp":
        _walk_bmff(source, draft)
    elif head[4:8] in _VIDEO_BOXES:
        draft.container = "mov"
        mp4.walk(source, draft)
    elif not head:
        draft.container = "empty"
    elif not audio.walk(source, draft):
        plain.walk(source, draft)


def _walk_bmff(source: Source, draft: Draft) -> None:
    size = int.from_bytes(source.head[:4], "big")
    compatible = [source.head[start : start + 4] for start in range(16, min(size, 256), 4)]
    brands = [source.head[8:12], *compatible]
    kinds = set(brands)
    if kinds & _AVIF_BRANDS or kinds & _HEIF_BRANDS:
        draft.container = "avif" if kinds & _AVIF_BRANDS else "heif"
        heif.walk(source, draft)
        return
    draft.container = "mov" if brands[0] == b"qt  " else "mp4"
    mp4.walk(source, draft)
