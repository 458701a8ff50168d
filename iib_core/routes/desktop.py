"""Showing things on the desktop of the machine that the server runs on, for whoever sits at it."""

from __future__ import annotations

import ipaddress
import os

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import mediatypes
from iib_core.core import Core
from iib_core.errors import AccessDenied, InvalidRequest
from iib_core.files import desktop, names
from iib_core.routes import sites
from iib_core.routes.base import JSON, WRITE_GUARDS, IIBRoute, get_core


class OpenRequest(BaseModel):
    """What to open."""

    path: str


class Opened(BaseModel):
    """That it was handed to the desktop."""

    success: bool


async def require_same_machine(request: Request) -> None:
    """Guard: the client sits at this machine; one behind a proxy may sit anywhere."""
    host = request.client.host if request.client else ""
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not is_here or sites.is_forwarded(request):
        raise AccessDenied("Only a browser on the server's own machine can open things there.")


router = APIRouter(
    route_class=IIBRoute, dependencies=[*WRITE_GUARDS, Depends(require_same_machine)], tags=["desktop"]
)


@router.post("/open_folder", summary="Show a folder in the file browser", response_model=Opened)
def open_folder(request: OpenRequest, core: Core = Depends(get_core)) -> Response:
    """Of the server's machine; of a file the folder it is in."""
    desktop.open_folder(core.access.resolve_existing(request.path))
    return JSON({"success": True})


@router.post("/open_with_default_app", summary="Open a file with its default program", response_model=Opened)
def open_with_default_app(request: OpenRequest, core: Core = Depends(get_core)) -> Response:
    """On the server's machine. Media and texts only: other files may be programs."""
    path = core.access.resolve_file(request.path)
    if not (mediatypes.media_type(path) or names.is_companion(path)):
        raise InvalidRequest(
            f"'{os.path.splitext(path)[1][:20]}' is no kind of file that is opened from here: pictures, "
            "videos, sounds and texts are."
        )
    desktop.open_with_default_app(path)
    return JSON({"success": True})
