"""The index: starts and cancels updates, and shows their progress."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Optional, Union

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.index.indexer import REBUILD, UPDATE
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.folders import resolve_folders
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import Cancelled, Started, wait_or_return
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_FOLDERS, Problem, at_most
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.searches import TZ, parse_query
from iib_core.search import days, library

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["index"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["index"])


class UpdateRequest(BaseModel):
    """Whether to answer at once, with a job, instead of when the update is done. ``folder``: only
    this folder of the library and those below it.
    """

    background: bool = False
    folder: str = ""


class UpdateOutcome(BaseModel):
    """The outcome of an update, in numbers of files.

    ``updated`` were read again, ``skipped`` have not changed, ``missing`` are gone since the last
    update.
    """

    added: int
    updated: int
    moved: int
    missing: int
    removed: int
    skipped: int
    errors: int
    seconds: float


class IndexStatus(BaseModel):
    """The progress of the present update.

    ``stage`` is idle, waiting, scanning or reading; a ``total`` of 0 is not known yet; ``message``
    says what a stalled update waits for. ``errors`` counts failures by reason, ``problems`` lists
    at most 100 of the files: those of the present update, otherwise those left from earlier ones.
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
    last: Optional[UpdateOutcome]


class ForgetRequest(BaseModel):
    """The missing files that ``query`` finds in or below ``folder_paths``; all of them if neither
    is given.

    ``dry_run``: only count them. ``expected_count``: how many there must be, so that no file is
    forgotten that the user has not seen.
    """

    query: str = ""
    tz: str = Field("", description=TZ)
    folder: str = ""
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    dry_run: bool = True
    expected_count: Optional[int] = None
    background: bool = False


class Forgotten(BaseModel):
    """``count`` files were removed from the index, or would be with ``dry_run``; ``marked`` of them
    have marks, which are kept for 90 days. ``unreachable`` missing files stay: their drive is
    offline, or their folder cannot be read.
    """

    dry_run: bool
    count: int
    marked: int
    unreachable: int


@write_router.post(
    "/db/update_image_data",
    summary="Update the index",
    response_model=Union[UpdateOutcome, Started],
)
def update_image_data(
    request: Optional[UpdateRequest] = None, core: Core = Depends(get_core)
) -> Response:
    """Reads new and changed files of the disk, and marks files that are gone as missing."""
    return _run(core, UPDATE, request)


@write_router.post(
    "/db/rebuild_index",
    summary="Read every file again",
    response_model=Union[UpdateOutcome, Started],
)
def rebuild_index(
    request: Optional[UpdateRequest] = None, core: Core = Depends(get_core)
) -> Response:
    """An update that reads unchanged files again too. Marks are kept."""
    return _run(core, REBUILD, request)


@router.get("/db/index_status", summary="Get the status of the index", response_model=IndexStatus)
def index_status(core: Core = Depends(get_core)) -> Response:
    """Stage, number of files done and in total, files per second, seconds left, and failures by
    reason.
    """
    watcher = core.watcher
    answer: dict[str, Any] = asdict(core.index.status)
    job_id = answer["job_id"] = core.index.job_id
    answer["running"] = bool(job_id)
    answer["message"] = core.jobs.get(job_id).message if job_id else ""
    answer["watched"] = [paths.to_text(root) for root in watcher.watched] if watcher else []
    answer["polled"] = [paths.to_text(root) for root in watcher.polled] if watcher else []
    answer["problems"] = [
        {"path": paths.to_text(problem.path), "error": problem.reason}
        for problem in core.index.problems
        if core.access.allows(problem.path)
    ]
    answer["last"] = asdict(core.index.last) if core.index.last else None
    return JSON(answer)


@write_router.post("/db/index_cancel", summary="Cancel an update", response_model=Cancelled)
def index_cancel(core: Core = Depends(get_core)) -> Response:
    """Files that were indexed until then stay indexed; the next update continues from there."""
    return JSON({"cancelled": core.index.cancel()})


@write_router.post(
    "/db/forget_missing",
    summary="Forget missing files",
    response_model=Union[Forgotten, Started],
)
def forget_missing(
    request: Optional[ForgetRequest] = None, core: Core = Depends(get_core)
) -> Response:
    """Counts them, and with ``dry_run`` false removes them from the index.

    A file that is back within 90 days gets its marks back.
    """
    request = request or ForgetRequest(tz="")
    named = [*(request.folder_paths or ()), *filter(None, [request.folder])]
    folders = resolve_folders(core, named, must_exist=False)
    criterion = parse_query(core, request.query, days.find_zone(request.tz))
    # An invalid query is refused here, before the job starts.
    library.find(core.db, core.access, criterion, folders, size=1)
    criterion = library.scoped(criterion, core.access, folders)
    job = core.missing.start(criterion, dry_run=request.dry_run, expected=request.expected_count)
    cancelled = "It was cancelled: the files that were forgotten until then stay forgotten."
    return wait_or_return(core, job, background=request.background, cancelled=cancelled)


def _run(core: Core, kind: str, request: Optional[UpdateRequest]) -> Response:
    is_background = request is not None and request.background
    cancelled = "The update was cancelled: the files that were indexed until then stay indexed."
    if request is not None and request.folder:
        job = core.index.start_below(kind, core.access.resolve(request.folder))
    else:
        job = core.index.start(kind)
    return wait_or_return(core, job, background=is_background, cancelled=cancelled)
