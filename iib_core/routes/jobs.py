"""Work in the background: how far it is, and how to end it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core.core import Core
from iib_core.jobs import Job
from iib_core.routes.base import GUARDS, JSON, WRITE_GUARDS, IIBRoute, get_core

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["jobs"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["jobs"])


class JobInfo(BaseModel):
    """A job.

    ``status`` is running, completed, failed or cancelled; ``progress`` goes from 0 to 1; ``result``
    is what the same request answers at once.
    """

    job_id: str
    kind: str
    status: str
    progress: float
    stage: str
    done: int
    total: int
    message: str
    error: str
    result: Any
    created_time: float
    updated_time: float


@router.get("/jobs/{job_id}", summary="Tell how far a job is", response_model=JobInfo)
def job_status(job_id: str, core: Core = Depends(get_core)) -> Response:
    """Also of one that an earlier run of the program began."""
    return JSON(_as_dict(core.jobs.get(job_id)))


@write_router.post("/jobs/{job_id}/cancel", summary="End a job", response_model=JobInfo)
def cancel_job(job_id: str, core: Core = Depends(get_core)) -> Response:
    """Soon, not at once; one that is over stays as it is. An operation on files takes back what it did."""
    return JSON(_as_dict(core.jobs.cancel(job_id)))


def _as_dict(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in JobInfo.__annotations__}
