"""Opens folders and files on the desktop of the server's machine, for a user at that machine."""

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
from iib_core.routes.shared import origins
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import WRITE_GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import Done
from iib_core.routes.shared.route import IIBRoute


class OpenRequest(BaseModel):
    """The file or folder to open."""

    path: str


async def require_same_machine(request: Request) -> None:
    """Guard: the client is on this machine. A client behind a proxy can be anywhere."""
    host = request.client.host if request.client else ""
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not is_here or origins.is_forwarded(request):
        raise AccessDenied("Only a browser on the server's own machine can open things there.")


router = APIRouter(
    route_class=IIBRoute,
    dependencies=[*WRITE_GUARDS, Depends(require_same_machine)],
    tags=["desktop"],
)


@router.post("/open_folder", summary="Show a folder in the file browser", response_model=Done)
def open_folder(request: OpenRequest, core: Core = Depends(get_core)) -> Response:
    """On the server's machine. For a file, shows its folder."""
    desktop.open_folder(core.access.resolve_existing(request.path))
    return JSON({"success": True})


@router.post(
    "/open_with_default_app", summary="Open a file with its default program", response_model=Done
)
def open_with_default_app(request: OpenRequest, core: Core = Depends(get_core)) -> Response:
    """On the server's machine. Only media and text files, because other files may be programs."""
    path = core.access.resolve_file(request.path)
    if not (mediatypes.media_type(path) or names.is_companion(path)):
        raise InvalidRequest(
            f"'{os.path.splitext(path)[1][:20]}' files cannot be opened from here: only pictures, videos, "
            "sounds and texts can."
        )
    desktop.open_with_default_app(path)
    return JSON({"success": True})
