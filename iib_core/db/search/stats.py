"""Statistics of the library: files by day, by media type and by tag, and their size.

They are added up from what the database keeps count of, without a look at the files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from iib_core.db.search.criteria_sql import SearchSql
from iib_core.db.sqlite import values_of
from iib_core.db.tables import folder_quarter, tag
from iib_core.search.criteria import Criterion, InFolder, conjuncts

# The condition of the index of tags by their counts.
NO_PROMPT = tag.c.category != literal_column("'prompt'")


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

    ``criterion`` must be about folders alone.
    """
    kept = folder_quarter.c
    query = (
        select(kept.quarter, func.sum(kept.files), func.sum(kept.size_bytes))
        .where(*_in_folders(conn, criterion))
        .group_by(kept.quarter)
        .order_by(kept.quarter.desc())
    )
    return [Quarter(*row) for row in conn.execute(query)]


def add_up_months(days: Iterable[Bucket]) -> list[Bucket]:
    """Days added up to months (``2025-03``), newest first."""
    return _add_up((day.name.rsplit("-", 1)[0], day.count, day.size_bytes) for day in days)


def count_by_media(conn: Connection, criterion: Criterion) -> list[Bucket]:
    """Files by media type, the most frequent first. ``criterion`` as for ``count_by_quarter``."""
    kept = folder_quarter.c
    query = (
        select(kept.media, func.sum(kept.files), func.sum(kept.size_bytes))
        .where(*_in_folders(conn, criterion))
        .group_by(kept.media)
    )
    return sorted((Bucket(*row) for row in conn.execute(query)), key=lambda bucket: -bucket.count)


def count(conn: Connection, criterion: Criterion) -> int:
    """The number of files; ``criterion`` as for ``count_by_quarter``."""
    query = select(func.coalesce(func.sum(folder_quarter.c.files), 0))
    return int(conn.execute(query.where(*_in_folders(conn, criterion))).scalar_one())


def is_about_folders(criterion: Criterion) -> bool:
    """Whether a criterion is about folders alone."""
    return all(isinstance(part, InFolder) for part in conjuncts(criterion))


def count_by_tag(conn: Connection, category: str, limit: int) -> list[Bucket]:
    """The tags of a category (model, source, size ...; not prompt) with the most files."""
    query = (
        select(tag.c.name, tag.c.count)
        .where(tag.c.category == category, NO_PROMPT, tag.c.count > 0)
        .order_by(tag.c.count.desc(), tag.c.key)
        .limit(limit)
    )
    return [Bucket(*row) for row in conn.execute(query)]


def _in_folders(conn: Connection, criterion: Criterion) -> list[ColumnElement[bool]]:
    folders = SearchSql(conn, criterion).folders
    return [folder_quarter.c.folder_id.in_(values_of(folder_ids)) for folder_ids in folders]


def _add_up(rows: Iterable[tuple[str, int, int]]) -> list[Bucket]:
    sums: dict[str, tuple[int, int]] = {}
    for name, count, size_bytes in rows:
        count_before, bytes_before = sums.get(name, (0, 0))
        sums[name] = count_before + count, bytes_before + size_bytes
    return [Bucket(name, *sums[name]) for name in sorted(sums, reverse=True)]
