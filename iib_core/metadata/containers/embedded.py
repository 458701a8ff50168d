"""Embedded: the content of a media file's headers, before it is parsed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """One text of a file.

    ``keyword`` is its name (``parameters``, ``UserComment``, ``XMP``, ``comment``), ``where`` its
    place (``tEXt``, ``Exif:IFD0``).
    """

    keyword: str
    value: str
    where: str


@dataclass(frozen=True)
class Embedded:
    """The content of the headers of one file.

    ``container``: detected by the bytes, never by the name: png, jpeg, webp, gif, avif, heif, jxl,
    mp4, mov, webm, mkv, avi, flac, mp3, ogg, wav, exr, svg, html, text, empty or unknown.
    ``texts``: in the order of the file. ``exif``: the raw TIFF block, or b"". ``c2pa``: the raw
    manifest store. ``error``: one sentence why the file was read in part only. ``primaries``,
    ``transfer``: the code points of the colours in ITU-T H.273, 0 if not stated.
    """

    container: str = "unknown"
    width_px: int | None = None
    height_px: int | None = None
    duration_s: float | None = None
    texts: tuple[Text, ...] = ()
    exif: bytes = b""
    c2pa: bytes = b""
    error: str = ""
    primaries: int = 0
    transfer: int = 0

    def text(self, keyword: str) -> str | None:
        """The first text with this keyword, or None."""
        return next((t.value for t in self.texts if t.keyword == keyword), None)
