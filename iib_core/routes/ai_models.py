"""The models that run here: their state, and the download of sentence models."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from iib_core import paths
from iib_core.ai.model_files import SentenceModel
from iib_core.core import Core
from iib_core.errors import Conflict
from iib_core.jobs import Job, Progress
from iib_core.routes.models.ai import DownloadState, ModelRequest, Models
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import JobRequest, Started, get_job, state_of
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.route import IIBRoute

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["ai"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["ai"])

DOWNLOAD = "model_download"


@router.get("/ai/models", summary="List the models that a request may name", response_model=Models)
def list_models(core: Core = Depends(get_core)) -> Response:
    """The models that run here, those of the settings, and those that the service lists."""
    return JSON(
        {
            "models": core.ai.list_models(),
            "embedding_model": core.ai.embedding_model(None),
            "sentence_models": [_describe(core, model) for model in core.sentences.files.models],
            "download": _newest_download(core),
        }
    )


@write_router.post(
    "/ai/models/download", summary="Download a sentence model", response_model=Started
)
def download(request: ModelRequest, core: Core = Depends(get_core)) -> Response:
    """Starts a job that downloads the missing files of one model and verifies their sha256. It
    continues a download that was interrupted.
    """
    model = core.sentences.files.get_model(request.name)
    running = core.jobs.find_newest(DOWNLOAD)
    if running is not None and running.is_running:
        raise Conflict("A model is being downloaded: wait for it, or cancel it.")

    def work(progress: Progress, *, name: str) -> str:
        return core.sentences.files.download(progress, core.sentences.files.get_model(name))

    return JSON({"job_id": core.jobs.start(DOWNLOAD, work, name=model.name).job_id})


@router.get(
    "/ai/models/download", summary="Get the state of a download", response_model=DownloadState
)
def download_state(
    job_id: str = Query(..., description="Id of the job"), core: Core = Depends(get_core)
) -> Response:
    """``done`` and ``total`` are bytes."""
    return JSON(_state(get_job(core, job_id, DOWNLOAD)))


@write_router.post(
    "/ai/models/download/cancel", summary="Cancel a download", response_model=DownloadState
)
def cancel_download(request: JobRequest, core: Core = Depends(get_core)) -> Response:
    """What was downloaded until then is kept, and the next download continues there."""
    job = get_job(core, request.job_id, DOWNLOAD)
    if job.is_running:
        core.jobs.cancel(job.job_id)
    return JSON(_state(job))


def _newest_download(core: Core) -> dict[str, Any] | None:
    job = core.jobs.find_newest(DOWNLOAD)
    if job is None:
        return None
    names = ("job_id", "status", "done", "total", "error")
    known = {name: getattr(job, name) for name in names}
    return {**known, "name": str(job.params.get("name", ""))}


def _state(job: Job) -> dict[str, Any]:
    return {**state_of(job), "result": job.result}


def _describe(core: Core, model: SentenceModel) -> dict[str, Any]:
    state = core.sentences.state_of(model)
    files = core.sentences.files
    weights = model.weights[0]
    return {
        "name": model.name,
        "languages": model.languages,
        "licence": model.licence,
        "state": state.state,
        "reason": state.reason,
        "path": paths.to_text(state.path),
        "folder": paths.to_text(files.folder),
        "file": weights.name,
        "size_bytes": weights.size_bytes,
        "sha256": weights.sha256,
        "addresses": [file.address for file in files.list_missing(model) if file.address],
    }
