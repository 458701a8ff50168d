"""Mean colours of pictures on their way from the decoders to the index."""

from __future__ import annotations

from collections.abc import Mapping, Set

from iib_core.db import colours
from iib_core.db.engine import Database
from iib_core.media.batches import Batches
from iib_core.paths import to_text


class Colours(Batches[tuple[str, int], int]):
    """Collects colours from any thread without blocking it; ``close()`` writes the rest."""

    def __init__(self, db: Database) -> None:
        self._db = db
        super().__init__("iib-colours")

    def add(self, path: str, mtime_ns: int, colour: int) -> None:
        """Note the mean colour, 0xRRGGBB, of the picture at ``path`` in its state of ``mtime_ns``."""
        self._put((to_text(path), mtime_ns), colour)

    def _store(self, waiting: Mapping[tuple[str, int], int]) -> Set[tuple[str, int]]:
        with self._db.read() as conn:
            ids = colours.find_ids(conn, list(waiting))
        if ids:
            with self._db.write(is_patient=True) as conn:
                colours.store(conn, [(image_id, waiting[state]) for state, image_id in ids.items()])
        return waiting.keys() - ids.keys()
