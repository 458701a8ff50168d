"""Orders of a large library that no index has, packed in arrays: a few megabytes a million files.

One is made when it is asked for, which reads all images once; afterwards only the blocks of images
that have changed are read again.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, select

from iib_core import linux
from iib_core.db.image_blocks import SIZE
from iib_core.db.search.changed_blocks import list_changed, read_changes
from iib_core.db.search.criteria_sql import SHOWN_UNINDEXED
from iib_core.db.search.cursors import Key
from iib_core.db.search.int_columns import Ints
from iib_core.db.search.sorting import INDEXED, PARTLY_INDEXED, RANDOM, sorted_field
from iib_core.db.sqlite import in_one_row
from iib_core.db.tables import image

# An order has at most this many different values: their numbers are of 16 bits.
_MAX_VALUES = 60_000
# At most this many orders are kept, those that were used last.
_KEPT = 4
# The numbers of no value: of an image that is not shown or not there, and of one without the value.
_NO_IMAGE, _NO_VALUE = 0, 1
# Orders with an index or means of their own, and those of nearly as many values as files.
_OTHERS = INDEXED | PARTLY_INDEXED | {RANDOM, "date", "album", "path", "folder"}

Codes = NDArray[np.uint16]


@dataclass(frozen=True)
class PackedOrder:
    """The shown images in one order, as it was when ``changes`` (by block) were counted.

    ``codes``: by id, the number of its value; ``numbers``: that of each value.
    """

    codes: Codes
    numbers: dict[Any, int]
    changes: Ints

    def list_ids(self, *, descending: bool) -> NDArray[np.int32]:
        """The ids of all shown images; those without a value come last in both directions."""
        if not descending:
            return self._ascending
        known = self._starts[self._ranks[_NO_VALUE]]
        return np.concatenate((self._ascending[:known][::-1], self._ascending[known:][::-1]))

    def sort(self, ids: Ints, *, descending: bool) -> Ints:
        """Ids of shown images in this order."""
        ids = np.sort(ids)
        ranks = self._ranks[self.codes[ids]]
        ids = ids[np.argsort(ranks, kind="stable")]
        known = np.count_nonzero(ranks < self._ranks[_NO_VALUE])
        return np.concatenate((ids[:known][::-1], ids[known:][::-1])) if descending else ids

    def find_after(self, key: Key, *, descending: bool) -> int:
        """The position of the first image after a key."""
        value, image_id = key
        number = self.numbers.get(_rounded(value), _NO_IMAGE)
        if number == _NO_IMAGE:
            first = last = self._starts[bisect_left(self._sorted, _comparable(value)) + 1]
        else:
            rank = self._ranks[number]
            begin, end = self._starts[rank], self._starts[int(rank) + 1]
            those = self._ascending[begin:end]
            first = begin + np.searchsorted(those, image_id, "left")
            last = begin + np.searchsorted(those, image_id, "right")
        if not descending:
            return int(last)
        known = int(self._starts[self._ranks[_NO_VALUE]])
        every = len(self._ascending)
        return int(known - first if number != _NO_VALUE else known + every - first)

    @cached_property
    def _sorted(self) -> list[tuple[bool, Any]]:
        """The values in order, as ``_comparable``."""
        return sorted(_comparable(value) for value in self.numbers if value is not None)

    @cached_property
    def _ranks(self) -> Codes:
        """By number of a value, its rank from 1 on; 0 for no image."""
        ranks = np.zeros(len(self.numbers) + 1, dtype=np.uint16)
        for rank, (_, value) in enumerate(self._sorted, start=1):
            ranks[self.numbers[value]] = rank
        ranks[_NO_VALUE] = len(self.numbers)
        return ranks

    @cached_property
    def _starts(self) -> Ints:
        """By rank, how many images come before those of the rank in ascending order."""
        counts = np.bincount(self._ranks[self.codes], minlength=len(self.numbers) + 1)
        counts[_NO_IMAGE] = 0
        return np.concatenate(([0], np.cumsum(counts)))

    @cached_property
    def _ascending(self) -> NDArray[np.int32]:
        ranks = self._ranks[self.codes]
        order = np.argsort(ranks, kind="stable")
        return order[np.count_nonzero(ranks == _NO_IMAGE) :].astype(np.int32)


class PackedOrders:
    """The packed orders of one database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, PackedOrder | None] = OrderedDict()

    def find(self, conn: Connection, sort: str) -> PackedOrder | None:
        """The order as this transaction sees it; None where another way is better: for orders with an
        index, small libraries, and orders with too many values.
        """
        if sort in _OTHERS:
            return None
        changes = read_changes(conn)
        if changes is None:
            return None
        # One thread reads, others wait for what it has read.
        with self._lock:
            if sort in self._kept and self._kept[sort] is None:
                return None
            known = self._kept.get(sort)
            order = _renew(conn, sort, known or _UNKNOWN, changes)
            self._kept[sort] = order
            self._kept.move_to_end(sort)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            if known is None:
                linux.release_memory()  # what reading all images took
            return order


_UNKNOWN = PackedOrder(np.zeros(0, np.uint16), {None: _NO_VALUE}, np.zeros(0, np.int64))


def _renew(conn: Connection, sort: str, known: PackedOrder, changes: Ints) -> PackedOrder | None:
    """The order at ``changes``, made of an earlier or a later one; None if it has too many values."""
    if np.array_equal(known.changes, changes):
        return known
    same = min(len(known.changes), len(changes))
    codes = np.zeros(len(changes) * SIZE, dtype=np.uint16)
    codes[: same * SIZE] = known.codes[: same * SIZE]
    numbers = dict(known.numbers)
    value = sorted_field(sort, ())
    for first, end in list_changed(known.changes, changes):
        ids, values = _read(conn, value, first, end)
        rounded = {one: _rounded(one) for one in set(values)}
        for new in rounded.values():
            numbers.setdefault(new, len(numbers) + 1)
        if len(numbers) > _MAX_VALUES:
            return None
        number_of = {one: numbers[new] for one, new in rounded.items()}
        codes[first:end] = _NO_IMAGE
        codes[ids] = list(map(number_of.__getitem__, values))
    return PackedOrder(codes, numbers, changes)


def _read(
    conn: Connection, value: ColumnElement[Any], first: int, end: int
) -> tuple[list[int], list[Any]]:
    """Ids and values of the shown images of a range."""
    query = select(image.c.id, value).where(image.c.id.between(first, end - 1), SHOWN_UNINDEXED)
    ids, values = map(json.loads, conn.execute(in_one_row(query)).one())
    return ids, values


def _rounded(value: Any) -> Any:
    """A value with the digits that JSON of every SQLite has."""
    return float(f"{value:.15g}") if isinstance(value, float) else value


def _comparable(value: Any) -> tuple[bool, Any]:
    """Numbers come before texts."""
    return isinstance(value, str), value
