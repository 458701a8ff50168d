"""Statistics of the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Optional

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core.core import Core
from iib_core.db.search import stats
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_FOLDERS, at_most
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.searches import TZ, resolve_search_folders
from iib_core.search import days, figures, library, query
from iib_core.search.criteria import And

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["stats"])

_LISTED = 50


class CountByName(BaseModel):
    """Files of one day, month or kind. ``size_bytes`` is 0 if it is not summed."""

    name: str
    count: int
    size_bytes: int


class OnDay(BaseModel):
    """Files of one day."""

    date: str
    count: int


class InMonth(BaseModel):
    """Files of one month."""

    month: str
    count: int


class Named(BaseModel):
    """Files with one tag."""

    name: str
    count: int


class StatsRequest(BaseModel):
    """A search as in ``POST /db/search``."""

    query: str
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    tz: str = Field("", description=TZ)


class FolderSize(BaseModel):
    """The files directly in a folder."""

    path: str
    count: int
    size_bytes: int


class SearchFigures(BaseModel):
    """Figures of a search: the 50 folders that take most disk space, and the 50 most frequent words
    of prompts, which are estimated from a sample if ``words_are_exact`` is false.
    """

    count: int
    size_bytes: int
    folders: list[FolderSize]
    words: list[Named]
    words_are_exact: bool


class Trend(BaseModel):
    """Statistics of the library.

    Days and months are in the time zone ``tz``, newest first. The other lists have the 50 most
    frequent entries. The last eight fields repeat the values under the names that older clients
    use.
    """

    count: int
    size_bytes: int
    days: list[CountByName]
    months: list[CountByName]
    media: list[CountByName]
    models: list[CountByName]
    samplers: list[CountByName]
    loras: list[CountByName]
    sources: list[CountByName]
    sizes: list[CountByName]
    total_images: int
    total_disk_usage: int
    daily_contributions: list[OnDay]
    monthly_trends: list[InMonth]
    top_models: list[Named]
    top_samplers: list[Named]
    top_source: list[Named]
    top_lora: list[Named]


@router.get("/db/stats/trend", summary="Get statistics of the library", response_model=Trend)
def trend(tz: str = Query("", description=TZ), core: Core = Depends(get_core)) -> Response:
    """Files and disk space by day, month and media type; the most frequent models, generators and
    sizes.
    """
    zone = days.find_zone(tz)
    criterion = library.scoped(And(), core.access)
    with core.db.read() as conn:
        by_day = days.add_up(stats.count_by_quarter(conn, criterion), zone)
        lists = {
            "days": by_day,
            "months": stats.add_up_months(by_day),
            "media": stats.count_by_media(conn, criterion),
            **{
                f"{name}s": stats.count_by_tag(conn, name, _LISTED)
                for name in ("model", "sampler", "lora", "source", "size")
            },
        }
    answer = {name: [asdict(bucket) for bucket in buckets] for name, buckets in lists.items()}
    totals = {
        "count": sum(day.count for day in by_day),
        "size_bytes": sum(day.size_bytes for day in by_day),
    }
    return JSON({**totals, **answer, **_for_older_clients(totals, lists)})


@router.post("/db/stats", summary="Get figures of a search", response_model=SearchFigures)
def search_figures(request: StatsRequest, core: Core = Depends(get_core)) -> Response:
    """Disk space by folder and the most frequent words of prompts, over all results."""
    folders = resolve_search_folders(core, request, request.folder_paths)
    criterion = query.parse(request.query, days.find_zone(request.tz))
    found = figures.measure(core.db, core.access, core.snapshots, criterion, folders)
    return JSON(asdict(found))


def _for_older_clients(
    totals: Mapping[str, int], lists: Mapping[str, Sequence[stats.Bucket]]
) -> dict[str, Any]:
    """The statistics under the names that older clients use."""

    def listed(name: str, key: str = "name") -> list[dict[str, Any]]:
        return [{key: bucket.name, "count": bucket.count} for bucket in lists[name]]

    return {
        "total_images": totals["count"],
        "total_disk_usage": totals["size_bytes"],
        "daily_contributions": listed("days", "date"),
        "monthly_trends": listed("months", "month"),
        "top_models": listed("models"),
        "top_samplers": listed("samplers"),
        "top_source": listed("sources"),
        "top_lora": listed("loras"),
    }
