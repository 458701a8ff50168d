"""The trash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.errors import InvalidRequest
from iib_core.files.listing import human_size
from iib_core.files.trash import Trashed
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_CHANGED, Problem, at_most
from iib_core.routes.shared.route import IIBRoute

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["trash"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["trash"])


class TrashedFile(BaseModel):
    """A file in the trash, with its old and its present path.

    Undoing ``operation_id``, an operation of this ``kind``, restores it with all other files of
    that operation. At ``expires_time``, in epoch seconds, it is deleted permanently.
    """

    path: str
    trash_path: str
    operation_id: str
    time: float
    expires_time: float
    size: str
    bytes: int
    kind: str


class TrashInfo(BaseModel):
    """All files in the trash."""

    files: list[TrashedFile]
    count: int
    size: str
    bytes: int


class EmptyRequest(BaseModel):
    """The files to delete permanently: those in the trash for this number of days, those of these
    operations, or these alone, by their paths in the trash. Without any, all files.
    """

    older_than_days: float = 0
    operation_ids: Optional[list[str]] = at_most(MAX_CHANGED, None)
    trash_paths: Optional[list[str]] = at_most(MAX_CHANGED, None)


class RestoreRequest(BaseModel):
    """Files by their paths in the trash."""

    trash_paths: list[str] = at_most(MAX_CHANGED)


class Restored(BaseModel):
    """Where the files came back to, their companions among them."""

    restored: list[str]


class Emptied(BaseModel):
    """What was deleted permanently."""

    removed: int
    size: str
    bytes: int
    errors: list[Problem]


@router.get("/trash", summary="List the trash", response_model=TrashInfo)
def list_trash(core: Core = Depends(get_core)) -> Response:
    """Files that can be restored, last deleted first."""
    files = [file for trashed in core.operations.trash.list() for file in _files(core, trashed)]
    size_bytes = sum(file["bytes"] for file in files)
    return JSON(
        {"files": files, "count": len(files), "size": human_size(size_bytes), "bytes": size_bytes}
    )


@write_router.post("/trash/empty", summary="Empty the trash", response_model=Emptied)
def empty_trash(request: Optional[EmptyRequest] = None, core: Core = Depends(get_core)) -> Response:
    """Deletes permanently. Files that cannot be deleted now stay, and are listed in ``errors``."""
    wanted = request or EmptyRequest()
    if not 0 <= wanted.older_than_days < 100_000:
        raise InvalidRequest("older_than_days: give a number of days, 0 for everything.")
    only = wanted.operation_ids
    if wanted.trash_paths is not None:
        only = [*(only or ()), *_isolate(core, wanted.trash_paths)]
    emptied = core.operations.trash.empty(wanted.older_than_days, only)
    errors = [
        {"path": paths.to_text(failure.path), "error": str(failure.error)}
        for failure in emptied.errors
    ]
    return JSON(
        {
            "removed": emptied.files,
            "size": human_size(emptied.size_bytes),
            "bytes": emptied.size_bytes,
            "errors": errors,
        }
    )


@write_router.post(
    "/trash/restore", summary="Restore files from the trash", response_model=Restored
)
def restore_files(request: RestoreRequest, core: Core = Depends(get_core)) -> Response:
    """Brings back these files and their companions; what was deleted at the same time stays in the
    trash.

    A 409 gives the reason why one cannot come back, such as a name that is taken by now.
    """
    if not request.trash_paths:
        raise InvalidRequest("trash_paths: give at least one file.")
    results = map(core.operations.undo, _isolate(core, request.trash_paths))
    done = [paths.to_text(moved.target) for result in results for moved in result.done]
    return JSON({"restored": done})


def _isolate(core: Core, raws: list[str]) -> Sequence[str]:
    """Ids of operations that hold these files of the trash and no others."""
    return core.operations.trash.isolate(
        list(map(paths.to_text, core.access.resolve_each(raws).values()))
    )


def _files(core: Core, trashed: Trashed) -> list[dict[str, Any]]:
    return [
        {
            "path": paths.to_text(path),
            "trash_path": paths.to_text(trash_path),
            "operation_id": trashed.operation.id,
            "time": trashed.operation.created_ns / 1e9,
            "expires_time": trashed.expires_time,
            "size": human_size(size_bytes),
            "bytes": size_bytes,
            "kind": trashed.operation.kind,
        }
        for path, trash_path, size_bytes in trashed.files
        if core.access.allows(path)
    ]
