"""Everything that a search finds, in order, as packed numbers: what positions in a grid stand on.

A million files are eight megabytes here.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from iib_core.db.search.criteria_sql import Where, base_of, is_about_missing, is_exact
from iib_core.db.search.int_columns import NONE, Numbers, read_columns
from iib_core.db.search.pages import Hit, Order, check_order, find_shown
from iib_core.db.search.planner import Streams
from iib_core.db.search.recheck import Judge
from iib_core.db.search.sorting import RANDOM, to_quarter
from iib_core.db.sqlite import read_change, text_matches, unindexed, values_of
from iib_core.db.tables import image, image_tag
from iib_core.search.criteria import And, Criterion, HasTag, HasTagNamed, Not, Or, conjuncts

TIMED = ("date", "created")
# Orders in which the files of a narrower search may stand otherwise than in the wider one.
_OWN_ORDERS = ("album",)
_JUDGED = 2000


@dataclass(frozen=True)
class Packed:
    """Ids in order, and for an order by time the quarter of each: quarters of an hour since 1970,
    rounded down; empty for another order.
    """

    ids: Numbers
    quarters: Numbers

    def from_position(self, start: int) -> Packed:
        """Those from a position on."""
        return Packed(self.ids[start:], self.quarters[start:])

    def pick(self, kept: NDArray[np.bool_]) -> Packed:
        """Those of the first for which ``kept`` is true."""
        number = len(kept)
        return Packed(
            self.ids[:number][kept], self.quarters[:number][kept] if len(self.quarters) else self.quarters
        )

    def extended(self, more: Packed, kept: NDArray[np.bool_]) -> Packed:
        """With those of the first of ``more`` for which ``kept`` is true."""
        picked = more.pick(kept)
        return Packed(
            np.concatenate((self.ids, picked.ids)), np.concatenate((self.quarters, picked.quarters))
        )


@dataclass(frozen=True)
class Packing:
    """How far a search is: ``found`` files, and those that are ``waiting`` to be judged by what is
    left of the criterion, ``rest`` (None: it is done).

    ``change`` is the number of changes of the index that it stands on.
    """

    found: Packed
    waiting: Packed
    rest: Criterion | None
    change: int


def begin(
    conn: Connection, criterion: Criterion, order: Order, wider: tuple[Criterion, Packing] | None = None
) -> Packing:
    """All files that can match, in order; done where the criterion is not about text.

    Raises InvalidRequest as ``search.find`` does.

    ``wider``: a search of which every criterion is one of this search too, in the same order, that
    is done: to narrow it down takes much less.
    """
    check_order(order)
    if wider is not None and order.sort not in _OWN_ORDERS:
        narrowed = _narrow(conn, criterion, *wider)
        if narrowed is not None:
            return narrowed
    where = Where(conn, criterion, every=True)
    exact, rest = _split(conjuncts(criterion))
    if rest.items:
        Judge(conn, where, rest)  # so that a wrong expression is told before anything is read
    every = _list(
        conn, Streams(conn, where, exact, rest, order.sort, order.descending, None, order.seed), order
    )
    return _to_judge(every, rest, read_change(conn))


def _split(parts: Iterable[Criterion]) -> tuple[And, And]:
    """What SQL decides, and what needs the text."""
    listed = list(parts)
    return And(tuple(filter(is_exact, listed))), And(tuple(part for part in listed if not is_exact(part)))


def _to_judge(every: Packed, rest: And, change: int) -> Packing:
    nothing = Packed(NONE, NONE)
    return Packing(nothing, every, rest, change) if rest.items else Packing(every, nothing, None, change)


def _narrow(conn: Connection, criterion: Criterion, wide: Criterion, done: Packing) -> Packing | None:
    """The files of ``wide`` that can match: only which these are is read, not where they stand.

    None where no index names them, or things have changed.
    """
    if is_about_missing(criterion) or done.change != read_change(conn):
        return None
    known = set(conjuncts(wide))
    exact, rest = _split(part for part in conjuncts(criterion) if part not in known)
    where = Where(conn, And((exact, rest)))
    ids = done.found.ids
    is_wanted = _decide(conn, where, exact, ids)
    if is_wanted is None:
        return None
    if rest.items:
        Judge(conn, where, rest)
        expression = where.expression(rest)
        if expression is None and where.indexed(rest) is not None:
            return None
        if expression is not None:
            is_wanted &= _are_among(ids, read_columns(conn, text_matches(expression))[0])
    return _to_judge(done.found.pick(is_wanted), rest, done.change)


def _decide(conn: Connection, where: Where, criterion: Criterion, ids: Numbers) -> NDArray[np.bool_] | None:
    """Whether each of ``ids`` matches; None where the criterion is about more than tags."""
    if isinstance(criterion, (And, Or)):
        parts = [_decide(conn, where, item, ids) for item in criterion.items]
        known = [part for part in parts if part is not None]
        every = np.ones(len(ids), dtype=bool)
        both = np.logical_and if isinstance(criterion, And) else np.logical_or
        return (both.reduce(known) if known else every) if len(known) == len(parts) else None
    if isinstance(criterion, Not):
        inner = _decide(conn, where, criterion.item, ids)
        return None if inner is None else ~inner
    if not isinstance(criterion, (HasTag, HasTagNamed)):
        return None
    tagged = select(image_tag.c.image_id).where(image_tag.c.tag_id.in_(values_of(where.tag_ids[criterion])))
    return _are_among(ids, read_columns(conn, tagged)[0])


def _are_among(ids: Numbers, named: Numbers) -> NDArray[np.bool_]:
    """Whether each of ``ids`` is one of ``named``; by a table, in a tenth of the time of
    ``np.isin`` where there are a million.
    """
    is_named = np.zeros(max(ids.max(initial=0), named.max(initial=0)) + 1, dtype=bool)
    is_named[named] = True
    picked: NDArray[np.bool_] = is_named[ids]
    return picked


def _list(conn: Connection, streams: Streams, order: Order) -> Packed:
    found = streams.select_all().subquery()
    columns = [found.c.id, *([to_quarter(found.c.value)] if order.sort in TIMED else [])]
    numbers = read_columns(conn, select(*columns))
    if order.sort == RANDOM:
        numbers[0] = numbers[0][np.argsort(streams.shuffle.positions(numbers[0]))]
    return Packed(numbers[0], numbers[1] if order.sort in TIMED else NONE)


def go_on(conn: Connection, packing: Packing, deadline: float) -> Packing:
    """Judge those that wait, until ``deadline``, at least one.

    Raises InvalidRequest for an expression that takes too long on one text.
    """
    if packing.rest is None:
        return packing
    verdicts = _judge(Judge(conn, Where(conn, packing.rest), packing.rest), packing.waiting.ids, deadline)
    waiting = packing.waiting.from_position(len(verdicts))
    return Packing(
        packing.found.extended(packing.waiting, verdicts),
        waiting,
        packing.rest if len(waiting.ids) else None,
        packing.change,
    )


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
    """Of the files with these ids those that a search for ``criterion`` can still show, by id: they
    may have gone since then.
    """
    return find_shown(
        conn, ids, base_of(criterion) if is_about_missing(criterion) else unindexed(image.c.shown) == 1
    )
