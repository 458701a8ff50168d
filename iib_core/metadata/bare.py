"""Copies of pictures without metadata: the bytes of the pixels are those of the file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from iib_core.errors import UnreadableMedia

from . import containers, stealth
from .containers import bare, rewrite
from .containers.source import Source
from .containers.tiff import orientation

_PLANS = {"png": bare.png, "jpeg": bare.jpeg, "webp": bare.webp}
_PIECE_BYTES = 1 << 18


class Bare(NamedTuple):
    """A picture without metadata: its media type, its length, and its bytes, read while they are
    asked for from the file, which must stay open.
    """

    media_type: str
    size_bytes: int
    pieces: Iterator[bytes]


def without_metadata(file: BinaryIO, path: str) -> Bare:
    """The picture in ``file``, which is open and can seek; ``path`` is where it lies.

    Raises UnreadableMedia for other formats than PNG, JPEG and WebP, for damaged files, and where
    the metadata are hidden in the pixels themselves; OSError if it cannot be read.
    """
    name = os.path.basename(path)
    embedded = containers.read_file(file)
    plan_of = _PLANS.get(embedded.container)
    if plan_of is None:
        raise UnreadableMedia(
            f"{name}: metadata can be left out of PNG, JPEG and WebP only; download it as it is."
        )
    if stealth.read_stealth(path, embedded) is not None:
        raise UnreadableMedia(
            f"{name}: its generation data are hidden in the pixels and cannot be left out."
        )
    source = Source(file=file)
    try:
        plan = plan_of(source, orientation(embedded.exif))
    except UnreadableMedia as exc:
        raise UnreadableMedia(f"{name}: {exc}") from exc
    size = sum(len(piece) if isinstance(piece, bytes) else piece[1] - piece[0] for piece in plan)
    return Bare(f"image/{embedded.container}", size, _read(source, plan, name))


def _read(source: Source, plan: rewrite.Plan, name: str) -> Iterator[bytes]:
    for piece in plan:
        if isinstance(piece, bytes):
            yield piece
            continue
        for start in range(piece[0], piece[1], _PIECE_BYTES):
            size = min(_PIECE_BYTES, piece[1] - start)
            data = source.at(start, size)
            if len(data) < size:
                raise UnreadableMedia(f"{name} was cut off while it was read")
            yield data
