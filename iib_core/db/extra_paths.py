"""Folders that were added to the library while the program ran. Paths are as ``paths.to_text``
gives them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from iib_core.db import places
from iib_core.db.tables import extra_path


@dataclass(frozen=True)
class ExtraPath:
    """A folder.

    ``types`` are spelled as they were given; ``is_removed`` while its rows are being deleted from
    the index.
    """

    path: str
    types: tuple[str, ...]
    alias: str
    added_ns: int
    is_removed: bool = False


_COLUMNS = (
    extra_path.c.path,
    extra_path.c.types,
    extra_path.c.alias,
    extra_path.c.added_ns,
    extra_path.c.removed_ns,
)


def list_all(conn: Connection) -> list[ExtraPath]:
    """Every folder, in the order in which they were added."""
    rows = conn.execute(select(*_COLUMNS).order_by(extra_path.c.added_ns, extra_path.c.path))
    return [ExtraPath(row[0], tuple(row[1]), row[2], row[3], row[4] is not None) for row in rows]


def find(conn: Connection, path: str) -> ExtraPath | None:
    """The folder of this path."""
    return next((extra for extra in list_all(conn) if extra.path == path), None)


def put(conn: Connection, path: str, types: tuple[str, ...], alias: str | None = None) -> None:
    """Insert or change a folder; None keeps its alias. A folder that was being removed is active
    again.
    """
    values = {
        "types": list(types),
        "removed_ns": None,
        **({} if alias is None else {"alias": alias}),
    }
    stored = places.stored(conn, path)
    if not conn.execute(
        update(extra_path).where(extra_path.c.path == stored).values(values)
    ).rowcount:
        conn.execute(
            insert(extra_path).values(
                {"path": stored, "alias": "", "added_ns": time.time_ns(), **values}
            )
        )


def mark_removed(conn: Connection, path: str) -> None:
    """Deactivate a folder; its rows are still to be deleted from the index."""
    stored = places.stored(conn, path)
    conn.execute(
        update(extra_path).where(extra_path.c.path == stored).values(removed_ns=time.time_ns())
    )


def remove(conn: Connection, path: str) -> None:
    """Delete a folder."""
    conn.execute(delete(extra_path).where(extra_path.c.path == places.stored(conn, path)))
