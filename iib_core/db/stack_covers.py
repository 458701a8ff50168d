"""Covers of stacks that users have chosen."""

from __future__ import annotations

from sqlalchemy import Connection


def choose(conn: Connection, image_id: int, kind: str, now_ns: int) -> None:
    """Make a file the cover of its stack of this kind, instead of what was chosen before."""
    conn.exec_driver_sql(
        "INSERT OR REPLACE INTO stack_cover(image_id, kind, chosen_ns) VALUES (?, ?, ?)",
        (image_id, kind, now_ns),
    )


def unchoose(conn: Connection, image_id: int, kind: str) -> None:
    """Take a choice back: what was chosen before it holds again."""
    conn.exec_driver_sql(
        "DELETE FROM stack_cover WHERE image_id = ? AND kind = ?", (image_id, kind)
    )
