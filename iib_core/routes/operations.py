"""Operations on files: delete, copy, move, rename, flatten, create folders, and undo."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, Optional, Union

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from iib_core import paths
from iib_core.cluster.name_pattern import NamePattern
from iib_core.core import Core
from iib_core.db import organise_plans
from iib_core.errors import InvalidRequest, NotFound
from iib_core.files import names
from iib_core.files.disk_lookup import EntryFinder
from iib_core.files.plan import Failure, Moved
from iib_core.files.runner import Result, planned
from iib_core.files.spec import OnFailure
from iib_core.jobs import Progress
from iib_core.paths import DiskPath
from iib_core.routes.models.operations import (
    CopiedAnswer,
    Deleted,
    DeleteRequest,
    FilesRenamed,
    Flattened,
    FlattenRequest,
    FolderMade,
    MkdirsRequest,
    MovedAnswer,
    OperationList,
    Renamed,
    RenameFilesRequest,
    RenameRequest,
    TransferRequest,
    Undone,
    UndoRequest,
)
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import Started, run_or_queue
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.selection import choose_paths
from iib_core.routes.shared.users import BY_USER, chosen_name
from iib_core.search import days

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["operations"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["operations"])

_MAX_LISTED = 1000


@write_router.post(
    "/delete_files", summary="Delete files or empty folders", response_model=Union[Deleted, Started]
)
def delete_files(request: DeleteRequest, core: Core = Depends(get_core)) -> Response:
    """Moves them to the trash, unless the settings say otherwise, and the companions of a picture
    with it.

    Files that cannot be deleted are listed in ``errors``.
    """
    named = _NamedPaths(core, choose_paths(core, request.file_paths, request))

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        result = core.operations.delete(named.entries, progress)
        problems = named.problems(result.errors)
        return {
            "ok": not problems,
            "deleted": [named.shown(moved.source) for moved in result.done],
            "errors": problems,
            "operation_id": result.operation_id,
        }

    return run_or_queue(core, "delete_files", work, background=request.background)


@write_router.post(
    "/move_files", summary="Move files or folders", response_model=Union[MovedAnswer, Started]
)
def move_files(request: TransferRequest, core: Core = Depends(get_core)) -> Response:
    """Moves them into the folder, and the companions of a picture with it.

    Either all files are moved or none, unless ``continue_on_error`` is set. No file is ever
    overwritten; one that is replaced, which you must ask for, goes to the trash.
    """
    return _transfer(core, request, "moved", core.operations.move)


@write_router.post(
    "/copy_files", summary="Copy files or folders", response_model=Union[CopiedAnswer, Started]
)
def copy_files(request: TransferRequest, core: Core = Depends(get_core)) -> Response:
    """Copies them into the folder, with their times and marks, and the companions of a picture with
    it.

    Either all files are copied or none, unless ``continue_on_error`` is set. No file is ever
    overwritten; one that is replaced, which you must ask for, goes to the trash.
    """
    return _transfer(core, request, "copied", core.operations.copy)


@write_router.post("/db/rename", summary="Rename a file or folder", response_model=Renamed)
def rename(request: RenameRequest, core: Core = Depends(get_core)) -> Response:
    """Renames it within its folder, and the companions of a picture with it. A taken name is a 409."""
    named = _NamedPaths(core, [request.path])
    result = core.operations.rename(named.entries[0], names.validate(request.name))
    folder = os.path.dirname(paths.check(request.path))
    new_path = os.path.join(folder, os.path.basename(result.done[0].target))
    return JSON({"new_path": paths.to_text(new_path), "operation_id": result.operation_id})


@write_router.post(
    "/db/rename_files",
    summary="Rename many files by a pattern",
    response_model=Union[FilesRenamed, Started],
)
def rename_files(request: RenameFilesRequest, core: Core = Depends(get_core)) -> Response:
    """Renames each within its folder, and the companions of a picture with it, as one operation.

    A file whose new name is taken keeps its name and is listed in ``errors``.
    """
    named = _NamedPaths(core, choose_paths(core, request.file_paths, request))
    pattern = NamePattern(request.pattern, days.find_zone(request.tz))
    with core.db.read() as conn:
        facts = organise_plans.find_facts(conn, map(paths.to_text, named.entries))
    unknown = [path for path in named.entries if paths.to_text(path) not in facts]
    if unknown:
        core.access.resolve(unknown[0])  # what leads out of the library is refused as such
        raise NotFound(f"{paths.quoted(unknown[0])} is not in the index.")
    new_names = {
        path: names.validate(pattern.name(facts[paths.to_text(path)], number))
        for number, path in enumerate(named.entries, 1)
    }
    changed = {path: name for path, name in new_names.items() if os.path.basename(path) != name}

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        if request.dry_run:
            result = planned(core.operations.plan_rename(changed))
        else:
            result = core.operations.rename_many(changed, progress)
        return {
            "dry_run": request.dry_run,
            "renamed": named.renames(result.done),
            "errors": named.problems(result.errors),
            "operation_id": result.operation_id,
        }

    return run_or_queue(core, "rename_files", work, background=request.background)


@write_router.post(
    "/flatten_folder",
    summary="Move all files of subfolders into a folder",
    response_model=Union[Flattened, Started],
)
def flatten_folder(request: FlattenRequest, core: Core = Depends(get_core)) -> Response:
    """With ``dry_run``, lists what would be moved. Without it, moves all files or none, and removes
    the folders that are empty then.
    """
    named = _NamedPaths(
        core, [], core.access.resolve_folder(request.folder_path), request.folder_path
    )

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        if request.dry_run:
            plan = core.operations.plan_flatten(named.dest, on_conflict=request.on_conflict)
            result = planned(plan)
        else:
            result = core.operations.flatten(
                named.dest, on_conflict=request.on_conflict, progress=progress
            )
        return _flattened(named, result, dry_run=request.dry_run)

    return run_or_queue(core, "flatten_folder", work, background=request.background)


@write_router.post("/mkdirs", summary="Create a folder", response_model=FolderMade)
def mkdirs(request: MkdirsRequest, core: Core = Depends(get_core)) -> Response:
    """Creates missing parent folders too. A folder that exists is no error."""
    result = core.operations.make_folder(core.access.resolve(request.dest_folder))
    return JSON({"success": True, "path": request.dest_folder, "operation_id": result.operation_id})


@router.get(
    "/operations", summary="List the last operations on files", response_model=OperationList
)
def list_operations(
    limit: int = Query(50, description="Maximum number of operations, up to 1000"),
    user: Optional[str] = Query(None, description=BY_USER),
    core: Core = Depends(get_core),
) -> Response:
    """Newest first, with what they did, who asked for it and whether they can be undone."""
    if limit < 1:
        raise InvalidRequest("limit: give a number above zero.")
    found = core.operations.list_newest(min(limit, _MAX_LISTED), chosen_name(user))
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
                    "user": operation.user_name,
                    "machine": operation.machine,
                }
                for operation in found
            ]
        }
    )


@write_router.post(
    "/operations/{operation_id}/undo",
    summary="Undo an operation",
    response_model=Union[Undone, Started],
)
def undo(
    operation_id: str, request: Optional[UndoRequest] = None, core: Core = Depends(get_core)
) -> Response:
    """Restores all of it: names, times, companions and marks.

    A 409 gives the reason why it cannot be undone, such as a name that is taken by now.
    """

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        result = core.operations.undo(operation_id, progress)
        core.index.update_edited(
            [moved.target for moved in result.done if moved.source == moved.target]
        )
        return {"restored": _moves(result.done), "operation_id": result.operation_id}

    return run_or_queue(core, "undo", work, background=request is not None and request.background)


class _NamedPaths:
    """The paths of a request: resolved for the services, and in the client's spelling for the
    answer.
    """

    def __init__(
        self, core: Core, raw_paths: Iterable[str], dest: DiskPath | None = None, raw_dest: str = ""
    ) -> None:
        finder = EntryFinder(core.access)
        self._find = finder.find
        self._shown = {finder.find(raw): raw for raw in raw_paths}
        self.entries = list(self._shown)
        self.dest = dest or ""
        self._raw_dest = paths.to_text(paths.check(raw_dest)) if raw_dest else ""

    def entries_of(self, field: str, raw_paths: Iterable[str]) -> list[str]:
        """The entries that ``field`` of the request names. Raises InvalidRequest for any other path
        than those that the request is about.
        """
        entries = [self._find(raw) for raw in raw_paths]
        if not self._shown.keys() >= set(entries):
            raise InvalidRequest(f"{field}: give paths of files that the request is about.")
        return entries

    def shown(self, path: str) -> str:
        """A path as the client spells it, also if the client's path leads there by a link."""
        if path in self._shown:
            return self._shown[path]
        if self.dest and paths.is_under(path, self.dest):
            below = paths.to_text(os.path.relpath(path, self.dest))
            return os.path.normpath(os.path.join(self._raw_dest, below))
        return paths.to_text(path)

    def problems(self, failures: Iterable[Failure]) -> list[dict[str, str]]:
        """The fields of ``FileProblem`` for each failure."""
        return [
            {
                "path": self.shown(failure.path),
                "error": str(failure.error),
                "code": failure.error.code,
            }
            for failure in failures
        ]

    def renames(self, done: Iterable[Moved]) -> list[dict[str, str]]:
        """The fields of ``Move`` for files that stay in their folders."""
        return [
            {
                "src_path": self.shown(moved.source),
                "dest_path": os.path.join(
                    os.path.dirname(self.shown(moved.source)),
                    paths.to_text(os.path.basename(moved.target)),
                ),
            }
            for moved in done
        ]

    def moves(self, done: Iterable[Moved]) -> list[dict[str, str]]:
        """The fields of ``Move`` for each moved file."""
        return [
            {"src_path": self.shown(moved.source), "dest_path": self.shown(moved.target)}
            for moved in done
        ]


def _transfer(
    core: Core, request: TransferRequest, verb: str, act: Callable[..., Result]
) -> Response:
    dest = core.access.resolve(request.dest)
    named = _NamedPaths(core, choose_paths(core, request.file_paths, request), dest, request.dest)

    replace = named.entries_of("replace", request.replace or [])

    def plan() -> Result:
        return planned(
            core.operations.plan_transfer(
                named.entries,
                dest,
                create=request.create_dest_folder,
                on_conflict=request.on_conflict,
                replace=replace,
                is_move=verb == "moved",
            )
        )

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        if request.dry_run:
            return answer(plan())
        result = act(
            named.entries,
            dest,
            create=request.create_dest_folder,
            on_failure=OnFailure.SKIP if request.continue_on_error else OnFailure.UNDO_ALL,
            on_conflict=request.on_conflict,
            replace=replace,
            progress=progress,
        )
        return answer(result)

    def answer(result: Result) -> dict[str, Any]:
        return {
            verb: named.moves(result.done),
            "errors": named.problems(result.errors),
            "skipped": [named.shown(path) for path in result.skipped],
            "replaced": [named.shown(path) for path in result.replaced],
            "operation_id": result.operation_id,
            "dry_run": request.dry_run,
        }

    kind = "move_files" if verb == "moved" else "copy_files"
    return run_or_queue(core, kind, work, background=request.background)


def _flattened(named: _NamedPaths, result: Result, *, dry_run: bool) -> dict[str, Any]:
    return {
        "success": not result.errors,
        "dry_run": dry_run,
        "total_files": len(result.done) + len(result.errors) + len(result.skipped),
        "moves": named.moves(result.done),
        "conflicts": [
            {
                "src_path": named.shown(failure.path),
                "dest_path": named.shown(failure.target),
                "error": str(failure.error),
            }
            for failure in result.errors
        ],
        "errors": [str(failure.error) for failure in result.errors],
        "moved_files": 0 if dry_run else len(result.done),
        "skipped": [named.shown(path) for path in result.skipped],
        "operation_id": result.operation_id,
    }


def _moves(done: Iterable[Moved]) -> list[dict[str, str]]:
    return [
        {"src_path": paths.to_text(moved.source), "dest_path": paths.to_text(moved.target)}
        for moved in done
    ]
