"""Sidecars: the text files beside a picture that say how it was generated."""

from __future__ import annotations

import os

from .containers.embedded import Text
from .containers.source import Source
from .containers.text import decode_plain

EXTENSIONS = (".txt", ".json", ".yaml", ".yml")
# A sidecar holds the settings of one picture; what is larger is a data set or a log that happens to have the name.
_MAX_BYTES = 4 * 1024 * 1024


def read_sidecar(path: str | os.PathLike[str]) -> tuple[Text, ...]:
    """Texts of ``x.txt`` and ``x.png.txt`` (also .json, .yaml, .yml) beside ``x.png``, as written; () where there are none. Never raises."""
    name = os.fspath(path)
    stem, own_extension = os.path.splitext(name)
    candidates = [(base + extension, extension) for base in (stem, name) for extension in EXTENSIONS]
    found = (_read(candidate, extension) for candidate, extension in candidates if candidate != name)
    return tuple(text for text in found if text is not None) if own_extension.lower() not in EXTENSIONS else ()


def _read(path: str, extension: str) -> Text | None:
    try:
        with Source.open(path) as source:
            if source.size > _MAX_BYTES:
                return None
            value = decode_plain(source.at(0, source.size))
    except OSError:  # most often: there is none. One that cannot be read is no reason to lose the picture
        return None
    return Text("sidecar", value, f"sidecar:{extension}") if value else None
