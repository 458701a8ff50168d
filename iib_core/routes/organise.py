"""Sorting files into folders: previewed, confirmed, undoable."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from iib_core import paths
from iib_core.cluster.organise import PLAN, Request
from iib_core.cluster.sorting import NOISE_ID
from iib_core.cluster.topics import Wanted
from iib_core.core import Core
from iib_core.db import organise_plans
from iib_core.db.organise_plans import StoredPlan
from iib_core.errors import InvalidRequest, NotFound
from iib_core.jobs import Job, Progress
from iib_core.routes.ai_models import resolve_folders
from iib_core.routes.base import GUARDS, JSON, WRITE_GUARDS, IIBRoute, get_core
from iib_core.routes.job_models import JobRequest, Started, get_job, state_of
from iib_core.routes.organise_models import Confirmed, ConfirmRequest, OrganiseRequest, OrganiseState
from iib_core.routes.selection import choose
from iib_core.routes.topics import Cancelled

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["organise"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["organise"])

EXPIRED = "The preview has expired: start again."
_READY = "The preview is ready: send POST /db/organize_files_confirm with this job_id to sort the files."


@write_router.post(
    "/db/organize_files_start", summary="Plan sorting files into folders", response_model=Started
)
def start(request: OrganiseRequest, core: Core = Depends(get_core)) -> Response:
    """By theme or by a rule, in the background; nothing is changed before it is confirmed."""
    folders, only = _scope(core, request)
    tops = folders or tuple(dict.fromkeys(map(os.path.dirname, only or ())))
    dest = core.access.resolve(request.dest_folder) if request.dest_folder else tops[0]
    wanted = Wanted(
        tops=tops,
        recursive=request.recursive and only is None,
        only=None if only is None else frozenset(map(paths.to_text, only)),
        model=core.ai.embedding_model(request.model),
        threshold=request.threshold,
        min_cluster_size=request.min_cluster_size,
        assign_noise_threshold=request.assign_noise_threshold,
        title_model=core.ai.chat_model(request.title_model, title=True),
        lang=request.lang[:20],
    )
    asked = Request(
        topics=wanted,
        dest=dest,
        by=request.by,
        pattern=request.pattern,
        folder_naming=request.folder_naming,
        action=request.action,
        handle_noise=request.handle_noise,
        noise_folder_name=request.noise_folder_name,
        max_chars=request.max_folder_name_length,
    )
    asked.check()

    def work(progress: Progress) -> dict[str, Any]:
        # What has just been made is to be sorted too.
        if folders:
            core.index.update_folders(folders)
        if only is None:
            return core.organiser.plan(progress, asked)
        core.index.update_files(only)
        return core.organiser.plan(progress, core.organiser.join(asked, folders, recursive=request.recursive))

    return JSON({"job_id": core.jobs.start(PLAN, work).job_id})


@router.get("/db/organize_files_status", summary="Tell how far the sorting is", response_model=OrganiseState)
def status(
    job_id: str = Query(..., description="the job"),
    brief: bool = Query(False, description="without the preview, which is long: for asking again and again"),
    core: Core = Depends(get_core),
) -> Response:
    """First the plan with its preview (``preview_ready``), then, once confirmed, the moving and its result."""
    stored = core.organiser.find(job_id)
    if stored is not None:
        return JSON(_state(core, stored, brief))
    job = get_job(core, job_id, PLAN)
    if job.status != "completed":
        return JSON({**state_of(job), "preview": None, "result": None})
    stored = core.organiser.find(job_id)  # it may have been stored between the two looks
    if stored is not None:
        return JSON(_state(core, stored, brief))
    return JSON({**state_of(job), "status": "failed", "error": EXPIRED, "preview": None, "result": None})


@write_router.post(
    "/db/organize_files_confirm", summary="Sort the files as planned", response_model=Confirmed
)
def confirm(request: ConfirmRequest, core: Core = Depends(get_core)) -> Response:
    """With other folder names, or without some of the clusters.

    Files changed or gone since the preview are left alone and told.
    """
    edits = {_cluster_id(edit.cluster_id): edit.new_folder_name for edit in request.folder_edits or ()}
    skipped = [_cluster_id(name) for name in request.skip_cluster_ids or ()]
    core.organiser.confirm(request.job_id, edits, skipped)
    return JSON({"ok": True, "job_id": request.job_id})


@write_router.post("/db/organize_files_cancel", summary="End or drop a sorting", response_model=Cancelled)
def cancel(request: JobRequest, core: Core = Depends(get_core)) -> Response:
    """A plan that is made ends, one that is ready is dropped, moving stops between two files: what
    was moved stays and can be undone.
    """
    return JSON({"cancelled": core.organiser.cancel(request.job_id)})


def _cluster_id(name: str) -> str:
    """A cluster's id; clients of before call the files without a topic ``__noise__``."""
    return NOISE_ID if name == "__noise__" else name


def _scope(core: Core, request: OrganiseRequest) -> tuple[tuple[str, ...], list[str] | None]:
    """The folders of a request and its files, resolved; None where it is about folders alone.

    Raises InvalidRequest where it names neither.
    """
    folders = resolve_folders(core, request.folder_paths or [])
    if request.file_paths is None and request.query is None:
        if not folders:
            raise InvalidRequest("folder_paths: name the folders to organise.")
        return folders, None
    # It would be read as a search in these folders, and is none.
    if folders and request.query is not None:
        raise InvalidRequest("query: it has folder_paths of its own; give either these or others.")
    only = list(core.access.resolve_each(choose(core, request.file_paths, request)).values())
    if not only:
        raise InvalidRequest("file_paths: name the files to organise.")
    return folders, only


def _state(core: Core, stored: StoredPlan, brief: bool) -> dict[str, Any]:
    job = _find_job(core, stored.move_job_id) or _find_job(core, stored.job_id)
    known = state_of(job) if job else _ended(stored)
    answer = {**known, "job_id": stored.job_id, "error": "", "preview": None, "result": stored.result}
    if stored.state == organise_plans.MOVING:
        return answer | {"status": "moving"}  # asked for often, and without the preview, which may be large
    answer["preview"] = None if brief else _preview(stored)
    if stored.state == organise_plans.READY:
        # Where it was confirmed and nothing could be done, the reason is told, and it can be confirmed again.
        failed = job.error if job and stored.move_job_id else ""
        expired = stored.expires_time < time.time()
        if expired:
            return answer | {"status": "failed", "error": EXPIRED, "progress": 1.0}
        return answer | {
            "status": "preview_ready",
            "error": failed,
            "message": answer["message"] or _READY,
            "progress": 1.0,
        }
    stopped = stored.state == organise_plans.CANCELLED or (job is not None and job.status == "cancelled")
    return answer | {"status": "cancelled" if stopped else "completed"}


def _find_job(core: Core, job_id: str) -> Job | None:
    try:
        return core.jobs.get(job_id) if job_id else None
    except NotFound:
        return None


def _ended(stored: StoredPlan) -> dict[str, Any]:
    """The fields of a job that the program has forgotten by now."""
    made = stored.created_ns / 1e9
    fields = {"stage": "", "done": 0, "total": 0, "message": "", "error": "", "progress": 1.0}
    return {
        "job_id": stored.job_id,
        "status": "completed",
        **fields,
        "created_time": made,
        "updated_time": made,
    }


def _preview(stored: StoredPlan) -> dict[str, Any]:
    plan = stored.plan
    heaps = [_cluster(heap) for heap in plan["heaps"]]
    mappings = [mapping for heap in heaps for mapping in heap["file_mappings"]]
    return {
        "job_id": stored.job_id,
        "dest_folder": plan["dest"],
        "action": plan["action"],
        "by": plan["by"],
        "total_files": len(mappings),
        "in_place": plan["in_place"],
        "clusters": [heap for heap in heaps if heap["cluster_id"] != NOISE_ID],
        "noise": next((heap for heap in heaps if heap["cluster_id"] == NOISE_ID), None),
        "all_mappings": mappings,
        "collisions": [mapping for mapping in mappings if mapping["renamed"]],
        "problems": plan["problems"],
        "bytes_needed": plan["bytes_needed"],
        "bytes_free": plan["bytes_free"],
        "message": plan["message"],
        "expires_time": stored.expires_time,
    }


def _cluster(heap: Mapping[str, Any]) -> dict[str, Any]:
    folder = "/".join(heap["folder"])
    mappings = [
        {
            "src_path": file["src"],
            "dest_path": file["dest"],
            "dest_folder_name": folder,
            "cluster_id": heap["id"],
            "is_noise": heap["id"] == NOISE_ID,
            "renamed": _name(file["src"]) != _name(file["dest"]),
        }
        for file in heap["files"]
    ]
    return {
        "cluster_id": heap["id"],
        "suggested_folder_name": folder,
        "title": heap["title"],
        "keywords": heap["keywords"],
        "size": len(mappings),
        "file_mappings": mappings,
    }


def _name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]
