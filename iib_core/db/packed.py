"""Everything that a search finds, in order, as packed numbers: what positions in a grid stand on. A million files are eight megabytes here."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from iib_core.db.criteria import And, Criterion, conjuncts
from iib_core.db.dialect import read_change, unindexed
from iib_core.db.judge import Judge
from iib_core.db.numbers import NONE, Numbers, read_columns
from iib_core.db.search import Hit, Order, check_order, find_shown
from iib_core.db.sorting import RANDOM, to_quarter
from iib_core.db.streams import Streams
from iib_core.db.tables import image
from iib_core.db.where import Where, base_of, is_about_missing, is_exact

TIMED = ("date", "created")
_JUDGED = 2000


@dataclass(frozen=True)
class Packed:
    """Ids in order, and for an order by time the quarter of each: quarters of an hour since 1970, rounded down; empty for another order."""

    ids: Numbers
    quarters: Numbers

    def from_position(self, start: int) -> Packed:
        """Those from a position on."""
        return Packed(self.ids[start:], self.quarters[start:])

    def extended(self, more: Packed, kept: NDArray[np.bool_]) -> Packed:
        """With those of the first of ``more`` for which ``kept`` is true."""
        number = len(kept)
        quarters = more.quarters[:number][kept] if len(more.quarters) else more.quarters
        return Packed(np.concatenate((self.ids, more.ids[:number][kept])), np.concatenate((self.quarters, quarters)))


@dataclass(frozen=True)
class Packing:
    """How far a search is: ``found`` files, and those that are ``waiting`` to be judged by what is left of the criterion, ``rest`` (None: it is done).

    ``change`` is the number of changes of the index that it stands on.
    """

    found: Packed
    waiting: Packed
    rest: Criterion | None
    change: int


def begin(conn: Connection, criterion: Criterion, order: Order) -> Packing:
    """All files that can match, in order; done where the criterion is not about text. Raises InvalidRequest as ``search.find`` does."""
    check_order(order)
    where = Where(conn, criterion, every=True)
    parts = list(conjuncts(criterion))
    exact, rest = (And(tuple(part for part in parts if is_exact(part) == wanted)) for wanted in (True, False))
    if rest.items:
        Judge(conn, where, rest)  # so that a wrong expression is told before anything is read
    every, nothing = _list(conn, Streams(conn, where, exact, rest, order.sort, order.descending, None, order.seed), order), Packed(NONE, NONE)
    change = read_change(conn)
    return Packing(nothing, every, rest, change) if rest.items else Packing(every, nothing, None, change)


def _list(conn: Connection, streams: Streams, order: Order) -> Packed:
    found = streams.select_all().subquery()
    columns = [found.c.id, *([to_quarter(found.c.value)] if order.sort in TIMED else [])]
    numbers = read_columns(conn, select(*columns))
    if order.sort == RANDOM:
        numbers[0] = numbers[0][np.argsort(streams.shuffle.positions(numbers[0]))]
    return Packed(numbers[0], numbers[1] if order.sort in TIMED else NONE)


def go_on(conn: Connection, packing: Packing, deadline: float) -> Packing:
    """Judge those that wait, until ``deadline``, at least one. Raises InvalidRequest for an expression that takes too long on one text."""
    if packing.rest is None:
        return packing
    verdicts = _judge(Judge(conn, Where(conn, packing.rest), packing.rest), packing.waiting.ids, deadline)
    waiting = packing.waiting.from_position(len(verdicts))
    return Packing(packing.found.extended(packing.waiting, verdicts), waiting, packing.rest if len(waiting.ids) else None, packing.change)


def _judge(court: Judge, ids: Numbers, deadline: float) -> NDArray[np.bool_]:
    """Whether each of the first of ``ids`` matches, as many as are decided until ``deadline``."""
    verdicts = np.zeros(len(ids), dtype=bool)
    for start in range(0, len(ids), _JUDGED):
        chunk: list[int] = ids[start : start + _JUDGED].tolist()
        for at, is_match in court.decide(chunk):
            verdicts[start + at] = is_match
            if time.monotonic() > deadline:
                return verdicts[: start + at + 1]
        if time.monotonic() > deadline:
            return verdicts[: start + len(chunk)]
    return verdicts


def describe(conn: Connection, criterion: Criterion, ids: Iterable[int]) -> dict[int, Hit]:
    """Of the files with these ids those that a search for ``criterion`` can still show, by id: they may have gone since then."""
    return find_shown(conn, ids, base_of(criterion) if is_about_missing(criterion) else unindexed(image.c.shown) == 1)
