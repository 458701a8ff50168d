"""Walks: the files of a search in the order of their dates, along an index that has that order.

A walk reads as far as the page needs and no further, whatever the size of the library.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    asc,
    desc,
    func,
    literal,
    select,
    true,
)

from iib_core.db import text_tags
from iib_core.db.bulk import json_ids
from iib_core.db.search.criteria_sql import SHOWN, SHOWN_UNINDEXED, SearchSql
from iib_core.db.search.cursors import Key
from iib_core.db.search.estimates import Estimates
from iib_core.db.search.int_columns import Ints, Keys, read_columns, stream_keys
from iib_core.db.search.leaves import has_tag_beside, has_tag_by_row
from iib_core.db.search.sorting import after_value, in_order, to_quarter
from iib_core.db.sqlite import GIVEN_IDS, ids_in, in_one_row, is_same_quarter
from iib_core.db.tables import image, image_tag, image_text, text_tag

# Keys that are read at a time.
_KEYS = 500
_KEYS_OF = in_one_row(select(image.c.mtime_ns, image.c.id).where(image.c.id.in_(GIVEN_IDS)))


class Walks:
    """The walk of one search: along the dates, the dates of its rarest tags, or those of its
    ratings.
    """

    def __init__(self, sql: SearchSql, estimates: Estimates, *, descending: bool) -> None:
        self._sql = sql
        self._estimates = estimates
        self._descending = descending

    def walk(self, start: Key | None, number: int) -> Keys:
        """The next ``number`` files after ``start`` that meet the SQL of the search."""
        queries = self._choose_queries(start)
        if len(queries) == 1:
            return Keys(*read_columns(self._sql.conn, queries[0].limit(number)))
        return Keys.first_of(self._merge(queries, number), number)

    def walk_ids(self, start: Key | None, number: int) -> Ints:
        """The ids of ``walk``, which takes half of the time where few of the keys are needed."""
        queries = self._choose_queries(start)
        if len(queries) != 1:
            return Keys.first_of(self._merge(queries, number), number).ids
        rows = queries[0].limit(number).subquery()
        return read_columns(self._sql.conn, select(rows.c[1]))[0]

    def find_keys(self, ids: Sequence[int]) -> Iterator[Key]:
        """The keys of these ids, in their order, read as they are asked for."""
        for start in range(0, len(ids), _KEYS):
            part = ids[start : start + _KEYS]
            row = self._sql.conn.execute(_KEYS_OF, {"ids": json_ids(part)}).one()
            times, found = map(json.loads, row)
            time_of = dict(zip(found, times))
            yield from ((time_of[image_id], image_id) for image_id in part)

    def _choose_queries(self, start: Key | None) -> list[Select[Any]]:
        """The ordered queries that together give all files; none where no file can match."""
        rated, rarest = self._estimates.rated, self._estimates.rarest_tags
        if rated is not None:
            return [self._along_rating(rating, start) for rating in rated.ratings]
        if rarest is not None:
            return self._along_tags(rarest.tag_ids, start)
        return [self._along_dates(start)]

    def _along_rating(self, rating: int, start: Key | None) -> Select[Any]:
        conditions = [image.c.rating == rating, self._sql.base, *self._sql.conditions_of_walk]
        return self._ordered(image.c.mtime_ns, image.c.id, conditions, start)

    def _along_dates(self, start: Key | None) -> Select[Any]:
        conditions = [self._sql.base, *self._sql.conditions_of_walk, *self._date_limits]
        return self._ordered(image.c.mtime_ns, image.c.id, conditions, start)

    def _along_tags(self, tag_ids: tuple[int, ...], start: Key | None) -> list[Select[Any]]:
        """Files of each of these tags, in each table that has it."""
        by_image, by_text = text_tags.find_tables(self._sql.conn, tag_ids)
        others = [ids for ids in self._sql.tags if ids != tag_ids]
        return [
            *(self._along_tag(tag_id, others, start) for tag_id in by_image),
            *(self._along_tag_of_texts(tag_id, others, start) for tag_id in by_text),
        ]

    def _along_tag(
        self, tag_id: int, others: Sequence[tuple[int, ...]], start: Key | None
    ) -> Select[Any]:
        """``others``: the other tags, which are compared by the columns of the walked index, before
        SQLite looks up the image itself.
        """
        mtime_ns, image_id = image_tag.c.mtime_ns, image_tag.c.image_id
        conditions = [
            image_tag.c.tag_id == tag_id,
            image.c.id == image_id,
            SHOWN_UNINDEXED,
            *(has_tag_by_row(ids, mtime_ns, image_id) for ids in others),
            *self._sql.conditions_of_walk_without_tags,
        ]
        return self._ordered(mtime_ns, image_id, conditions, start)

    def _along_tag_of_texts(
        self, tag_id: int, others: Sequence[tuple[int, ...]], start: Key | None
    ) -> Select[Any]:
        """SQLite walks from quarter to quarter of an hour, and sorts the files of each."""
        quarter = text_tag.c.quarter
        conditions = [
            text_tag.c.tag_id == tag_id,
            image_text.c.text_id == text_tag.c.text_id,
            is_same_quarter(image_text.c.quarter, quarter),
            image.c.id == image_text.c.image_id,
            SHOWN_UNINDEXED,
            *map(has_tag_beside, others),
            *self._sql.conditions_of_walk_without_tags,
        ]
        if start:
            first = to_quarter(literal(start[0], BigInteger))
            conditions.append(quarter <= first if self._descending else quarter >= first)
        return self._ordered(image.c.mtime_ns, image.c.id, conditions, start, (quarter,))

    def _ordered(
        self,
        mtime_ns: ColumnElement[Any],
        image_id: ColumnElement[Any],
        conditions: list[ColumnElement[bool]],
        start: Key | None,
        before: Iterable[ColumnElement[Any]] = (),
    ) -> Select[Any]:
        """``before``: what the order begins with, where that changes nothing."""
        if start:
            conditions.append(after_value(start, mtime_ns, image_id, self._descending))
        direction = desc if self._descending else asc
        query: Select[Any] = select(mtime_ns, image_id).where(*conditions)
        query = query.order_by(*map(direction, before))
        return in_order(query, mtime_ns, image_id, self._descending, nulls=False)

    @cached_property
    def _date_limits(self) -> list[ColumnElement[bool]]:
        return [_within_dates_of(self._sql.conn, folder_ids) for folder_ids in self._sql.folders]

    def _merge(self, queries: list[Select[Any]], number: int) -> Iterator[Key]:
        """One stream of the first ``number`` files of each query, each key once."""
        # A server's driver reads all rows of a query, however few are asked for.
        streams = [stream_keys(self._sql.conn, query.limit(number)) for query in queries]
        last: Key | None = None
        for key in heapq.merge(*streams, reverse=self._descending):
            if key != last:
                yield key
            last = key


def _within_dates_of(conn: Connection, folder_ids: Iterable[int]) -> ColumnElement[bool]:
    """From the oldest to the newest file of these folders, so that a walk begins and ends there."""
    listed = ids_in(folder_ids)
    edges = []
    for edge in (func.min, func.max):
        in_one = select(edge(image.c.mtime_ns)).where(SHOWN, image.c.folder_id == listed.c.value)
        edges.append(
            conn.execute(select(edge(in_one.scalar_subquery())).select_from(listed)).scalar()
        )
    oldest, newest = edges
    return true() if oldest is None else image.c.mtime_ns.between(oldest, newest)
