"""All results of a search, in order, as arrays of integers: the content of a snapshot.

A million files take eight megabytes here.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection, select

from iib_core.db.search import random_rows
from iib_core.db.search.criteria_sql import (
    SHOWN_UNINDEXED,
    SearchSql,
    base_of,
    is_about_missing,
)
from iib_core.db.search.estimates import Estimates
from iib_core.db.search.int_columns import NO_INTS, Ints, Mask, are_among, read_columns
from iib_core.db.search.leaves import LEAVES, SqlLeaf, look_up
from iib_core.db.search.names import Names
from iib_core.db.search.narrowing import Narrowing, read_named
from iib_core.db.search.packed_orders import PackedOrders
from iib_core.db.search.packed_texts import PackedTexts
from iib_core.db.search.pages import Result, describing, find_shown
from iib_core.db.search.recheck import Recheck
from iib_core.db.search.shared_texts import SharedTexts
from iib_core.db.search.sorted_rows import SortedRows
from iib_core.db.search.sorting import RANDOM, Order, Shuffle, check_order, to_quarter
from iib_core.db.sqlite import read_change
from iib_core.search.criteria import And, Criterion, Leaf, conjuncts, interpret

TIMED = ("date", "created", "indexed")
# Orders that a narrower search does not share with a wider one.
_OWN_ORDERS = ("album",)
_RECHECKED = 8000
# For fewer files their texts are looked up.
_MANY_TEXTS = 20_000
# To read a file by its id takes this many times as long as to read the next one of an index.
_MANY_NAMED = 8
_DESCRIBING_SHOWN = describing(SHOWN_UNINDEXED)


@dataclass(frozen=True)
class OrderedIds:
    """Ids in order. ``quarters``: for an order by time, the quarter of an hour of each since 1970,
    rounded down; otherwise empty.
    """

    ids: Ints
    quarters: Ints

    def from_position(self, start: int) -> OrderedIds:
        """Those from a position on."""
        return OrderedIds(self.ids[start:], self.quarters[start:])

    def pick(self, mask: Mask) -> OrderedIds:
        """Those for which ``mask`` is true; a shorter mask is about the first ones."""
        number = len(mask)
        quarters = self.quarters[:number][mask] if len(self.quarters) else self.quarters
        return OrderedIds(self.ids[:number][mask], quarters)

    def extended(self, more: OrderedIds) -> OrderedIds:
        """These, and ``more`` after them."""
        return OrderedIds(
            np.concatenate((self.ids, more.ids)), np.concatenate((self.quarters, more.quarters))
        )


@dataclass(frozen=True)
class AllResults:
    """The state of a search for everything: its ``results``, and the ``candidates`` behind them
    that are still to be rechecked by ``rest``, a part of the criterion (None: it is complete).

    ``change``: the number of changes of the index that it was read at.
    """

    results: OrderedIds
    candidates: OrderedIds
    rest: Criterion | None
    change: int


def begin(
    conn: Connection,
    criterion: Criterion,
    order: Order,
    wider: tuple[Criterion, AllResults] | None = None,
    orders: PackedOrders | None = None,
) -> AllResults:
    """All candidates in order; complete if the criterion is not about text. ``orders``: those of the
    database.

    ``wider``: a complete search in the same order, each of whose conjuncts is one of this search
    too: narrowing it down takes much less time. Raises InvalidRequest as ``pages.find``.
    """
    check_order(order)
    if wider is not None and order.sort not in _OWN_ORDERS:
        narrowed = _narrow(conn, criterion, *wider)
        if narrowed is not None:
            return narrowed
    sql = SearchSql(conn, criterion, lists_all=True)
    if sql.rest.items:
        Recheck(sql.names, sql.rest)  # so that an invalid expression fails before anything is read
    return _start(_list(sql, order, orders), sql.rest, read_change(conn))


def resume(
    conn: Connection, state: AllResults, deadline: float, texts: PackedTexts | None = None
) -> AllResults:
    """Recheck candidates until ``deadline``, at least one. ``texts``: those of the database.

    Raises InvalidRequest for an expression that takes too long on one text.
    """
    if state.rest is None:
        return state
    recheck = Recheck(look_up(conn, state.rest), state.rest)
    is_many = texts is not None and len(state.candidates.ids) >= _MANY_TEXTS
    shared = SharedTexts(conn, state.rest, texts.find(conn) if texts and is_many else None)
    mask = _recheck(recheck, shared, state.candidates.ids, deadline)
    candidates = state.candidates.from_position(len(mask))
    return replace(
        state,
        results=state.results.extended(state.candidates.pick(mask)),
        candidates=candidates,
        rest=state.rest if len(candidates.ids) else None,
    )


def describe(conn: Connection, criterion: Criterion, ids: Iterable[int]) -> dict[int, Result]:
    """The files with these ids that a search for ``criterion`` can still find, by id: they may have
    been removed since then.
    """
    if is_about_missing(criterion):
        return find_shown(conn, ids, describing(base_of(criterion, SHOWN_UNINDEXED)))
    return find_shown(conn, ids, _DESCRIBING_SHOWN)


def _start(every: OrderedIds, rest: And, change: int) -> AllResults:
    nothing = OrderedIds(NO_INTS, NO_INTS)
    if rest.items:
        return AllResults(nothing, every, rest, change)
    return AllResults(every, nothing, None, change)


def _narrow(
    conn: Connection, criterion: Criterion, wide: Criterion, state: AllResults
) -> AllResults | None:
    """The files of a wider search that can match: only which they are is read, not their order.

    None where no index lists them, or the index has changed since.
    """
    if is_about_missing(criterion) or state.change != read_change(conn):
        return None
    known = set(conjuncts(wide))
    sql = SearchSql(conn, And(tuple(part for part in conjuncts(criterion) if part not in known)))
    mask = interpret(sql.exact, _Masks(sql.names, state.results.ids))
    if mask is None:
        return None
    if sql.rest.items:
        Recheck(sql.names, sql.rest)
        narrowing = Narrowing(sql.names, sql.rest)
        if narrowing.expression is not None:
            named = read_named(conn, narrowing.expression)
            mask &= are_among(state.results.ids, named)
        elif narrowing.condition is not None:
            return None
    return _start(state.results.pick(mask), sql.rest, state.change)


class _Masks:
    """The algebra of masks over ids: whether each one matches; None where no index lists the files."""

    def __init__(self, names: Names, ids: Ints) -> None:
        self._names = names
        self._ids = ids

    def leaf(self, leaf: Leaf) -> Mask | None:
        entry = LEAVES[type(leaf)]
        if not isinstance(entry, SqlLeaf) or entry.image_ids is None:
            return None
        return are_among(
            self._ids, read_columns(self._names.conn, entry.image_ids(self._names, leaf))[0]
        )

    def all_of(self, items: Sequence[Mask | None]) -> Mask | None:
        result: Mask = np.ones(len(self._ids), dtype=bool)
        for item in items:
            if item is None:
                return None
            result &= item
        return result

    def any_of(self, items: Sequence[Mask | None]) -> Mask | None:
        result: Mask = np.zeros(len(self._ids), dtype=bool)
        for item in items:
            if item is None:
                return None
            result |= item
        return result

    def negate(self, item: Mask | None) -> Mask | None:
        return None if item is None else ~item


def _list(sql: SearchSql, order: Order, orders: PackedOrders | None) -> OrderedIds:
    """All candidates in order."""
    estimates = Estimates(sql)
    narrowing = Narrowing(sql.names, sql.rest)
    named = _read_many_named(sql, estimates, narrowing)
    cursor = random_rows.new_cursor(order, estimates.newest_id if order.sort == RANDOM else 0)
    shuffle = Shuffle(cursor.seed, cursor.bits)
    found = SortedRows(sql, estimates, narrowing, order, shuffle, orders)
    by_text = named is None
    if order.sort == RANDOM:
        ids = read_columns(sql.conn, found.select_ids(by_text=by_text))[0]
        listed = OrderedIds(ids[np.argsort(shuffle.positions(ids))], NO_INTS)
    elif found.packed is not None:
        listed = OrderedIds(_in_packed_order(sql, order, found, by_text=by_text), NO_INTS)
    else:
        listed = _in_sql_order(sql, order, found, by_text=by_text)
    return listed if named is None else listed.pick(are_among(listed.ids, named))


def _in_packed_order(sql: SearchSql, order: Order, found: SortedRows, *, by_text: bool) -> Ints:
    assert found.packed is not None
    if not sql.conditions and not sql.rest.items:
        return found.packed.list_ids(descending=order.descending).astype(np.int64)
    ids = read_columns(sql.conn, found.select_ids(by_text=by_text))[0]
    return found.packed.sort(ids, descending=order.descending)


def _in_sql_order(sql: SearchSql, order: Order, found: SortedRows, *, by_text: bool) -> OrderedIds:
    rows = found.select_all(by_text=by_text).subquery()
    is_timed = order.sort in TIMED
    quarters = [to_quarter(rows.c.value)] if is_timed else []
    columns = read_columns(sql.conn, select(rows.c.id, *quarters))
    return OrderedIds(columns[0], columns[1] if is_timed else NO_INTS)


def _read_many_named(sql: SearchSql, estimates: Estimates, narrowing: Narrowing) -> Ints | None:
    """The ids that the text index names, if looking up each of them is more work than listing all
    files; otherwise None.
    """
    if narrowing.expression is None or narrowing.few_ids is not None:
        return None
    named = read_named(sql.conn, narrowing.expression)
    return named if len(named) * _MANY_NAMED > estimates.newest_id else None


def _recheck(recheck: Recheck, shared: SharedTexts, ids: Ints, deadline: float) -> Mask:
    """Whether each of the first of ``ids`` matches: as many as are decided until ``deadline``."""
    mask = np.zeros(len(ids), dtype=bool)
    for start in range(0, len(ids), _RECHECKED):
        chunk = ids[start : start + _RECHECKED]
        certain = shared.find_certain(chunk)
        mask[start : start + len(chunk)] = certain
        left = np.flatnonzero(~certain)
        for at, is_match in recheck.decide(chunk[left].tolist()):
            mask[start + left[at]] = is_match
            if time.monotonic() >= deadline:
                return mask[: start + int(left[at]) + 1]
        if time.monotonic() >= deadline:
            return mask[: start + len(chunk)]
    return mask
