"""Duplicates: finding them, resolving them, and what is none."""

from __future__ import annotations

import os
from typing import Any, Optional, Union

from fastapi import APIRouter, Depends
from starlette.responses import Response

from iib_core import paths, times
from iib_core.core import Core
from iib_core.db import images, not_duplicates
from iib_core.errors import InvalidRequest
from iib_core.files.disk_lookup import EntryFinder
from iib_core.jobs import Progress
from iib_core.look import pages
from iib_core.look.duplicates import MAX_LIMIT, Found, Wanted
from iib_core.look.groups import KINDS
from iib_core.look.pages import Shown, ShownGroup
from iib_core.look.resolving import Decision
from iib_core.routes.models.duplicates import (
    DuplicatesAnswer,
    DuplicatesRequest,
    LookStatus,
    NotDuplicatesAnswer,
    NotDuplicatesList,
    NotDuplicatesRemoval,
    NotDuplicatesRequest,
    Removed,
    ResolvedAnswer,
    ResolveRequest,
)
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import Started, run_or_queue, wait_or_return
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.searches import parse_query
from iib_core.search import days, library

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["duplicates"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["duplicates"])

KIND = "duplicates"


@router.post(
    "/db/duplicates", summary="Find duplicates", response_model=Union[DuplicatesAnswer, Started]
)
def find_duplicates(request: DuplicatesRequest, core: Core = Depends(get_core)) -> Response:
    """Exact copies, the same picture in another format or size, and near duplicates, in groups with
    a suggestion which file to keep.

    Files that were not looked at yet are looked at first, which takes long in a large library: ask
    for it in the background.
    """
    if not 1 <= request.limit <= MAX_LIMIT:
        raise InvalidRequest(f"limit: give a number from 1 to {MAX_LIMIT}.")
    if request.kind and request.kind not in KINDS:
        raise InvalidRequest(f"kind: give one of {', '.join(KINDS)}.")
    if request.cursor:
        found_id, start = _decode(request.cursor)
        return JSON(_page(core, core.duplicates.get(found_id), start, request))
    wanted = _wanted(core, request)
    wanted.check()

    def work(progress: Progress) -> dict[str, Any]:
        return _page(core, core.duplicates.find(progress, wanted), 0, request)

    job = core.jobs.start(KIND, work)
    cancelled = "The search for duplicates was cancelled: ask for it again."
    return wait_or_return(core, job, background=request.background, cancelled=cancelled)


@write_router.post(
    "/db/resolve_duplicates",
    summary="Resolve duplicates",
    response_model=Union[ResolvedAnswer, Started],
)
def resolve_duplicates(request: ResolveRequest, core: Core = Depends(get_core)) -> Response:
    """The victims go to the library's own trash with what belongs to them, their tags, ratings and
    albums to the file that is kept. One operation, which one undo takes back.

    Another name of the file that is kept stays, and is told in the errors.
    """
    finder = EntryFinder(core.access)
    shown: dict[str, str] = {}

    def entry(raw: str) -> str:
        found = finder.find(raw)
        shown[found] = raw
        return found

    decisions = [
        Decision(
            entry(group.keeper), tuple(map(entry, group.victims)), request.exact or group.exact
        )
        for group in request.groups
    ]

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        result = core.resolving.resolve(decisions, progress)
        problems = [
            {
                "path": shown.get(failure.path, paths.to_text(failure.path)),
                "error": str(failure.error),
                "code": failure.error.code,
            }
            for failure in result.errors
        ]
        return {
            "ok": not problems,
            "deleted": [shown[moved.source] for moved in result.done],
            "errors": problems,
            "operation_id": result.operation_id,
        }

    return run_or_queue(core, "resolve_duplicates", work, background=request.background)


@write_router.post(
    "/db/not_duplicates",
    summary="Remember what are no duplicates",
    response_model=NotDuplicatesAnswer,
)
def add_not_duplicates(request: NotDuplicatesRequest, core: Core = Depends(get_core)) -> Response:
    """No two files of one of these groups are shown as duplicates of each other any more, wherever
    they are moved.
    """
    raws = [raw for group in request.groups for raw in group.paths]
    texts = {raw: paths.to_text(real) for raw, real in core.access.resolve_each(raws).items()}
    if not raws or any(len({texts[raw] for raw in group.paths}) < 2 for group in request.groups):
        raise InvalidRequest("groups: give at least two files in each group.")
    groups = [[texts[raw] for raw in group.paths] for group in request.groups]
    return JSON({"group_ids": core.duplicates.remember_none(groups)})


@router.get(
    "/db/not_duplicates", summary="List what are no duplicates", response_model=NotDuplicatesList
)
def list_not_duplicates(core: Core = Depends(get_core)) -> Response:
    """Groups that are remembered, the newest first."""
    with core.db.read() as conn:
        groups = not_duplicates.load(conn)
        known = images.find_paths(conn, {image_id for ids in groups.values() for image_id in ids})
    seen = {at: path for at, path in known.items() if core.access.allows(paths.from_text(path))}
    return JSON(
        {
            "groups": [
                {"group_id": number, "paths": [seen[at] for at in ids if at in seen]}
                for number, ids in groups.items()
            ]
        }
    )


@write_router.delete(
    "/db/not_duplicates", summary="Forget that files are no duplicates", response_model=Removed
)
def remove_not_duplicates(
    request: NotDuplicatesRemoval, core: Core = Depends(get_core)
) -> Response:
    """Its files are compared again."""
    core.duplicates.forget_none(request.group_id)
    return JSON({"removed": True})


@router.get(
    "/db/look_status", summary="Tell how many files were looked at", response_model=LookStatus
)
def look_status(core: Core = Depends(get_core)) -> Response:
    """Pictures are looked at when their thumbnails are made, and all others while nothing else is
    to do.
    """
    state = core.looks.how_far()
    return JSON(
        {
            "done": state.done,
            "total": state.total,
            "working": state.is_working,
            "rate": state.rate,
            "seconds_left": state.seconds_left,
        }
    )


def _wanted(core: Core, request: DuplicatesRequest) -> Wanted:
    """What a request asks for. Raises InvalidRequest for both files and a query."""
    folders = [core.access.resolve(path) for path in request.folder_paths or ()]
    zone = days.find_zone(request.tz)
    criterion = library.scoped(parse_query(core, request.query, zone), core.access, folders)
    if request.file_paths is None:
        return Wanted(criterion, (), request.distance, request.exact)
    if request.query:
        raise InvalidRequest("Give file_paths or a query, and not both.")
    files = {paths.to_text(real) for real in core.access.resolve_each(request.file_paths).values()}
    return Wanted(criterion if folders else None, files, request.distance, request.exact)


def _page(core: Core, found: Found, start: int, request: DuplicatesRequest) -> dict[str, Any]:
    limit = request.limit
    wanted = found.groups.range_of(request.kind)[start : start + limit]
    groups = pages.describe(core.db, core.access, found.groups.page(wanted.start, len(wanted)))
    has_next = start + limit < len(found.groups.range_of(request.kind))
    return {
        "groups": [_group(group) for group in groups],
        "cursor": {"has_next": has_next, "next": f"{found.id}.{start + limit}" if has_next else ""},
        "first": f"{found.id}.0",
        "count": len(found.groups),
        "kinds": found.groups.count_by_kind(),
        "files": len(found.groups.others),
        "bytes_to_free": found.groups.bytes_to_free,
        "failed": found.failed,
        "complete": not found.failed,
    }


def _group(group: ShownGroup) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "keeper": group.files[0].file.path,
        "differs": list(group.differs),
        "bytes_to_free": group.bytes_to_free,
        "files": [_file(shown) for shown in group.files],
    }


def _file(shown: Shown) -> dict[str, Any]:
    file = shown.file
    folder, name = os.path.split(file.path)
    return {
        "id": file.id,
        "path": file.path,
        "name": name,
        "folder": folder,
        "kind": shown.kind,
        "distance": shown.distance,
        "same_file_as": shown.same_file_as,
        "type": file.media,
        "format": pages.extension(file.path),
        "bytes": file.size_bytes,
        "width": file.width_px,
        "height": file.height_px,
        "duration": file.duration_s,
        "date": times.seconds(file.mtime_ns),
        "created_time": times.seconds(file.birth_ns),
        "has_metadata": file.fields > 0,
        "metadata_fields": file.fields,
        "rating": file.rating,
        "tags": list(file.tags),
        "albums": list(file.albums),
    }


def _decode(cursor: str) -> tuple[str, int]:
    found_id, _, start = cursor.rpartition(".")
    if not found_id or not start.isascii() or not start.isdigit() or len(start) > 9:
        raise InvalidRequest("The cursor is none of this search: begin without one.")
    return found_id, int(start)
