"""Sidecars: the text files beside a picture that say how it was generated."""

from __future__ import annotations

import os

from iib_core import companions

from .containers.embedded import Text
from .containers.source import Source
from .containers.text import decode_plain

# What is read as the same text inside of a file would be, and is never shown raw.
_KEYWORDS = {".xmp": "XMP", ".civitai.info": "civitai.info"}
# A sidecar holds the settings of one picture; what is larger is a data set or a log that happens to
# have the name.
_MAX_BYTES = 4 * 1024 * 1024


def read_sidecar(path: str | os.PathLike[str]) -> tuple[Text, ...]:
    """Texts of ``x.txt`` and ``x.png.txt`` (and the other endings of ``companions.TEXTS``) beside ``x.png``,
    as written.

    () where there are none. Never raises.
    """
    name = os.fspath(path)
    if companions.base(name) is not None:
        return ()
    stem = os.path.splitext(name)[0]
    found = (_read(base + ending, ending) for base in (stem, name) for ending in companions.TEXTS)
    return tuple(text for text in found if text is not None)


def _read(path: str, ending: str) -> Text | None:
    try:
        with Source.open(path) as source:
            if source.size > _MAX_BYTES:
                return None
            value = decode_plain(source.at(0, source.size))
    except OSError:  # most often: there is none. One that cannot be read is no reason to lose the picture
        return None
    return Text(_KEYWORDS.get(ending, "sidecar"), value, f"sidecar:{ending}") if value else None
