"""Settings that the page and clients store under names of their own.

They are read in ``GET /global_setting``.
"""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core.core import Core
from iib_core.db import settings
from iib_core.errors import InvalidRequest, TooLarge
from iib_core.index import autotag
from iib_core.index.indexer import RULES_SETTING
from iib_core.index.marks import validate_name
from iib_core.routes.base import JSON, WRITE_GUARDS, IIBRoute, get_core
from iib_core.routes.system import Done

write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["system"])

MAX_BYTES = 2**20
MAX_SETTINGS = 1000
# The answer that carries a value has some levels of its own.
_LEVELS = 20


class SettingRequest(BaseModel):
    """A name of 1 to 200 characters and any JSON, at most 1 MB; an object or a list may also be
    sent as a text that holds its JSON.
    """

    name: str
    value: Any = Field(...)


class NameRequest(BaseModel):
    """The name of a setting."""

    name: str


@write_router.post("/app_fe_setting", summary="Store a setting of the page", response_model=Done)
def put_setting(request: SettingRequest, core: Core = Depends(get_core)) -> Response:
    """Over what was there under this name."""
    name, value = validate_name(request.name), _decoded(request.value)
    _check(value)
    if name == RULES_SETTING:
        autotag.parse_rules(value)
    with core.db.write() as conn:
        if settings.count_others(conn, name) >= MAX_SETTINGS:
            raise TooLarge(f"There are {MAX_SETTINGS} settings already: delete some first.")
        settings.put(conn, name, value)
    return JSON({"success": True})


@write_router.delete("/app_fe_setting", summary="Delete a setting of the page", response_model=Done)
def remove_setting(request: NameRequest, core: Core = Depends(get_core)) -> Response:
    """One that is not there counts as deleted."""
    name = validate_name(request.name)
    with core.db.write() as conn:
        settings.remove(conn, name)
    return JSON({"success": True})


def _decoded(value: Any) -> Any:
    """Clients of this API's family send objects and lists as text."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _check(value: Any) -> None:
    wrapped = value
    for _ in range(_LEVELS):
        wrapped = [wrapped]
    try:
        size = len(json.dumps(wrapped, allow_nan=False)) - 2 * _LEVELS
    except RecursionError as exc:
        raise InvalidRequest("value: it is nested too deeply.") from exc
    except ValueError as exc:
        raise InvalidRequest("value: NaN and Infinity are no JSON.") from exc
    if size > MAX_BYTES:
        raise TooLarge(f"value: it has {size / 2**20:.1f} MB, and 1 MB is the most that a setting can have.")
