"""The timeline of a search: its number of files by day, its files by position, and whether the
index has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import tzinfo
from typing import Any, Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core import times
from iib_core.core import Core
from iib_core.db.search.sorting import Order
from iib_core.errors import InvalidRequest
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_FOLDERS, at_most
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.searches import (
    STACK,
    TZ,
    Elsewhere,
    Hint,
    describe_hints,
    parse_query,
    require_media,
    require_order,
    resolve_search_folders,
)
from iib_core.search import days, stacks
from iib_core.search.criteria import And, Criterion, IsMedia
from iib_core.search.snapshots import MAX_LIMIT, MAX_WAIT_S, Columns

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["search"])


class TimelineRequest(BaseModel):
    """A search as in ``POST /db/search``.

    ``snapshot``: a snapshot of this search that is to be completed; empty for a new one.
    """

    snapshot: str = ""
    query: str = ""
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    media_type: str = Field("all", description="all, image, video or audio")
    sort: str = "date"
    order: str = Field("desc", description="asc or desc")
    seed: int = Field(0, description="seed of the sort 'random'; 0 draws a new one")
    tz: str = Field("", description=TZ)
    time_zone: str = Field("", description="another name of tz")
    stack: str = Field("", description=STACK)
    wait_s: float = Field(
        5.0,
        description=(
            "seconds after which a text search answers with the results found so far; at most 30"
        ),
    )
    first: int = Field(
        0,
        description=(
            "number of files that come with the answer, at most 1000: those that a grid shows first"
        ),
    )


class DayCount(BaseModel):
    """A day of the calendar, and its number of files; with stacks its number of tiles, and of the
    ``files`` that these hold.
    """

    day: str
    count: int
    files: Optional[int] = None


class GroupCount(BaseModel):
    """A value of the field that is sorted by, and its number of files, as in ``DayCount``.

    ``value``: a text or a number; a band as ``low..high``, of which an end can be missing; empty
    for files without a value.
    """

    value: str
    count: int
    files: Optional[int] = None


class ColumnsAnswer(BaseModel):
    """Files by column, with one entry for each position.

    If a file has gone since the snapshot, its ``path`` and everything but its ``id`` is null.
    ``rating`` is 0 for a file without one; ``color`` is the mean colour as #rrggbb, empty until a
    thumbnail was made. ``blurred``: a term of the setting ``blur_terms`` finds it.

    With stacks each file is the cover of one: ``stack`` is the term of the query language that
    finds its files, ``stack_count`` their number; "" and 1 for a file that stands alone.
    """

    snapshot: str
    offset: int
    total: int
    complete: bool
    id: list[int]
    path: list[Optional[str]]
    mtime: list[Optional[float]]
    created: list[Optional[float]]
    bytes: list[Optional[int]]
    width: list[Optional[int]]
    height: list[Optional[int]]
    type: list[Optional[str]]
    duration: list[Optional[float]]
    rating: list[int]
    color: list[str]
    blurred: list[bool]
    stack: Optional[list[str]] = None
    stack_count: Optional[list[int]] = None


class Timeline(BaseModel):
    """A snapshot of all results of a search.

    ``buckets`` are in the order of the search; they are empty if it is not sorted by date, created
    or indexed. In other orders there are ``groups``; none for album, seed and random, and where
    they would be more than 2,000. ``hints`` and ``elsewhere`` are there if there is something to say.

    With stacks ``total`` is the number of tiles, and ``files`` that of the files.
    """

    snapshot: str
    total: int
    files: Optional[int] = None
    complete: bool
    buckets: list[DayCount]
    groups: list[GroupCount]
    change: int
    first: Optional[ColumnsAnswer] = None
    hints: Optional[list[Hint]] = None
    elsewhere: Optional[Elsewhere] = None


class ColumnsRequest(BaseModel):
    """Positions ``offset`` to ``offset + limit`` of a snapshot, and its search, in case the
    snapshot has been dropped.
    """

    snapshot: str = ""
    query: str = ""
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    media_type: str = Field("all", description="all, image, video or audio")
    sort: str = "date"
    order: str = Field("desc", description="asc or desc")
    seed: int = 0
    tz: str = Field("", description=TZ)
    time_zone: str = Field("", description="another name of tz")
    stack: str = Field("", description=STACK)
    offset: int = 0
    limit: int = Field(200, description="1 to 1000")


class Changes(BaseModel):
    """A number that changes with the index, also if another program changes the library."""

    change: int


@router.post(
    "/db/timeline", summary="Count the results of a search by day", response_model=Timeline
)
def timeline(request: TimelineRequest, core: Core = Depends(get_core)) -> Response:
    """Takes a snapshot of the search. Its positions do not change while files come and go.

    A snapshot that is not ``complete`` continues if it is sent again as ``snapshot``.
    """
    criterion, folders, order = _parse(request, core)
    zone = _zone(request)
    if not 0 <= request.wait_s <= MAX_WAIT_S:
        raise InvalidRequest(f"wait_s: give a number of seconds from 0 to {MAX_WAIT_S:.0f}.")
    if not 0 <= request.first <= MAX_LIMIT:
        raise InvalidRequest(f"first: give a number of files from 0 to {MAX_LIMIT}.")
    found = core.snapshots.get_timeline(
        criterion,
        folders,
        order,
        zone,
        stack=request.stack,
        snapshot_id=request.snapshot,
        wait_s=request.wait_s,
    )
    buckets: list[dict[str, Any]] = [{"day": day.day, "count": day.count} for day in found.days]
    groups: list[dict[str, Any]] = [asdict(group) for group in found.groups]
    for bucket, files in zip(buckets or groups, found.bucket_files):
        bucket["files"] = files
    answer: dict[str, Any] = {
        "snapshot": found.snapshot,
        "total": found.total,
        "complete": found.complete,
        "buckets": buckets,
        "groups": groups,
        "change": found.change,
    }
    if request.stack:
        answer["files"] = found.files
    if request.first:
        first = core.snapshots.get_columns(
            found.snapshot, criterion, folders, order, 0, request.first, stack=request.stack
        )
        answer["first"] = _columns(first, core)
    is_empty = found.complete and not found.total
    answer |= describe_hints(core, request.query, folders, _media(request), zone, is_empty=is_empty)
    return JSON(answer)


@router.post(
    "/db/columns", summary="Get files of a snapshot by position", response_model=ColumnsAnswer
)
def columns(request: ColumnsRequest, core: Core = Depends(get_core)) -> Response:
    """Costs the same at any position.

    If the snapshot has been dropped, a new one is made; the answer then has another ``snapshot``.
    """
    criterion, folders, order = _parse(request, core)
    found = core.snapshots.get_columns(
        request.snapshot,
        criterion,
        folders,
        order,
        request.offset,
        request.limit,
        stack=request.stack,
    )
    return JSON(_columns(found, core))


@router.get("/db/changes", summary="Check whether the index has changed", response_model=Changes)
def changes(core: Core = Depends(get_core)) -> Response:
    """Cheap enough for a request every second."""
    return JSON({"change": core.snapshots.read_change()})


def _parse(
    request: TimelineRequest | ColumnsRequest, core: Core
) -> tuple[Criterion, Sequence[str], Order]:
    folders = resolve_search_folders(core, request, request.folder_paths)
    require_order(request.order)
    require_media(request.media_type)
    if request.stack:
        stacks.require_kind(request.stack)
    criterion = parse_query(core, request.query, _zone(request))
    media = _media(request)
    if media:
        criterion = And((*media, criterion))
    return criterion, folders, Order(request.sort, request.order == "desc", request.seed)


def _media(request: TimelineRequest | ColumnsRequest) -> tuple[Criterion, ...]:
    """The criterion of the media type, if there is one."""
    return () if request.media_type == "all" else (IsMedia(request.media_type),)


def _zone(request: TimelineRequest | ColumnsRequest) -> tzinfo | None:
    return days.find_zone(request.tz or request.time_zone)


def _columns(found: Columns, core: Core) -> dict[str, Any]:
    hits = found.results
    blurred = core.blur.find(found.ids)

    def column(name: str) -> Sequence[Any]:
        return [getattr(hit, name) if hit else None for hit in hits]

    def seconds(name: str) -> Sequence[float | None]:
        return [times.seconds(getattr(hit, name)) if hit else None for hit in hits]

    answer = {
        "snapshot": found.snapshot,
        "offset": found.offset,
        "total": found.total,
        "complete": found.complete,
        "id": found.ids,
        "path": column("path"),
        "mtime": seconds("mtime_ns"),
        "created": seconds("birth_ns"),
        "bytes": column("size_bytes"),
        "width": column("width_px"),
        "height": column("height_px"),
        "type": column("media"),
        "duration": column("duration_s"),
        "rating": [rating or 0 for rating in column("rating")],
        "color": ["" if color is None else f"#{color:06x}" for color in column("color")],
        "blurred": [image_id in blurred for image_id in found.ids],
    }
    if found.stacks is not None:
        answer["stack"] = [name and f"stack:{name}" for name, _ in found.stacks]
        answer["stack_count"] = [count for _, count in found.stacks]
    return answer
