"""Files of a search that are collected and sorted: for orders without an index, and for few
candidates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, asc, desc, func, select

from iib_core.db.search.criteria_sql import SearchSql, is_tag
from iib_core.db.search.cursors import Key
from iib_core.db.search.estimates import Estimates
from iib_core.db.search.folder_walks import BY_FOLDER, walk_folders
from iib_core.db.search.int_columns import Keys, read_columns, stream_keys
from iib_core.db.search.leaves import in_tags
from iib_core.db.search.narrowing import Narrowing
from iib_core.db.search.packed_orders import PackedOrder, PackedOrders
from iib_core.db.search.sorting import (
    INDEXED,
    INDEXED_WITH_NULLS,
    PARTLY_INDEXED,
    RANDOM,
    Order,
    Shuffle,
    after,
    after_value,
    in_order,
    sorted_field,
)
from iib_core.db.sqlite import unindexed, values_of
from iib_core.db.tables import image
from iib_core.search.criteria import InFolder, conjuncts

# Tags drive a query for a page only if fewer files than this have them; else all files are scanned.
_MAX_DRIVEN = 300_000
# Files of a tag from which on a page is found earlier along an index of the order.
_MIN_WALKED = 20_000
# Files that are looked up along a packed order before all that match are sorted.
_MAX_LOOKED_UP = 20_000


class SortedRows:
    """Queries for the sorted files of one search."""

    def __init__(
        self,
        sql: SearchSql,
        estimates: Estimates,
        narrowing: Narrowing,
        order: Order,
        shuffle: Shuffle,
        orders: PackedOrders | None = None,
    ) -> None:
        self._sql = sql
        self._estimates = estimates
        self._narrowing = narrowing
        self._sort = order.sort
        self._descending = order.descending and order.sort != RANDOM
        self._shuffle = shuffle
        self._orders = orders

    def list_keys(
        self, start: Key | None, *, by_text: bool = False, limit: int | None = None
    ) -> Iterator[Key]:
        """The files after ``start`` that meet the SQL of the search, in order.

        ``by_text``: narrowed down by the text index. With a ``limit`` only the first ones are
        sorted, which takes much less time.
        """
        if self._has_walk and not by_text:
            return self._walk(start, limit)
        if limit is not None and self._has_many and self.packed is not None:
            return self._along_packed(self.packed, start, limit)
        if limit is not None and self._has_many and self._sort in BY_FOLDER:
            folders = walk_folders(
                self._sql.conn, self._sort, start and start[0], descending=self._descending
            )
            if folders is not None:
                return self._along_folders(folders, start, limit)
        return self._sort_rows(start, by_text=by_text, limit=limit)

    def _sort_rows(self, start: Key | None, *, by_text: bool, limit: int | None) -> Iterator[Key]:
        query: Select[Any] = select(self._value, image.c.id).where(
            *self._conditions(by_text=by_text, max_driven=_MAX_DRIVEN)
        )
        if start:
            query = query.where(after(start, self._value, image.c.id, self._descending))
        query = self._in_order(query).limit(limit)
        if self._sort == "date":
            return iter(Keys(*read_columns(self._sql.conn, query)))
        return stream_keys(self._sql.conn, query)

    def select_ids(self, *, by_text: bool) -> Select[Any]:
        """The id of every candidate, ``by_text`` narrowed down by the text index, unordered."""
        conditions = self._conditions(by_text=by_text, max_driven=math.inf)
        return select(image.c.id).where(*conditions)

    def select_all(self, *, by_text: bool) -> Select[Any]:
        """Id and sorted value of every candidate, ``by_text`` narrowed down by the text index, in
        order; for an order other than the random one.
        """
        is_along_index = self._sort == "date" or (
            self._sort in INDEXED | INDEXED_WITH_NULLS
            and self._has_walk
            and not (self._sql.tags or self._sql.folders)
        )
        conditions = self._conditions(
            by_text=by_text, max_driven=math.inf, is_along_index=is_along_index
        )
        query = select(image.c.id, self._value.label("value")).where(*conditions)
        if is_along_index:
            nulls = self._sort in INDEXED_WITH_NULLS
            return in_order(query, self._value, image.c.id, self._descending, nulls=nulls)
        return self._in_order(query)

    def count(self, at_most: int | None) -> int:
        """The number of files that meet the SQL of the search, counted up to ``at_most``."""
        query = (
            select(image.c.id)
            .where(*self._conditions(by_text=False, max_driven=_MAX_DRIVEN))
            .limit(at_most)
        )
        counted = select(func.count()).select_from(query.subquery())
        return int(self._sql.conn.execute(counted).scalar_one())

    @cached_property
    def _value(self) -> ColumnElement[Any]:
        """The sorted field. Raises InvalidRequest for the order of an album if no album is
        searched.
        """
        if self._sort == RANDOM:
            return self._shuffle.position(image.c.id)
        return sorted_field(self._sort, self._sql.names.album_ids)

    @cached_property
    def packed(self) -> PackedOrder | None:
        """The packed order of this search, if there is one that holds all its files."""
        if self._orders is None or self._sql.is_about_missing:
            return None
        return self._orders.find(self._sql.conn, self._sort)

    @cached_property
    def _has_walk(self) -> bool:
        """Whether an index has the files in this order, and the next ones that match are soon found
        along it.
        """
        return self._sort in INDEXED | PARTLY_INDEXED and self._has_many

    @cached_property
    def _has_many(self) -> bool:
        """Whether the next files that match are soon found along an order of all files: all do, or
        those of many folders, or of a tag with many files. How many meet several conditions is not
        known.
        """
        if self._sql.is_about_missing or self._sql.rest.items:
            return False
        parts = list(conjuncts(self._sql.exact))
        limits = [part for part in parts if not isinstance(part, InFolder)]
        if len(limits) + len(self._sql.folders) > 1 or not all(map(is_tag, limits)):
            return False
        rarest = self._estimates.rarest_tags
        is_rare = rarest is not None and rarest.files < _MIN_WALKED
        return not is_rare and self._estimates.few is None

    def _walk(self, start: Key | None, limit: int | None) -> Iterator[Key]:
        if self._sort in INDEXED:
            return self._along_index(start, limit, [self._sql.base])
        return self._walk_partly(start, limit)

    def _walk_partly(self, start: Key | None, limit: int | None) -> Iterator[Key]:
        """The files that have the value, along its index, and then the others by their ids."""
        has_others = self._sort in INDEXED_WITH_NULLS
        base = self._sql.base if has_others else self._sql.base_unindexed
        found: list[Key] = []
        if start is None or start[0] is not None:
            has_value = [base, self._value.is_not(None)]
            found = list(self._along_index(start, limit, has_value))
            start = None
        yield from found
        if limit is None or len(found) < limit:
            query = self._matching(self._value.is_(None), base)
            if start:
                query = query.where(after(start, self._value, image.c.id, self._descending))
            direction = desc if self._descending else asc
            left = None if limit is None else limit - len(found)
            yield from stream_keys(
                self._sql.conn, query.order_by(direction(image.c.id)).limit(left)
            )

    def _along_index(
        self, start: Key | None, limit: int | None, base: list[ColumnElement[bool]]
    ) -> Iterator[Key]:
        query = self._matching(*base)
        if start:
            query = query.where(after_value(start, self._value, image.c.id, self._descending))
        query = in_order(query, self._value, image.c.id, self._descending, nulls=False)
        return stream_keys(self._sql.conn, query.limit(limit))

    def _along_packed(self, packed: PackedOrder, start: Key | None, limit: int) -> Iterator[Key]:
        """The next files in the order that match; after many that do not, all are sorted."""
        ids = packed.list_ids(descending=self._descending)
        at = packed.find_after(start, descending=self._descending) if start else 0
        end, size = at + _MAX_LOOKED_UP, limit
        while limit > 0 and at < min(end, len(ids)):
            chunk = ids[at : at + size].tolist()
            keys = self._look_up(chunk, *self._sql.conditions)
            found = [keys[image_id] for image_id in chunk if image_id in keys]
            yield from found[:limit]
            limit -= len(found)
            at += size
            size *= 2
        if limit > 0 and at < len(ids):
            last = int(ids[at - 1])
            key = self._look_up([last])[last]
            yield from self._sort_rows(key, by_text=False, limit=limit)

    def _along_folders(
        self, folders: Iterable[list[int]], start: Key | None, limit: int
    ) -> Iterator[Key]:
        for folder_ids in folders:
            query = self._matching(
                image.c.folder_id.in_(values_of(folder_ids)), self._sql.base_unindexed
            )
            if start:
                query = query.where(after(start, self._value, image.c.id, self._descending))
            found = list(stream_keys(self._sql.conn, self._in_order(query).limit(limit)))
            yield from found
            limit -= len(found)
            if limit <= 0:
                return

    def _look_up(self, ids: list[int], *conditions: ColumnElement[bool]) -> dict[int, Key]:
        query = select(self._value, image.c.id).where(image.c.id.in_(values_of(ids)), *conditions)
        return {key[1]: key for key in stream_keys(self._sql.conn, query)}

    def _matching(self, *base: ColumnElement[bool]) -> Select[Any]:
        return select(self._value, image.c.id).where(*base, *self._sql.conditions)

    def _in_order(self, query: Select[Any]) -> Select[Any]:
        return in_order(
            query, unindexed(self._value), unindexed(image.c.id), self._descending, nulls=True
        )

    def _conditions(
        self, *, by_text: bool, max_driven: float, is_along_index: bool = False
    ) -> list[ColumnElement[bool]]:
        """All conditions, the one that names the fewest files first. Where none does, the table
        is read once from end to end, or along the index of the order.
        """
        driver = self._choose_driver(by_text=by_text)
        rarest = self._estimates.rarest_tags
        conditions = self._sql.conditions
        if driver is None and rarest is not None and rarest.files < max_driven:
            driver = in_tags(rarest.tag_ids)
            conditions = self._sql.conditions_without(rarest.tag_ids)
        if driver is not None:
            return [driver, self._sql.base_unindexed, *conditions]
        return [self._sql.base if is_along_index else self._sql.base_unindexed, *conditions]

    def _choose_driver(self, *, by_text: bool) -> ColumnElement[bool] | None:
        """A condition that an index answers with few files, other than one about tags."""
        if by_text and self._narrowing.condition is not None:
            return self._narrowing.condition
        if self._estimates.few is not None:
            return self._estimates.few
        return self._estimates.rated.condition if self._estimates.rated is not None else None
