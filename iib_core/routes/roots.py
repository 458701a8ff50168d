"""The roots that users add, as opposed to those of the settings."""

from __future__ import annotations

import os
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.db.extra_paths import ExtraPath
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import MAX_FOLDERS, Done, at_most
from iib_core.routes.shared.route import IIBRoute

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["roots"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["roots"])

# Most folders are removed from the index within this time; otherwise a job continues in the background.
_WAIT_S = 3.0


class ExtraPathRequest(BaseModel):
    """A folder and its types: ``scan`` (indexed), ``scan-fixed`` (indexed and pinned), ``walk`` (browsed
    only). No type means ``scan`` when a folder is added, and all when it is removed.
    """

    path: str
    types: list[str] = at_most(MAX_FOLDERS, [])


class AliasRequest(BaseModel):
    """A folder, and its display name; empty for none."""

    path: str
    alias: str


class ExtraPathInfo(BaseModel):
    """An added folder. ``online`` is false while its drive is not connected."""

    path: str
    types: list[str]
    alias: str
    online: bool
    added_time: float


@router.get(
    "/db/extra_paths",
    summary="List the folders that were added to the library",
    response_model=list[ExtraPathInfo],
)
def list_extra_paths(core: Core = Depends(get_core)) -> Response:
    """In the order of adding. ``GET /global_setting`` lists the folders of the settings too."""
    return JSON([describe(extra) for extra in core.roots.list_added()])


@write_router.post("/db/extra_paths", summary="Add a folder to the library", response_model=ExtraPathInfo)
def add_extra_path(request: ExtraPathRequest, core: Core = Depends(get_core)) -> Response:
    """Its files are indexed in the background. If the folder was added before, it gets these types too."""
    return JSON(describe(core.roots.add(request.path, request.types)))


@write_router.delete("/db/extra_paths", summary="Remove a folder from the library", response_model=Done)
def remove_extra_path(request: ExtraPathRequest, core: Core = Depends(get_core)) -> Response:
    """Its files stay on the disk and are removed from the index. Their marks are kept for 90 days, in case
    the folder is added again.
    """
    core.access.resolve(request.path)
    job = core.roots.remove(request.path, request.types)
    if job is not None:
        core.jobs.wait(job.job_id, _WAIT_S)
    return JSON({"success": True})


@write_router.post("/db/alias_extra_path", summary="Name an added folder", response_model=ExtraPathInfo)
def alias_extra_path(request: AliasRequest, core: Core = Depends(get_core)) -> Response:
    """Sets its display name. Nothing on the disk changes."""
    core.access.resolve(request.path)
    return JSON(describe(core.roots.set_alias(request.path, request.alias)))


def describe(extra: ExtraPath) -> dict[str, Any]:
    """The fields of ``ExtraPathInfo``."""
    online = os.path.isdir(paths.from_text(extra.path))
    return {
        "path": extra.path,
        "types": list(extra.types),
        "alias": extra.alias,
        "online": online,
        "added_time": extra.added_ns / 1e9,
    }
