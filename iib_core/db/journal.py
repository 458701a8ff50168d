"""The journal of file operations: what is going to be done, written before, and how it ended."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, exists, insert, select, update

from iib_core.db import places
from iib_core.db.bulk import insert_many
from iib_core.db.tables import operation, operation_step, resolved
from iib_core.errors import LeaseLost

RUNNING, DONE, FAILED, UNDONE, EMPTYING, EMPTIED = (
    "running",
    "done",
    "failed",
    "undone",
    "emptying",
    "emptied",
)


@dataclass(frozen=True)
class Operation:
    """One operation.

    ``state``: running, done, failed (nothing changed), undone, emptying or emptied (its trash).
    ``strict``: all of it is done or nothing. ``count``: files and folders that were asked for and
    done. ``owner``: the process. ``left_steps``: positions of steps that were not done.
    ``user_name``: who asked for it, "" if that is not known; ``machine``: where.
    """

    id: str
    kind: str
    state: str
    owner: str
    created_ns: int
    count: int
    strict: bool
    undoable: bool
    undoes: str | None
    trashed_bytes: int | None
    summary: str
    message: str = ""
    left_steps: tuple[int, ...] = ()
    user_name: str = ""
    machine: str = ""


class Step(NamedTuple):
    """One change of one name; paths as on the disk.

    ``size_bytes``, ``mtime_ns`` and ``inode`` distinguish the file at ``source`` from another one
    of that name. Steps of one ``group`` are done together or not at all; group 0 prepares for all
    others.
    """

    kind: str
    source: str
    target: str
    size_bytes: int
    mtime_ns: int
    inode: int
    group: int


def add(conn: Connection, row: Operation, steps: Sequence[Step]) -> None:
    """Write an operation and its steps before it begins."""
    summary = places.stored_summary(conn, row.summary)
    values = {**vars(row), "summary": summary, "left_steps": list(row.left_steps)}
    conn.execute(insert(operation).values(**values))
    columns = "operation_id, position, kind, source, target, size_bytes, mtime_ns, inode, part"
    rows = [_step_values(conn, row.id, position, step) for position, step in enumerate(steps)]
    insert_many(conn, f"INSERT INTO operation_step({columns})", rows)


def _step_values(
    conn: Connection, operation_id: str, position: int, step: Step
) -> tuple[object, ...]:
    source, target = (places.stored_bytes(conn, path) for path in (step.source, step.target))
    identity = (step.size_bytes, step.mtime_ns, step.inode)
    return operation_id, position, step.kind, source, target, *identity, step.group


def note_written(
    conn: Connection, operation_id: str, position: int, size_bytes: int, mtime_ns: int, inode: int
) -> None:
    """Write the identity of a step's file, which did not exist yet when the step was planned."""
    is_step = (operation_step.c.operation_id == operation_id) & (
        operation_step.c.position == position
    )
    conn.execute(
        update(operation_step)
        .where(is_step)
        .values(size_bytes=size_bytes, mtime_ns=mtime_ns, inode=inode)
    )


def finish(
    conn: Connection,
    operation_id: str,
    state: str,
    *,
    count: int,
    undoable: bool,
    summary: str,
    message: str,
    left_steps: Iterable[int],
    owner: str,
) -> None:
    """Write how an operation ended. Raises LeaseLost if it is no longer that owner's."""
    values = {
        "state": state,
        "count": count,
        "undoable": undoable,
        "summary": places.stored_summary(conn, summary),
        "message": message,
        "left_steps": list(left_steps),
    }
    own = (operation.c.id == operation_id) & (operation.c.owner == owner)
    if not conn.execute(update(operation).where(own).values(**values)).rowcount:
        raise LeaseLost


def take_over(conn: Connection, row: Operation, owner: str) -> bool:
    """Give an unfinished operation to another owner. Returns False if a third one was faster."""
    unfinished = (
        (operation.c.id == row.id)
        & (operation.c.state == RUNNING)
        & (operation.c.owner == row.owner)
    )
    return bool(conn.execute(update(operation).where(unfinished).values(owner=owner)).rowcount)


def load_steps_of_others(conn: Connection, owner: str) -> list[Step]:
    """The steps of all operations that run, or are unfinished, but those of ``owner``."""
    running = (operation.c.state == RUNNING) & (operation.c.owner != owner)
    ids = conn.execute(select(operation.c.id).where(running)).scalars().all()
    return [step for operation_id in ids for step in load_steps(conn, operation_id)]


def split(conn: Connection, row: Operation, positions: Collection[int], part: Operation) -> None:
    """Give some done steps of an operation to ``part``, a new one, so that these can be undone
    alone.
    """
    steps = load_steps(conn, row.id)
    add(conn, part, [steps[position] for position in sorted(positions)])
    left = {
        "count": row.count - part.count,
        "trashed_bytes": (row.trashed_bytes or 0) - (part.trashed_bytes or 0),
        "left_steps": sorted({*row.left_steps, *positions}),
    }
    conn.execute(update(operation).where(operation.c.id == row.id).values(**left))


def set_state(conn: Connection, operation_id: str, state: str, *, undoable: bool = False) -> None:
    """Change the state of an operation that has ended."""
    conn.execute(
        update(operation)
        .where(operation.c.id == operation_id)
        .values(state=state, undoable=undoable)
    )


def find(conn: Connection, operation_id: str) -> Operation | None:
    """The operation with this id."""
    return next(iter(_load(conn, operation.c.id == operation_id)), None)


def list_newest(conn: Connection, limit: int, user: str | None = None) -> list[Operation]:
    """The ``limit`` newest operations, newest first; with ``user`` only those of that name."""
    return _load(conn, None if user is None else operation.c.user_name == user, limit)


def list_in_state(conn: Connection, *states: str) -> list[Operation]:
    """Operations in one of these states, newest first."""
    return _load(conn, operation.c.state.in_(states))


def list_in_trash(conn: Connection, before_ns: int | None = None) -> list[Operation]:
    """Operations whose files are in the trash, newest first; with ``before_ns`` only older ones."""
    wanted = operation.c.trashed_bytes.is_not(None) & operation.c.state.in_((DONE, EMPTYING))
    return _load(
        conn, wanted if before_ns is None else wanted & (operation.c.created_ns < before_ns)
    )


def load_steps(conn: Connection, operation_id: str) -> list[Step]:
    """The steps of an operation in their order."""
    rows = conn.exec_driver_sql(
        "SELECT kind, source, target, size_bytes, mtime_ns, inode, part FROM operation_step WHERE "
        "operation_id = ? ORDER BY position",
        (operation_id,),
    )
    return [Step(row[0], os.fsdecode(row[1]), os.fsdecode(row[2]), *row[3:]) for row in rows]


def has_before(conn: Connection, before_ns: int) -> bool:
    """Whether there are operations older than ``before_ns``."""
    query = select(operation.c.id).where(operation.c.created_ns < before_ns).limit(1)
    return conn.execute(query).first() is not None


def forget_before(conn: Connection, before_ns: int) -> None:
    """Delete old operations with their steps; those that run or have files in the trash stay."""
    over = operation.c.state.in_((FAILED, UNDONE, EMPTIED)) | (
        (operation.c.state == DONE) & operation.c.trashed_bytes.is_(None)
    )
    conn.execute(delete(operation).where(operation.c.created_ns < before_ns, over))
    for part in (operation_step, resolved):
        conn.execute(delete(part).where(~exists().where(operation.c.id == part.c.operation_id)))


_NEWEST_FIRST = select(operation).order_by(operation.c.created_ns.desc(), operation.c.id.desc())


def _load(
    conn: Connection, condition: ColumnElement[bool] | None, limit: int | None = None
) -> list[Operation]:
    query = _NEWEST_FIRST if condition is None else _NEWEST_FIRST.where(condition)
    return [_operation(row) for row in conn.execute(query.limit(limit)).mappings()]


def _operation(row: RowMapping) -> Operation:
    values = {
        **row,
        "strict": bool(row["strict"]),
        "undoable": bool(row["undoable"]),
        "left_steps": tuple(row["left_steps"]),
    }
    return Operation(**values)
