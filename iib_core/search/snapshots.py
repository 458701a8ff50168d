"""Snapshots: all results of a search, in order, as they were at one moment.

Positions in a snapshot stay the same while files come and go. The last few snapshots are cached. A
search for words may take a while in a large library: its snapshot then grows at its end, step by
step, as clients ask for it.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np

from iib_core import paths
from iib_core.access import Access
from iib_core.db.engine import Database
from iib_core.db.search import all_results
from iib_core.db.search.all_results import AllResults, OrderedIds
from iib_core.db.search.groups import Group, find_groups
from iib_core.db.search.pages import COUNT_S, Result
from iib_core.db.search.sorting import RANDOM, Order
from iib_core.db.search.stack_links import Fold
from iib_core.db.sqlite import read_change
from iib_core.errors import InvalidRequest
from iib_core.search.criteria import And, Criterion, conjuncts
from iib_core.search.days import Day, count_by_day
from iib_core.search.library import scoped
from iib_core.search.snapshot import Snapshot
from iib_core.search.stacks import Stacks

MAX_LIMIT = 1000
MAX_WAIT_S = 30.0
_KEPT = 16
_KEPT_IDS = 4_000_000
# A listing of all results looks this often whether it is still wanted.
_STEP_S = 0.5


@dataclass(frozen=True)
class Timeline:
    """A summary of a snapshot.

    ``days`` are in its order, and empty if it is not sorted by time. If it is not ``complete``, it
    grows when it is asked for again. ``groups`` are there instead of days in other orders.

    With stacks, ``total``, days and groups count tiles, and ``files`` the files that these hold:
    ``bucket_files`` those of each day or group. Without stacks ``bucket_files`` is empty.
    """

    snapshot: str
    total: int
    files: int
    complete: bool
    days: list[Day]
    groups: list[Group]
    bucket_files: list[int]
    change: int


@dataclass(frozen=True)
class Columns:
    """Files at the positions from ``offset`` on; None for a file that was removed since the
    snapshot was made.

    ``stacks``: with stacks, the name of each tile's stack and its number of results; "" for a file
    that stands alone.
    """

    snapshot: str
    offset: int
    total: int
    complete: bool
    ids: list[int]
    results: list[Result | None]
    stacks: list[tuple[str, int]] | None = None


class Snapshots:
    """The cached snapshots: the last sixteen, and fewer of large libraries."""

    def __init__(self, db: Database, access: Access, stacks: Stacks) -> None:
        self._db = db
        self._access = access
        self._stacks = stacks
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Snapshot] = OrderedDict()

    def read_change(self) -> int:
        """A number that changes with every change of the index."""
        with self._db.read() as conn:
            return read_change(conn)

    def prepare(self) -> None:
        """Cache the snapshot of the whole library, the newest first, and which texts its files have."""
        self._find(scoped(And(), self._access, ()), Order(), MAX_WAIT_S)
        with self._db.read() as conn:
            self._db.texts.find(conn)

    def count(self, criterion: Criterion, folders: Sequence[str]) -> tuple[int, bool]:
        """The number of current results of a search, and whether that is all: texts are rechecked
        for ``COUNT_S``, and go on when it is asked again.

        Raises InvalidRequest.
        """
        wanted = scoped(criterion, self._access, folders)
        state = self._find(wanted, Order(), COUNT_S).get_state()
        return len(state.results.ids), state.rest is None

    def get_timeline(
        self,
        criterion: Criterion,
        folders: Sequence[str],
        order: Order,
        zone: tzinfo | None = None,
        *,
        stack: str = "",
        snapshot_id: str = "",
        wait_s: float = 5.0,
    ) -> Timeline:
        """The current results of a search, counted by day in ``zone``; or those of a snapshot of
        it, extended. ``stack``: a kind of stacks that they are folded into.

        Raises InvalidRequest.
        """
        wanted = scoped(criterion, self._access, folders)
        snapshot = self._get(snapshot_id, wanted, order)
        if snapshot is None:
            snapshot = self._find(wanted, order, wait_s)
        else:
            snapshot.grow(self._db, wait_s)
        state = snapshot.get_state()
        fold = snapshot.fold(stack, self._stacks)[2] if stack else None
        days, groups = self._count(state, order, zone, fold)
        return Timeline(
            snapshot.id,
            len(fold.firsts if fold else state.results.ids),
            len(state.results.ids),
            state.rest is None,
            days,
            groups,
            _files_of(fold, [bucket.count for bucket in days or groups]) if fold else [],
            state.change,
        )

    def _count(
        self, state: AllResults, order: Order, zone: tzinfo | None, fold: Fold | None
    ) -> tuple[list[Day], list[Group]]:
        """The days or the groups of results, or of their tiles."""
        if order.sort in all_results.TIMED:
            quarters = state.results.quarters
            return count_by_day(quarters[fold.firsts] if fold else quarters, zone), []
        ids = state.results.ids
        with self._db.read() as conn:
            return [], find_groups(conn, order.sort, ids[fold.firsts] if fold else ids)

    def list_all(
        self, wanted: Criterion, order: Order, raise_if_cancelled: Callable[[], None]
    ) -> OrderedIds:
        """All current results of a search that is limited to what a client may see (``scoped``); of
        a snapshot if there is one, but none is cached for it.

        Raises InvalidRequest, and what ``raise_if_cancelled`` raises, which is called again and
        again.
        """
        change = self.read_change()
        with self._lock:
            snapshot = self._find_current(wanted, order, change)
            wider = None if snapshot else self._find_wider(wanted, order, change)
        snapshot = snapshot or Snapshot(wanted, order)
        while not snapshot.is_complete:
            raise_if_cancelled()
            snapshot.grow(self._db, _STEP_S, wider)
        return snapshot.get_state().results

    def get_columns(
        self,
        snapshot_id: str,
        criterion: Criterion,
        folders: Sequence[str],
        order: Order,
        offset: int,
        limit: int,
        *,
        stack: str = "",
    ) -> Columns:
        """Some files of a snapshot; if it is not cached any more, of a new one of the same search.
        With ``stack`` the covers of its tiles.

        Raises InvalidRequest.
        """
        if offset < 0 or not 0 < limit <= MAX_LIMIT:
            raise InvalidRequest(
                f"There is nothing at offset {offset} with limit {limit}: give an offset from 0 on and a "
                f"limit of 1 to {MAX_LIMIT}."
            )
        wanted = scoped(criterion, self._access, folders)
        snapshot = self._get(snapshot_id, wanted, order) or self._find(wanted, order, MAX_WAIT_S)
        state = snapshot.get_state()
        part = slice(offset, offset + limit)
        total, stacks = len(state.results.ids), None
        if stack:
            state, links, fold = snapshot.fold(stack, self._stacks)
            numbers, counts = fold.stacks[part].tolist(), fold.counts[part].tolist()
            stacks = [
                (links.name(number) if count > 1 else "", count)
                for number, count in zip(numbers, counts)
            ]
            total, chosen = len(fold.firsts), state.results.ids[fold.covers[part]]
        else:
            chosen = state.results.ids[part]
        ids: list[int] = chosen.tolist()
        with self._db.read() as conn:
            results = all_results.describe(conn, wanted, ids)
        self._drop_invisible(results)
        found = list(map(results.get, ids))
        return Columns(snapshot.id, offset, total, state.rest is None, ids, found, stacks)

    def _get(self, snapshot_id: str, criterion: Criterion, order: Order) -> Snapshot | None:
        """The snapshot with this id, if it is of this search."""
        with self._lock:
            snapshot = self._kept.get(snapshot_id)
            if snapshot is None or snapshot.key != (criterion, order):
                return None
            self._kept.move_to_end(snapshot_id)
            return snapshot

    def _find(self, criterion: Criterion, order: Order, wait_s: float) -> Snapshot:
        """The current snapshot of a search: a cached one, if nothing has changed since, or a new
        one.
        """
        change = self.read_change()
        with self._lock:
            snapshot = self._find_current(criterion, order, change)
            wider = None
            if snapshot is None:
                wider = self._find_wider(criterion, order, change)
                snapshot = Snapshot(criterion, order)
                self._kept[snapshot.id] = snapshot
            self._kept.move_to_end(snapshot.id)
        try:
            snapshot.grow(self._db, wait_s, wider)
        except BaseException:
            with self._lock:
                self._kept.pop(snapshot.id, None)
            raise
        self._shrink()
        return snapshot

    def _find_current(self, criterion: Criterion, order: Order, change: int) -> Snapshot | None:
        """The newest cached snapshot of this search, if nothing has changed since. The lock is
        held.
        """
        if _is_shuffled(order):
            return None
        for snapshot in reversed(self._kept.values()):
            if snapshot.key == (criterion, order) and snapshot.change in (change, None):
                return snapshot
        return None

    def _find_wider(self, criterion: Criterion, order: Order, change: int) -> Snapshot | None:
        """The shortest current snapshot that contains all results of a search. The lock is held."""
        if _is_shuffled(order):
            return None
        asked = set(conjuncts(criterion))
        wider = [
            snapshot
            for snapshot in self._kept.values()
            if snapshot.is_complete
            and snapshot.change == change
            and snapshot.key[1] == order
            and asked.issuperset(conjuncts(snapshot.key[0]))
        ]
        return min(wider, key=len, default=None)

    def _shrink(self) -> None:
        """Drop the least recently used snapshots; the newest stays, however large."""
        with self._lock:
            while len(self._kept) > 1 and self._is_too_large():
                self._kept.popitem(last=False)

    def _is_too_large(self) -> bool:
        return len(self._kept) > _KEPT or sum(map(len, self._kept.values())) > _KEPT_IDS

    def _drop_invisible(self, results: dict[int, Result]) -> None:
        """Remove files that have been moved to where a client may not look."""
        if self._access.visible is None:
            return
        visible = [paths.to_text(folder) for folder in self._access.visible]
        folders = {result.id: os.path.dirname(result.path) for result in results.values()}
        is_seen = {
            folder: any(paths.is_under(folder, root) for root in visible)
            for folder in set(folders.values())
        }
        for image_id, folder in folders.items():
            if not is_seen[folder]:
                del results[image_id]


def _files_of(fold: Fold, tiles: Sequence[int]) -> list[int]:
    """The number of files in each run of tiles, given how many tiles each has."""
    starts = np.cumsum([0, *tiles])[:-1]
    files: list[int] = np.add.reduceat(fold.counts, starts).tolist() if tiles else []
    return files


def _is_shuffled(order: Order) -> bool:
    """Whether each request gets another random order."""
    return order.sort == RANDOM and not order.seed
