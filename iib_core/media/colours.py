"""Collects the mean colours of pictures from the decoders and writes them to the index in batches,
in a background thread.
"""

from __future__ import annotations

import threading

from iib_core.db import colours
from iib_core.db.engine import Database
from iib_core.lru import LRU
from iib_core.paths import to_text
from iib_core.workers import BackgroundThread

_EVERY_S = 1.0
# A picture may be shown before it is indexed, so its colour is tried again this many times. At most
# this many colours wait.
_TRIES = 120
_MAX_WAITING = 20_000


class Colours:
    """Collects colours from any thread without blocking it; ``close()`` writes the rest."""

    def __init__(self, db: Database) -> None:
        self._db = db
        # (colour, tries) by (path as text, mtime_ns)
        self._waiting: LRU[tuple[str, int], tuple[int, int]] = LRU(_MAX_WAITING)
        self._loop = BackgroundThread("iib-colours", self._run)

    def add(self, path: str, mtime_ns: int, colour: int) -> None:
        """Note the mean colour, 0xRRGGBB, of the picture at ``path`` in its state of ``mtime_ns``."""
        self._waiting.put((to_text(path), mtime_ns), (colour, 0))

    def close(self) -> None:
        """Write the waiting colours and end the thread."""
        self._loop.close()

    def _run(self, ending: threading.Event) -> None:
        while not ending.wait(_EVERY_S):
            self._write()
        self._write()

    def _write(self) -> None:
        taken = self._waiting.take_all()
        if not taken:
            return
        unwritten = set(taken)
        try:
            unwritten = self._store(taken)
        finally:  # if the database failed, all of them wait again
            for key, (colour, tries) in taken.items():
                if key in unwritten and tries < _TRIES:
                    self._waiting.put(key, (colour, tries + 1))

    def _store(self, waiting: dict[tuple[str, int], tuple[int, int]]) -> set[tuple[str, int]]:
        """Write the colours of pictures in the index. Returns the keys of the others."""
        with self._db.read() as conn:
            ids = colours.find_ids(conn, list(waiting))
        if ids:
            with self._db.write() as conn:
                colours.store(conn, [(image_id, waiting[key][0]) for key, image_id in ids.items()])
        return waiting.keys() - ids.keys()
