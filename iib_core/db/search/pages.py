"""Pages of what a search finds, each file once, in any order, at a cost that grows with the page
and not with the library.

A page is read from *streams* of (sort key, id): an index that is in the wanted order already and is
walked until the page is full, or, where few files can match, those files sorted. Criteria about
text are decided file by file as the stream passes by; when too many pass without success, the text
index takes over from there.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice, repeat

from sqlalchemy import ColumnElement, Connection, select, true

from iib_core.db.search import cursors
from iib_core.db.search.criteria_sql import Where, is_exact
from iib_core.db.search.cursors import Cursor, Key
from iib_core.db.search.planner import Streams
from iib_core.db.search.recheck import Judge
from iib_core.db.search.sorting import RANDOM, SORTS
from iib_core.db.sqlite import in_one_row, values_of
from iib_core.db.tables import folder, image
from iib_core.errors import InvalidRequest
from iib_core.search.criteria import And, Criterion, conjuncts

MAX_SIZE = 1000
COUNTED = 10_000

# Files that are walked at a time, and that are looked at: the page is often full after the first.
_FIRST, _LEAST, _MOST = 500, 2000, 64_000
_JUDGED = (500, 2000)


@dataclass(frozen=True)
class Order:
    """What a search is sorted by: a name of ``SORTS`` or ``random``, which a new ``seed`` shuffles anew."""

    sort: str = "date"
    descending: bool = True
    seed: int = 0


@dataclass(frozen=True)
class Hit:
    """A file that was found, as the index knows it."""

    id: int
    path: str
    name: str
    media: str
    mtime_ns: int
    birth_ns: int
    size_bytes: int
    width_px: int | None
    height_px: int | None
    duration_s: float | None
    rating: int | None = None
    color: int | None = None  # the mean one, 0xRRGGBB


@dataclass(frozen=True)
class Page:
    """Some hits in order.

    ``next`` is the cursor of the page behind, empty at the end. A page is short, or empty with a
    ``next``, where time ran out.
    """

    hits: list[Hit]
    next: str


def find(
    conn: Connection,
    criterion: Criterion,
    *,
    order: Order | None = None,
    cursor: str = "",
    size: int = 200,
    limit_s: float = 2.0,
) -> Page:
    """The page of ``size`` (at most 1000) files behind ``cursor``.

    ``limit_s`` bounds the time spent on looking at texts. Raises InvalidRequest for a size below 1,
    an unknown order, a broken cursor, and an expression that is none or takes too long on a single
    text.
    """
    order = order or Order()
    if size < 1:
        raise InvalidRequest(f"A page of {size} files is not possible: ask for 1 to {MAX_SIZE}.")
    check_order(order)
    size = min(size, MAX_SIZE)
    search = _Search(
        conn,
        criterion,
        order,
        cursors.decode(cursor, order.sort, order.descending),
        time.monotonic() + limit_s,
    )
    found = search.take(size + 1)
    more = len(found) > size
    if search.stopped_at is not None and not more:
        return Page(describe(conn, [key[1] for key in found]), search.cursor_at(search.stopped_at))
    hits = describe(conn, [key[1] for key in found[:size]])
    return Page(hits, search.cursor_at(found[size - 1]) if more else "")


def check_order(order: Order) -> None:
    """Raise InvalidRequest for an order that there is not, naming those that there are."""
    if order.sort != RANDOM and order.sort not in SORTS:
        raise InvalidRequest(
            f"'{order.sort[:50]}' is nothing to sort by: use one of {', '.join([*SORTS, RANDOM])}."
        )


def count(
    conn: Connection, criterion: Criterion, *, at_most: int | None = COUNTED, limit_s: float = 1.0
) -> tuple[int, bool]:
    """How many files match, and whether that is all: counting ends at ``at_most`` and, with
    criteria about text, when the time is over.
    """
    order = Order()
    search = _Search(conn, criterion, order, None, time.monotonic() + limit_s)
    number = search.count(at_most)
    return number, search.stopped_at is None and (at_most is None or number < at_most)


def describe(conn: Connection, ids: Iterable[int]) -> list[Hit]:
    """The files with these ids, in their order; without those that are gone from the index."""
    wanted = list(ids)
    found = find_shown(conn, wanted, true())
    return [found[image_id] for image_id in wanted if image_id in found]


def find_shown(conn: Connection, ids: Iterable[int], is_shown: ColumnElement[bool]) -> dict[int, Hit]:
    """Of the files with these ids those that meet ``is_shown``, by id."""
    columns = [
        image.c[name]
        for name in (
            "name",
            "media",
            "mtime_ns",
            "birth_ns",
            "size_bytes",
            "width_px",
            "height_px",
            "duration_s",
            "rating",
            "color",
        )
    ]
    query = select(image.c.id, folder.c.path, *columns).where(
        image.c.id.in_(values_of(ids)), folder.c.id == image.c.folder_id, is_shown
    )
    numbers, tops, *others = map(json.loads, conn.execute(in_one_row(query)).one())
    prefixes = {top: os.path.join(top, "") for top in set(tops)}
    return {hit[0]: Hit(hit[0], prefixes[hit[1]] + hit[2], *hit[2:]) for hit in zip(numbers, tops, *others)}


class _Search:
    """One search on its way through the streams. ``stopped_at`` is the last key looked at where time ran out."""

    def __init__(
        self, conn: Connection, criterion: Criterion, order: Order, cursor: Cursor | None, deadline: float
    ) -> None:
        self._conn = conn
        self._where = Where(conn, criterion)
        parts = list(conjuncts(criterion))
        exact = And(tuple(part for part in parts if is_exact(part)))
        self._rest = And(tuple(part for part in parts if not is_exact(part)))
        self._streams = Streams(
            conn, self._where, exact, self._rest, order.sort, order.descending, cursor, order.seed
        )
        self._judge = Judge(conn, self._where, self._rest) if self._rest.items else None
        self._start = cursor.key if cursor else None
        self._deadline = deadline
        self._wanted = sys.maxsize
        self.stopped_at: Key | None = None

    def cursor_at(self, key: Key) -> str:
        """The cursor for what stands behind ``key``."""
        return cursors.encode(replace(self._streams.cursor, key=key))

    def take(self, number: int) -> list[Key]:
        """The first ``number`` keys that match."""
        if self._judge is None:
            return self._streams.take(number)
        self._wanted = number
        return list(islice(self._matching(self._judge), number))

    def count(self, at_most: int | None) -> int:
        """How many match, counted up to ``at_most``."""
        if self._judge is None:
            return self._streams.count(at_most)
        return sum(1 for _ in islice(self._matching(self._judge), at_most))

    def _matching(self, judge: Judge) -> Iterator[Key]:
        """Keys whose text satisfies the rest.

        Very few candidates are sorted; else the newest files are walked, past what the text index
        does not name. When that brings too little, all candidates behind are sorted.
        """
        last = self._start
        if self._streams.walks and not self._streams.are_few:
            walked = found = 0
            size = _FIRST
            while chunk := self._streams.walk(last, size):
                named = self._streams.narrow(chunk)
                for key in self._filter(iter(named), judge):
                    found += 1
                    yield key
                last = chunk.last
                if self._is_over(last):
                    return
                walked += len(chunk)
                to_walk = walked * (self._wanted - found) / max(found, 1)
                if self._streams.is_better_sorted(to_walk, len(named) / len(chunk)):
                    break
                size = int(min(walked * 16, _MOST, max(_LEAST, 1.2 * to_walk)))
            else:
                return
        yield from self._filter(self._streams.gather_by_text(last), judge)

    def _is_over(self, at: Key) -> bool:
        """Whether the search stopped already, or has to stop now."""
        if self.stopped_at is None and time.monotonic() > self._deadline:
            self.stopped_at = at
        return self.stopped_at is not None

    def _filter(self, keys: Iterator[Key], judge: Judge) -> Iterator[Key]:
        for size in chain(_JUDGED, repeat(_JUDGED[-1])):
            part = list(islice(keys, size))
            for at, is_match in judge.decide([key[1] for key in part]):
                if is_match:
                    yield part[at]
                if self._is_over(part[at]):
                    return
            if len(part) < size or self._is_over(part[-1]):
                return
