"""Texts beside a picture: its sidecar files, and its entry in the folder's Fooocus log."""

from __future__ import annotations

import contextlib
import json
import stat
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from iib_core import times
from iib_core.metadata import limits
from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.containers.source import Source
from iib_core.metadata.generators import fooocus_log
from iib_core.metadata.sidecar import read_sidecar

LOG_NAME = "log.html"
LOG_MAX_BYTES = 64 * 1024 * 1024
# For a log, which tells of thousands of pictures, and is no part of the time of the one that is read first.
LOG_MAX_S = 10.0


def read_beside(path: Path, container: str) -> Embedded:
    """The texts that stand beside a picture, as if it carried them."""
    texts = read_sidecar(path) or _logged(path)
    return Embedded(container=container, texts=texts)


def _logged(path: Path) -> tuple[Text, ...]:
    log = path.with_name(LOG_NAME)
    try:
        status = log.lstat()
    except OSError:
        return ()
    # One that is a link may lead out of the library.
    if not stat.S_ISREG(status.st_mode) or status.st_size > LOG_MAX_BYTES:
        return ()
    entry = _log_entries(str(log), times.mtime_ns(status), status.st_size).get(path.name)
    return (Text("log.html", entry, "sidecar:log.html"),) if entry else ()


@lru_cache(maxsize=4)
def _log_entries(log: str, _mtime_ns: int, _size_bytes: int) -> Mapping[str, str]:
    """The entries of a log as JSON by file name. Kept for a while: one log serves a whole folder of pictures."""
    try:
        with Source.open(log) as source:
            page = source.at(0, source.size).decode("utf-8", "replace")
    except OSError:
        return {}
    if not fooocus_log.is_log(page):
        return {}
    found: dict[str, str] = {}
    with (
        limits.apart(LOG_MAX_S),
        contextlib.suppress(limits.TooSlow),
    ):  # the newest pictures, which stand first, are found then
        for name, values in fooocus_log.entries(page):
            found[name] = json.dumps(dict(values), ensure_ascii=False)
    return found
