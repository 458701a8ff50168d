"""Streams of (sort key, id): where the files of a page come from."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any, TypeGuard

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, func, select, true

from iib_core.db.search.criteria_sql import SHOWN, Where, has_tag, in_tags, is_about_missing
from iib_core.db.search.cursors import Cursor, Key
from iib_core.db.search.int_columns import Keys, Numbers, read_columns
from iib_core.db.search.sorting import RANDOM, SORTS, Shuffle, after, after_date, in_order
from iib_core.db.sqlite import text_matches, unindexed, values_of
from iib_core.db.tables import image, image_tag, tag
from iib_core.search.criteria import And, Between, Criterion, HasTag, HasTagNamed, IsUnder, conjuncts

# So many files are sorted without a thought; above, an index in order is walked.
_FEW = 20_000
_MANY = 300_000
_RARE = 30_000
_MAX_MERGED = 500
_RATINGS = (1, 2, 3, 4, 5)
# Positions of the random order that are tried before all matching files are sorted by theirs.
_DRAWN = 512
_DRAWS = 20
_NOBODY = 2**62
# Files that the text index names: so few are sorted at once.
_NAMED = 5000
_FETCHED = 256
# The text index is asked about a range of ids where they stand so close together that the answer
# costs less than the texts of all.
_GAP, _SPREAD, _FEWEST = 4000, 20, 1000
# Roughly what it takes to walk past a file, to look at its text, to sort one by its date, and to
# ask the text index about all files; microseconds.
_WALK_US, _JUDGE_US, _SORT_US, _ASK_US = 0.25, 3.0, 1.2, 15_000.0


class Streams:
    """The ways to the files that meet the SQL of a search, from its cursor on.

    ``exact`` are the criteria that SQL decides, ``rest`` those that need the text. ``walks``:
    whether the order has an index to walk.
    """

    def __init__(
        self,
        conn: Connection,
        where: Where,
        exact: Criterion,
        rest: Criterion,
        sort: str,
        descending: bool,
        cursor: Cursor | None,
        seed: int,
    ) -> None:
        self._conn = conn
        self._where = where
        self._exact = exact
        self._rest = rest
        self._sort = sort
        self._descending = descending and sort != RANDOM
        self._start = cursor.key if cursor else None
        self.cursor = cursor or Cursor(
            sort, descending, (None, 0), *(self._new_shuffle(seed) if sort == RANDOM else (0, 0))
        )
        self.shuffle = Shuffle(self.cursor.seed, self.cursor.bits)
        self._conditions = [
            where.base,
            *([condition] if (condition := where.sql(And((exact, rest)))) is not None else []),
        ]

    @cached_property
    def walks(self) -> bool:
        """Whether ``walk`` comes to every file; else they are sorted on demand."""
        return self._sort == "date" and self._few is None and not self._is_about_missing

    @cached_property
    def has_index(self) -> bool:
        """Whether the text index can narrow the search down."""
        return self._indexed is not None

    def is_better_sorted(self, to_walk: float, share: float) -> bool:
        """Whether it takes less to sort all that the text index names than to walk on past ``to_walk`` files.

        Of those walked last the text index named the ``share``, 1 where it was not asked.
        """
        if not self.has_index:
            return False
        every = self._newest_id
        to_walk = min(every, to_walk)
        if self._expression is None:
            share = min(1.0, 1000 / to_walk)
            return to_walk * _JUDGE_US > _ASK_US + every * share * _SORT_US
        return to_walk * _WALK_US > _ASK_US + every * share * _SORT_US

    @cached_property
    def _few_named(self) -> list[int] | None:
        """The ids that the text index names, where they are few."""
        if self._expression is None:
            return None
        ids: list[int] = read_columns(self._conn, text_matches(self._expression).limit(_NAMED))[0].tolist()
        return ids if len(ids) < _NAMED else None

    @property
    def are_few(self) -> bool:
        """Whether the text index names so few files that nothing needs to be walked."""
        return self._few_named is not None

    def narrow(self, keys: Keys) -> Keys:
        """Those of ``keys`` that the text index names, where it can tell for less than the texts cost."""
        if self._expression is None:
            return keys
        kept = []
        for ids in _runs(np.sort(keys.ids)):
            first, last = int(ids[0]), int(ids[-1])
            is_worth_it = len(ids) >= _FEWEST and last - first <= _SPREAD * len(ids)
            kept.append(
                read_columns(self._conn, text_matches(self._expression, first, last))[0]
                if is_worth_it
                else ids
            )
        return keys.pick(np.isin(keys.ids, np.concatenate(kept)))

    def take(self, number: int) -> list[Key]:
        """The first ``number`` files in order; for searches without criteria about text."""
        if self.walks:
            return list(self.walk(self._start, number))
        found: list[Key] = []
        last = self._start
        if (
            self._sort == RANDOM
            and self._few is None
            and not (self._rarest_tags and self._rarest_tags[0] < _RARE)
        ):
            for last in self._draw():
                if last[1] != _NOBODY:
                    found.append(last)
                elif len(found) >= number:
                    return found[:number]
        return found + list(self._gather(last, None, number - len(found)))

    def walk(self, start: Key | None, number: int) -> Keys:
        """The next ``number`` files behind ``start``, in the order of their dates, along an index.

        Only where it ``walks``.
        """
        if self._rated is not None:
            rated = [self._stream(self._walk_rating(rating, start)) for rating in self._rated[1]]
            return _first(_merge(rated, self._descending), number)
        driver = self._rarest_tags[1] if self._rarest_tags else ()
        if len(driver) <= 1:
            query = self._walk_tag(driver[0], driver, start) if driver else self._walk_dates(start)
            return Keys(*read_columns(self._conn, query.limit(number)))
        streams = [self._stream(self._walk_tag(tag_id, driver, start)) for tag_id in driver]
        return _first(_merge(streams, self._descending), number)

    def gather_by_text(self, start: Key | None) -> Iterator[Key]:
        """Files behind ``start`` that the text index names, sorted."""
        return self._gather(start or self._start, self._indexed)

    def select_all(self) -> Select[Any]:
        """Id and sorted value of every file that the conditions and the text index name, in order;
        in no order for a random one, see ``shuffle``.
        """
        value = self._value
        if self._sort == RANDOM:
            return select(image.c.id).where(*self._gathered(self._indexed, most=_NOBODY))
        query = select(image.c.id, value.label("value")).where(*self._gathered(self._indexed, most=_NOBODY))
        if self._sort == "date":
            return in_order(query, value, image.c.id, self._descending, nulls=False)
        return in_order(query, unindexed(value), unindexed(image.c.id), self._descending, nulls=True)

    def count(self, at_most: int | None) -> int:
        """How many files there are, counted up to ``at_most``."""
        query = select(image.c.id).where(*self._gathered(None)).limit(at_most)
        return int(self._conn.execute(select(func.count()).select_from(query.subquery())).scalar_one())

    @cached_property
    def _value(self) -> ColumnElement[Any]:
        """What is sorted by."""
        return (
            self.shuffle.position(image.c.id)
            if self._sort == RANDOM
            else SORTS[self._sort](self._where.album_ids)
        )

    @cached_property
    def _expression(self) -> str | None:
        return self._where.expression(self._rest)

    @cached_property
    def _indexed(self) -> ColumnElement[bool] | None:
        if self._few_named is not None:
            return image.c.id.in_(values_of(self._few_named))
        return self._where.indexed(self._rest)

    @cached_property
    def _is_about_missing(self) -> bool:
        return is_about_missing(And((self._exact, self._rest)))

    @cached_property
    def _few(self) -> ColumnElement[bool] | None:
        """A condition that an index answers with few files, which are then better sorted than
        looked for along the dates.
        """
        for part in conjuncts(self._exact):
            if isinstance(part, Between) and part.field == "seed" and part.low == part.high:
                return self._where.leaf(part)
        tags = self._rarest_tags
        for part in self._folders:
            ids = self._where.folder_ids[part]
            if self._count_in(ids) < (min(_FEW, tags[0]) if tags else _FEW):
                return image.c.folder_id.in_(values_of(ids))
        return None

    @cached_property
    def _folders(self) -> list[IsUnder]:
        return [
            part
            for part in conjuncts(self._exact)
            if isinstance(part, IsUnder) and not self._where.is_everywhere(part)
        ]

    def _count_in(self, folder_ids: frozenset[int]) -> int:
        some = select(image.c.id).where(SHOWN, image.c.folder_id.in_(values_of(folder_ids))).limit(_FEW)
        return int(self._conn.execute(select(func.count()).select_from(some.subquery())).scalar_one())

    @cached_property
    def _rarest_tags(self) -> tuple[int, tuple[int, ...]] | None:
        """Of the criteria about tags the one that the fewest files meet: how many at most, and its tags."""
        found: list[tuple[int, tuple[int, ...]]] = []
        for part in conjuncts(self._exact):
            if is_tag(part) and len(self._where.tag_ids[part]) <= _MAX_MERGED:
                ids = self._where.tag_ids[part]
                total = self._conn.execute(
                    select(func.coalesce(func.sum(tag.c.count), 0)).where(tag.c.id.in_(values_of(ids)))
                ).scalar_one()
                found.append((total, ids))
        return min(found) if found else None

    @cached_property
    def _rated(self) -> tuple[ColumnElement[bool], tuple[int, ...]] | None:
        """A criterion about ratings, and the ratings that meet it, where it names fewer files than
        any tag that is asked for.
        """
        for part in conjuncts(self._exact):
            if isinstance(part, Between) and part.field == "rating":
                condition, enough = self._where.leaf(part), self._rarest_tags[0] if self._rarest_tags else 0
                some = select(image.c.id).where(condition, unindexed(image.c.shown) == 1).limit(enough)
                if (
                    not enough
                    or self._conn.execute(select(func.count()).select_from(some.subquery())).scalar_one()
                    < enough
                ):
                    return condition, tuple(
                        rating
                        for rating in _RATINGS
                        if (part.low or 0) <= rating <= (_RATINGS[-1] if part.high is None else part.high)
                    )
        return None

    def _walk_rating(self, rating: int, start: Key | None) -> Select[Any]:
        """Files of one rating by their dates, along the index of both."""
        conditions = [image.c.rating == rating, *self._conditions]
        if start:
            conditions.append(after_date(start, image.c.mtime_ns, image.c.id, self._descending))
        query = select(image.c.mtime_ns, image.c.id).where(*conditions)
        return in_order(query, image.c.mtime_ns, image.c.id, self._descending, nulls=False)

    def _walk_tag(self, tag_id: int, driver: tuple[int, ...], start: Key | None) -> Select[Any]:
        mtime_ns, image_id = image_tag.c.mtime_ns, image_tag.c.image_id
        conditions = [unindexed(image.c.shown) == 1]
        for part in conjuncts(self._exact):
            # Other tags are asked for by the columns of the walked index, before the image itself
            # is looked up.
            if is_tag(part):
                if self._where.tag_ids[part] != driver:
                    conditions.append(has_tag(self._where.tag_ids[part], mtime_ns, image_id))
            elif (condition := self._where.sql(part)) is not None:
                conditions.append(condition)
        if (rest := self._where.sql(self._rest)) is not None:
            conditions.append(rest)
        if start:
            conditions.append(after_date(start, mtime_ns, image_id, self._descending))
        query = select(mtime_ns, image_id).where(
            image_tag.c.tag_id == tag_id, image.c.id == image_id, *conditions
        )
        return in_order(query, mtime_ns, image_id, self._descending, nulls=False)

    def _walk_dates(self, start: Key | None) -> Select[Any]:
        conditions = [*self._conditions, *self._date_limits]
        if start:
            conditions.append(after_date(start, image.c.mtime_ns, image.c.id, self._descending))
        query = select(image.c.mtime_ns, image.c.id).where(*conditions)
        return in_order(query, image.c.mtime_ns, image.c.id, self._descending, nulls=False)

    @cached_property
    def _date_limits(self) -> list[ColumnElement[bool]]:
        return [self._within_dates_of(self._where.folder_ids[part]) for part in self._folders]

    def _within_dates_of(self, folder_ids: frozenset[int]) -> ColumnElement[bool]:
        """Not newer than the newest file of these folders nor older than their oldest, so that the
        walk begins and ends with them.
        """
        listed = func.json_each("[" + ",".join(map(str, folder_ids)) + "]").table_valued("value")
        edges = []
        for edge in (func.min, func.max):
            of_one = (
                select(edge(image.c.mtime_ns))
                .where(SHOWN, image.c.folder_id == listed.c.value)
                .scalar_subquery()
            )
            edges.append(self._conn.execute(select(edge(of_one)).select_from(listed)).scalar())
        oldest, newest = edges
        return true() if oldest is None else image.c.mtime_ns.between(oldest, newest)

    def _gather(
        self, start: Key | None, indexed: ColumnElement[bool] | None, limit: int | None = None
    ) -> Iterator[Key]:
        """Files that meet the conditions, sorted now; with a ``limit`` only the first are, which
        takes much less.
        """
        value = self._value
        query = select(value, image.c.id).where(*self._gathered(indexed))
        if start:
            query = query.where(after(start, value, image.c.id, self._descending))
        return self._run(
            in_order(query, unindexed(value), unindexed(image.c.id), self._descending, nulls=True).limit(
                limit
            )
        )

    def _gathered(self, indexed: ColumnElement[bool] | None, most: int = _MANY) -> list[ColumnElement[bool]]:
        """All conditions, with the one in front that names the fewest files; tags are that only
        where they name less than ``most``.
        """
        driver = self._few if indexed is None else indexed
        conditions = self._conditions[1:]
        if driver is None and self._rated is not None:
            driver = self._rated[0]
        if driver is None and self._rarest_tags and self._rarest_tags[0] < most:
            driver = in_tags(self._rarest_tags[1])
            conditions = self._list_conditions(self._rarest_tags[1])
        if driver is None or self._is_about_missing:
            return [self._conditions[0], *conditions, *([] if driver is None else [driver])]
        # Without a plain "shown = 1" the planner can choose none of the indexes by date.
        return [driver, unindexed(image.c.shown) == 1, *conditions]

    def _list_conditions(self, without: tuple[int, ...]) -> list[ColumnElement[bool]]:
        """What the criteria say, but for one about the tags ``without``."""
        parts = [
            part
            for part in conjuncts(And((self._exact, self._rest)))
            if not (is_tag(part) and self._where.tag_ids[part] == without)
        ]
        return [condition for part in parts if (condition := self._where.sql(part)) is not None]

    def _draw(self) -> Iterator[Key]:
        """Files at the next positions of the random order; keys of nobody only tell how far it came."""
        position = int(str(self._start[0])) + 1 if self._start else 0
        conditions = (
            self._conditions
            if self._is_about_missing
            else [unindexed(image.c.shown) == 1, *self._conditions[1:]]
        )
        end = 1 << self.cursor.bits
        for _ in range(_DRAWS):
            at = {self.shuffle.id_at(p): p for p in range(position, min(position + _DRAWN, end))}
            query = select(image.c.id).where(image.c.id.in_(values_of(at)), *conditions)
            yield from sorted((at[row[0]], row[0]) for row in self._conn.execute(query))
            position += len(at)
            yield position - 1, _NOBODY

    @cached_property
    def _newest_id(self) -> int:
        return int(self._conn.execute(select(func.max(image.c.id))).scalar() or 1)

    def _new_shuffle(self, seed: int) -> tuple[int, int]:
        return seed or random.SystemRandom().randrange(1, 2**53), max(2, self._newest_id.bit_length())

    def _run(self, query: Select[Any]) -> Iterator[Key]:
        """All rows at once where those are whole numbers."""
        return iter(Keys(*read_columns(self._conn, query))) if self._sort == "date" else self._stream(query)

    def _stream(self, query: Select[Any]) -> Iterator[Key]:
        for part in self._conn.execute(query).partitions(_FETCHED):
            yield from map(tuple, part)


def is_tag(criterion: Criterion) -> TypeGuard[HasTag | HasTagNamed]:
    """Whether it is about tags, and about nothing else."""
    return isinstance(criterion, (HasTag, HasTagNamed))


def _runs(ids: Numbers) -> list[Numbers]:
    """Sorted ids, cut where one is far from the next."""
    return np.split(ids, np.flatnonzero(np.diff(ids) > _GAP) + 1) if len(ids) else []


def _first(keys: Iterator[Key], number: int) -> Keys:
    """The first ``number`` of a stream, packed."""
    found = np.array(list(islice(keys, number)), dtype=np.int64).reshape(-1, 2)
    return Keys(found[:, 0], found[:, 1])


def _merge(streams: list[Iterator[Key]], descending: bool) -> Iterator[Key]:
    """One stream of several, each key once."""
    last: Key | None = None
    for key in heapq.merge(*streams, reverse=descending):
        if key != last:
            yield key
        last = key
