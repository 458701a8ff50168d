"""What a grid stands on: how many files a search finds on each day, its files by position, and
whether anything has changed since.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core import times
from iib_core.core import Core
from iib_core.db.search.sorting import Order
from iib_core.errors import InvalidRequest
from iib_core.routes.base import GUARDS, JSON, IIBRoute, get_core
from iib_core.routes.models import MAX_FOLDERS, at_most
from iib_core.routes.search import check_media, resolve_folders
from iib_core.search import days, query
from iib_core.search.criteria import And, Criterion, IsMedia
from iib_core.search.snapshots import MAX_LIMIT, MAX_WAIT_S, Columns

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["search"])


class TimelineRequest(BaseModel):
    """A search as in ``POST /db/search``.

    ``time_zone`` is an IANA name; empty for the server's own zone. ``snapshot`` is one of this
    search that is not complete yet and is to grow; empty for a new one.
    """

    snapshot: str = ""
    query: str = ""
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    media_type: str = Field("all", description="all, image, video or audio")
    sort: str = "date"
    order: str = Field("desc", description="asc or desc")
    seed: int = Field(0, description="of the order 'random'; 0 draws one")
    time_zone: str = ""
    wait_s: float = Field(
        5.0,
        description=(
            "how long a search for words may look before it answers with what it has found; at most 30"
        ),
    )
    first: int = Field(
        0,
        description=(
            "so many files come with the answer, at most 1000: what a grid shows before anybody has scrolled"
        ),
    )


class Bucket(BaseModel):
    """A day of the calendar and how many files it has."""

    day: str
    count: int


class ColumnsAnswer(BaseModel):
    """Files by column, one entry a position.

    ``path`` is null, and all but ``id`` too, where the file has gone since the snapshot was made.
    ``rating`` is 0 without stars, ``color`` the mean colour as #rrggbb, empty until a thumbnail was
    made.
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


class Timeline(BaseModel):
    """A snapshot of all that a search finds.

    ``buckets`` are in its order, and empty where it is not sorted by date or created.
    """

    snapshot: str
    total: int
    complete: bool
    buckets: list[Bucket]
    change: int
    first: Optional[ColumnsAnswer] = None


class ColumnsRequest(BaseModel):
    """Positions ``offset`` to ``offset + limit`` of a snapshot, with the search that made it, for
    when it is not kept any more.
    """

    snapshot: str = ""
    query: str = ""
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    media_type: str = Field("all", description="all, image, video or audio")
    sort: str = "date"
    order: str = Field("desc", description="asc or desc")
    seed: int = 0
    offset: int = 0
    limit: int = Field(200, description="1 to 1000")


class Changes(BaseModel):
    """A number that moves with every change of the index, also by another program over the same library."""

    change: int


@router.post("/db/timeline", summary="Count what a search finds by day", response_model=Timeline)
def timeline(request: TimelineRequest, core: Core = Depends(get_core)) -> Response:
    """Takes a snapshot of the search: positions in it stay what they are while files come and go.

    One that is not ``complete`` grows when it is sent back as ``snapshot``.
    """
    criterion, folders, order = _search(request, core)
    zone = days.find_zone(request.time_zone)
    if not 0 <= request.wait_s <= MAX_WAIT_S:
        raise InvalidRequest(f"wait_s: give a number of seconds from 0 to {MAX_WAIT_S:.0f}.")
    if not 0 <= request.first <= MAX_LIMIT:
        raise InvalidRequest(f"first: give a number of files from 0 to {MAX_LIMIT}.")
    found = core.snapshots.get_timeline(
        criterion, folders, order, zone, snapshot_id=request.snapshot, wait_s=request.wait_s
    )
    buckets = [{"day": day.day, "count": day.count} for day in found.days]
    answer = {
        "snapshot": found.snapshot,
        "total": found.total,
        "complete": found.complete,
        "buckets": buckets,
        "change": found.change,
    }
    if request.first:
        answer["first"] = _columns(
            core.snapshots.get_columns(found.snapshot, criterion, folders, order, 0, request.first)
        )
    return JSON(answer)


@router.post("/db/columns", summary="Get files of a snapshot by position", response_model=ColumnsAnswer)
def columns(request: ColumnsRequest, core: Core = Depends(get_core)) -> Response:
    """At any depth for the same cost.

    A snapshot that is not kept any more is made anew; the answer then has another ``snapshot``.
    """
    criterion, folders, order = _search(request, core)
    return JSON(
        _columns(
            core.snapshots.get_columns(
                request.snapshot, criterion, folders, order, request.offset, request.limit
            )
        )
    )


@router.get("/db/changes", summary="Tell whether the index has changed", response_model=Changes)
def changes(core: Core = Depends(get_core)) -> Response:
    """Cheap enough to be asked every second."""
    return JSON({"change": core.snapshots.read_change()})


def _search(request: TimelineRequest | ColumnsRequest, core: Core) -> tuple[Criterion, list[str], Order]:
    folders = resolve_folders(request, request.folder_paths, core)
    if request.order not in ("asc", "desc"):
        raise InvalidRequest(f"'{request.order[:50]}' is no order: use asc or desc.")
    check_media(request.media_type)
    criterion = query.parse(request.query)
    if request.media_type != "all":
        criterion = And((IsMedia(request.media_type), criterion))
    return criterion, folders, Order(request.sort, request.order == "desc", request.seed)


def _columns(found: Columns) -> dict[str, Any]:
    hits = found.results

    def column(name: str) -> Sequence[Any]:
        return [getattr(hit, name) if hit else None for hit in hits]

    return {
        "snapshot": found.snapshot,
        "offset": found.offset,
        "total": found.total,
        "complete": found.complete,
        "id": found.ids,
        "path": column("path"),
        "mtime": [times.seconds(hit.mtime_ns) if hit else None for hit in hits],
        "created": [times.seconds(hit.birth_ns) if hit else None for hit in hits],
        "bytes": column("size_bytes"),
        "width": column("width_px"),
        "height": column("height_px"),
        "type": column("media"),
        "duration": column("duration_s"),
        "rating": [(hit.rating or 0) if hit else 0 for hit in hits],
        "color": [f"#{hit.color:06x}" if hit and hit.color is not None else "" for hit in hits],
    }
