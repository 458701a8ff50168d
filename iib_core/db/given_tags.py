"""Tags that the autotag rules gave to files that were in the index already: which run of them gave
what, so that it can be undone.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from iib_core.db import tags
from iib_core.db.bulk import json_ids
from iib_core.db.fts import as_text
from iib_core.db.sqlite import join_ids
from iib_core.db.tables import given_tag

# Runs that can be undone.
KEPT_RUNS = 20


class TaggableRow(NamedTuple):
    """What autotag rules look at, of one shown file."""

    id: int
    folder: str
    name: str
    prompt: str
    negative: str
    model: str
    sampler: str
    source: str
    media: str
    width_px: int | None
    height_px: int | None
    size_bytes: int


@dataclass(frozen=True)
class Run:
    """A run of the rules, and how often it gave a tag."""

    id: str
    created_ns: int
    count: int


def load_rows(conn: Connection, before_id: int, limit: int) -> list[TaggableRow]:
    """At most ``limit`` shown files with ids below ``before_id``, the newest in the index first."""
    rows = conn.exec_driver_sql(
        "SELECT i.id, f.path, i.name, t.prompt, "
        "t.negative, coalesce(i.model, ''), "
        "coalesce(i.sampler, ''), coalesce(i.source, ''), i.media, i.width_px, i.height_px, "
        "i.size_bytes FROM image i CROSS JOIN image_body t ON t.image_id = i.id "
        "CROSS JOIN folder f ON f.id = i.folder_id "
        "WHERE i.id < ? AND +i.shown = 1 ORDER BY i.id DESC LIMIT ?",
        (before_id, limit),
    )
    return [TaggableRow(*row) for row in rows]


def give(conn: Connection, run_id: str, name: str, image_ids: Sequence[int]) -> int:
    """Give the tag of this name to images, and remember which of them did not have it. Returns how
    many these are.
    """
    tag_id = tags.create_custom(conn, name).id
    had = _having(conn, tag_id, image_ids)
    new = [image_id for image_id in image_ids if image_id not in had]
    if new:
        tags.assign(conn, tag_id, new)
        conn.execute(
            insert(given_tag).values(
                run_id=run_id, created_ns=time.time_ns(), tag_id=tag_id, image_ids=new
            )
        )
    return len(new)


def _having(conn: Connection, tag_id: int, image_ids: Collection[int]) -> set[int]:
    rows = conn.exec_driver_sql(
        f"SELECT it.image_id FROM {join_ids('image_tag it', 'it.image_id')} "
        "AND it.custom = 1 AND it.tag_id = ?",
        (json_ids(image_ids), tag_id),
    )
    return {row[0] for row in rows}


def list_runs(conn: Connection) -> list[Run]:
    """The runs that gave anything, the last one first."""
    total = func.sum(func.json_array_length(given_tag.c.image_ids))
    first = func.min(given_tag.c.created_ns)
    rows = conn.execute(
        select(given_tag.c.run_id, first, total)
        .group_by(given_tag.c.run_id)
        .order_by(func.max(given_tag.c.id).desc())
    )
    return [Run(*row) for row in rows]


def forget_old(conn: Connection) -> None:
    """Forget all but the last runs."""
    old = [run.id for run in list_runs(conn)[KEPT_RUNS:]]
    if old:
        conn.execute(delete(given_tag).where(given_tag.c.run_id.in_(old)))


def undo_batch(conn: Connection, run_id: str) -> int | None:
    """Remove the tags of one batch of a run, and forget it. Returns how many there were, None if
    there is no batch left.
    """
    row = conn.execute(
        select(given_tag.c.id, given_tag.c.tag_id, given_tag.c.image_ids)
        .where(given_tag.c.run_id == run_id)
        .order_by(given_tag.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    removed = tags.unassign(conn, row.tag_id, row.image_ids)
    conn.execute(delete(given_tag).where(given_tag.c.id == row.id))
    return removed


def batches(conn: Connection, run_id: str) -> int:
    """The number of batches of a run."""
    rows = conn.execute(select(func.count()).where(given_tag.c.run_id == as_text(run_id)))
    return int(rows.scalar_one())


def iterate(conn: Connection, limit: int) -> Iterator[list[TaggableRow]]:
    """All shown files, ``limit`` at a time, the newest in the index first."""
    rows = load_rows(conn, 2**63 - 1, limit)
    while rows:
        yield rows
        rows = load_rows(conn, rows[-1].id, limit)
