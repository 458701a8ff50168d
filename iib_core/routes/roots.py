"""Folders of the library that were added while the program runs."""

from __future__ import annotations

import os
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.db.extra_paths import ExtraPath
from iib_core.routes.base import GUARDS, JSON, WRITE_GUARDS, IIBRoute, get_core
from iib_core.routes.models import MAX_FOLDERS, at_most
from iib_core.routes.system import Done

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["roots"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["roots"])

# Most folders are out of the index by then; the rest goes on in the background.
_WAIT_S = 3.0


class ExtraPathRequest(BaseModel):
    """A folder, and what it is: ``scan`` (indexed), ``scan-fixed`` (indexed and pinned), ``walk``
    (only browsed). Without types: ``scan``, or all to remove.
    """

    path: str
    types: list[str] = at_most(MAX_FOLDERS, [])


class AliasRequest(BaseModel):
    """A folder, and its name for people; empty for none."""

    path: str
    alias: str


class ExtraPathInfo(BaseModel):
    """A folder that was added. ``online`` is false while its drive is not connected."""

    path: str
    types: list[str]
    alias: str
    online: bool
    added_time: float


@router.get(
    "/db/extra_paths",
    summary="List folders that were added to the library",
    response_model=list[ExtraPathInfo],
)
def list_extra_paths(core: Core = Depends(get_core)) -> Response:
    """In the order in which they were added.

    Those of the settings are among the roots of ``GET /global_setting``.
    """
    return JSON([describe(extra) for extra in core.roots.list_added()])


@write_router.post("/db/extra_paths", summary="Add a folder to the library", response_model=ExtraPathInfo)
def add_extra_path(request: ExtraPathRequest, core: Core = Depends(get_core)) -> Response:
    """Its files are indexed from now on, in the background. A folder that is there gets further types."""
    return JSON(describe(core.roots.add(request.path, request.types)))


@write_router.delete("/db/extra_paths", summary="Remove a folder from the library", response_model=Done)
def remove_extra_path(request: ExtraPathRequest, core: Core = Depends(get_core)) -> Response:
    """Its files stay on the disk and leave the index; their tags, ratings and albums are kept for
    90 days in case it comes back.
    """
    core.access.resolve(request.path)
    job = core.roots.remove(request.path, request.types)
    if job is not None:
        core.jobs.wait(job.job_id, _WAIT_S)
    return JSON({"success": True})


@write_router.post(
    "/db/alias_extra_path", summary="Name a folder that was added", response_model=ExtraPathInfo
)
def alias_extra_path(request: AliasRequest, core: Core = Depends(get_core)) -> Response:
    """For people; nothing on the disk changes."""
    core.access.resolve(request.path)
    return JSON(describe(core.roots.set_alias(request.path, request.alias)))


def describe(extra: ExtraPath) -> dict[str, Any]:
    """A folder as clients get it."""
    online = os.path.isdir(paths.from_text(extra.path))
    return {
        "path": extra.path,
        "types": list(extra.types),
        "alias": extra.alias,
        "online": online,
        "added_time": extra.added_ns / 1e9,
    }
