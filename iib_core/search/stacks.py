"""Stacks: files that were made from one prompt, in one batch or with one seed, shown as one tile.

Which file is in which stack is read once for each state of the index.
"""

from __future__ import annotations

import threading
import time

from iib_core.db import images, stack_covers
from iib_core.db.engine import Database
from iib_core.db.search.int_columns import Ints
from iib_core.db.search.stack_links import Fold, StackLinks, read_stacks
from iib_core.db.sqlite import read_change
from iib_core.errors import InvalidRequest, NotFound
from iib_core.search.criteria import STACKS


def require_kind(kind: str) -> None:
    """Raise InvalidRequest for anything but a kind of stacks."""
    if kind not in STACKS:
        raise InvalidRequest(f"'{kind[:50]}' is no kind of stacks: use {', '.join(STACKS)}.")


class Stacks:
    """The stacks of the library, by kind."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, StackLinks]] = {}

    def fold(self, kind: str, ids: Ints) -> tuple[StackLinks, Fold]:
        """Results in their order as tiles, and the stacks that the fold is about."""
        links = self._load(kind)
        return links, links.fold(ids)

    def choose_cover(self, kind: str, path: str, *, chosen: bool) -> None:
        """Make a file (path as text) the cover of its stack, or no longer.

        Raises NotFound if it is not in the index, InvalidRequest for an unknown kind.
        """
        require_kind(kind)
        with self._db.write() as conn:
            image_id = images.find_ids(conn, [path]).get(path)
            if image_id is None:
                raise NotFound(f"The library has no file {path}.")
            if chosen:
                stack_covers.choose(conn, image_id, kind, time.time_ns())
            else:
                stack_covers.unchoose(conn, image_id, kind)

    def _load(self, kind: str) -> StackLinks:
        # One thread reads, others wait for what it has read.
        with self._lock, self._db.read() as conn:
            change = read_change(conn)
            known = self._known.get(kind)
            if known is None or known[0] != change:
                self._known[kind] = known = (change, read_stacks(conn, kind))
            return known[1]
