"""The program itself: health check, version, shutdown, and the settings that a client may see."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import __version__, paths, root_map
from iib_core.access import Root
from iib_core.core import Core
from iib_core.db import settings, tags
from iib_core.errors import AccessDenied
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import Done, Tag
from iib_core.routes.shared.route import IIBRoute

public_router = APIRouter(route_class=IIBRoute, tags=["system"])
router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["system"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["system"])


class Version(BaseModel):
    """The version of the program. ``tag``: its Git tag; ``hash``: the commit, if it runs from a
    checkout.
    """

    version: str
    tag: str
    hash: str


class AddedPath(BaseModel):
    """A root in the form that clients of infinite-image-browsing know. A root of the settings has
    the type ``cli_access_only``.
    """

    path: str
    types: list[str]
    alias: str


class RootInfo(BaseModel):
    """A root of the library.

    ``online`` is false while its drive is not connected, and where only other servers see it.
    ``not_made``: it is not there because the WebUI makes it when it saves the first file there.
    ``fixed`` is true for a root of the settings. ``shared_as``: its name for all servers, if it is at
    another path for others; empty for none.
    """

    path: str
    name: str
    type: str
    online: bool
    not_made: bool
    fixed: bool
    shared_as: str


class GlobalSetting(BaseModel):
    """Everything that a client needs at its start. It holds no password of ours or of the host."""

    global_setting: dict[str, Any]
    version: str
    launch_mode: str
    is_win: bool
    sep: str
    cwd: str
    sd_cwd: str
    home: str
    roots: list[RootInfo]
    is_readonly: bool
    delete_mode: str
    enable_access_control: bool
    enable_shutdown: bool
    app_fe_setting: dict[str, Any]
    all_custom_tags: list[Tag]
    extra_paths: list[AddedPath]
    export_fe_fn: bool


@public_router.get("/hello", summary="Check that the server answers", response_model=str)
async def hello() -> str:  # async: it answers even while all threads of the pool are busy
    """Always "hello"."""
    return "hello"


@router.get("/version", summary="Get the version", response_model=Version)
def version() -> Response:
    """The version of the running program."""
    return JSON({"version": __version__, "tag": f"v{__version__}", "hash": _find_commit()})


@cache
def _find_commit() -> str:
    """The commit of the checkout that the program runs from; "" if there is none.

    It is read once, because a later pull does not change the running program.
    """
    top = os.path.join(
        os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), ".git"
    )
    with suppress(OSError):
        head = _read(os.path.join(top, "HEAD"))
        if not head.startswith("ref: "):
            return head
        with suppress(FileNotFoundError):
            return _read(os.path.join(top, *head[5:].split("/")))
        packed = (line.split(" ") for line in _read(os.path.join(top, "packed-refs")).splitlines())
        return next((line[0] for line in packed if line[1:] == [head[5:]]), "")
    return ""


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().strip()


@write_router.post("/shutdown", summary="Shut the server down", response_model=Done)
def shutdown(core: Core = Depends(get_core)) -> Response:
    """Stops the standalone server after this answer. Refused unless it was started with
    --enable-shutdown.
    """
    if not core.config.enable_shutdown or core.stop is None:
        raise AccessDenied(
            "Shutting down is off: start the server with --enable-shutdown to allow it."
        )
    core.stop()
    return JSON({"success": True})


@router.get(
    "/global_setting",
    summary="Get the settings that a client may see",
    response_model=GlobalSetting,
)
def global_setting(core: Core = Depends(get_core)) -> Response:
    """Roots, modes, stored settings of the page, and the options of the host without secrets."""
    with core.db.read() as conn:
        stored, custom = settings.get_all(conn), tags.list_custom(conn)
    is_restricted = core.access.restricted
    return JSON(
        {
            "version": __version__,
            "is_win": sys.platform == "win32",
            "sep": os.sep,
            "cwd": "" if is_restricted else os.getcwd(),
            "home": "" if is_restricted else os.path.expanduser("~"),
            "roots": [describe_root(core, root) for root in core.access.roots],
            "is_readonly": core.access.read_only,
            "delete_mode": core.config.delete_mode,
            "enable_access_control": is_restricted,
            "enable_shutdown": core.config.enable_shutdown,
            "app_fe_setting": stored,
            "all_custom_tags": [asdict(tag) for tag in custom],
            "extra_paths": _added_paths(core),
            "export_fe_fn": False,
            **_host_settings(core),
        }
    )


def _host_settings(core: Core) -> dict[str, Any]:
    if core.host is None:
        return {"global_setting": {}, "launch_mode": "server", "sd_cwd": ""}
    folder = "" if core.access.restricted else core.host.folder
    return {"global_setting": dict(core.host.options), "launch_mode": "sd", "sd_cwd": folder}


def describe_root(core: Core, root: Root) -> dict[str, Any]:
    """The fields of ``RootInfo``."""
    shared_as = root_map.name_at(root.real, core.db.mapped)
    name = os.path.basename(root.path) or root.path
    return {
        "path": paths.to_text(root.path),
        "name": root.alias or paths.to_text(shared_as if paths.is_elsewhere(root.path) else name),
        "type": root.kind,
        "online": root.online,
        "not_made": _is_not_made(core, root),
        "fixed": root.is_fixed,
        "shared_as": shared_as,
    }


def _is_not_made(core: Core, root: Root) -> bool:
    """Whether it is a folder that the host makes, and that never had a file as far as is known."""
    is_made_by_host = core.host is not None and root.path in core.host.makes
    return is_made_by_host and not root.mount and not os.path.lexists(root.path)


def _added_paths(core: Core) -> list[dict[str, Any]]:
    added = [
        {"path": extra.path, "types": list(extra.types), "alias": extra.alias}
        for extra in core.roots.list_added()
    ]
    fixed = [
        {"path": paths.to_text(root.path), "types": ["cli_access_only"], "alias": root.alias}
        for root in core.access.roots
        if root.is_fixed
    ]
    return [*added, *fixed]
