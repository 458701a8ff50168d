"""Changes of files: delete, copy, move, rename, flatten, make folders; and taking them back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, Optional, Union

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.errors import InvalidRequest
from iib_core.files import names
from iib_core.files.operations import Result
from iib_core.files.plan import Failure, Moved
from iib_core.files.survey import EntryFinder
from iib_core.jobs import Progress
from iib_core.routes import selection
from iib_core.routes.base import GUARDS, JSON, WRITE_GUARDS, IIBRoute, get_core
from iib_core.routes.operation_models import (
    CopiedAnswer,
    Deleted,
    DeleteRequest,
    Flattened,
    FlattenRequest,
    FolderMade,
    MkdirsRequest,
    MovedAnswer,
    OperationList,
    Renamed,
    RenameRequest,
    Started,
    TransferRequest,
    Undone,
    UndoRequest,
)

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["operations"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["operations"])

_MAX_LISTED = 1000


@write_router.post(
    "/delete_files", summary="Delete files or empty folders", response_model=Union[Deleted, Started]
)
def delete_files(request: DeleteRequest, core: Core = Depends(get_core)) -> Response:
    """To the trash, unless the setting says otherwise; texts beside a picture go with it.

    What could not be deleted is told by path.
    """
    asked = _Asked(core, selection.choose(core, request.file_paths, request))

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        result = core.operations.delete(asked.entries, progress)
        deleted, problems = (
            [asked.shown(moved.source) for moved in result.done],
            asked.problems(result.errors),
        )
        return {
            "ok": not problems,
            "deleted": deleted,
            "errors": problems,
            "operation_id": result.operation_id,
        }

    return _run(core, "delete_files", work, background=request.background)


@write_router.post("/move_files", summary="Move files or folders", response_model=Union[MovedAnswer, Started])
def move_files(request: TransferRequest, core: Core = Depends(get_core)) -> Response:
    """Into the folder, all or none unless told to go on; texts beside a picture go with it.

    Nothing is ever overwritten.
    """
    return _transfer(core, request, "moved", core.operations.move)


@write_router.post(
    "/copy_files", summary="Copy files or folders", response_model=Union[CopiedAnswer, Started]
)
def copy_files(request: TransferRequest, core: Core = Depends(get_core)) -> Response:
    """Into the folder, times and tags included; texts beside a picture go with it.

    Nothing is ever overwritten.
    """
    return _transfer(core, request, "copied", core.operations.copy)


@write_router.post("/db/rename", summary="Rename a file or folder", response_model=Renamed)
def rename(request: RenameRequest, core: Core = Depends(get_core)) -> Response:
    """In its folder; texts beside a picture follow. A name that is taken is a 409."""
    asked = _Asked(core, [request.path])
    result = core.operations.rename(asked.entries[0], names.check(request.name))
    new_path = os.path.join(
        os.path.dirname(paths.check(request.path)), os.path.basename(result.done[0].target)
    )
    return JSON({"new_path": paths.to_text(new_path), "operation_id": result.operation_id})


@write_router.post(
    "/flatten_folder",
    summary="Move all files of subfolders into a folder",
    response_model=Union[Flattened, Started],
)
def flatten_folder(request: FlattenRequest, core: Core = Depends(get_core)) -> Response:
    """Tells with ``dry_run`` what would be moved; without, moves all files or none and removes the
    folders that are empty then.
    """
    asked = _Asked(core, [], core.access.resolve_folder(request.folder_path), request.folder_path)

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        if request.dry_run:
            plan = core.operations.plan_flatten(asked.dest, on_conflict=request.on_conflict)
            moves = [moved for group in plan.groups.values() for moved in group]
            return _flattened(asked, Result(None, moves, plan.problems, plan.skipped), dry_run=True)
        return _flattened(
            asked,
            core.operations.flatten(asked.dest, on_conflict=request.on_conflict, progress=progress),
            dry_run=False,
        )

    return _run(core, "flatten_folder", work, background=request.background)


@write_router.post("/mkdirs", summary="Make a folder", response_model=FolderMade)
def mkdirs(request: MkdirsRequest, core: Core = Depends(get_core)) -> Response:
    """And those above it that are missing; one that is there already is fine."""
    result = core.operations.make_folder(core.access.resolve(request.dest_folder))
    return JSON({"success": True, "path": request.dest_folder, "operation_id": result.operation_id})


@router.get("/operations", summary="List the last changes of files", response_model=OperationList)
def list_operations(
    limit: int = Query(50, description="At most so many, up to 1000"), core: Core = Depends(get_core)
) -> Response:
    """Newest first, with what they did and whether they can be taken back."""
    if limit < 1:
        raise InvalidRequest("limit: give a number above zero.")
    return JSON(
        {
            "operations": [
                {
                    "id": operation.id,
                    "kind": operation.kind,
                    "time": operation.created_ns / 1e9,
                    "state": operation.state,
                    "count": operation.count,
                    "undoable": operation.undoable,
                    "summary": operation.summary,
                    "message": operation.message,
                }
                for operation in core.operations.list_newest(min(limit, _MAX_LISTED))
            ]
        }
    )


@write_router.post(
    "/operations/{operation_id}/undo",
    summary="Take a change of files back",
    response_model=Union[Undone, Started],
)
def undo(
    operation_id: str, request: Optional[UndoRequest] = None, core: Core = Depends(get_core)
) -> Response:
    """All of it: names, times, texts beside pictures, tags.

    A 409 tells why it cannot be, such as a place that is taken by now.
    """

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        result = core.operations.undo(operation_id, progress)
        core.index.look_again([moved.target for moved in result.done if moved.source == moved.target])
        return {"restored": _moves(result.done), "operation_id": result.operation_id}

    return _run(core, "undo", work, background=request is not None and request.background)


class _Asked:
    """The paths of a request: resolved for the services, and as the client knows them for the answer."""

    def __init__(self, core: Core, raw_paths: Iterable[str], dest: str = "", raw_dest: str = "") -> None:
        finder = EntryFinder(core.access)
        self._shown = {finder.find(raw): raw for raw in raw_paths}
        self.entries = list(self._shown)
        self.dest = dest
        self._raw_dest = paths.to_text(paths.check(raw_dest)) if raw_dest else ""

    def shown(self, path: str) -> str:
        """A path as the client spells it, where a link leads to it."""
        if path in self._shown:
            return self._shown[path]
        if self.dest and paths.is_under(path, self.dest):
            return os.path.normpath(
                os.path.join(self._raw_dest, paths.to_text(os.path.relpath(path, self.dest)))
            )
        return paths.to_text(path)

    def problems(self, failures: Iterable[Failure]) -> list[dict[str, str]]:
        return [
            {"path": self.shown(failure.path), "error": str(failure.error), "code": failure.error.code}
            for failure in failures
        ]

    def moves(self, done: Iterable[Moved]) -> list[dict[str, str]]:
        return [
            {"src_path": self.shown(moved.source), "dest_path": self.shown(moved.target)} for moved in done
        ]


def _transfer(core: Core, request: TransferRequest, verb: str, act: Callable[..., Result]) -> Response:
    dest = core.access.resolve(request.dest)
    asked = _Asked(core, selection.choose(core, request.file_paths, request), dest, request.dest)

    def plan() -> Result:
        planned = core.operations.plan_transfer(
            asked.entries,
            dest,
            create=request.create_dest_folder,
            on_conflict=request.on_conflict,
            is_move=verb == "moved",
        )
        moves = [moved for group in planned.groups.values() for moved in group]
        return Result(None, moves, planned.problems, planned.skipped)

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        if request.dry_run:
            return answer(plan())
        result = act(
            asked.entries,
            dest,
            create=request.create_dest_folder,
            lenient=request.continue_on_error,
            on_conflict=request.on_conflict,
            progress=progress,
        )
        return answer(result)

    def answer(result: Result) -> dict[str, Any]:
        return {
            verb: asked.moves(result.done),
            "errors": asked.problems(result.errors),
            "skipped": [asked.shown(path) for path in result.skipped],
            "operation_id": result.operation_id,
            "dry_run": request.dry_run,
        }

    return _run(core, "move_files" if verb == "moved" else "copy_files", work, background=request.background)


def _flattened(asked: _Asked, result: Result, *, dry_run: bool) -> dict[str, Any]:
    return {
        "success": not result.errors,
        "dry_run": dry_run,
        "total_files": len(result.done) + len(result.errors) + len(result.skipped),
        "moves": asked.moves(result.done),
        "conflicts": [
            {
                "src_path": asked.shown(failure.path),
                "dest_path": asked.shown(failure.target),
                "error": str(failure.error),
            }
            for failure in result.errors
        ],
        "errors": [str(failure.error) for failure in result.errors],
        "moved_files": 0 if dry_run else len(result.done),
        "skipped": [asked.shown(path) for path in result.skipped],
        "operation_id": result.operation_id,
    }


def _moves(done: Iterable[Moved]) -> list[dict[str, str]]:
    return [
        {"src_path": paths.to_text(moved.source), "dest_path": paths.to_text(moved.target)} for moved in done
    ]


def _run(core: Core, kind: str, work: Callable[..., dict[str, Any]], *, background: bool) -> Response:
    """Do it now, or in the background by a job of this kind."""
    if background:
        return JSON({"job_id": core.jobs.start(kind, work).job_id})
    return JSON(work())
