"""Tags, and what the page needs to know of the database before it shows anything."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.db import tags
from iib_core.routes.base import GUARDS, JSON, IIBRoute, get_core
from iib_core.routes.models import Tag
from iib_core.search import library, suggestions
from iib_core.search.query import MAX_CHARS

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["tags"])

# Auto tags in basic_info; a library has hundreds of thousands, which GET /db/tags finds.
MOST_USED = 1000
MAX_TAGS = 1000


class Tags(BaseModel):
    """Some tags, most used first."""

    tags: list[Tag]


class Suggestion(BaseModel):
    """Something to put in place of the word being typed.

    ``kind`` is field, or the category of a tag, which ``count`` files have; ``term`` is how it is
    written in the search language, ``text`` the whole text with it in place.
    """

    kind: str
    name: str
    count: int
    term: str
    text: str


class Suggestions(BaseModel):
    """What can be typed next, best first."""

    suggestions: list[Suggestion]


class BasicInfo(BaseModel):
    """The library in short.

    ``tags`` are all custom ones and the most used auto tags; ``tags_truncated`` tells that there
    are more.
    """

    img_count: int
    tags: list[Tag]
    tags_truncated: bool
    expired: bool
    expired_dirs: list[str]


class Expired(BaseModel):
    """Folders that the index is not up to date with yet."""

    expired: bool
    expired_dirs: list[str]


@router.get("/db/tags", summary="Find tags", response_model=Tags)
def find_tags(
    query: str = Query("", description="Part of a name, without regard to case"),
    category: str = Query(
        "", description="prompt, model, lora, sampler, size, source, media, custom; empty for any"
    ),
    limit: int = Query(100, ge=1, le=MAX_TAGS),
    core: Core = Depends(get_core),
) -> Response:
    """Tags whose name contains the query: first those that begin with it, then the others, most used first."""
    with core.db.read() as conn:
        found = tags.find_like(conn, query, category, limit)
    return JSON({"tags": [asdict(tag) for tag in found]})


@router.get("/db/suggest", summary="Complete what is typed into the search field", response_model=Suggestions)
def suggest(
    text: str = Query("", description="What stands in front of the caret", max_length=MAX_CHARS),
    limit: int = Query(10, ge=1, le=100),
    core: Core = Depends(get_core),
) -> Response:
    """Fields of the search language, and tags, models, LoRAs, samplers and sources of the library,
    for the last word.
    """
    return JSON({"suggestions": [asdict(one) for one in suggestions.suggest(core.db, text, limit)]})


@router.get("/db/basic_info", summary="Get the library in short", response_model=BasicInfo)
def basic_info(core: Core = Depends(get_core)) -> Response:
    """Number of files, tags, and whether the index is up to date."""
    with core.db.read() as conn:
        custom, auto = tags.list_custom(conn), tags.list_most_used(conn, MOST_USED + 1)
    expired = _expired_dirs(core)
    return JSON(
        {
            "img_count": library.count_files(core.db, core.access),
            "tags": [asdict(tag) for tag in (*custom, *auto[:MOST_USED])],
            "tags_truncated": len(auto) > MOST_USED,
            "expired": bool(expired),
            "expired_dirs": expired,
        }
    )


@router.get("/db/expired_dirs", summary="List folders that are not indexed yet", response_model=Expired)
def expired_dirs(core: Core = Depends(get_core)) -> Response:
    """Roots whose update has not finished since the start."""
    expired = _expired_dirs(core)
    return JSON({"expired": bool(expired), "expired_dirs": expired})


def _expired_dirs(core: Core) -> list[str]:
    """Nothing where the index may not change: then there is no use in asking for an update."""
    if core.access.read_only or (core.index.last is not None and not core.index.job_id):
        return []
    return [paths.to_text(root.path) for root in core.access.roots if root.kind != "walk" and root.online]
