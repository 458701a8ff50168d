"""Media type and MIME type by file name extension.

The table is our own, because that of the operating system differs between machines.
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

# Pictures that are listed and read, but sent as a download: browsers cannot show the first, and the
# second may contain scripts.
_NEVER_DRAWN = frozenset({".exr", ".svg"})

MEDIA_EXTENSIONS: frozenset[str] = frozenset(_MIME)

# Text files that can be read, but that a browser must never render from our origin.
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
    """The media type by the extension, in any case; None for other files, and for previews of other
    files.
    """
    mime = _MIME.get(os.path.splitext(name)[1].lower())
    if mime is None or companions.is_preview(name):
        return None
    return mime.split("/", 1)[0]  # type: ignore[return-value]


def mime_type(name: str) -> str:
    """The MIME type by the extension; ``application/octet-stream`` for files that are neither media
    that a browser may show nor text.
    """
    extension = os.path.splitext(name)[1].lower()
    if extension in _NEVER_DRAWN:
        return "application/octet-stream"
    return _MIME.get(extension) or _TEXT_MIME.get(extension) or "application/octet-stream"


def may_be_drawn(name: str) -> bool:
    """Whether a browser may show the file from our origin."""
    return media_type(name) is not None and os.path.splitext(name)[1].lower() not in _NEVER_DRAWN
