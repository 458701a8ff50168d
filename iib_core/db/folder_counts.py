"""How many files folders have: one query for the whole library."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from iib_core.db.bulk import json_ids
from iib_core.db.folders import NOT_ON_DISK
from iib_core.db.sqlite import join_ids


class FolderCount(NamedTuple):
    """A folder of the disk with its own files: those that are shown, and those that are missing."""

    path: str
    shown: int
    missing: int


def count_all(conn: Connection) -> list[FolderCount]:
    """Every folder that has files in the index."""
    # Each half is a scan of an index of its own, of all files by folder and of the missing ones:
    # the plus signs keep SQLite from other indexes, with which it takes ten times as long.
    rows = conn.exec_driver_sql(
        "SELECT f.path, sum(n.shown), sum(n.missing) FROM ("
        "SELECT folder_id, count(*) AS shown, 0 AS missing FROM image WHERE +shown = 1 "
        "GROUP BY folder_id UNION ALL "
        "SELECT folder_id, 0, count(*) FROM image WHERE missing_ns IS NOT NULL "
        "AND substr(name, 1, 1) <> '.' GROUP BY +folder_id) n "
        "CROSS JOIN folder f ON f.id = n.folder_id GROUP BY n.folder_id"
    )
    return [FolderCount(*row) for row in rows if not row[0].startswith(NOT_ON_DISK)]


def count_shown(conn: Connection, folder_ids: Iterable[int]) -> dict[int, int]:
    """The number of shown files directly in each of these folders; those without are left out."""
    rows = conn.exec_driver_sql(
        f"SELECT i.folder_id, count(*) FROM {join_ids('image i', 'i.folder_id')} AND i.shown = 1 "
        "GROUP BY i.folder_id",
        (json_ids(folder_ids),),
    )
    return {row[0]: row[1] for row in rows}
