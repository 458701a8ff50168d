"""The planner: how the files of one search are found, in order, from its cursor on.

- By date, an ordered index is walked until the page is full (``walks.py``).
- Other orders, and searches of which few files can match, are collected and sorted (``sorted_rows.py``).
- The random order is a permutation of the ids, looked up position by position (``random_rows.py``).

Criteria about text are rechecked file by file as the walk passes. If too many pass without success,
all candidates that the text index names are sorted instead.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, repeat
from operator import itemgetter
from typing import TypeVar

from sqlalchemy import Connection

from iib_core.db import fts
from iib_core.db.search import cursors, random_rows
from iib_core.db.search.criteria_sql import SearchSql
from iib_core.db.search.cursors import Cursor, Key
from iib_core.db.search.estimates import Estimates
from iib_core.db.search.narrowing import Narrowing
from iib_core.db.search.packed_orders import PackedOrders
from iib_core.db.search.recheck import Recheck
from iib_core.db.search.sorted_rows import SortedRows
from iib_core.db.search.sorting import RANDOM, Order, Shuffle
from iib_core.db.search.walks import Walks
from iib_core.search.criteria import Criterion

_Item = TypeVar("_Item")

# Files walked at a time: the page is often full after the first ones.
_FIRST_WALK, _MIN_WALK, _MAX_WALK = 500, 10_000, 64_000
# Files rechecked at a time: the first batch, and the others.
_RECHECKED = (500, 2000)
# Tags of fewer files are sorted in the random order; for others its positions are looked up.
_MAX_TAGGED = 30_000
# About what it takes to recheck a file's text, and to sort one by its date; microseconds.
_RECHECK_US, _SORT_US = 3.0, 1.2


class Planner:
    """One run of a search. ``stopped_at``: the last key that was looked at when the time was up."""

    def __init__(
        self,
        conn: Connection,
        criterion: Criterion,
        order: Order,
        cursor: Cursor | None,
        deadline: float,
        orders: PackedOrders | None = None,
    ) -> None:
        """``deadline`` limits the rechecks, by ``time.monotonic``. Raises InvalidRequest for an
        invalid regular expression.
        """
        self._sort = order.sort
        self._sql = SearchSql(conn, criterion)
        self._estimates = Estimates(self._sql)
        self._narrowing = Narrowing(self._sql.names, self._sql.rest)
        self._start = cursor.key if cursor else None
        self._cursor = cursor or self._new_cursor(order)
        self._shuffle = Shuffle(self._cursor.seed, self._cursor.bits)
        self._walks = Walks(self._sql, self._estimates, descending=order.descending)
        self._sorted = SortedRows(
            self._sql, self._estimates, self._narrowing, order, self._shuffle, orders
        )
        self._recheck = Recheck(self._sql.names, self._sql.rest) if self._sql.rest.items else None
        self._deadline = deadline
        self.stopped_at: Key | None = None

    def cursor_after(self, key: Key) -> str:
        """The cursor of the page that begins after ``key``."""
        return cursors.encode(replace(self._cursor, key=key))

    def take(self, number: int) -> list[Key]:
        """The first ``number`` keys that match."""
        if self._recheck is not None:
            return list(islice(self._matching(self._recheck, number), number))
        if self._can_walk:
            return list(self._walks.walk(self._start, number))
        if self._looks_up_positions:
            return self._take_by_position(number)
        return list(self._sorted.list_keys(self._start, limit=number))

    def count(self, at_most: int | None) -> int:
        """The number of files that match, counted up to ``at_most``."""
        if self._recheck is None:
            return self._sorted.count(at_most)
        return sum(1 for _ in islice(self._matching(self._recheck, sys.maxsize), at_most))

    @property
    def _can_walk(self) -> bool:
        """Whether a walk reaches every file, and is less work than sorting them."""
        return (
            self._sort == "date" and not self._sql.is_about_missing and self._estimates.few is None
        )

    @property
    def _looks_up_positions(self) -> bool:
        """Whether enough files match that the next positions of the random order fill a page."""
        if self._sort != RANDOM or self._estimates.few is not None:
            return False
        rarest = self._estimates.rarest_tags
        return rarest is None or rarest.files >= _MAX_TAGGED

    def _take_by_position(self, number: int) -> list[Key]:
        keys: list[Key] = []
        last = self._start
        for batch, end in random_rows.list_by_position(self._sql, self._shuffle, self._start):
            keys += batch
            last = end
            if len(keys) >= number:
                return keys[:number]
        return keys + list(self._sorted.list_keys(last, limit=number - len(keys)))

    def _matching(self, recheck: Recheck, wanted: int) -> Iterator[Key]:
        """Keys that match, in order, of which about ``wanted`` will be taken.

        Few candidates of the text index are sorted at once. Otherwise the dates are walked, until
        sorting all candidates that are left takes less time.
        """
        start = self._start
        is_frequent = self._narrowing.is_frequent(self._estimates.newest_id)
        if self._can_walk and (is_frequent or self._narrowing.few_ids is None):
            start = yield from self._walk_matching(recheck, wanted)
            if start is None:
                return
        yield from self._filter(self._sorted.list_keys(start, by_text=True), recheck)

    def _walk_matching(self, recheck: Recheck, wanted: int) -> Generator[Key, None, Key | None]:
        """Keys that match along the dates. Returns the key after which sorting takes less time, or
        None at the end.
        """
        walked = matched = 0
        size, last = self._first_walk(wanted), self._start
        while len(chunk := self._walks.walk_ids(last, size)):
            candidates = self._narrowing.pick(chunk).tolist()
            for key in self._filter_ids(candidates, recheck, wanted - matched):
                matched += 1
                yield key
            (last,) = self._walks.find_keys([int(chunk[-1])])
            if self._is_over(last):
                return None
            walked += len(chunk)
            to_walk = walked * (wanted - matched) / (matched + 1)
            if self._is_better_sorted(to_walk, len(candidates) / len(chunk)):
                return last
            size = int(min(walked * 16, _MAX_WALK, max(_MIN_WALK, 1.5 * to_walk)))
        return None

    def _first_walk(self, wanted: int) -> int:
        """How many files are walked first: the page should be full after them."""
        share = self._narrowing.share
        return int(min(_MAX_WALK, max(_FIRST_WALK, 1.2 * wanted / share))) if share else _FIRST_WALK

    def _is_better_sorted(self, to_walk: float, share: float) -> bool:
        """Whether sorting all candidates of the text index takes less time than walking past
        ``to_walk`` more files.

        ``share``: of the files walked last, those that the text index named; 1 if it was not asked.
        """
        every = self._estimates.newest_id
        to_walk = min(every, to_walk)
        walk_us, ask_us = fts.estimate_times_us(self._sql.conn, every)
        if self._narrowing.expression is not None:
            return to_walk * walk_us > ask_us + every * share * _SORT_US
        if self._narrowing.condition is None:
            return False
        share = min(1.0, 1000 / to_walk)
        return to_walk * _RECHECK_US > ask_us + every * share * _SORT_US

    def _filter(self, keys: Iterator[Key], recheck: Recheck) -> Iterator[Key]:
        """The keys that pass the recheck, until the time is up."""
        for key, is_match in _decide(recheck, keys, itemgetter(1)):
            if is_match:
                yield key
            if self._is_over(key):
                return

    def _filter_ids(self, ids: Sequence[int], recheck: Recheck, wanted: int) -> Iterator[Key]:
        """The keys of the first ``wanted`` ids that pass the recheck, until the time is up.

        No key is read for the others: most files that have the parts of a phrase lack the phrase.
        """
        passed: list[int] = []
        for image_id, is_match in _decide(recheck, ids, int, wanted):
            if is_match:
                passed.append(image_id)
            if len(passed) == wanted:
                break
            if self._is_late():
                (self.stopped_at,) = self._walks.find_keys([image_id])
                break
        yield from self._walks.find_keys(passed)

    def _is_over(self, last: Key) -> bool:
        """Whether the time is up; ``last`` is the key that was looked at last."""
        if self.stopped_at is None and self._is_late():
            self.stopped_at = last
        return self.stopped_at is not None

    def _is_late(self) -> bool:
        return time.monotonic() >= self._deadline

    def _new_cursor(self, order: Order) -> Cursor:
        return random_rows.new_cursor(
            order, self._estimates.newest_id if order.sort == RANDOM else 0
        )


def _decide(
    recheck: Recheck,
    items: Iterable[_Item],
    id_of: Callable[[_Item], int],
    wanted: int = sys.maxsize,
) -> Iterator[tuple[_Item, bool]]:
    """Files that may match, and whether they do, of which about ``wanted`` will be taken; the last
    one of each batch in any case, so that the time is looked at.
    """
    left = iter(items)
    first, *others = _RECHECKED
    for size in chain([min(first, wanted + wanted // 4)], others, repeat(_RECHECKED[-1])):
        batch = list(islice(left, size))
        if not batch:
            return
        for position, is_match in recheck.decide(list(map(id_of, batch))):
            yield batch[position], is_match
        yield batch[-1], False
