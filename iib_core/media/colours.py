"""Colours of pictures on their way from the decoders to the index: gathered, and written in batches
by a thread of its own.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from iib_core.db import colours
from iib_core.db.engine import Database
from iib_core.paths import to_text
from iib_core.workers import BackgroundThread

_EVERY_S = 1.0
# A picture may be looked at before it is indexed; it is asked for again until then, so often, and
# so many at most wait.
_TRIES = 120
_MOST_WAITING = 20_000


class Colours:
    """Takes colours from any thread at no cost to it; ``close()`` writes what is left."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._waiting: OrderedDict[tuple[str, int], tuple[int, int]] = OrderedDict()
        self._loop = BackgroundThread("iib-colours", self._run)

    def add(self, path: str, mtime_ns: int, colour: int) -> None:
        """The picture at ``path``, as it was at that time, has this mean colour, 0xRRGGBB."""
        self._put([((to_text(path), mtime_ns), (colour, 0))])

    def close(self) -> None:
        """Write what is waiting and end the thread."""
        self._loop.close()

    def _run(self, ending: threading.Event) -> None:
        while not ending.wait(_EVERY_S):
            self._write()
        self._write()

    def _write(self) -> None:
        with self._lock:
            taken, self._waiting = list(self._waiting.items()), OrderedDict()
        if not taken:
            return
        left = {key for key, _ in taken}
        try:
            left = self._store(dict(taken))
        finally:  # those that could not be stored wait for the next time, too
            again = ((key, colour, tries + 1) for key, (colour, tries) in taken if key in left)
            self._put([(key, (colour, tries)) for key, colour, tries in again if tries <= _TRIES])

    def _store(self, waiting: dict[tuple[str, int], tuple[int, int]]) -> set[tuple[str, int]]:
        """Write those that the index knows. Returns the others."""
        with self._db.read() as conn:
            ids = colours.find_ids(conn, list(waiting))
        if ids:
            with self._db.write() as conn:
                colours.store(conn, [(image_id, waiting[key][0]) for key, image_id in ids.items()])
        return waiting.keys() - ids.keys()

    def _put(self, items: list[tuple[tuple[str, int], tuple[int, int]]]) -> None:
        with self._lock:
            self._waiting.update(items)
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)
