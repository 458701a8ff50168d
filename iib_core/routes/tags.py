"""Tags, suggestions for the search field, and the summary of the library."""

from __future__ import annotations

from dataclasses import asdict
from typing import Optional

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.db import tag_tree, tags
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import Tag
from iib_core.routes.shared.route import IIBRoute
from iib_core.search import library, suggestions
from iib_core.search.query import MAX_CHARS

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["tags"])

# Automatic tags in basic_info. A library has hundreds of thousands, which GET /db/tags finds.
MOST_USED = 1000
MAX_TAGS = 1000


class Tags(BaseModel):
    """Tags, most frequent first."""

    tags: list[Tag]


class TagNode(BaseModel):
    """A custom tag, or a name above some, whose ``id`` is null. ``total``: files with it or with a
    tag below it.
    """

    id: Optional[int]
    name: str
    color: str
    count: int
    total: int


class TagTree(BaseModel):
    """All custom tags, and the names above them."""

    tags: list[TagNode]


class Suggestion(BaseModel):
    """A completion of the word that the user types.

    ``kind`` is field, or the category of a tag that ``count`` files have; ``term`` is its form in
    the search language, ``text`` the whole text with the completion.
    """

    kind: str
    name: str
    count: int
    term: str
    text: str


class Suggestions(BaseModel):
    """Completions, best first."""

    suggestions: list[Suggestion]


class BasicInfo(BaseModel):
    """The summary of the library.

    ``tags`` are all custom tags and the most frequent automatic tags; ``tags_truncated``: whether
    there are more.
    """

    img_count: int
    tags: list[Tag]
    tags_truncated: bool
    expired: bool
    expired_dirs: list[str]


class Expired(BaseModel):
    """Roots whose files are not all indexed yet."""

    expired: bool
    expired_dirs: list[str]


@router.get("/db/tags", summary="Find tags", response_model=Tags)
def find_tags(
    query: str = Query("", description="Part of a name; case does not matter"),
    category: str = Query(
        "", description="prompt, model, lora, sampler, size, source, media, custom; empty for any"
    ),
    limit: int = Query(100, ge=1, le=MAX_TAGS),
    core: Core = Depends(get_core),
) -> Response:
    """Tags whose names contain the query. Those that begin with it come first, then the most
    frequent.
    """
    with core.db.read() as conn:
        found = tags.find_like(conn, query, category, limit)
    return JSON({"tags": [asdict(tag) for tag in found]})


@router.get("/db/tag_tree", summary="List custom tags as a tree", response_model=TagTree)
def load_tag_tree(core: Core = Depends(get_core)) -> Response:
    """By name; ``character/miku`` is below ``character``, which ``tag:character`` finds too."""
    with core.db.read() as conn:
        nodes = tag_tree.load(conn)
    return JSON({"tags": [asdict(node) for node in nodes]})


@router.get(
    "/db/suggest", summary="Complete the text of the search field", response_model=Suggestions
)
def suggest(
    text: str = Query("", description="The text before the caret", max_length=MAX_CHARS),
    limit: int = Query(10, ge=1, le=100),
    core: Core = Depends(get_core),
) -> Response:
    """Completions of the last word, by group: fields of the search language, models, LoRAs,
    samplers, tags, generators and albums, and folders of the library.
    """
    visible = core.access.visible
    seen = None if visible is None else list(map(paths.to_text, visible))
    found = suggestions.suggest(core.db, text, limit, seen)
    return JSON({"suggestions": [asdict(one) for one in found]})


@router.get("/db/basic_info", summary="Get a summary of the library", response_model=BasicInfo)
def basic_info(core: Core = Depends(get_core)) -> Response:
    """The number of files, the tags, and whether the index is up to date."""
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


@router.get(
    "/db/expired_dirs", summary="List folders that are not indexed yet", response_model=Expired
)
def expired_dirs(core: Core = Depends(get_core)) -> Response:
    """Roots that no update has finished since the start of the program."""
    expired = _expired_dirs(core)
    return JSON({"expired": bool(expired), "expired_dirs": expired})


def _expired_dirs(core: Core) -> list[str]:
    """Paths of the roots that need an update; none on a read-only server, which cannot start one."""
    if core.access.read_only or (core.index.last is not None and not core.index.job_id):
        return []
    return [
        paths.to_text(root.path)
        for root in core.access.roots
        if root.kind != "walk" and root.online
    ]
