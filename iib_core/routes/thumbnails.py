"""Thumbnails made ahead of time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core.core import Core
from iib_core.errors import InvalidRequest
from iib_core.media import pregenerate
from iib_core.media.thumbnails import parse_size
from iib_core.routes.base import JSON, WRITE_GUARDS, IIBRoute, get_core
from iib_core.routes.models import MAX_FOLDERS, at_most
from iib_core.routes.operation_models import Started

write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["media"])


class GenerateRequest(BaseModel):
    """Folders, and the sizes to make: WIDTHxHEIGHT, edges from 16 to 2048; 256x256 and 512x512
    where none is given.
    """

    folder_paths: list[str] = at_most(MAX_FOLDERS)
    sizes: Optional[list[str]] = at_most(MAX_FOLDERS, None)


@write_router.post(
    "/thumbnails/generate", summary="Make the thumbnails of folders ahead of time", response_model=Started
)
def generate_thumbnails(request: GenerateRequest, core: Core = Depends(get_core)) -> Response:
    """In the background, of all that is in the folders and has none yet; whoever waits for a
    thumbnail comes first.
    """
    for path in request.folder_paths:
        core.access.resolve(path)  # one outside refuses all, whatever the others are
    folders = [core.access.resolve_folder(path) for path in request.folder_paths]
    if not folders:
        raise InvalidRequest("folder_paths: give at least one folder.")
    sizes = parse_sizes(request.sizes)
    job = core.jobs.start(
        "thumbnails",
        lambda progress: pregenerate.make_for_folders(core.thumbnails, core.access, folders, sizes, progress),
    )
    return JSON({"job_id": job.job_id})


def parse_sizes(raw: Optional[Iterable[str]]) -> list[tuple[int, int]]:
    """Each size once; the usual ones where none is given. Raises InvalidRequest."""
    sizes = list(dict.fromkeys(map(parse_size, raw or pregenerate.DEFAULT_SIZES)))
    if len(sizes) > pregenerate.MAX_SIZES:
        raise InvalidRequest(f"sizes: give at most {pregenerate.MAX_SIZES}.")
    return sizes
