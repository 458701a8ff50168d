"""File name extension -> kind of media and MIME type.

Our own table, because the operating system's differs from machine to machine.
"""

from __future__ import annotations

import os
from typing import Literal

from iib_core import companions

MediaType = Literal["image", "video", "audio"]

_MIME: dict[str, str] = {
    ".png": "image/png",
    ".apng": "image/apng",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jfif": "image/jpeg",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jxl": "image/jxl",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".exr": "image/x-exr",
    ".svg": "image/svg+xml",
    ".mp4": "video/mp4",
    ".m4v": "video/x-m4v",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
    ".wmv": "video/x-ms-wmv",
    ".flv": "video/x-flv",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".ts": "video/mp2t",
    ".ogv": "video/ogg",
    ".3gp": "video/3gpp",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".wma": "audio/x-ms-wma",
}

# Pictures that are listed and read, but come as a download: no browser draws the one, and the other may
# hold scripts.
_NEVER_DRAWN = frozenset({".exr", ".svg"})

MEDIA_EXTENSIONS: frozenset[str] = frozenset(_MIME)

# What may stand in a folder of pictures and is worth reading as text, but is never rendered by a
# browser from our origin.
_TEXT_MIME: dict[str, str] = {
    ".txt": "text/plain; charset=utf-8",
    ".caption": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".info": "application/json",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".xmp": "application/rdf+xml",
}


def media_type(name: str) -> MediaType | None:
    """Kind of media by the file name's extension, case-insensitive; None where it is no media, or the
    preview of another file.
    """
    mime = _MIME.get(os.path.splitext(name)[1].lower())
    if mime is None or companions.is_preview(name):
        return None
    return mime.split("/", 1)[0]  # type: ignore[return-value]


def mime_type(name: str) -> str:
    """MIME type by extension; ``application/octet-stream`` for whatever is neither media that a browser may
    draw nor plain data.
    """
    extension = os.path.splitext(name)[1].lower()
    if extension in _NEVER_DRAWN:
        return "application/octet-stream"
    return _MIME.get(extension) or _TEXT_MIME.get(extension) or "application/octet-stream"


def may_be_drawn(name: str) -> bool:
    """Whether a browser may show the file itself, from our own origin."""
    return media_type(name) is not None and os.path.splitext(name)[1].lower() not in _NEVER_DRAWN
