"""Albums: named, ordered lists of files, which stay in their folders."""

from __future__ import annotations

from typing import Any, Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.db import albums
from iib_core.routes.marks import NameDeleted, Undoable, Updated, describe, updated
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_CHANGED, at_most
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.selection import Selection, choose_paths
from iib_core.search import library
from iib_core.search.criteria import HasTag

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["albums"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["albums"])


class Album(BaseModel):
    """An album. ``cover``: the path of its first file that can be shown, empty if there is none."""

    id: int
    name: str
    count: int
    cover: str
    created_time: float


class AlbumList(BaseModel):
    """All albums, by name."""

    albums: list[Album]


class NewAlbum(BaseModel):
    """A name of 1 to 200 characters."""

    name: str


class AlbumRequest(Undoable):
    """An album by its id."""

    id: int


class RenameAlbumRequest(BaseModel):
    """An album, and its new name."""

    id: int
    name: str


class AlbumFiles(Selection, Undoable):
    """An album, and files to add or remove."""

    id: int
    img_paths: Optional[list[str]] = at_most(MAX_CHANGED, None)


class ReorderRequest(BaseModel):
    """Files of an album in their new order, and the file to put them before or after; neither means
    the beginning.
    """

    id: int
    img_paths: list[str] = at_most(MAX_CHANGED)
    before_path: Optional[str] = None
    after_path: Optional[str] = None


@router.get("/albums", summary="List albums", response_model=AlbumList)
def list_albums(core: Core = Depends(get_core)) -> Response:
    """All albums, by name.

    The query ``album:"name"`` finds the files of an album, and the sort ``album`` puts them in its
    order.
    """
    return JSON({"albums": [_answer(core, album) for album in core.albums.list_all()]})


@write_router.post("/albums", summary="Create an album", response_model=Album)
def create_album(request: NewAlbum, core: Core = Depends(get_core)) -> Response:
    """A taken name is a 409."""
    return JSON(_answer(core, core.albums.create(request.name)))


@write_router.post("/albums/rename", summary="Rename an album", response_model=Album)
def rename_album(request: RenameAlbumRequest, core: Core = Depends(get_core)) -> Response:
    """A taken name is a 409."""
    return JSON(_answer(core, core.albums.rename(request.id, request.name)))


@write_router.post("/albums/delete", summary="Delete an album", response_model=NameDeleted)
def delete_album(request: AlbumRequest, core: Core = Depends(get_core)) -> Response:
    """Its files stay in their folders."""
    change = core.albums.delete(request.id, undoable=request.undoable)
    return JSON({"success": True, **describe(change)})


@write_router.post("/albums/add", summary="Add files to an album", response_model=Updated)
def add_to_album(request: AlbumFiles, core: Core = Depends(get_core)) -> Response:
    """Appends the files in this order; files that are in it already keep their position.

    Files that are not indexed yet are indexed now.
    """
    resolved = core.access.resolve_each(choose_paths(core, request.img_paths, request))
    found = core.marking.add_to_album(
        list(resolved.values()), request.id, undoable=request.undoable
    )
    return JSON(updated(resolved, found))


@write_router.post("/albums/remove", summary="Remove files from an album", response_model=Updated)
def remove_from_album(request: AlbumFiles, core: Core = Depends(get_core)) -> Response:
    """The files stay in their folders."""
    resolved = core.access.resolve_each(choose_paths(core, request.img_paths, request))
    found = core.marking.remove_from_album(
        list(resolved.values()), request.id, undoable=request.undoable
    )
    return JSON(updated(resolved, found))


@write_router.post(
    "/albums/reorder", summary="Change the order of an album", response_model=Updated
)
def reorder_album(request: ReorderRequest, core: Core = Depends(get_core)) -> Response:
    """Moves the files, in this order, before ``before_path`` or after ``after_path``; to the
    beginning if neither is given.
    """
    resolved = core.access.resolve_each(request.img_paths)
    before = None if request.before_path is None else core.access.resolve_entry(request.before_path)
    after = None if request.after_path is None else core.access.resolve_entry(request.after_path)
    found = core.marking.reorder_album(list(resolved.values()), request.id, before, after)
    return JSON(updated(resolved, found))


def _answer(core: Core, album: albums.Album) -> dict[str, Any]:
    cover = album.cover
    if cover and not core.access.allows(paths.from_text(cover)):
        page = library.find(core.db, core.access, HasTag((album.id,)), size=1)
        cover = page.results[0].path if page.results else ""
    return {
        "id": album.id,
        "name": album.name,
        "count": album.count,
        "cover": cover,
        "created_time": album.created_ns / 1e9,
    }
