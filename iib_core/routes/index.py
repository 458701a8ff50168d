"""The index: bring it up to date, see how far that is, end it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Optional, Union

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.errors import Conflict
from iib_core.index.indexer import REBUILD, UPDATE
from iib_core.jobs import Job
from iib_core.routes.base import GUARDS, JSON, WRITE_GUARDS, IIBRoute, get_core
from iib_core.routes.models import MAX_FOLDERS, at_most
from iib_core.search import library, query

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["index"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["index"])


class Start(BaseModel):
    """Whether to answer at once instead of when all is done."""

    background: bool = False


class Started(BaseModel):
    """The job that does the work."""

    job_id: str


class Outcome(BaseModel):
    """What was done, in files.

    ``updated`` were read again, ``skipped`` are as they were, ``missing`` are newly found to be
    gone.
    """

    added: int
    updated: int
    moved: int
    missing: int
    removed: int
    skipped: int
    errors: int
    seconds: float


class Problem(BaseModel):
    """A file that could not be taken into the index, and why."""

    path: str
    error: str


class IndexStatus(BaseModel):
    """How far the present update is.

    ``stage`` is idle, waiting, scanning or reading; ``total`` 0 means not known yet; ``message``
    says where it stalls. ``errors`` are counts by reason, ``problems`` the files, at most 100:
    those of the present update, else those that are left from the ones before.
    """

    running: bool
    job_id: str
    stage: str
    done: int
    total: int
    message: str
    rate: float
    seconds_left: Optional[float]
    errors: dict[str, int]
    problems: list[Problem]
    watched: list[str]
    polled: list[str]
    last: Optional[Outcome]


class ForgetRequest(BaseModel):
    """Which missing files: those that ``query`` finds, in or below ``folder_paths``; all where
    neither is given. ``dry_run`` counts only.
    ``expected_count``: how many of them are to be gone, so that nothing is forgotten that nobody has seen.
    """

    query: str = ""
    folder: str = ""
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    dry_run: bool = True
    expected_count: Optional[int] = None
    background: bool = False


class Forgotten(BaseModel):
    """``count`` files were, or would be, taken out of the index; ``marked`` of them have tags,
    stars or albums, which are kept for 90 days. ``unreachable`` missing files stay: their drive is
    away, or their folder cannot be read.
    """

    dry_run: bool
    count: int
    marked: int
    unreachable: int


class Cancelled(BaseModel):
    """Whether there was something to end."""

    cancelled: bool


@write_router.post(
    "/db/update_image_data", summary="Bring the index up to date", response_model=Union[Outcome, Started]
)
def update_image_data(request: Optional[Start] = None, core: Core = Depends(get_core)) -> Response:
    """Reads what is new or changed on the disk and marks what is gone."""
    return _run(core, UPDATE, request)


@write_router.post(
    "/db/rebuild_index", summary="Read every file again", response_model=Union[Outcome, Started]
)
def rebuild_index(request: Optional[Start] = None, core: Core = Depends(get_core)) -> Response:
    """As an update, but what is unchanged is read again as well. Tags stay."""
    return _run(core, REBUILD, request)


@router.get("/db/index_status", summary="Tell how far the index is", response_model=IndexStatus)
def index_status(core: Core = Depends(get_core)) -> Response:
    """Stage, files done and in all, files a second, seconds left, and failures counted by reason and by name."""
    watcher = core.watcher
    answer: dict[str, Any] = asdict(core.index.status)
    job_id = answer["job_id"] = core.index.job_id
    answer["running"] = bool(job_id)
    answer["message"] = core.jobs.get(job_id).message if job_id else ""
    answer["watched"] = [paths.to_text(root) for root in watcher.watched] if watcher else []
    answer["polled"] = [paths.to_text(root) for root in watcher.polled] if watcher else []
    problems = [problem for problem in core.index.problems if core.access.allows(problem.path)]
    answer["problems"] = [
        {"path": paths.to_text(problem.path), "error": problem.reason} for problem in problems
    ]
    answer["last"] = asdict(core.index.last) if core.index.last else None
    return JSON(answer)


@write_router.post("/db/index_cancel", summary="End an update", response_model=Cancelled)
def index_cancel(core: Core = Depends(get_core)) -> Response:
    """What was indexed stays; the next update goes on from there."""
    return JSON({"cancelled": core.index.cancel()})


@write_router.post(
    "/db/forget_missing",
    summary="Forget files that are gone from the disk",
    response_model=Union[Forgotten, Started],
)
def forget_missing(request: Optional[ForgetRequest] = None, core: Core = Depends(get_core)) -> Response:
    """Counts them, and with ``dry_run`` false takes them out of the index.

    A file that comes back within 90 days has its marks again.
    """
    request = request or ForgetRequest()
    named = [*(request.folder_paths or ()), *filter(None, [request.folder])]
    folders = [core.access.resolve(path) for path in named]
    criterion = query.parse(request.query)
    library.find(
        core.db, core.access, criterion, folders, size=1
    )  # what cannot be searched for is refused here and not by the job
    criterion = library.scoped(criterion, core.access, folders)
    job = core.missing.start(criterion, dry_run=request.dry_run, expected=request.expected_count)
    return _answer(
        core,
        job,
        background=request.background,
        cancelled="It was cancelled: what was forgotten until then stays so.",
    )


def _run(core: Core, kind: str, request: Optional[Start]) -> Response:
    is_background = request is not None and request.background
    cancelled = "The update was cancelled: what was indexed until then stays."
    return _answer(core, core.index.start(kind), background=is_background, cancelled=cancelled)


def _answer(core: Core, job: Job, *, background: bool, cancelled: str) -> Response:
    """The job's id, or its result once it is over. Raises what ended it, Conflict where that is unknown."""
    if background:
        return JSON({"job_id": job.job_id})
    job = core.jobs.wait(job.job_id)
    if job.status != "completed":
        raise core.jobs.failure(job.job_id) or Conflict(job.error or cancelled)
    return JSON(job.result)
