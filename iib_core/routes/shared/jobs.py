"""Jobs in requests and answers: their models, and work that runs now or as a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from iib_core.core import Core
from iib_core.errors import Conflict, IIBError, NotFound
from iib_core.jobs import Job
from iib_core.routes.shared.json import JSON


class Started(BaseModel):
    """The job that does the work."""

    job_id: str


class JobRequest(BaseModel):
    """A job by its id."""

    job_id: str


class Cancelled(BaseModel):
    """Whether there was anything to cancel."""

    cancelled: bool


class JobState(BaseModel):
    """The state of a job.

    ``status`` is running, completed, failed or cancelled; ``progress`` goes from 0 to 1; a
    ``total`` of 0 is not known yet. Times are in epoch seconds.
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
    """The fields of ``JobState``."""
    return {name: getattr(job, name) for name in JobState.__annotations__}


def get_job(core: Core, job_id: str, kind: str) -> Job:
    """The job with this id and kind. Raises NotFound."""
    job = core.jobs.get(job_id)
    if job.kind != kind:
        raise NotFound(f"There is no job '{job_id[:64]}' of this kind.")
    return job


def run_or_queue(core: Core, kind: str, work: Callable[..., Any], *, background: bool) -> Response:
    """The result of ``work()``, or, with ``background``, the id of a job that calls
    ``work(progress)``.
    """
    if background:
        return JSON({"job_id": core.jobs.start(kind, work).job_id})
    return JSON(work())


def wait_or_return(
    core: Core, job: Job, *, background: bool, cancelled: str, failed: type[IIBError] = Conflict
) -> Response:
    """The result of a job that a service has started, or, with ``background``, its id.

    Raises Conflict with ``cancelled`` if the job was cancelled, see ``failure_of`` if it failed.
    """
    if background:
        return JSON({"job_id": job.job_id})
    job = core.jobs.wait(job.job_id)
    if job.status == "cancelled":
        raise Conflict(cancelled)
    if job.status == "failed":
        raise failure_of(core, job, failed)
    return JSON(job.result)


def failure_of(core: Core, job: Job, otherwise: type[IIBError], cancelled: str = "") -> IIBError:
    """The exception that ended a job.

    If it is not one of ours, ``otherwise`` with the error of the job; with ``cancelled`` if it has
    no error.
    """
    return core.jobs.failure(job.job_id) or otherwise(job.error or cancelled)
