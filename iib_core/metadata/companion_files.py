"""Companion files: the texts beside a picture, and its entry in the folder's Fooocus log."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from iib_core import companions, times
from iib_core.metadata import limits
from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.containers.source import Source
from iib_core.metadata.containers.text import decode_plain
from iib_core.metadata.generators import fooocus_log

# Companions that are parsed like the text of the same name inside a file, and are never shown raw.
_KEYWORDS = {".xmp": "XMP", ".civitai.info": "civitai.info"}
# A companion holds the settings of one picture. A larger file is a data set or a log of the same
# name.
_MAX_BYTES = 4 * 1024 * 1024

LOG_NAME = "log.html"
LOG_MAX_BYTES = 64 * 1024 * 1024
# A log describes thousands of pictures; parsing it is not counted against the picture read first.
LOG_MAX_S = 10.0


def read_companions(path: Path, container: str) -> Embedded:
    """The texts beside a picture, in the form of texts embedded in it."""
    texts = read_texts(path) or _log_texts(path)
    return Embedded(container=container, texts=texts)


def read_texts(path: str | os.PathLike[str]) -> tuple[Text, ...]:
    """The unchanged texts of the companions of ``x.png``: ``x.txt``, ``x.png.txt`` and the other
    endings of ``companions.TEXTS``.

    () if there are none. Never raises.
    """
    name = os.fspath(path)
    if companions.base(name) is not None:
        return ()
    stem = os.path.splitext(name)[0]
    texts = (_read(base + ending, ending) for base in (stem, name) for ending in companions.TEXTS)
    return tuple(text for text in texts if text is not None)


def _read(path: str, ending: str) -> Text | None:
    try:
        with Source.open(path) as source:
            if source.size > _MAX_BYTES:
                return None
            value = decode_plain(source.at(0, source.size))
    except OSError:  # usually there is no such file; an unreadable one must not lose the picture
        return None
    return Text(_KEYWORDS.get(ending, "sidecar"), value, f"sidecar:{ending}") if value else None


def _log_texts(path: Path) -> tuple[Text, ...]:
    log = path.with_name(LOG_NAME)
    try:
        status = log.lstat()
    except OSError:
        return ()
    # A symbolic link could lead out of the library.
    if not stat.S_ISREG(status.st_mode) or status.st_size > LOG_MAX_BYTES:
        return ()
    entry = _log_entries(str(log), times.mtime_ns(status), status.st_size).get(path.name)
    return (Text("log.html", entry, "sidecar:log.html"),) if entry else ()


@lru_cache(maxsize=4)
def _log_entries(log: str, _mtime_ns: int, _size_bytes: int) -> Mapping[str, str]:
    """The entries of a log as JSON, by file name. Cached: one log describes a whole folder of
    pictures.
    """
    try:
        with Source.open(log) as source:
            page = source.at(0, source.size).decode("utf-8", "replace")
    except OSError:
        return {}
    if not fooocus_log.is_log(page):
        return {}
    entries: dict[str, str] = {}
    # At a timeout the newest pictures, which come first in a log, have been read.
    with limits.apart(LOG_MAX_S), contextlib.suppress(limits.TooSlow):
        for name, values in fooocus_log.entries(page):
            entries[name] = json.dumps(dict(values), ensure_ascii=False)
    return entries
