"""Figures about the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core.core import Core
from iib_core.db.search import stats
from iib_core.routes.base import GUARDS, JSON, IIBRoute, get_core
from iib_core.search import library
from iib_core.search.criteria import And

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["stats"])

_LISTED = 50


class Bucket(BaseModel):
    """Files of one day, month or kind. ``size_bytes`` is 0 where it is not summed."""

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


class Trend(BaseModel):
    """Figures about the library.

    Days and months are those of the server's clock, newest first; of the others the 50 most used.

    The second eight say the same under the names that clients of before read.
    """

    count: int
    size_bytes: int
    days: list[Bucket]
    months: list[Bucket]
    media: list[Bucket]
    models: list[Bucket]
    samplers: list[Bucket]
    loras: list[Bucket]
    sources: list[Bucket]
    sizes: list[Bucket]
    total_images: int
    total_disk_usage: int
    daily_contributions: list[OnDay]
    monthly_trends: list[InMonth]
    top_models: list[Named]
    top_samplers: list[Named]
    top_source: list[Named]
    top_lora: list[Named]


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
            **{
                f"{name}s": stats.count_by_tag(conn, name, _LISTED)
                for name in ("model", "sampler", "lora", "source", "size")
            },
        }
    answer = {name: [asdict(bucket) for bucket in buckets] for name, buckets in figures.items()}
    totals = {"count": sum(day.count for day in days), "size_bytes": sum(day.size_bytes for day in days)}
    return JSON({**totals, **answer, **_as_before(totals, figures)})


def _as_before(totals: Mapping[str, int], figures: Mapping[str, Sequence[stats.Bucket]]) -> dict[str, Any]:
    def listed(name: str, key: str = "name") -> list[dict[str, Any]]:
        return [{key: bucket.name, "count": bucket.count} for bucket in figures[name]]

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
