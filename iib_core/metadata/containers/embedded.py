"""Embedded: the texts that a media file carries, before anybody has made sense of them."""

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
    """What the headers of one file hold.

    ``container`` is told by the bytes, never by the name: png, jpeg, webp, gif, avif, heif, jxl,
    mp4, mov, webm, mkv, avi, flac, mp3, ogg, wav, exr, svg, html, text, empty or unknown.
    ``texts`` stand in file order. ``exif`` is the raw TIFF block (b"" where there is none),
    ``c2pa`` the raw manifest store. ``width_px``/``height_px`` are the picture's own,
    ``duration_s`` a video's. ``error`` says in a sentence why the file was read in part only.
    ``primaries`` and ``transfer`` tell how its colours are coded, by the numbers of ITU-T H.273; 0
    where the file does not say.
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
        """First text of that keyword, else None."""
        return next((t.value for t in self.texts if t.keyword == keyword), None)
