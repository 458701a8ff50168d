"""Albums: named ordered sets of pictures, which stay in their folders."""

from __future__ import annotations

from typing import Any, Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.db import albums
from iib_core.db.criteria import HasTag
from iib_core.index.marks import validate_name
from iib_core.routes import selection
from iib_core.routes.base import GUARDS, JSON, WRITE_GUARDS, IIBRoute, get_core
from iib_core.routes.marks import Updated, updated
from iib_core.routes.models import MAX_CHANGED, at_most
from iib_core.routes.selection import Selection
from iib_core.routes.system import Done
from iib_core.search import library

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["albums"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["albums"])


class Album(BaseModel):
    """An album.

    ``cover`` is the path of a picture in it, the first that can be shown; empty where there is
    none.
    """

    id: int
    name: str
    count: int
    cover: str
    created_time: float


class AlbumList(BaseModel):
    """By name."""

    albums: list[Album]


class NewAlbum(BaseModel):
    """A name of 1 to 200 characters."""

    name: str


class AlbumRequest(BaseModel):
    """An album."""

    id: int


class RenameRequest(BaseModel):
    """An album, and its new name."""

    id: int
    name: str


class AlbumFiles(Selection):
    """An album, and files."""

    id: int
    img_paths: Optional[list[str]] = at_most(MAX_CHANGED, None)


class ReorderRequest(BaseModel):
    """Files of an album in the order that they are to have, and the file to put them in front of or
    behind; to the front where neither is given.
    """

    id: int
    img_paths: list[str] = at_most(MAX_CHANGED)
    before_path: Optional[str] = None
    after_path: Optional[str] = None


@router.get("/albums", summary="List albums", response_model=AlbumList)
def list_albums(core: Core = Depends(get_core)) -> Response:
    """By name.

    What an album holds is found by a search for ``album:"name"``, in its own order with the sort
    ``album``.
    """
    with core.db.read() as conn:
        found = albums.list_all(conn)
    return JSON({"albums": [_answer(core, album) for album in found]})


@write_router.post("/albums", summary="Make an album", response_model=Album)
def create_album(request: NewAlbum, core: Core = Depends(get_core)) -> Response:
    """A name that is taken is a 409."""
    name = validate_name(request.name)
    with core.db.write() as conn:
        made = albums.create(conn, name)
    return JSON(_answer(core, made))


@write_router.post("/albums/rename", summary="Rename an album", response_model=Album)
def rename_album(request: RenameRequest, core: Core = Depends(get_core)) -> Response:
    """A name that is taken is a 409."""
    name = validate_name(request.name)
    with core.db.write() as conn:
        renamed = albums.rename(conn, request.id, name)
    return JSON(_answer(core, renamed))


@write_router.post("/albums/delete", summary="Delete an album", response_model=Done)
def delete_album(request: AlbumRequest, core: Core = Depends(get_core)) -> Response:
    """Its pictures stay where they are."""
    with core.db.write() as conn:
        albums.delete(conn, request.id)
    return JSON({"success": True})


@write_router.post("/albums/add", summary="Put files into an album", response_model=Updated)
def add_to_album(request: AlbumFiles, core: Core = Depends(get_core)) -> Response:
    """At its end, in this order; those that are in it keep their place.

    Files that are not indexed yet are indexed now.
    """
    asked = core.access.resolve_each(selection.choose(core, request.img_paths, request))
    return JSON(updated(asked, core.marking.add_to_album(list(asked.values()), request.id)))


@write_router.post("/albums/remove", summary="Take files out of an album", response_model=Updated)
def remove_from_album(request: AlbumFiles, core: Core = Depends(get_core)) -> Response:
    """The files stay where they are."""
    asked = core.access.resolve_each(selection.choose(core, request.img_paths, request))
    return JSON(updated(asked, core.marking.remove_from_album(list(asked.values()), request.id)))


@write_router.post("/albums/reorder", summary="Change the order of an album", response_model=Updated)
def reorder_album(request: ReorderRequest, core: Core = Depends(get_core)) -> Response:
    """Moves the files, in this order, in front of ``before_path`` or behind ``after_path``; to the
    front where neither is given.
    """
    asked = core.access.resolve_each(request.img_paths)
    before, after = (
        None if raw is None else core.access.resolve(raw) for raw in (request.before_path, request.after_path)
    )
    return JSON(updated(asked, core.marking.reorder_album(list(asked.values()), request.id, before, after)))


def _answer(core: Core, album: albums.Album) -> dict[str, Any]:
    cover = album.cover
    if cover and not core.access.allows(paths.from_text(cover)):
        cover = next(
            (hit.path for hit in library.find(core.db, core.access, HasTag((album.id,)), size=1).hits), ""
        )
    return {
        "id": album.id,
        "name": album.name,
        "count": album.count,
        "cover": cover,
        "created_time": album.created_ns / 1e9,
    }
