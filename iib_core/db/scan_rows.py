"""Rows that a scan compares with the disk: the files of one folder, and files that may be the same
one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from iib_core.db import folders
from iib_core.db.bulk import json_ids, json_rows
from iib_core.db.sqlite import join_ids


class KnownFile(NamedTuple):
    """A row as a scan compares it with the disk.

    ``reader``: the version of the code that read it; ``indexed_ns``: when.
    """

    id: int
    name: str
    mtime_ns: int
    size_bytes: int
    is_missing: bool
    reader: int
    indexed_ns: int


class Twin(NamedTuple):
    """A row that may be of the same file as one at another path."""

    id: int
    path: str
    mtime_ns: int
    size_bytes: int
    fingerprint: bytes | None


_COLUMNS = (
    "i.id, i.name, i.mtime_ns, i.size_bytes, i.missing_ns IS NOT NULL, i.reader, i.indexed_ns"
)


def load_folder(conn: Connection, folder_id: int) -> dict[str, KnownFile]:
    """The rows of one folder, without those below, by name."""
    result = conn.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM image i WHERE i.folder_id = ?", (folder_id,)
    )
    # The driver's own rows: a scan reads a hundred thousand of them, and tuples are enough.
    rows = result.cursor.fetchall() if result.cursor is not None else []
    return {row[1]: KnownFile._make(row) for row in rows}


def load_files(conn: Connection, paths: Iterable[str]) -> dict[str, KnownFile]:
    """The rows of these files by path; files that are not indexed are left out."""
    locations = folders.find_locations(conn, paths)
    result = conn.exec_driver_sql(
        f"SELECT i.folder_id, {_COLUMNS} FROM json_each(?) x "
        "CROSS JOIN image i ON i.folder_id = json_extract(x.value, '$[0]') AND i.name = "
        "json_extract(x.value, '$[1]')",
        (json_rows(locations.values()),),
    )
    rows = {(row[0], row[2]): KnownFile(*row[1:]) for row in result}
    return {path: rows[location] for path, location in locations.items() if location in rows}


def load_present_ids(conn: Connection, folder_ids: Iterable[int]) -> list[int]:
    """Ids of the rows in these folders that are not marked missing."""
    rows = conn.exec_driver_sql(
        f"SELECT i.id FROM {join_ids('image i', 'i.folder_id')} WHERE i.missing_ns IS NULL",
        (json_ids(folder_ids),),
    )
    return [row[0] for row in rows]


def keep_missing(conn: Connection, ids: Iterable[int]) -> list[int]:
    """Those of the ids whose rows are marked missing."""
    rows = conn.exec_driver_sql(
        f"SELECT i.id FROM {join_ids('image i', 'i.id')} WHERE i.missing_ns IS NOT NULL",
        (json_ids(ids),),
    )
    return [row[0] for row in rows]


def load_some_ids(conn: Connection, folder_ids: Iterable[int], limit: int) -> list[int]:
    """At most ``limit`` ids of the rows in these folders."""
    rows = conn.exec_driver_sql(
        f"SELECT i.id FROM {join_ids('image i', 'i.folder_id')} LIMIT ?",
        (json_ids(folder_ids), limit),
    )
    return [row[0] for row in rows]


def find_twins(conn: Connection, states: Iterable[tuple[int, int]]) -> list[Twin]:
    """Rows with one of these (mtime_ns, size_bytes), missing or not."""
    twins = (
        "SELECT i.id, f.path, i.name, i.mtime_ns, i.size_bytes, i.fingerprint FROM json_each(?) x CROSS "
        "JOIN image i "
        "ON i.mtime_ns = json_extract(x.value, '$[0]') AND i.size_bytes = json_extract(x.value, '$[1]') "
        "CROSS JOIN folder f ON f.id = i.folder_id WHERE "
    )
    batch = json_rows(set(states))
    # Not as one: the rows of a UNION are of no column, and ``places`` would not know of their paths.
    rows = [
        row
        for condition in ("i.shown = 1", "i.missing_ns IS NOT NULL")
        for row in conn.exec_driver_sql(twins + condition, (batch,))
    ]
    return [Twin(row[0], os.path.join(row[1], row[2]), *row[3:]) for row in rows]
