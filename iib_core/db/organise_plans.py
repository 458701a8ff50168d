"""Facts that files are organised by, and plans that move them into folders, stored until they are
carried out or a day has passed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from iib_core.db import images, places, tags
from iib_core.db.bulk import json_ids
from iib_core.db.fts import as_text
from iib_core.db.prompts import FolderScope
from iib_core.db.sqlite import join_ids
from iib_core.db.tables import organise_plan

READY, MOVING, DONE, CANCELLED = "ready", "moving", "done", "cancelled"
KEPT_S = 24 * 3600


_COLUMNS = (
    "i.id, f.path, i.name, i.mtime_ns, i.media, i.model, i.source, i.sampler, i.width_px, "
    "i.height_px, i.rating"
)


@dataclass(frozen=True)
class Facts:
    """A file and the facts that it can be organised by. ``tag``: the first of its custom tags by
    name.
    """

    path: str
    mtime_ns: int
    media: str
    model: str | None
    source: str | None
    sampler: str | None
    width_px: int | None
    height_px: int | None
    rating: int | None
    tag: str | None = None


@dataclass(frozen=True)
class StoredPlan:
    """A plan.

    ``state``: ready, moving, done or cancelled. ``move_job_id`` and ``operation_id`` are set when
    it is confirmed, ``result`` when it has ended.
    """

    job_id: str
    state: str
    plan: Any
    created_ns: int
    move_job_id: str
    operation_id: str
    result: Any

    @property
    def expires_time(self) -> float:
        """The time until which it can be confirmed, in epoch seconds."""
        return self.created_ns / 1e9 + KEPT_S


def list_facts(conn: Connection, scope: FolderScope) -> list[Facts]:
    """Every file that is shown, by path."""
    rows = conn.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM image i CROSS JOIN folder f ON f.id = i.folder_id "
        f"WHERE i.shown = 1 {scope.sql}",
        scope.parameters,
    ).all()
    return sorted(_facts(conn, rows), key=lambda facts: facts.path)


def find_facts(conn: Connection, paths: Iterable[str]) -> dict[str, Facts]:
    """The facts of those of ``paths`` that are indexed, by path."""
    ids = images.find_ids(conn, paths)
    rows = conn.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM {join_ids('image i', 'i.id')} "
        "CROSS JOIN folder f ON f.id = i.folder_id",
        (json_ids(ids.values()),),
    ).all()
    return {facts.path: facts for facts in _facts(conn, rows)}


def _facts(conn: Connection, rows: Sequence[Any]) -> list[Facts]:
    first_tags = _first_tags(conn, [row[0] for row in rows])
    return [
        Facts(
            os.path.join(row[1], row[2]),
            row[3],
            row[4],
            row[5],
            row[6],
            row[7],
            row[8],
            row[9],
            row[10],
            first_tags.get(row[0]),
        )
        for row in rows
    ]


def _first_tags(conn: Connection, image_ids: list[int]) -> dict[int, str]:
    rows = conn.exec_driver_sql(
        "SELECT it.image_id, t.name "
        f"FROM {join_ids('image_tag it', 'it.image_id')} AND it.custom = 1 "
        "CROSS JOIN tag t ON t.id = it.tag_id AND t.type = ? "
        "ORDER BY t.key DESC, t.id DESC",
        (json_ids(image_ids), tags.CUSTOM),
    )
    return {row[0]: row[1] for row in rows}


def save(conn: Connection, job_id: str, plan: Any) -> None:
    """Store a plan that is ready, and delete plans that are too old to be confirmed."""
    conn.execute(
        delete(organise_plan).where(
            organise_plan.c.created_ns < time.time_ns() - KEPT_S * 10**9,
            organise_plan.c.state != MOVING,
        )
    )
    values = {
        "job_id": job_id,
        "state": READY,
        "plan": json.dumps(places.stored_value(conn, plan)),
        "created_ns": time.time_ns(),
        "move_job_id": "",
        "operation_id": "",
    }
    conn.execute(insert(organise_plan).values(**values))


def find(conn: Connection, job_id: str) -> StoredPlan | None:
    """The plan that this job made."""
    row = (
        conn.execute(select(organise_plan).where(organise_plan.c.job_id == as_text(job_id)))
        .mappings()
        .first()
    )
    return StoredPlan(**{**row, "plan": json.loads(row["plan"])}) if row else None


def list_moving(conn: Connection) -> list[StoredPlan]:
    """Plans that are being carried out."""
    rows = conn.execute(select(organise_plan).where(organise_plan.c.state == MOVING)).mappings()
    return [StoredPlan(**{**row, "plan": json.loads(row["plan"])}) for row in rows]


def begin(conn: Connection, job_id: str, operation_id: str, move_job_id: str) -> bool:
    """Mark a READY plan as MOVING for this job; False if it is not ready, as when another job got
    it first.
    """
    ready = (organise_plan.c.job_id == job_id) & (organise_plan.c.state == READY)
    return bool(
        conn.execute(
            update(organise_plan)
            .where(ready)
            .values(state=MOVING, operation_id=operation_id, move_job_id=move_job_id)
        ).rowcount
    )


def set_state(conn: Connection, job_id: str, state: str, **values: Any) -> None:
    """Change the state of a plan."""
    values = places.stored_value(conn, values)
    conn.execute(
        update(organise_plan).where(organise_plan.c.job_id == job_id).values(state=state, **values)
    )
