"""Custom tags that files get while they are indexed: by the user's rules, or with the file that they are a copy of."""

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


def copy(conn: Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """Give images the custom tags of others: (id of the one that has them, id of the one that gets them)."""
    copies = list(pairs)
    owned = tags.list_custom_of(conn, [source for source, _ in copies])
    for source, image_id in copies:
        for tag in owned.get(source, []):
            tags.assign(conn, tag.id, [image_id])
