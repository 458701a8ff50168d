"""Groups of files that the user has called no duplicates of each other."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import Connection

from iib_core.db.bulk import insert_many


def add(conn: Connection, image_ids: Iterable[int]) -> int:
    """Remember that no two of these files are duplicates. Returns the number of the group."""
    ids = sorted(set(image_ids))
    last = conn.exec_driver_sql("SELECT coalesce(max(group_id), 0) FROM not_duplicate").scalar_one()
    now = time.time_ns()
    rows = [(int(last) + 1, image_id, now) for image_id in ids]
    insert_many(conn, "INSERT INTO not_duplicate(group_id, image_id, created_ns)", rows)
    return int(last) + 1


def remove(conn: Connection, group_id: int) -> bool:
    """Forget a group. Whether there was one."""
    gone = conn.exec_driver_sql("DELETE FROM not_duplicate WHERE group_id = ?", (group_id,))
    return bool(gone.rowcount)


def load(conn: Connection) -> dict[int, list[int]]:
    """Image ids by group, the newest group first."""
    groups: dict[int, list[int]] = {}
    rows = conn.exec_driver_sql(
        "SELECT group_id, image_id FROM not_duplicate ORDER BY group_id DESC, image_id"
    )
    for group_id, image_id in rows:
        groups.setdefault(group_id, []).append(image_id)
    return groups
