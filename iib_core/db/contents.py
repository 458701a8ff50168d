"""Which files a model has seen. Their vectors are in files of their own, by image id.

An id may be given to another file once its own is gone, and a file may change: a vector is only good
where a row of its model says that it was made from the file as it is now.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from iib_core.db.bulk import insert_many, json_ids

_SEEN = "i.shown = 1 AND i.media IN ('image', 'video')"
_ROW = "c.model_id = ? AND c.image_id = i.id AND c.mtime_ns = i.mtime_ns AND c.size_bytes = i.size_bytes"


class Unseen(NamedTuple):
    """A file that a model has not seen as it is now."""

    image_id: int
    path: str
    mtime_ns: int
    size_bytes: int


def find_model(conn: Connection, key: str) -> int:
    """The id of a model; 0 where it has seen nothing."""
    row = conn.exec_driver_sql("SELECT id FROM vision_model WHERE key = ?", (key,)).first()
    return 0 if row is None else int(row[0])


def ensure_model(conn: Connection, key: str) -> int:
    """The id of a model, a new one if it is unknown."""
    conn.exec_driver_sql("INSERT OR IGNORE INTO vision_model(key) VALUES (?)", (key,))
    return find_model(conn, key)


def remove_model(conn: Connection, key: str) -> None:
    """Forget what a model has seen."""
    model_id = find_model(conn, key)
    conn.exec_driver_sql("DELETE FROM content WHERE model_id = ?", (model_id,))
    conn.exec_driver_sql("DELETE FROM vision_model WHERE id = ?", (model_id,))


def count(conn: Connection, model_id: int) -> tuple[int, int]:
    """How many pictures and videos the model has seen, and how many there are."""
    done = conn.exec_driver_sql(
        f"SELECT count(*) FROM content c CROSS JOIN image i ON {_ROW} WHERE c.model_id = ? AND {_SEEN}",
        (model_id, model_id),
    ).scalar_one()
    total = conn.exec_driver_sql(f"SELECT count(*) FROM image i WHERE {_SEEN}").scalar_one()
    return int(done), int(total)


def list_unseen(
    conn: Connection, model_id: int, before: tuple[int, int], limit: int
) -> list[Unseen]:
    """At most ``limit`` pictures and videos that the model has not seen, behind (mtime_ns, id) in
    the order of the newest first.
    """
    rows = conn.exec_driver_sql(
        "SELECT i.id, f.path, i.name, i.mtime_ns, i.size_bytes FROM image i CROSS JOIN folder f "
        f"ON f.id = i.folder_id LEFT JOIN content c ON {_ROW} WHERE i.shown = 1 AND "
        "(i.mtime_ns, i.id) < (?, ?) AND i.media IN ('image', 'video') AND c.image_id IS NULL "
        "ORDER BY i.mtime_ns DESC, i.id DESC LIMIT ?",
        (model_id, *before, limit),
    )
    return [Unseen(row[0], os.path.join(row[1], row[2]), row[3], row[4]) for row in rows]


def store(conn: Connection, model_id: int, rows: Iterable[tuple[Unseen, bool]]) -> None:
    """Note that the model has seen files as they were, and whether each has a vector."""
    insert_many(
        conn,
        "INSERT OR REPLACE INTO content(model_id, image_id, mtime_ns, size_bytes, has_vector)",
        [
            (model_id, file.image_id, file.mtime_ns, file.size_bytes, int(has_vector))
            for file, has_vector in rows
        ],
    )


def find_good(conn: Connection, model_id: int, ids: Iterable[int]) -> set[int]:
    """Those of these files whose vector is good."""
    rows = conn.exec_driver_sql(
        "SELECT i.id FROM json_each(?) x CROSS JOIN image i ON i.id = x.value CROSS JOIN content c "
        f"ON {_ROW} WHERE i.shown = 1 AND c.has_vector = 1",
        (json_ids(ids), model_id),
    )
    return {row[0] for row in rows}


def list_with_vector(conn: Connection, model_id: int) -> NDArray[np.int64]:
    """Ids of all rows with a vector, ascending, whatever has become of their files."""
    rows = conn.exec_driver_sql(
        "SELECT image_id FROM content WHERE model_id = ? AND has_vector = 1 ORDER BY image_id",
        (model_id,),
    ).all()
    return np.fromiter((row[0] for row in rows), np.int64, len(rows))


def forget(conn: Connection, model_id: int, ids: Sequence[int]) -> None:
    """Remove rows of a model: their files are seen again."""
    conn.exec_driver_sql(
        "DELETE FROM content WHERE model_id = ? AND image_id IN (SELECT value FROM json_each(?))",
        (model_id, json_ids(ids)),
    )
