"""Settings that the page and other clients store under names of their own.

``GET /global_setting`` returns them.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core.core import Core
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import WRITE_GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import Done
from iib_core.routes.shared.route import IIBRoute

write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["system"])


class SettingRequest(BaseModel):
    """A name of 1 to 200 characters and any JSON of at most 1 MB.

    An object or a list may also be sent as a string that holds its JSON.
    """

    name: str
    value: Any = Field(...)


class NameRequest(BaseModel):
    """The name of a setting."""

    name: str


@write_router.post("/app_fe_setting", summary="Store a setting of the page", response_model=Done)
def put_setting(request: SettingRequest, core: Core = Depends(get_core)) -> Response:
    """Replaces the stored value of this name."""
    core.page_settings.put(request.name, request.value)
    return JSON({"success": True})


@write_router.delete("/app_fe_setting", summary="Delete a setting of the page", response_model=Done)
def remove_setting(request: NameRequest, core: Core = Depends(get_core)) -> Response:
    """Succeeds for a name that has no value, too."""
    core.page_settings.remove(request.name)
    return JSON({"success": True})
