"""Settings: those of the server, and those that the page and other clients store under names of
their own, which ``GET /global_setting`` returns.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core import config, paths
from iib_core.ai.models import STORED
from iib_core.config import Setting
from iib_core.core import Core
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import Done
from iib_core.routes.shared.route import IIBRoute

# Settings that hold paths of this machine, which are not told where others reach the server.
_PATHS = {"data_dir", "roots", "browse_roots", "cache_dir", "allowed_paths"}
# Settings that open the server to others or restrict them, beside those that the table calls so.
_LOCKED = {
    "data_dir",
    "host",
    "port",
    "base",
    "enable_shutdown",
    "cors_origins",
    "trusted_hosts",
    "trusted_origins",
    "frame_origins",
}

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["system"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["system"])


class ServerSetting(BaseModel):
    """A setting of the server, see the table in docs/settings.md.

    ``state``: ``live``, ``POST /settings`` changes it, or ``POST /ai/settings`` for those of
    language models; ``fixed``, a flag, the environment, ``.env`` or the host sets it; ``start``, it
    is read when the program starts; ``locked``, it opens or restricts the server, and nothing
    changes it from here. ``value`` is null for a secret, of which ``is_set`` says whether there is
    one, and for paths where others reach the server.
    """

    name: str
    variable: str
    state: str
    value: Any = None
    default: Any = None
    choices: list[str]
    help: str
    is_set: bool


class ServerSettings(BaseModel):
    """All settings of the server."""

    settings: list[ServerSetting]


class SettingsChange(BaseModel):
    """Values by the name of a setting whose state is ``live``."""

    values: dict[str, Any]


class SettingRequest(BaseModel):
    """A name of 1 to 200 characters and any JSON of at most 1 MB.

    An object or a list may also be sent as a string that holds its JSON.
    """

    name: str
    value: Any = Field(...)


class NameRequest(BaseModel):
    """The name of a setting."""

    name: str


@router.get("/settings", summary="List the settings of the server", response_model=ServerSettings)
def list_settings(core: Core = Depends(get_core)) -> Response:
    """Each with its value and whether it can be changed now. No secret is in the answer."""
    return JSON(_settings(core))


@write_router.post(
    "/settings", summary="Change settings of the server", response_model=ServerSettings
)
def change_settings(request: SettingsChange, core: Core = Depends(get_core)) -> Response:
    """Takes effect at once and after a restart. One value that cannot be used, and none is changed."""
    core.change_settings(request.values)
    return JSON(_settings(core))


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


def _settings(core: Core) -> dict[str, Any]:
    return {"settings": [_describe(core, setting) for setting in config.SETTINGS]}


def _describe(core: Core, setting: Setting) -> dict[str, Any]:
    value = _value(core, setting)
    is_told = not setting.is_secret and not (core.access.restricted and setting.name in _PATHS)
    return {
        "name": setting.name,
        "variable": setting.env,
        "state": _state(core, setting),
        "value": value if is_told else None,
        "default": setting.default,
        "choices": list(setting.choices),
        "help": setting.help,
        "is_set": bool(value),
    }


def _value(core: Core, setting: Setting) -> Any:
    if setting.name in STORED:
        return core.ai.settings.by_name[setting.name]
    value = getattr(core.config, setting.name)
    if setting.name in _PATHS:
        return paths.to_text(value) if isinstance(value, str) else list(map(paths.to_text, value))
    return value


def _state(core: Core, setting: Setting) -> str:
    if setting.restricts or setting.name in _LOCKED:
        return "locked"
    if setting.name in core.config.fixed:
        return "fixed"
    return "live" if setting.is_live or setting.name in STORED else "start"
