"""Facets: which values the results of a search have, and how many files each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core.core import Core
from iib_core.errors import InvalidRequest
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_FOLDERS, at_most
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.searches import TZ, parse_query, require_media, resolve_search_folders
from iib_core.search import days
from iib_core.search.criteria import IsMedia
from iib_core.search.facet_values import MAX_VALUES, NAMES, in_order
from iib_core.search.facets import FacetCounts
from iib_core.search.snapshots import MAX_WAIT_S

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["search"])


class FacetsRequest(BaseModel):
    """A search as in ``POST /db/timeline``, and which facets of it are counted."""

    query: str = ""
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    media_type: str = Field("all", description="all, image, video or audio")
    facets: Optional[list[str]] = at_most(
        len(NAMES), None, description=f"some of {', '.join(NAMES)}; without it all"
    )
    limit: int = Field(
        20, description=f"values of each facet, 1 to {MAX_VALUES}; months are not limited"
    )
    tz: str = Field("", description=TZ)
    wait_s: Optional[float] = Field(
        None, description="seconds to wait for exact counts, at most 30; without it a moment"
    )


class FacetValue(BaseModel):
    """A value, the ``term`` of the query language that finds its files, and the number of these."""

    value: str
    term: str
    count: int


class Facet(BaseModel):
    """The values of one facet, the most frequent first, months from the newest on. ``more``: there
    are others.

    ``exact`` is false for an estimate. ``first`` and ``last`` are there for dates: the days of the
    oldest and the newest file, empty where there are no files.
    """

    name: str
    exact: bool
    more: bool
    values: list[FacetValue]
    first: Optional[str] = None
    last: Optional[str] = None


class FacetsAnswer(BaseModel):
    """``total``: the number of results of the whole query. ``exact``: all numbers are.

    ``change`` as in ``GET /db/changes``.
    """

    total: int
    total_is_exact: bool
    exact: bool
    change: int
    facets: list[Facet]


@router.post(
    "/db/facets",
    summary="Count the results of a search by model, size, rating ...",
    response_model=FacetsAnswer,
)
def count_facets(request: FacetsRequest, core: Core = Depends(get_core)) -> Response:
    """Each facet is counted over the query without the terms that are about it, so that more values
    of it can be chosen: join their terms by ``OR``.

    Where exact counts take longer than a moment, the answer has estimates, and ``exact`` is false.
    The exact counts are made in the background: send the same request again after a second or two,
    or give ``wait_s``.
    """
    folders = resolve_search_folders(core, request, request.folder_paths)
    require_media(request.media_type)
    if not 0 < request.limit <= MAX_VALUES:
        raise InvalidRequest(f"limit: give a number of values from 1 to {MAX_VALUES}.")
    if request.wait_s is not None and not 0 <= request.wait_s <= MAX_WAIT_S:
        raise InvalidRequest(f"wait_s: give a number of seconds from 0 to {MAX_WAIT_S:.0f}.")
    zone = days.find_zone(request.tz)
    found = core.facets.count(
        parse_query(core, request.query, zone),
        () if request.media_type == "all" else (IsMedia(request.media_type),),
        folders,
        names=_names(request.facets),
        zone=zone,
        wait_s=request.wait_s,
    )
    facets = [_facet(name, counts, request.limit) for name, counts in found.facets.items()]
    return JSON(
        {
            "total": found.total,
            "total_is_exact": found.total_is_exact,
            "exact": found.total_is_exact and all(facet["exact"] for facet in facets),
            "change": found.change,
            "facets": facets,
        }
    )


def _names(asked: Sequence[str] | None) -> Sequence[str]:
    if asked is None:
        return NAMES
    for name in asked:
        if name not in NAMES:
            raise InvalidRequest(f"'{name[:50]}' is no facet: use some of {', '.join(NAMES)}.")
    return tuple(dict.fromkeys(asked))


def _facet(name: str, counts: FacetCounts, limit: int) -> dict[str, Any]:
    values = in_order(name, counts.counted.counts)
    shown = values if name == "date" else values[:limit]
    described = [{"value": value.name, "term": value.term, "count": value.count} for value in shown]
    facet = {
        "name": name,
        "exact": counts.is_exact,
        "more": len(shown) < len(values),
        "values": described,
    }
    return facet | (
        {"first": counts.counted.first, "last": counts.counted.last} if name == "date" else {}
    )
