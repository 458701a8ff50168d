"""Search: by text, by tags, in the language of the search field, and at random.

Results come from the index; the disk is not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core.core import Core
from iib_core.db.search.leaves import is_text
from iib_core.db.search.pages import Page
from iib_core.db.search.sorting import Order
from iib_core.errors import InvalidRequest
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_FOLDERS, MAX_READ, Cursor, FileInfo, at_most
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.searches import (
    Elsewhere,
    Hint,
    SearchRequest,
    describe_files,
    describe_hints,
    parse_query,
    require_media,
    require_order,
    resolve_search_folders,
)
from iib_core.search import days, library, query, stacks
from iib_core.search.criteria import (
    And,
    Criterion,
    HasTag,
    HasText,
    IsMedia,
    Matches,
    Not,
    leaves,
)

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["search"])


class SubstrRequest(BaseModel):
    """Text to find in path and metadata. ``regexp``, instead of the text or beside it, is matched
    against name, path and metadata.
    """

    surstr: str = ""
    cursor: str = ""
    regexp: str = ""
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    size: int = 200
    path_only: bool = False
    media_type: str = Field("all", description="all, image, video or audio")


class TagsRequest(BaseModel):
    """Tags by id: all of ``and_tags``, at least one of ``or_tags`` (if there are any), none of
    ``not_tags``.
    """

    and_tags: Optional[list[int]] = at_most(MAX_READ, None)
    or_tags: Optional[list[int]] = at_most(MAX_READ, None)
    not_tags: Optional[list[int]] = at_most(MAX_READ, None)
    cursor: str = ""
    folder_paths: Optional[list[str]] = at_most(MAX_FOLDERS, None)
    size: int = 200
    random_sort: bool = False


class Found(BaseModel):
    """A page of files."""

    files: list[FileInfo]
    cursor: Cursor


class Searched(BaseModel):
    """A page of files. If requested: ``total``, the number of results, and whether it is exact.

    ``hints`` and ``elsewhere`` are there if there is something to say. With stacks the files are
    their covers, and ``stack`` and ``stack_count`` as in ``POST /db/columns``.
    """

    files: list[FileInfo]
    cursor: Cursor
    total: Optional[int] = None
    total_is_exact: Optional[bool] = None
    stack: Optional[list[str]] = None
    stack_count: Optional[list[int]] = None
    hints: Optional[list[Hint]] = None
    elsewhere: Optional[Elsewhere] = None


@router.post("/db/search_by_substr", summary="Search for a text", response_model=Found)
def search_by_substr(request: SubstrRequest, core: Core = Depends(get_core)) -> Response:
    """Files whose path or metadata contains the text, newest first. Case does not matter."""
    folders = resolve_search_folders(core, request, request.folder_paths)
    require_media(request.media_type)
    if len(request.surstr) > query.MAX_CHARS:
        raise InvalidRequest(
            f"The text has {len(request.surstr)} characters: at most {query.MAX_CHARS} are possible."
        )
    parts: list[Criterion] = []
    if request.surstr:
        parts.append(HasText(request.surstr, "path" if request.path_only else "any"))
    if request.regexp:
        parts.append(Matches(request.regexp, path_only=request.path_only))
    if request.media_type != "all":
        parts.append(IsMedia(request.media_type))
    criterion = And(tuple(parts))
    page = library.find(
        core.db, core.access, criterion, folders, cursor=request.cursor, size=request.size
    )
    return JSON(_found(page, core))


@router.post("/db/match_images_by_tags", summary="Search by tags", response_model=Found)
def match_images_by_tags(request: TagsRequest, core: Core = Depends(get_core)) -> Response:
    """Files with these tags, newest first, or in a random order that is the same for all pages."""
    folders = resolve_search_folders(core, request, request.folder_paths)
    if len(request.and_tags or ()) > query.MAX_TERMS:
        raise InvalidRequest(f"and_tags: at most {query.MAX_TERMS} tags are possible.")
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


@router.post(
    "/db/search", summary="Search in the language of the search field", response_model=Searched
)
def search(request: SearchRequest, core: Core = Depends(get_core)) -> Response:
    """Accepts words, phrases, ``-not``, ``OR``, ``re:/.../`` and fields with ranges. Sorts by any
    field.
    """
    folders = resolve_search_folders(core, request, request.folder_paths)
    require_order(request.order)
    if request.total not in ("", "bounded", "exact"):
        raise InvalidRequest(f"'{request.total[:50]}' is no way to count: use bounded or exact.")
    zone = days.find_zone(request.tz)
    criterion = parse_query(core, request.query, zone)
    order = Order(request.sort, request.order == "desc", request.seed)
    if request.stack:
        return JSON(_search_stacks(request, core, criterion, folders, order))
    page = library.find(
        core.db,
        core.access,
        criterion,
        folders,
        order=order,
        cursor=request.cursor,
        size=request.size,
    )
    answer = _found(page, core)
    if request.total:
        total, is_exact = _count(request, core, criterion, folders)
        answer |= {"total": total, "total_is_exact": is_exact}
    is_empty = not (page.results or page.next or request.cursor)
    answer |= describe_hints(core, request.query, folders, (), zone, is_empty=is_empty)
    return JSON(answer)


@router.get("/db/random_images", summary="Draw random files", response_model=list[FileInfo])
def random_images(core: Core = Depends(get_core)) -> Response:
    """128 files with equal probability; all files if there are fewer."""
    return JSON(describe_files(library.draw(core.db, core.access, 128), core))


def _search_stacks(
    request: SearchRequest,
    core: Core,
    criterion: Criterion,
    folders: Sequence[str],
    order: Order,
) -> dict[str, Any]:
    """A page of tiles. Their positions are those of a snapshot, which the cursor names."""
    stacks.require_kind(request.stack)
    snapshot, _, offset = request.cursor.rpartition(":")
    if request.cursor and not (offset.isascii() and offset.isdigit() and len(offset) < 10):
        raise InvalidRequest("This cursor is not one of a search with stacks.")
    found = core.snapshots.get_columns(
        snapshot, criterion, folders, order, int(offset or 0), request.size, stack=request.stack
    )
    tiles = [(result, stack) for result, stack in zip(found.results, found.stacks or ()) if result]
    end = found.offset + len(found.ids)
    following = f"{found.snapshot}:{end}" if end < found.total else ""
    answer: dict[str, Any] = {
        "files": describe_files([result for result, _ in tiles], core),
        "stack": [name and f"stack:{name}" for _, (name, _) in tiles],
        "stack_count": [count for _, (_, count) in tiles],
        "cursor": {"has_next": bool(following), "next": following},
    }
    if request.total:
        answer |= {"total": found.total, "total_is_exact": found.complete}
    return answer


def _count(
    request: SearchRequest, core: Core, criterion: Criterion, folders: Sequence[str]
) -> tuple[int, bool]:
    if request.total == "exact" and any(map(is_text, leaves(criterion))):
        return core.snapshots.count(criterion, folders)
    limit = {} if request.total == "bounded" else {"at_most": None}
    return library.count(core.db, core.access, criterion, folders, **limit)


def _found(page: Page, core: Core) -> dict[str, Any]:
    return {
        "files": describe_files(page.results, core),
        "cursor": {"has_next": bool(page.next), "next": page.next},
    }
