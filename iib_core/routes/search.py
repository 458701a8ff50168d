"""Search: by text, by tags, in the language of the search field, and at random.

Answers come from the index; the disk is not touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core import paths, times
from iib_core.core import Core
from iib_core.db.criteria import And, Criterion, HasTag, HasText, IsMedia, Matches, Not
from iib_core.db.search import Hit, Order, Page
from iib_core.errors import InvalidRequest
from iib_core.files import listing
from iib_core.routes.base import GUARDS, JSON, IIBRoute, get_core
from iib_core.routes.models import MAX_FOLDERS, MAX_READ, FileInfo, at_most
from iib_core.search import library, query

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["search"])

_MEDIA = ("all", "image", "video", "audio")


class SubstrRequest(BaseModel):
    """Text to look for in path and metadata; ``regexp`` instead of, or beside it, is tried on name,
    path and text.
    """

    surstr: str = ""
    cursor: str = ""
    regexp: str = ""
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    size: int = 200
    path_only: bool = False
    media_type: str = Field("all", description="all, image, video or audio")


class TagsRequest(BaseModel):
    """Tags by id: all of ``and_tags``, at least one of ``or_tags`` (where there are any), none of
    ``not_tags``.
    """

    and_tags: Optional[list[int]] = at_most(MAX_READ, None)
    or_tags: Optional[list[int]] = at_most(MAX_READ, None)
    not_tags: Optional[list[int]] = at_most(MAX_READ, None)
    cursor: str = ""
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    size: int = 200
    random_sort: bool = False


class SearchRequest(BaseModel):
    """A query in the language of the search field.

    ``total`` asks for the number of all matches: ``bounded`` counts up to 10,000, ``exact`` all.
    """

    query: str
    sort: str = "date"
    order: str = Field("desc", description="asc or desc")
    cursor: str = ""
    size: int = 200
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    total: str = Field("", description="empty, bounded or exact")
    seed: int = Field(0, description="of the order 'random'; 0 draws one")


class Cursor(BaseModel):
    """Where the page ended. ``next`` is opaque, and empty at the end."""

    has_next: bool
    next: str


class Found(BaseModel):
    """A page of files."""

    files: list[FileInfo]
    cursor: Cursor


class Searched(BaseModel):
    """A page of files; ``total`` where it was asked for, and whether it is all of them."""

    files: list[FileInfo]
    cursor: Cursor
    total: Optional[int] = None
    total_is_exact: Optional[bool] = None


@router.post("/db/search_by_substr", summary="Search for a text", response_model=Found)
def search_by_substr(request: SubstrRequest, core: Core = Depends(get_core)) -> Response:
    """Files whose path or metadata contains the text, without regard to case, newest first."""
    folders = resolve_folders(request, request.folder_paths, core)
    check_media(request.media_type)
    if len(request.surstr) > query.MAX_CHARS:
        raise InvalidRequest(
            f"The text has {len(request.surstr)} characters: at most {query.MAX_CHARS} are possible."
        )
    parts: list[Criterion] = (
        [HasText(request.surstr, "path" if request.path_only else "any")] if request.surstr else []
    )
    if request.regexp:
        parts.append(Matches(request.regexp, path_only=request.path_only))
    if request.media_type != "all":
        parts.append(IsMedia(request.media_type))
    page = library.find(
        core.db, core.access, And(tuple(parts)), folders, cursor=request.cursor, size=request.size
    )
    return JSON(_found(page, core))


@router.post("/db/match_images_by_tags", summary="Search by tags", response_model=Found)
def match_images_by_tags(request: TagsRequest, core: Core = Depends(get_core)) -> Response:
    """Files with these tags, newest first, or in a random order that holds over all pages."""
    folders = resolve_folders(request, request.folder_paths, core)
    if len(request.and_tags or ()) > query.MAX_TERMS:
        raise InvalidRequest(f"A file cannot be asked for more than {query.MAX_TERMS} tags at once.")
    parts: list[Criterion] = [HasTag((tag_id,)) for tag_id in dict.fromkeys(request.and_tags or ())]
    if request.or_tags:
        parts.append(HasTag(tuple(request.or_tags)))
    if request.not_tags:
        parts.append(Not(HasTag(tuple(request.not_tags))))
    order = Order("random") if request.random_sort else Order()
    page = library.find(
        core.db,
        core.access,
        And(tuple(parts)),
        folders,
        order=order,
        cursor=request.cursor,
        size=request.size,
    )
    return JSON(_found(page, core))


@router.post("/db/search", summary="Search in the language of the search field", response_model=Searched)
def search(request: SearchRequest, core: Core = Depends(get_core)) -> Response:
    """Words, phrases, ``-not``, ``OR``, ``re:/.../`` and fields with ranges, sorted by any field."""
    folders = resolve_folders(request, request.folder_paths, core)
    if request.order not in ("asc", "desc"):
        raise InvalidRequest(f"'{request.order[:50]}' is no order: use asc or desc.")
    if request.total not in ("", "bounded", "exact"):
        raise InvalidRequest(f"'{request.total[:50]}' is no way to count: use bounded or exact.")
    criterion = query.parse(request.query)
    order = Order(request.sort, request.order == "desc", request.seed)
    answer = _found(
        library.find(
            core.db, core.access, criterion, folders, order=order, cursor=request.cursor, size=request.size
        ),
        core,
    )
    if request.total:
        limit = {} if request.total == "bounded" else {"at_most": None}
        answer["total"], answer["total_is_exact"] = library.count(
            core.db, core.access, criterion, folders, **limit
        )
    return JSON(answer)


@router.get("/db/random_images", summary="Draw random files", response_model=list[FileInfo])
def random_images(core: Core = Depends(get_core)) -> Response:
    """128 files, each with the same chance; all of them where there are fewer."""
    return JSON(describe_files(library.draw(core.db, core.access, 128), core))


def check_media(media_type: str) -> None:
    """Raise InvalidRequest for a media type that there is not."""
    if media_type not in _MEDIA:
        raise InvalidRequest(f"'{media_type[:50]}' is no media type: use one of {', '.join(_MEDIA)}.")


def resolve_folders(request: BaseModel, raw: list[str] | None, core: Core) -> list[str]:
    """The resolved folders of a request.

    Raises InvalidRequest for a body that says nothing at all, and what ``access.resolve`` raises.
    """
    said = getattr(request, "model_fields_set", None)
    if not (request.__fields_set__ if said is None else said):
        raise InvalidRequest("The body of the request says nothing to search for.")
    return [core.access.resolve(path) for path in raw or ()]


def _found(page: Page, core: Core) -> dict[str, Any]:
    return {
        "files": describe_files(page.hits, core),
        "cursor": {"has_next": bool(page.next), "next": page.next},
    }


def describe_files(hits: Iterable[Hit], core: Core) -> list[dict[str, Any]]:
    tops = [paths.to_text(root.real) for root in core.access.roots]
    inside: dict[str, bool] = {}
    files = []
    for hit in hits:
        folder = os.path.dirname(hit.path)
        if folder not in inside:
            inside[folder] = any(paths.is_under(folder, top) for top in tops)
        files.append(_file(hit, inside[folder]))
    return files


def _file(hit: Hit, inside: bool) -> dict[str, Any]:
    return {
        "type": "file",
        "date": times.seconds(hit.mtime_ns),
        "created_time": times.seconds(hit.birth_ns),
        "size": listing.human_size(hit.size_bytes),
        "bytes": hit.size_bytes,
        "name": hit.name,
        "fullpath": hit.path,
        "is_under_scanned_path": inside,
        "id": hit.id,
    }
