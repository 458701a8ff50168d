"""Organise: a plan that sorts files into folders, its preview, its confirmation, and its progress."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from iib_core.ai.scope import Scope
from iib_core.cluster.grouping import NOISE_ID
from iib_core.cluster.organise import PLAN
from iib_core.cluster.organise_options import OrganiseOptions
from iib_core.cluster.organise_plan import GROUPS
from iib_core.cluster.topic_options import TopicOptions
from iib_core.core import Core
from iib_core.db import organise_plans
from iib_core.db.organise_plans import StoredPlan
from iib_core.errors import InvalidRequest, NotFound
from iib_core.jobs import Job, Progress
from iib_core.paths import DiskPath
from iib_core.routes.models.organise import (
    Confirmed,
    ConfirmRequest,
    OrganiseRequest,
    OrganiseState,
)
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.folders import resolve_folders
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import Cancelled, JobRequest, Started, get_job, state_of
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.selection import choose_paths
from iib_core.search import days

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["organise"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["organise"])

EXPIRED = "The preview has expired: start again."
_READY = (
    "The preview is ready: send POST /db/organize_files_confirm with this job_id to sort the files."
)


@write_router.post(
    "/db/organize_files_start", summary="Plan to sort files into folders", response_model=Started
)
def start(request: OrganiseRequest, core: Core = Depends(get_core)) -> Response:
    """Starts a job that makes the plan, by topic or by a rule. Nothing changes until it is
    confirmed.
    """
    scope = _scope(core, request)
    options = _options(core, request, scope)
    options.validate()

    def work(progress: Progress) -> dict[str, Any]:
        # New files are to be sorted too.
        if scope.folders:
            core.index.update_folders(scope.folders)
        if scope.files is not None:
            core.index.update_files(scope.files)
        return core.organiser.plan(progress, options)

    return JSON({"job_id": core.jobs.start(PLAN, work).job_id})


@router.get(
    "/db/organize_files_status",
    summary="Get the state of an organise plan",
    response_model=OrganiseState,
)
def status(
    job_id: str = Query(..., description="Id of the job"),
    brief: bool = Query(
        False, description="Leave out the preview, which is long, for repeated requests"
    ),
    core: Core = Depends(get_core),
) -> Response:
    """The plan with its preview (``preview_ready``); once it is confirmed, its progress and its
    result.
    """
    stored = core.organiser.find(job_id)
    if stored is not None:
        return JSON(_state(core, stored, brief))
    job = get_job(core, job_id, PLAN)
    answer = {**state_of(job), "preview": None, "result": None}
    if job.status != "completed":
        return JSON(answer)
    stored = core.organiser.find(job_id)  # it may have been stored since the first look
    if stored is not None:
        return JSON(_state(core, stored, brief))
    return JSON({**answer, "status": "failed", "error": EXPIRED})


@write_router.post(
    "/db/organize_files_confirm", summary="Carry out an organise plan", response_model=Confirmed
)
def confirm(request: ConfirmRequest, core: Core = Depends(get_core)) -> Response:
    """Sorts the files, with other folder names or without some groups if the request says so.

    Files that have changed since the preview are left alone, and listed in ``errors``.
    """
    edits = {
        _group_id(edit.cluster_id): edit.new_folder_name for edit in request.folder_edits or ()
    }
    skipped = [_group_id(name) for name in request.skip_cluster_ids or ()]
    core.organiser.confirm(request.job_id, edits, skipped)
    return JSON({"ok": True, "job_id": request.job_id})


@write_router.post(
    "/db/organize_files_cancel", summary="Cancel or drop an organise plan", response_model=Cancelled
)
def cancel(request: JobRequest, core: Core = Depends(get_core)) -> Response:
    """Cancels planning, drops a plan that is ready, or stops moving between two files. Files that
    were moved stay moved, and can be undone.
    """
    return JSON({"cancelled": core.organiser.cancel(request.job_id)})


def _group_id(name: str) -> str:
    """The id of a group. Older clients call the noise ``__noise__``."""
    return NOISE_ID if name == "__noise__" else name


def _scope(core: Core, request: OrganiseRequest) -> Scope:
    """The folders and files of a request. Raises InvalidRequest if it names neither."""
    folders = resolve_folders(core, request.folder_paths or [])
    if request.file_paths is None and request.query is None:
        if not folders:
            raise InvalidRequest("folder_paths: name the folders to organise.")
        return Scope(folders, request.recursive)
    if folders and request.query is not None:
        # A client could take these folders for those of the query.
        raise InvalidRequest("query: it has folder_paths of its own; give either these or others.")
    files = core.access.resolve_each(choose_paths(core, request.file_paths, request))
    if not files:
        raise InvalidRequest("file_paths: name the files to organise.")
    return Scope(folders, request.recursive, tuple(files.values()))


def _options(core: Core, request: OrganiseRequest, scope: Scope) -> OrganiseOptions:
    dest = core.access.resolve(request.dest_folder) if request.dest_folder else _first_folder(scope)
    topics = TopicOptions(
        scope=scope,
        model=core.ai.embedding_model(request.model),
        threshold=request.threshold,
        min_cluster_size=request.min_cluster_size,
        assign_noise_threshold=request.assign_noise_threshold,
        title_model=core.ai.chat_model(request.title_model, title=True),
        lang=request.lang[:20],
    )
    return OrganiseOptions(
        topics=topics,
        dest=dest,
        by=request.by,
        pattern=request.pattern,
        folder_naming=request.folder_naming,
        action=request.action,
        handle_noise=request.handle_noise,
        noise_folder_name=request.noise_folder_name,
        max_chars=request.max_folder_name_length,
        zone=days.find_zone(request.tz),
    )


def _first_folder(scope: Scope) -> DiskPath:
    if scope.folders:
        return scope.folders[0]
    return DiskPath(os.path.dirname((scope.files or ())[0]))


def _state(core: Core, stored: StoredPlan, brief: bool) -> dict[str, Any]:
    job = _find_job(core, stored.move_job_id) or _find_job(core, stored.job_id)
    fields = state_of(job) if job else _ended(stored)
    answer = {
        **fields,
        "job_id": stored.job_id,
        "error": "",
        "preview": None,
        "result": stored.result,
    }
    if stored.state == organise_plans.MOVING:
        return answer | {
            "status": "moving"
        }  # requested often, so without the preview, which may be large
    answer["preview"] = None if brief else _preview(stored)
    if stored.state == organise_plans.READY:
        return answer | _ready(stored, job, answer["message"])
    is_cancelled = stored.state == organise_plans.CANCELLED or (
        job is not None and job.status == "cancelled"
    )
    return answer | {"status": "cancelled" if is_cancelled else "completed"}


def _ready(stored: StoredPlan, job: Job | None, message: str) -> dict[str, Any]:
    """The fields of a plan that can be confirmed. A failed attempt to carry it out gives its error."""
    if stored.expires_time < time.time():
        return {"status": "failed", "error": EXPIRED, "progress": 1.0}
    error = job.error if job and stored.move_job_id else ""
    return {
        "status": "preview_ready",
        "error": error,
        "message": message or _READY,
        "progress": 1.0,
    }


def _find_job(core: Core, job_id: str) -> Job | None:
    try:
        return core.jobs.get(job_id) if job_id else None
    except NotFound:
        return None


def _ended(stored: StoredPlan) -> dict[str, Any]:
    """The fields of ``JobState`` for a job that is no longer stored."""
    created_time = stored.created_ns / 1e9
    return {
        "job_id": stored.job_id,
        "status": "completed",
        "progress": 1.0,
        "stage": "",
        "done": 0,
        "total": 0,
        "message": "",
        "error": "",
        "created_time": created_time,
        "updated_time": created_time,
    }


def _preview(stored: StoredPlan) -> dict[str, Any]:
    plan = stored.plan
    groups = [_group(group) for group in plan[GROUPS]]
    mappings = [mapping for group in groups for mapping in group["file_mappings"]]
    return {
        "job_id": stored.job_id,
        "dest_folder": plan["dest"],
        "action": plan["action"],
        "by": plan["by"],
        "total_files": len(mappings),
        "in_place": plan["in_place"],
        "clusters": [group for group in groups if group["cluster_id"] != NOISE_ID],
        "noise": next((group for group in groups if group["cluster_id"] == NOISE_ID), None),
        "all_mappings": mappings,
        "collisions": [mapping for mapping in mappings if mapping["renamed"]],
        "problems": plan["problems"],
        "bytes_needed": plan["bytes_needed"],
        "bytes_free": plan["bytes_free"],
        "message": plan["message"],
        "expires_time": stored.expires_time,
    }


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``OrganiseCluster``."""
    folder = "/".join(group["folder"])
    mappings = [
        {
            "src_path": file["src"],
            "dest_path": file["dest"],
            "dest_folder_name": folder,
            "cluster_id": group["id"],
            "is_noise": group["id"] == NOISE_ID,
            "renamed": _name(file["src"]) != _name(file["dest"]),
        }
        for file in group["files"]
    ]
    return {
        "cluster_id": group["id"],
        "suggested_folder_name": folder,
        "title": group["title"],
        "keywords": group["keywords"],
        "size": len(mappings),
        "file_mappings": mappings,
    }


def _name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]
