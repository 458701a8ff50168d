"""What models think of pictures as a number, by kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from iib_core.db.bulk import insert_many, json_ids
from iib_core.db.sqlite import join_ids

AESTHETIC, NSFW = "aesthetic", "nsfw"


def store(conn: Connection, kind: str, values: Iterable[tuple[int, float]]) -> None:
    """Set the scores of images, as (image id, value)."""
    insert_many(
        conn,
        "INSERT OR REPLACE INTO score(kind, image_id, value)",
        [(kind, image_id, value) for image_id, value in values],
    )


def remove_kind(conn: Connection, kind: str) -> None:
    """Forget all scores of a kind."""
    conn.exec_driver_sql("DELETE FROM score WHERE kind = ?", (kind,))


def find(conn: Connection, image_ids: Iterable[int]) -> Mapping[int, Mapping[str, float]]:
    """The scores of images, by kind; those without any are left out."""
    found: dict[int, dict[str, float]] = {}
    for kind in (AESTHETIC, NSFW):
        rows = conn.exec_driver_sql(
            f"SELECT s.image_id, s.value FROM {join_ids('score s', 's.image_id')} WHERE s.kind = ?",
            (json_ids(image_ids), kind),
        )
        for image_id, value in rows:
            found.setdefault(image_id, {})[kind] = value
    return found
