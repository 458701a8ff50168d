"""Jobs: their progress, and how to cancel them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from iib_core.core import Core
from iib_core.jobs import Job
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import JobState, state_of
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.route import IIBRoute

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["jobs"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["jobs"])


class JobInfo(JobState):
    """The state of a job. ``result`` is the answer that the request would have had without a job."""

    kind: str
    result: Any


@router.get("/jobs/{job_id}", summary="Get the state of a job", response_model=JobInfo)
def job_status(job_id: str, core: Core = Depends(get_core)) -> Response:
    """Includes jobs of earlier runs of the program."""
    return JSON(_as_dict(core.jobs.get(job_id)))


@write_router.post("/jobs/{job_id}/cancel", summary="Cancel a job", response_model=JobInfo)
def cancel_job(job_id: str, core: Core = Depends(get_core)) -> Response:
    """Takes effect soon, not at once. A finished job does not change. An operation on files is
    reversed.
    """
    return JSON(_as_dict(core.jobs.cancel(job_id)))


def _as_dict(job: Job) -> dict[str, Any]:
    return {**state_of(job), "kind": job.kind, "result": job.result}
