"""What a user puts onto files: custom tags and ratings.

The answer of a batch tells what could not be done, by path.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal, Optional

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.db import albums, images, marks, tags
from iib_core.errors import InvalidRequest, NotFound
from iib_core.index.marks import IndexedFiles
from iib_core.routes import selection
from iib_core.routes.base import GUARDS, JSON, WRITE_GUARDS, IIBRoute, get_core
from iib_core.routes.models import MAX_CHANGED, PathsRequest, Tag, at_most
from iib_core.routes.operation_models import Problem
from iib_core.routes.selection import Selection
from iib_core.routes.system import Done

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["tags"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["tags"])


class NewTag(BaseModel):
    """A name of 1 to 200 characters. Of one that there is already the tag is answered."""

    tag_name: str
    color: str = ""


class TagRequest(BaseModel):
    """A custom tag."""

    tag_id: int


class TagChange(BaseModel):
    """What is left out stays."""

    id: int
    name: Optional[str] = None
    color: Optional[str] = None


class ToggleRequest(BaseModel):
    """A file and a custom tag."""

    img_path: str
    tag_id: int


class Toggled(BaseModel):
    """Whether the tag was taken away."""

    is_remove: bool


class TagRemoval(BaseModel):
    """A file, by path or by id, and a custom tag."""

    img_path: Optional[str] = None
    img_id: Optional[int] = None
    tag_id: int


class TagBatch(Selection):
    """Files, and what to do with a custom tag."""

    img_paths: Optional[list[str]] = at_most(MAX_CHANGED, None)
    action: Literal["add", "remove"]
    tag_id: int


class RateRequest(Selection):
    """Files, and 1 to 5 stars; 0 takes them away."""

    img_paths: Optional[list[str]] = at_most(MAX_CHANGED, None)
    rating: int


class Updated(BaseModel):
    """How many files are so now, and which could not be done."""

    updated: int
    errors: list[Problem]


class AlbumName(BaseModel):
    """An album in short."""

    id: int
    name: str


class FileMarks(BaseModel):
    """What the user put onto a file; ``rating`` is 0 where there is none."""

    tags: list[Tag]
    rating: int
    albums: list[AlbumName]


class MarksAnswer(BaseModel):
    """By path."""

    marks: dict[str, FileMarks]


@router.get("/db/img_selected_custom_tag", summary="List the custom tags of a file", response_model=list[Tag])
def img_selected_custom_tag(
    path: str = Query(..., description="A file"), core: Core = Depends(get_core)
) -> Response:
    """By name. A file that is not indexed yet has none."""
    real = core.access.resolve(path)
    with core.db.read() as conn:
        found = images.find_ids(conn, [paths.to_text(real)])
        named = tags.list_custom_of(conn, found.values())
    if not found:
        core.access.resolve_file(path)
    return JSON([asdict(tag) for own in named.values() for tag in own])


@router.post(
    "/db/get_image_tags", summary="List the custom tags of files", response_model=dict[str, list[Tag]]
)
def get_image_tags(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """By path, an empty list where there are none."""
    ids = _known(core, request.paths)
    with core.db.read() as conn:
        named = tags.list_custom_of(conn, set(ids.values()))
    return JSON({raw: [asdict(tag) for tag in named.get(ids.get(raw, 0), [])] for raw in request.distinct})


@router.post("/db/marks", summary="List tags, rating and albums of files", response_model=MarksAnswer)
def list_marks(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """By path, as the user put them there; tags that follow from the files are not among them."""
    ids = _known(core, request.paths)
    wanted = set(ids.values())
    with core.db.read() as conn:
        named, rated, placed = (
            tags.list_custom_of(conn, wanted),
            marks.ratings_of(conn, wanted),
            albums.list_of(conn, wanted),
        )

    def of(image_id: int) -> dict[str, Any]:
        return {
            "tags": [asdict(tag) for tag in named.get(image_id, [])],
            "rating": rated.get(image_id, 0),
            "albums": [{"id": number, "name": name} for number, name in placed.get(image_id, [])],
        }

    return JSON({"marks": {raw: of(ids.get(raw, 0)) for raw in request.distinct}})


@write_router.post("/db/add_custom_tag", summary="Make a custom tag", response_model=Tag)
def add_custom_tag(request: NewTag, core: Core = Depends(get_core)) -> Response:
    """Names that differ in case only are one tag."""
    return JSON(asdict(core.marking.create_tag(request.tag_name, request.color)))


@write_router.post("/db/update_tag", summary="Change a custom tag", response_model=Tag)
def update_tag(request: TagChange, core: Core = Depends(get_core)) -> Response:
    """Its name or its colour. A name that another tag has is a 409."""
    return JSON(asdict(core.marking.change_tag(request.id, request.name, request.color)))


@write_router.post("/db/remove_custom_tag", summary="Delete a custom tag", response_model=Done)
def remove_custom_tag(request: TagRequest, core: Core = Depends(get_core)) -> Response:
    """It is taken from every file; the files stay."""
    core.marking.remove_tag(request.tag_id)
    return JSON({"success": True})


@write_router.post(
    "/db/toggle_custom_tag_to_img", summary="Give a file a tag, or take it away", response_model=Toggled
)
def toggle_custom_tag_to_img(request: ToggleRequest, core: Core = Depends(get_core)) -> Response:
    """Away where the file has it. A file that is not indexed yet is indexed now."""
    return JSON({"is_remove": not core.marking.toggle(core.access.resolve(request.img_path), request.tag_id)})


@write_router.post("/db/remove_custom_tag_from_img", summary="Take a tag from a file", response_model=Done)
def remove_custom_tag_from_img(request: TagRemoval, core: Core = Depends(get_core)) -> Response:
    """The file is named by its path or by its id."""
    raw = request.img_path if request.img_path is not None else _path_of(core, request.img_id)
    found = core.marking.tag([core.access.resolve(raw)], request.tag_id, add=False)
    for error in found.errors.values():
        raise error
    return JSON({"success": True})


@write_router.post(
    "/db/batch_update_image_tag", summary="Give many files a tag, or take it away", response_model=Updated
)
def batch_update_image_tag(request: TagBatch, core: Core = Depends(get_core)) -> Response:
    """All in one go. Files that are not indexed yet are indexed now."""
    asked = core.access.resolve_each(selection.choose(core, request.img_paths, request))
    return JSON(
        updated(asked, core.marking.tag(list(asked.values()), request.tag_id, add=request.action == "add"))
    )


@write_router.post("/db/rate", summary="Rate files", response_model=Updated)
def rate(request: RateRequest, core: Core = Depends(get_core)) -> Response:
    """1 to 5 stars, 0 for none. In a search they are ``rating:>=4``."""
    asked = core.access.resolve_each(selection.choose(core, request.img_paths, request))
    return JSON(updated(asked, core.marking.rate(list(asked.values()), request.rating)))


def updated(asked: dict[str, str], found: IndexedFiles) -> dict[str, Any]:
    """The answer of a batch; ``asked`` are resolved paths by path as the client gave it."""
    errors = [
        {"path": raw, "error": str(found.errors[real])} for raw, real in asked.items() if real in found.errors
    ]
    return {"updated": len(found.ids), "errors": errors}


def _known(core: Core, raws: list[str]) -> dict[str, int]:
    """Image ids by path as the client gave it, of what is indexed."""
    texts = {raw: paths.to_text(real) for raw, real in core.access.resolve_each(raws).items()}
    with core.db.read() as conn:
        ids = images.find_ids(conn, texts.values())
    return {raw: ids[text] for raw, text in texts.items() if text in ids}


def _path_of(core: Core, image_id: Optional[int]) -> str:
    if image_id is None:
        raise InvalidRequest("Give img_path or img_id.")
    with core.db.read() as conn:
        path = images.find_paths(conn, [image_id]).get(image_id, "") if abs(image_id) < 2**63 else ""
    if not path.startswith(("/", "\\")) and path[1:2] != ":":  # none, or in the trash
        raise NotFound(f"There is no file {image_id} in the index.")
    return path
