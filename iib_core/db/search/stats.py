"""Statistics of the library: files by day, by media type and by tag, and their size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from iib_core.db.search.criteria_sql import SearchSql
from iib_core.db.search.sorting import to_quarter
from iib_core.db.tables import image, tag
from iib_core.search.criteria import Criterion


@dataclass(frozen=True)
class Bucket:
    """The files of one day, month, media type or tag."""

    name: str
    count: int
    size_bytes: int = 0


class Quarter(NamedTuple):
    """The files of a quarter of an hour; ``quarter`` counts since 1970."""

    quarter: int
    files: int
    size_bytes: int


def count_by_quarter(conn: Connection, criterion: Criterion) -> list[Quarter]:
    """Files by quarter of an hour, newest first; quarters without any are left out.

    ``criterion`` must not be about text.
    """
    quarter = to_quarter(image.c.mtime_ns)
    query = (
        select(quarter, func.count(), func.sum(image.c.size_bytes))
        .where(*_conditions(conn, criterion))
        .group_by(quarter)
    )
    return sorted(Quarter(*row) for row in conn.execute(query))[::-1]


def add_up_months(days: Iterable[Bucket]) -> list[Bucket]:
    """Days added up to months (``2025-03``), newest first."""
    return _add_up((day.name.rsplit("-", 1)[0], day.count, day.size_bytes) for day in days)


def count_by_media(conn: Connection, criterion: Criterion) -> list[Bucket]:
    """Files by media type, the most frequent first."""
    query = (
        select(image.c.media, func.count(), func.sum(image.c.size_bytes))
        .where(*_conditions(conn, criterion))
        .group_by(image.c.media)
    )
    return sorted((Bucket(*row) for row in conn.execute(query)), key=lambda bucket: -bucket.count)


def count_by_tag(conn: Connection, category: str, limit: int) -> list[Bucket]:
    """The tags of a category (model, source, size ...) with the most files."""
    query = (
        select(tag.c.name, tag.c.count)
        .where(tag.c.category == category, tag.c.count > 0)
        .order_by(tag.c.count.desc(), tag.c.key)
        .limit(limit)
    )
    return [Bucket(*row) for row in conn.execute(query)]


def _conditions(conn: Connection, criterion: Criterion) -> list[ColumnElement[bool]]:
    sql = SearchSql(conn, criterion)
    return [sql.base, *sql.conditions]


def _add_up(rows: Iterable[tuple[str, int, int]]) -> list[Bucket]:
    sums: dict[str, tuple[int, int]] = {}
    for name, count, size_bytes in rows:
        count_before, bytes_before = sums.get(name, (0, 0))
        sums[name] = count_before + count, bytes_before + size_bytes
    return [Bucket(name, *sums[name]) for name in sorted(sums, reverse=True)]
