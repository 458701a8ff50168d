"""Custom tags that files get while they are indexed, by the user's rules."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from iib_core.db import tags


def give(conn: Connection, wanted: Iterable[tuple[str, int]]) -> None:
    """Give custom tags, by name, to images: (name, image id). Tags that are not there yet are made."""
    ids: dict[str, list[int]] = {}
    for name, image_id in wanted:
        ids.setdefault(name, []).append(image_id)
    for name, image_ids in ids.items():
        tags.assign(conn, tags.create_custom(conn, name).id, image_ids)
