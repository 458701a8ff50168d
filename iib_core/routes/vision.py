"""What is in pictures: the models that see it, the pass over the library, and searches."""

from __future__ import annotations

from typing import Any

import anyio
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.errors import InvalidRequest
from iib_core.routes.models.ai import FoundByMeaning
from iib_core.routes.models.vision import (
    ContentRequest,
    VisionModelRequest,
    VisionStatus,
)
from iib_core.routes.shared import request_bodies
from iib_core.routes.shared.contents import content_limits, found_by_content
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.errors import ErrorAnswer
from iib_core.routes.shared.folders import resolve_folders
from iib_core.routes.shared.guards import GUARDS, PICTURE_GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import Started
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_FOLDERS
from iib_core.routes.shared.route import IIBRoute
from iib_core.vision.files import ModelState
from iib_core.vision.vision import Download, Status

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["vision"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["vision"])
picture_router = APIRouter(route_class=IIBRoute, dependencies=PICTURE_GUARDS, tags=["vision"])

MAX_PICTURE_BYTES = 32 << 20
_MODEL_FAILED: dict[int | str, dict[str, Any]] = {
    502: {"model": ErrorAnswer, "description": "The model failed"}
}
_PICTURE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/vision/status", summary="Tell what sees the pictures", response_model=VisionStatus)
def status(core: Core = Depends(get_core)) -> Response:
    """The models that can see what is in pictures, what is there of each, the download that runs,
    and how far the one that is used has looked.
    """
    return JSON(_describe(core, core.vision.read_status()))


@write_router.post("/vision/download", summary="Download a model that sees", response_model=Started)
def download(request: VisionModelRequest, core: Core = Depends(get_core)) -> Response:
    """Starts a job that fetches the files of a model of the program's table from their fixed
    addresses, where an earlier download ended, and verifies their sha256.
    """
    return JSON({"job_id": core.vision.download(request.name).job_id})


@write_router.post(
    "/vision/download/pause", summary="Pause the download", response_model=VisionStatus
)
def pause_download(core: Core = Depends(get_core)) -> Response:
    """What has come is kept: the next download of the model continues there."""
    core.vision.pause_download()
    return JSON(_describe(core, core.vision.read_status()))


@write_router.post("/vision/pause", summary="Pause the pass", response_model=VisionStatus)
def pause(core: Core = Depends(get_core)) -> Response:
    """No more pictures are seen until it is resumed, also after a start of the program. Searches
    find what has been seen.
    """
    core.vision.pause()
    return JSON(_describe(core, core.vision.read_status()))


@write_router.post("/vision/resume", summary="Resume the pass", response_model=VisionStatus)
def resume(core: Core = Depends(get_core)) -> Response:
    """Pictures that have not been seen are seen while nothing else is to do, the newest first."""
    core.vision.resume()
    return JSON(_describe(core, core.vision.read_status()))


@write_router.post("/vision/use", summary="Choose the model that sees", response_model=VisionStatus)
def use(request: VisionModelRequest, core: Core = Depends(get_core)) -> Response:
    """What another model has seen is kept, and used again when that one is chosen again."""
    core.vision.use(request.name)
    return JSON(_describe(core, core.vision.read_status()))


@write_router.post(
    "/vision/remove", summary="Remove a model that sees", response_model=VisionStatus
)
def remove(request: VisionModelRequest, core: Core = Depends(get_core)) -> Response:
    """Deletes its files and all that it has seen."""
    core.vision.remove(request.name)
    return JSON(_describe(core, core.vision.read_status()))


@router.post(
    "/vision/search",
    summary="Search by what is in pictures",
    response_model=FoundByMeaning,
    responses=_MODEL_FAILED,
)
def search(request: ContentRequest, core: Core = Depends(get_core)) -> Response:
    """Files that show what the words say, the nearest first."""
    folders = resolve_folders(core, request.folder_paths or [])
    limits = content_limits(core, folders, request.top_k, request.min_score, request.cursor)
    return found_by_content(core, core.contents.to_text(request.query, limits))


@picture_router.post(
    "/vision/similar",
    summary="Search by a picture",
    response_model=FoundByMeaning,
    responses=_MODEL_FAILED,
    openapi_extra=_PICTURE,
)
async def similar(
    request: Request,
    folder_paths: list[str] = Query([], description="Only in these folders"),
    top_k: int = Query(50, description="Files on a page, at most 500"),
    min_score: float = Query(-1.0, description="Lowest cosine similarity, from -1 to 1"),
    cursor: str = Query("", description="Of the page before"),
    core: Core = Depends(get_core),
) -> Response:
    """Files that show the same as a picture, which is the body of the request and is kept nowhere."""
    if len(folder_paths) > MAX_FOLDERS:
        raise InvalidRequest(f"folder_paths: at most {MAX_FOLDERS} folders are possible.")
    folders = await anyio.to_thread.run_sync(resolve_folders, core, folder_paths)
    limits = content_limits(core, folders, top_k, min_score, cursor)
    data = await request_bodies.read(
        request, timeout_s=core.config.request_timeout_s, max_bytes=MAX_PICTURE_BYTES
    )
    if not data:
        raise InvalidRequest("The body of the request is empty: send a picture.")

    def find() -> Response:
        return found_by_content(core, core.contents.to_picture(data, limits))

    return await anyio.to_thread.run_sync(find)


def _describe(core: Core, found: Status) -> dict[str, Any]:
    seen = found.seen
    left = None if seen is None else seen.total - seen.done
    has_rate = seen is not None and seen.is_working and seen.rate > 0
    return {
        "installed": not found.lacking,
        "state": _state(found),
        "reason": found.reason,
        "model": found.model.name if found.model else "",
        "done": seen.done if seen else 0,
        "total": seen.total if seen else 0,
        "rate": seen.rate if seen else 0.0,
        "seconds_left": left / seen.rate if has_rate and seen and left is not None else None,
        "waits_for": seen.waits_for if seen else "",
        "provider": found.provider,
        "models": [_model(core, state, found) for state in found.models],
        "download": _download(found.download),
    }


def _state(found: Status) -> str:
    if found.lacking:
        return "not_installed"
    if found.model is None or found.seen is None:
        return "no_model"
    if found.reason:
        return "failed"
    if found.seen.done >= found.seen.total:
        return "done"
    if found.is_paused:
        return "paused"
    return "working" if found.seen.is_working and not found.seen.waits_for else "waiting"


def _model(core: Core, state: ModelState, found: Status) -> dict[str, Any]:
    model = state.model
    return {
        "name": state.name,
        "title": model.title if model else state.name,
        "languages": model.languages if model else "",
        "licence": model.licence if model else "",
        "dimensions": model.dimensions if model else 0,
        "state": state.state,
        "reason": paths.to_text(state.reason),
        "size_bytes": model.size_bytes if model else 0,
        "received_bytes": state.received_bytes,
        "own": model is None or model.is_own,
        "used": found.model is not None and found.model.name == state.name,
        "files": [
            {
                "name": file.name,
                "path": paths.to_text(core.vision.files.path_of(file)),
                "size_bytes": file.size_bytes,
                "sha256": file.sha256,
                "address": file.address,
                "there": core.vision.files.find_file(file) is not None,
            }
            for file in (model.files if model else ())
        ],
    }


def _download(found: Download | None) -> dict[str, Any] | None:
    if found is None:
        return None
    job = found.job
    return {
        "job_id": job.job_id,
        "name": found.name,
        "status": job.status,
        "done": job.done,
        "total": job.total,
        "rate": found.rate if job.is_running else 0.0,
        "seconds_left": found.seconds_left if job.is_running else None,
        "error": job.error,
    }
