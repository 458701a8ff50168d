"""Folders and files on the disk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Optional

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import mediatypes, paths
from iib_core.core import Core
from iib_core.db import images
from iib_core.files import listing
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.encoding import Entries
from iib_core.routes.shared.guards import GUARDS
from iib_core.routes.shared.json import JSON, stream
from iib_core.routes.shared.models import FileInfo, PathsRequest
from iib_core.routes.shared.route import IIBRoute

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["files"])


class Files(BaseModel):
    """The entries of a folder."""

    files: list[FileInfo]


class CoverInfo(FileInfo):
    """A picture or video that stands for a folder; ``media_type`` is image or video."""

    media_type: str


class FileColumns(BaseModel):
    """The entries of a folder by column.

    ``prefix`` comes before each name; ``folders`` are the positions of folders. ``width`` and
    ``height`` are in pixels, 0 if the index does not know them, null if they were not requested.
    """

    prefix: str
    name: list[str]
    date: list[float]
    bytes: list[int]
    folders: list[int]
    width: Optional[list[int]]
    height: Optional[list[int]]


@router.get("/files", summary="List a folder", response_model=Files)
async def list_files(
    folder_path: str = Query("", description="Full path; empty for the roots of the library"),
    only_folders: bool = Query(False, description="Leave out files"),
    core: Core = Depends(get_core),
) -> Response:
    """Every entry of the folder, in the disk's order. For an empty path, the roots that are online."""

    def find() -> dict[str, Any]:
        if not folder_path:
            roots = (
                listing.describe(root.real, core.access, root.path) for root in core.access.roots
            )
            return {"files": [root for root in roots if root]}
        folder = core.access.resolve_folder(folder_path)

        def find_known(names: Sequence[str]) -> dict[str, tuple[int, int]]:
            with core.db.read() as conn:
                return images.find_known_in(conn, paths.to_text(folder), names)

        listed = listing.list_folder(
            folder,
            core.access,
            paths.check(folder_path),
            only_folders=only_folders,
            find_known=None if only_folders else find_known,
        )
        return {"files": listed}

    return await stream(core, find)


@router.get("/files/columns", summary="List a folder by column", response_model=FileColumns)
async def list_columns(
    folder_path: str = Query(..., description="Full path"),
    sizes: bool = Query(
        False, description="Include width and height, as far as the index knows them"
    ),
    core: Core = Depends(get_core),
) -> Response:
    """Every entry of the folder, in the disk's order, in a third of the bytes of ``GET /files``."""

    def find() -> listing.FileColumns:
        folder = core.access.resolve_folder(folder_path)

        def find_sizes(names: Sequence[str]) -> dict[str, tuple[int, int]]:
            with core.db.read() as conn:
                return images.find_sizes(conn, paths.to_text(folder), names)

        return listing.list_columns(
            folder, core.access, paths.check(folder_path), find_sizes if sizes else None
        )

    return await stream(core, find)


@router.post(
    "/batch_get_files_info",
    summary="Get the facts of many files",
    response_model=dict[str, Optional[FileInfo]],
)
def batch_get_files_info(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """Facts by path; null for a path that does not exist."""
    resolved = core.access.resolve_each(request.paths)
    known = _find_known(core, resolved.values())
    return JSON(
        {
            raw: listing.describe(
                real, core.access, paths.check(raw), known.get(paths.to_text(real))
            )
            for raw, real in resolved.items()
        }
    )


@router.post(
    "/batch_top_4_media_info",
    summary="Get the covers of folders",
    response_model=dict[str, list[CoverInfo]],
)
async def batch_top_4_media_info(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """Up to four newest pictures and videos by folder. A folder without any shows those of its
    subfolders; a path that is no folder has none.
    """

    def find() -> Entries:
        resolved = core.access.resolve_each(request.paths)
        return Entries((raw, _find_covers(core, real)) for raw, real in resolved.items())

    return await stream(core, find)


@router.post(
    "/check_path_exists", summary="Check which paths exist", response_model=dict[str, bool]
)
def check_path_exists(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """True or false by path."""
    resolved = core.access.resolve_each(request.paths)
    return JSON(
        {raw: listing.describe(real, core.access) is not None for raw, real in resolved.items()}
    )


def _find_covers(core: Core, folder: str) -> list[dict[str, Any]]:
    covers = core.covers.find(folder, core.access)
    known = _find_known(core, [cover["fullpath"] for cover in covers])
    return [
        {
            **listing.as_known(cover, known.get(cover["fullpath"])),
            "media_type": mediatypes.media_type(cover["name"]),
        }
        for cover in covers
    ]


def _find_known(core: Core, found: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Id and time of creation in the index by path, of those resolved paths that are indexed."""
    wanted = [paths.to_text(path) for path in found]
    if not wanted:
        return {}
    with core.db.read() as conn:
        return images.find_known(conn, wanted)
