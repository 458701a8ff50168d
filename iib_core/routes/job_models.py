"""Jobs as clients ask after them. Plain fields, for pydantic 1 and 2."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from iib_core.core import Core
from iib_core.errors import NotFound
from iib_core.jobs import Job


class Started(BaseModel):
    """The job that does the work."""

    job_id: str


class JobRequest(BaseModel):
    """A job by its id."""

    job_id: str


class JobState(BaseModel):
    """How far a job is.

    ``status``: running, completed, failed or cancelled; ``progress`` from 0 to 1; ``total`` 0 is
    not known. Times: epoch seconds.
    """

    job_id: str
    status: str
    progress: float
    stage: str
    done: int
    total: int
    message: str
    error: str
    created_time: float
    updated_time: float


def state_of(job: Job) -> dict[str, Any]:
    """The fields of JobState."""
    return {name: getattr(job, name) for name in JobState.__annotations__}


def get_job(core: Core, job_id: str, kind: str) -> Job:
    """The job of that kind. Raises NotFound."""
    job = core.jobs.get(job_id)
    if job.kind != kind:
        raise NotFound(f"There is no job '{job_id[:64]}' of this kind.")
    return job
