"""Tags that a model has given to pictures, with its confidence. They are apart from all other tags:
none of these is changed by them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from iib_core.db import parameters
from iib_core.db.bulk import insert_many, json_ids


class MachineTag(NamedTuple):
    """A tag as the model calls it, its category, and how sure the model is, from 0 to 1."""

    name: str
    category: str
    confidence: float


def store(conn: Connection, given: Iterable[tuple[int, Sequence[MachineTag]]]) -> None:
    """Replace the tags of images, as (image id, tags)."""
    given = list(given)
    distinct = {tag.name: tag.category for _, tags in given for tag in tags}
    insert_many(
        conn,
        "INSERT OR IGNORE INTO machine_tag(name, key, category)",
        [(name, parameters.key(name), category) for name, category in distinct.items()],
    )
    rows = conn.exec_driver_sql(
        "SELECT t.name, t.id FROM json_each(?) x CROSS JOIN machine_tag t ON t.name = x.value",
        (json.dumps(list(distinct)),),
    )
    ids = {row[0]: row[1] for row in rows}
    conn.exec_driver_sql(
        "DELETE FROM image_machine_tag WHERE image_id IN (SELECT value FROM json_each(?))",
        (json_ids([image_id for image_id, _ in given]),),
    )
    links = [(ids[tag.name], image_id, tag.confidence) for image_id, tags in given for tag in tags]
    insert_many(
        conn,
        "INSERT OR REPLACE INTO image_machine_tag(tag_id, image_id, confidence)",
        sorted(links),
    )


def list_of(conn: Connection, image_id: int) -> list[MachineTag]:
    """The tags of an image, the surest first."""
    rows = conn.exec_driver_sql(
        "SELECT t.name, t.category, l.confidence FROM image_machine_tag l CROSS JOIN machine_tag t "
        "ON t.id = l.tag_id WHERE l.image_id = ? ORDER BY l.confidence DESC, t.name",
        (image_id,),
    )
    return [MachineTag(*row) for row in rows]


def find_ids(conn: Connection, name: str) -> list[int]:
    """The ids of the tags of a name: ``long_hair`` and ``long hair`` are one."""
    rows = conn.exec_driver_sql(
        "SELECT id FROM machine_tag WHERE key = ? ORDER BY id", (parameters.key(name),)
    )
    return list(rows.scalars())


def remove_all(conn: Connection) -> None:
    """Forget all tags that models have given."""
    conn.exec_driver_sql("DELETE FROM image_machine_tag")
    conn.exec_driver_sql("DELETE FROM machine_tag")
