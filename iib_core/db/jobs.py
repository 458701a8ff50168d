"""Background jobs as they last reported, so that they outlive their process."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from iib_core.db import places
from iib_core.db.engine import Database
from iib_core.db.fts import as_text
from iib_core.db.tables import job

KEPT = 200


class JobTable:
    """The store of ``jobs.Jobs``: records are the fields of a job by name."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def save(self, record: Mapping[str, Any]) -> None:
        """Insert or replace one job; a new one displaces the oldest."""
        with self._db.write(is_patient=True) as conn:
            _save(conn, record)

    def find(self, job_id: str) -> Mapping[str, Any] | None:
        """The record of one job."""
        with self._db.read() as conn:
            found = conn.execute(_RECORDS.where(job.c.job_id == as_text(job_id)))
            row = found.mappings().first()
        return dict(row) if row else None

    def newest(self, kind: str) -> Mapping[str, Any] | None:
        """The record of the job of that kind that was started last."""
        with self._db.read() as conn:
            row = (
                conn.execute(
                    _RECORDS.where(job.c.kind == kind).order_by(job.c.created_time.desc()).limit(1)
                )
                .mappings()
                .first()
            )
        return dict(row) if row else None

    def list_running(self, kinds: Collection[str]) -> Sequence[Mapping[str, Any]]:
        """The records of the jobs of these kinds that have not ended, or whose process has died."""
        wanted = job.c.kind.in_(list(kinds)) & (job.c.status == "running")
        with self._db.read() as conn:
            return [dict(row) for row in conn.execute(_RECORDS.where(wanted)).mappings()]

    def cancel(self, job_id: str) -> None:
        """Ask the process that runs a job to cancel it."""
        with self._db.write() as conn:
            conn.execute(update(job).where(job.c.job_id == job_id).values(is_cancelled=1))

    def list_cancelled(self, job_ids: Collection[str]) -> Sequence[str]:
        """Those of the jobs that another process has cancelled."""
        wanted = job.c.job_id.in_(list(job_ids)) & (job.c.is_cancelled == 1)
        with self._db.read() as conn:
            return conn.execute(select(job.c.job_id).where(wanted)).scalars().all()


_RECORDS = select(*(column for column in job.c if column.name != "is_cancelled"))
_REPLACE = update(job).where(job.c.job_id == bindparam("saved_id"))
_ADD = insert(job)
_KEPT = select(job.c.job_id).order_by(job.c.created_time.desc()).limit(KEPT)
_FORGET = delete(job).where(job.c.status != "running", job.c.job_id.not_in(_KEPT))


def _save(conn: Connection, record: Mapping[str, Any]) -> None:
    values = {name: places.stored_value(conn, record[name]) for name in ("params", "result")}
    record = {**record, **values}
    if conn.execute(_REPLACE, {**record, "saved_id": record["job_id"]}).rowcount:
        return
    conn.execute(_ADD, record)
    conn.execute(_FORGET)
