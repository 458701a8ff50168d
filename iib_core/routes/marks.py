"""Marks of files: custom tags and ratings.

The answer of a batch lists the files that failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, Optional

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.db import albums, images, marks, tags
from iib_core.db.mark_changes import Change
from iib_core.errors import InvalidRequest, NotFound
from iib_core.index.marks import IndexedFiles
from iib_core.paths import DiskPath
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_CHANGED, Done, PathsRequest, Problem, Tag, at_most
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.selection import Selection, choose_paths
from iib_core.routes.shared.users import BY_USER, chosen_name

# Tags that are merged at once.
MAX_TAGS = 1000

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["tags"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["tags"])


class NewTag(BaseModel):
    """A name of 1 to 200 characters. If the tag exists already, it is returned."""

    tag_name: str
    color: str = ""


class Undoable(BaseModel):
    """``undoable``: what changes is recorded, and the answer has ``change_id`` for
    ``POST /db/undo_marks``, and ``changed``, the number of marks of files that changed.
    """

    undoable: bool = False


class TagRequest(Undoable):
    """A custom tag by its id."""

    tag_id: int


class TagChange(BaseModel):
    """The changes of a tag. A field that is left out does not change."""

    id: int
    name: Optional[str] = None
    color: Optional[str] = None


class TagMerge(Undoable):
    """Custom tags, and the one that takes their place."""

    tag_ids: list[int] = at_most(MAX_TAGS)
    into_id: int


class TagName(BaseModel):
    """A custom tag, and its new name."""

    id: int
    name: str


class TagRenames(BaseModel):
    """Custom tags with their new names."""

    tags: list[TagName] = at_most(MAX_TAGS)


class ToggleRequest(BaseModel):
    """A file and a custom tag."""

    img_path: str
    tag_id: int


class Toggled(BaseModel):
    """Whether the tag was removed."""

    is_remove: bool


class TagRemoval(BaseModel):
    """A file, by its path or its id, and a custom tag."""

    img_path: Optional[str] = None
    img_id: Optional[int] = None
    tag_id: int


class TagBatch(Selection, Undoable):
    """Files, and a custom tag to add or remove."""

    img_paths: Optional[list[str]] = at_most(MAX_CHANGED, None)
    action: Literal["add", "remove"]
    tag_id: int


class RateRequest(Selection, Undoable):
    """Files, and a rating of 1 to 5 stars; 0 removes the rating."""

    img_paths: Optional[list[str]] = at_most(MAX_CHANGED, None)
    rating: int


class Changed(BaseModel):
    """Only after an ``undoable`` request: the id of the change, and how many marks of files changed."""

    change_id: Optional[str] = None
    changed: Optional[int] = None


class Updated(Changed):
    """How many files were updated, and which failed."""

    updated: int
    errors: list[Problem]


class TagMerged(Changed, Tag):
    """The tag that took the place of others."""


class NameDeleted(Changed, Done):
    """A tag or an album is gone."""


class MarkChange(BaseModel):
    """A change of marks. A merge of tags is listed by what was given.

    ``kind``: given, removed or rated. ``about``: tag, album or rating; ``name``: of the tag or
    album. ``rating``: the new one. ``changed``: how many files. ``time``: in epoch seconds, 0 if
    that is not known. ``undone``: it has been undone. ``user``: the name of who made it, "" if that
    is not known; ``machine``: the computer of the server.
    """

    change_id: str
    kind: str
    about: str
    name: str
    rating: Optional[int]
    changed: int
    time: float
    undone: bool
    user: str
    machine: str


class MarkChanges(BaseModel):
    """Changes of marks, newest first."""

    changes: list[MarkChange]


class MarksUndo(BaseModel):
    """The id of a change."""

    change_id: str


class MarksUndone(BaseModel):
    """How many marks of files were changed."""

    updated: int


class AlbumName(BaseModel):
    """The id and the name of an album."""

    id: int
    name: str


class FileMarks(BaseModel):
    """The marks of a file. ``rating`` is 0 if it has none."""

    tags: list[Tag]
    rating: int
    albums: list[AlbumName]


class MarksAnswer(BaseModel):
    """The marks of each file, by path."""

    marks: dict[str, FileMarks]


@router.get(
    "/db/img_selected_custom_tag",
    summary="List the custom tags of a file",
    response_model=list[Tag],
)
def img_selected_custom_tag(
    path: str = Query(..., description="Full path of the file"), core: Core = Depends(get_core)
) -> Response:
    """By name. A file that is not indexed yet has no tags."""
    real = core.access.resolve_entry(path)
    with core.db.read() as conn:
        ids = images.find_ids(conn, [paths.to_text(real)])
        tags_by_id = tags.list_custom_of(conn, ids.values())
    if not ids:
        core.access.resolve_file(path)
    return JSON([asdict(tag) for custom in tags_by_id.values() for tag in custom])


@router.post(
    "/db/get_image_tags",
    summary="List the custom tags of files",
    response_model=dict[str, list[Tag]],
)
def get_image_tags(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """By path; an empty list for a file without tags."""
    ids = _indexed_ids(core, request.paths)
    with core.db.read() as conn:
        tags_by_id = tags.list_custom_of(conn, set(ids.values()))
    answer = {}
    for raw in request.distinct:
        custom = tags_by_id.get(ids.get(raw, 0), [])
        answer[raw] = [asdict(tag) for tag in custom]
    return JSON(answer)


@router.post(
    "/db/marks", summary="List tags, ratings and albums of files", response_model=MarksAnswer
)
def list_marks(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """By path. Automatic tags are not among them."""
    ids = _indexed_ids(core, request.paths)
    wanted = set(ids.values())
    with core.db.read() as conn:
        tags_by_id = tags.list_custom_of(conn, wanted)
        ratings_by_id = marks.ratings_of(conn, wanted)
        albums_by_id = albums.list_of(conn, wanted)

    def marks_of(image_id: int) -> dict[str, Any]:
        return {
            "tags": [asdict(tag) for tag in tags_by_id.get(image_id, [])],
            "rating": ratings_by_id.get(image_id, 0),
            "albums": [
                {"id": number, "name": name} for number, name in albums_by_id.get(image_id, [])
            ],
        }

    return JSON({"marks": {raw: marks_of(ids.get(raw, 0)) for raw in request.distinct}})


@write_router.post("/db/add_custom_tag", summary="Create a custom tag", response_model=Tag)
def add_custom_tag(request: NewTag, core: Core = Depends(get_core)) -> Response:
    """Names that differ only in case are the same tag."""
    return JSON(asdict(core.marking.create_tag(request.tag_name, request.color)))


@write_router.post("/db/update_tag", summary="Change a custom tag", response_model=Tag)
def update_tag(request: TagChange, core: Core = Depends(get_core)) -> Response:
    """Changes its name or its colour. A taken name is a 409."""
    return JSON(asdict(core.marking.change_tag(request.id, request.name, request.color)))


@write_router.post("/db/rename_custom_tags", summary="Rename custom tags", response_model=Done)
def rename_custom_tags(request: TagRenames, core: Core = Depends(get_core)) -> Response:
    """In one transaction, such as a tag and those below it. A taken name is a 409."""
    core.marking.rename_tags({tag.id: tag.name for tag in request.tags})
    return JSON({"success": True})


@write_router.post("/db/merge_custom_tags", summary="Merge custom tags", response_model=TagMerged)
def merge_custom_tags(request: TagMerge, core: Core = Depends(get_core)) -> Response:
    """Their files get the tag ``into_id``, and the tags are deleted, in one transaction."""
    into, change = core.marking.merge_tags(
        request.tag_ids, request.into_id, undoable=request.undoable
    )
    return JSON({**asdict(into), **describe(change)})


@write_router.post(
    "/db/remove_custom_tag", summary="Delete a custom tag", response_model=NameDeleted
)
def remove_custom_tag(request: TagRequest, core: Core = Depends(get_core)) -> Response:
    """Removes it from every file; the files stay."""
    change = core.marking.remove_tag(request.tag_id, undoable=request.undoable)
    return JSON({"success": True, **describe(change)})


@write_router.post(
    "/db/toggle_custom_tag_to_img", summary="Toggle a tag of a file", response_model=Toggled
)
def toggle_custom_tag_to_img(request: ToggleRequest, core: Core = Depends(get_core)) -> Response:
    """Removes the tag if the file has it, otherwise adds it. A file that is not indexed is indexed
    now.
    """
    return JSON(
        {
            "is_remove": not core.marking.toggle(
                core.access.resolve_entry(request.img_path), request.tag_id
            )
        }
    )


@write_router.post(
    "/db/remove_custom_tag_from_img", summary="Remove a tag from a file", response_model=Done
)
def remove_custom_tag_from_img(request: TagRemoval, core: Core = Depends(get_core)) -> Response:
    """The file is given by its path or its id."""
    raw = request.img_path if request.img_path is not None else _path_of(core, request.img_id)
    found = core.marking.tag([core.access.resolve_entry(raw)], request.tag_id, add=False)
    for error in found.errors.values():
        raise error
    return JSON({"success": True})


@write_router.post(
    "/db/batch_update_image_tag",
    summary="Add a tag to many files, or remove it",
    response_model=Updated,
)
def batch_update_image_tag(request: TagBatch, core: Core = Depends(get_core)) -> Response:
    """In one transaction. Files that are not indexed yet are indexed now."""
    resolved = core.access.resolve_each(choose_paths(core, request.img_paths, request))
    found = core.marking.tag(
        list(resolved.values()),
        request.tag_id,
        add=request.action == "add",
        undoable=request.undoable,
    )
    return JSON(updated(resolved, found))


@write_router.post("/db/rate", summary="Rate files", response_model=Updated)
def rate(request: RateRequest, core: Core = Depends(get_core)) -> Response:
    """1 to 5 stars; 0 removes the rating. The query ``rating:>=4`` finds files by rating."""
    resolved = core.access.resolve_each(choose_paths(core, request.img_paths, request))
    found = core.marking.rate(list(resolved.values()), request.rating, undoable=request.undoable)
    return JSON(updated(resolved, found))


@write_router.post(
    "/db/undo_marks", summary="Undo a change of tags, ratings or albums", response_model=MarksUndone
)
def undo_marks(request: MarksUndo, core: Core = Depends(get_core)) -> Response:
    """Gives files back the marks that an ``undoable`` request has changed, and leaves alone what has
    been changed again. The last 100 changes are kept.
    """
    return JSON({"updated": core.marking.undo(request.change_id)})


@router.get(
    "/db/mark_changes",
    summary="List the last changes of tags, ratings and albums",
    response_model=MarkChanges,
)
def list_mark_changes(
    user: Optional[str] = Query(None, description=BY_USER), core: Core = Depends(get_core)
) -> Response:
    """Those of the last 100 ``undoable`` requests, newest first, with who made them."""
    return JSON(
        {
            "changes": [
                {
                    "change_id": change.id,
                    "kind": change.kind,
                    "about": change.about,
                    "name": change.name,
                    "rating": change.rating,
                    "changed": change.count,
                    "time": change.created_ns / 1e9,
                    "undone": change.is_undone,
                    "user": change.user_name,
                    "machine": change.machine,
                }
                for change in core.marking.list_changes(chosen_name(user))
            ]
        }
    )


def updated(resolved: Mapping[str, DiskPath], found: IndexedFiles) -> dict[str, Any]:
    """The fields of ``Updated``. ``resolved``: resolved paths by path in the client's spelling."""
    errors = [
        {"path": raw, "error": str(found.errors[real])}
        for raw, real in resolved.items()
        if real in found.errors
    ]
    return {"updated": len(found.ids), "errors": errors, **describe(found.change)}


def describe(change: Optional[Change]) -> dict[str, Any]:
    """The fields of ``Changed``; none if the request was not ``undoable``."""
    return {} if change is None else {"change_id": change.id, "changed": change.count}


def _indexed_ids(core: Core, raws: list[str]) -> dict[str, int]:
    """Ids of the files that are indexed, by path in the client's spelling."""
    texts = {raw: paths.to_text(real) for raw, real in core.access.resolve_each(raws).items()}
    with core.db.read() as conn:
        ids = images.find_ids(conn, texts.values())
    return {raw: ids[text] for raw, text in texts.items() if text in ids}


def _path_of(core: Core, image_id: Optional[int]) -> str:
    """The path of an indexed file. Raises NotFound, InvalidRequest without an id."""
    if image_id is None:
        raise InvalidRequest("Give img_path or img_id.")
    with core.db.read() as conn:
        path = (
            images.find_paths(conn, [image_id]).get(image_id, "") if abs(image_id) < 2**63 else ""
        )
    if not path.startswith(("/", "\\")) and path[1:2] != ":":  # unknown, or in the trash
        raise NotFound(f"There is no file {image_id} in the index.")
    return path
