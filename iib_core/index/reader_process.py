"""What a process that reads files does.

It imports no package that writes to the database, which keeps it small and quick to start.
"""

from __future__ import annotations

import pickle
import time
from dataclasses import fields
from operator import attrgetter
from statistics import median
from typing import Any

from iib_core import children
from iib_core.db.rows import ImageRow
from iib_core.index import reader

FUNCTION = f"{__name__}:answer"
# Rows travel as plain tuples: half the work of pickled objects.
_NAMES = tuple(field.name for field in fields(ImageRow))
_values = attrgetter(*_NAMES)
_OTHER_VERSION = "it is of another version of this program"


def request(paths: list[str]) -> bytes:
    """The request for the rows of files."""
    return pickle.dumps(paths)


def answer(requested: bytes) -> bytes:
    """Read the files of a request."""
    rows, waits_s = [], []
    for path in pickle.loads(requested):
        started, worked = time.monotonic(), time.thread_time()
        rows.append(_read(path))
        waits_s.append((time.monotonic() - started) - (time.thread_time() - worked))
    # Not the mean: on a busy machine a process waits long for a processor, but at few files.
    return pickle.dumps((_NAMES, median(waits_s), rows), pickle.HIGHEST_PROTOCOL)


def rows_of(answered: bytes) -> tuple[list[ImageRow | None], float]:
    """The rows of an answer in the order of its request, and the seconds that reading a file waits.

    None for a link, and for a file that could not be read: the caller reads it again, in the one
    place that knows what to do with it. Raises children.Broken for rows of another version: the
    program's files may have been updated while it runs.
    """
    try:
        names, waited_s, rows = pickle.loads(answered)
    except Exception as exc:  # another version may answer anything
        raise children.Broken(_OTHER_VERSION) from exc
    if names != _NAMES:
        raise children.Broken(_OTHER_VERSION)
    return [row if row is None else ImageRow(*row) for row in rows], waited_s


def _read(path: str) -> Any:
    try:
        return _values(reader.read(path))
    except Exception:  # noqa: BLE001  the caller's own attempt says why
        return None
