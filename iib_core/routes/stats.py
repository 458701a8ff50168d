"""Figures about the library."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core.core import Core
from iib_core.db import stats
from iib_core.db.criteria import And
from iib_core.routes.base import GUARDS, JSON, IIBRoute, get_core
from iib_core.search import library

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["stats"])

_LISTED = 50


class Bucket(BaseModel):
    """Files of one day, month or kind. ``size_bytes`` is 0 where it is not summed."""

    name: str
    count: int
    size_bytes: int


class Trend(BaseModel):
    """Figures about the library. Days and months are those of the server's clock, newest first; models, sources and sizes the 50 most used."""

    count: int
    size_bytes: int
    days: list[Bucket]
    months: list[Bucket]
    media: list[Bucket]
    models: list[Bucket]
    sources: list[Bucket]
    sizes: list[Bucket]


@router.get("/db/stats/trend", summary="Get figures about the library", response_model=Trend)
def trend(core: Core = Depends(get_core)) -> Response:
    """Files and disk space by day, month and kind; the models, generators and sizes used most."""
    criterion = library.scoped(And(), core.access)
    with core.db.read() as conn:
        days = stats.count_by_day(conn, criterion)
        figures = {
            "days": days,
            "months": stats.add_up_months(days),
            "media": stats.count_by_media(conn, criterion),
            **{f"{name}s": stats.count_by_tag(conn, name, _LISTED) for name in ("model", "source", "size")},
        }
    answer = {name: [asdict(bucket) for bucket in buckets] for name, buckets in figures.items()}
    return JSON({"count": sum(day.count for day in days), "size_bytes": sum(day.size_bytes for day in days), **answer})
