"""Makes thumbnails before they are needed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core.core import Core
from iib_core.errors import InvalidRequest
from iib_core.jobs import Progress
from iib_core.media import pregenerate
from iib_core.media.thumbnails import parse_size
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.folders import resolve_folders
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import Started
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_FOLDERS, at_most
from iib_core.routes.shared.route import IIBRoute

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["media"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["media"])


class GenerateRequest(BaseModel):
    """Folders, and the sizes to make: WIDTHxHEIGHT, edges from 16 to 2048; 256x256 and 512x512 by
    default.
    """

    folder_paths: list[str] = at_most(MAX_FOLDERS)
    sizes: Optional[list[str]] = at_most(MAX_FOLDERS, None)


class CacheSize(BaseModel):
    """How many files are in the cache of thumbnails, their bytes, and the most that may be there."""

    files: int
    bytes: int
    limit_bytes: int


class Cleared(BaseModel):
    """How many thumbnails were removed, and their bytes."""

    removed: int
    bytes: int


@router.get(
    "/thumbnails/cache", summary="Measure the cache of thumbnails", response_model=CacheSize
)
def measure_cache(core: Core = Depends(get_core)) -> Response:
    """Looks at every file of the cache, which takes a second or more for a large one."""
    files, size_bytes = core.thumbnails.cache.measure()
    limit_bytes = core.config.thumbnail_cache_mib * 2**20
    return JSON({"files": files, "bytes": size_bytes, "limit_bytes": limit_bytes})


@write_router.post(
    "/thumbnails/clear", summary="Empty the cache of thumbnails", response_model=Cleared
)
def clear_cache(core: Core = Depends(get_core)) -> Response:
    """They are made again when they are needed. Covers that a user chose for videos stay."""
    removed, size_bytes = core.thumbnails.cache.clear()
    return JSON({"removed": removed, "bytes": size_bytes})


@write_router.post(
    "/thumbnails/generate",
    summary="Make the thumbnails of folders in advance",
    response_model=Started,
)
def generate_thumbnails(request: GenerateRequest, core: Core = Depends(get_core)) -> Response:
    """Starts a job for all files in or below the folders that have none yet. Requests for a
    thumbnail are answered first.
    """
    folders = resolve_folders(core, request.folder_paths)
    if not folders:
        raise InvalidRequest("folder_paths: give at least one folder.")
    sizes = parse_sizes(request.sizes)

    def work(progress: Progress) -> dict[str, Any]:
        return pregenerate.make_for_folders(core.thumbnails, core.access, folders, sizes, progress)

    return JSON({"job_id": core.jobs.start("thumbnails", work).job_id})


def parse_sizes(raw: Optional[Iterable[str]]) -> list[tuple[int, int]]:
    """Each size once; the default sizes if none is given. Raises InvalidRequest."""
    sizes = list(dict.fromkeys(map(parse_size, raw or pregenerate.DEFAULT_SIZES)))
    if len(sizes) > pregenerate.MAX_SIZES:
        raise InvalidRequest(f"sizes: give at most {pregenerate.MAX_SIZES}.")
    return sizes
