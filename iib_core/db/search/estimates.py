"""Estimates: how many files satisfy each part of a search."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select

from iib_core.db.search.criteria_sql import SHOWN, SHOWN_UNINDEXED, SearchSql, is_tag
from iib_core.db.search.leaves import LEAVES, SqlLeaf, exact_sql
from iib_core.db.sqlite import values_of
from iib_core.db.tables import image, tag
from iib_core.search.criteria import Between, conjuncts

# Up to this many candidates are sorted in memory; above it an ordered index is walked.
_MAX_SORTED = 20_000
# An index by tag is walked for each tag of a criterion, up to this many.
_MAX_MERGED = 500
_RATINGS = (1, 2, 3, 4, 5)


class RarestTags(NamedTuple):
    """The criterion about tags that the fewest files meet: at most this number of ``files`` have
    one of its tags.
    """

    files: int
    tag_ids: tuple[int, ...]


class Rated(NamedTuple):
    """A criterion about ratings, and the ratings that satisfy it."""

    condition: ColumnElement[bool]
    ratings: tuple[int, ...]


class Estimates:
    """Estimates for the exact criteria of one search; each is read when it is first used."""

    def __init__(self, sql: SearchSql) -> None:
        self._sql = sql
        self._conn = sql.conn

    @cached_property
    def few(self) -> ColumnElement[bool] | None:
        """A condition that an index answers with so few files that sorting them is less work than
        walking along the dates; None if there is none.
        """
        if self._one_seed is not None:
            return self._one_seed
        return self._few_folders if self._few_folders is not None else self._few_listed

    @cached_property
    def rarest_tags(self) -> RarestTags | None:
        """The criterion about tags that excludes the most files; None where none is asked for."""
        choices = [
            RarestTags(self._count_tagged(tag_ids), tag_ids)
            for tag_ids in self._sql.tags
            if len(tag_ids) <= _MAX_MERGED
        ]
        return min(choices) if choices else None

    @cached_property
    def rated(self) -> Rated | None:
        """A criterion about ratings, if fewer files satisfy it than have any tag that is asked for."""
        for part in conjuncts(self._sql.exact):
            if isinstance(part, Between) and part.field == "rating":
                condition = exact_sql(self._sql.names, part)
                if self._is_rarer_than_tags(condition):
                    return Rated(condition, _ratings_in(part))
        return None

    @cached_property
    def newest_id(self) -> int:
        """The highest id of an image, about the number of files; 1 in an empty library."""
        return int(self._conn.execute(select(func.max(image.c.id))).scalar() or 1)

    @cached_property
    def _one_seed(self) -> ColumnElement[bool] | None:
        for part in conjuncts(self._sql.exact):
            if isinstance(part, Between) and part.field == "seed" and part.low == part.high:
                return exact_sql(self._sql.names, part)
        return None

    @cached_property
    def _few_folders(self) -> ColumnElement[bool] | None:
        limit = min(_MAX_SORTED, self.rarest_tags.files) if self.rarest_tags else _MAX_SORTED
        for folder_ids in self._sql.folders:
            in_folders = image.c.folder_id.in_(values_of(folder_ids))
            if self._count(select(image.c.id).where(SHOWN, in_folders).limit(_MAX_SORTED)) < limit:
                return in_folders
        return None

    @cached_property
    def _few_listed(self) -> ColumnElement[bool] | None:
        """The files of a criterion other than one about tags, where an index lists few of them."""
        limit = min(_MAX_SORTED, self.rarest_tags.files) if self.rarest_tags else _MAX_SORTED
        for part in conjuncts(self._sql.exact):
            entry = LEAVES.get(type(part))
            if is_tag(part) or not isinstance(entry, SqlLeaf) or entry.image_ids is None:
                continue
            listed = entry.image_ids(self._sql.names, part)
            if self._count(listed.limit(_MAX_SORTED)) < limit:
                return image.c.id.in_(listed)
        return None

    def _is_rarer_than_tags(self, condition: ColumnElement[bool]) -> bool:
        limit = self.rarest_tags.files if self.rarest_tags else 0
        if not limit:
            return True
        return (
            self._count(select(image.c.id).where(condition, SHOWN_UNINDEXED).limit(limit)) < limit
        )

    def _count_tagged(self, tag_ids: Iterable[int]) -> int:
        total = select(func.coalesce(func.sum(tag.c.count), 0)).where(
            tag.c.id.in_(values_of(tag_ids))
        )
        return int(self._conn.execute(total).scalar_one())

    def _count(self, query: Select[Any]) -> int:
        return int(
            self._conn.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        )


def _ratings_in(leaf: Between) -> tuple[int, ...]:
    low = leaf.low or 0
    high = _RATINGS[-1] if leaf.high is None else leaf.high
    return tuple(rating for rating in _RATINGS if low <= rating <= high)
