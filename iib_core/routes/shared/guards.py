"""Guards: the checks of a router that run before a request's body is read.

Each is one dependency with all of its checks, because the framework takes longer to call a guard
than the guard takes to answer.
"""

from __future__ import annotations

from fastapi import Depends, Request

from iib_core import actor, errors
from iib_core.core import Core
from iib_core.routes.shared import auth, origins
from iib_core.routes.shared.current_core import core_of


async def require_own_origin(request: Request) -> None:
    """Guard: the request comes from a page of this server, or from no page."""
    origins.require_own_origin(request, core_of(request))


async def require_visitor(request: Request) -> None:
    """Guard: the request comes from a page of this server or from no page, and from a client that
    is logged in, if this server has a login.
    """
    core = core_of(request)
    origins.require_own(request, core)
    _require_login(request, core)


def _require_login(request: Request, core: Core) -> None:
    if core.needs_login and not auth.is_logged_in(request, core):
        raise errors.LoginRequired(
            "Log in first: this server shows its pictures to its users only."
        )


async def require_reader(request: Request) -> None:
    """Guard: a visitor, on a server that may show files."""
    await require_visitor(request)
    core_of(request).access.require_read()


async def require_writer(request: Request) -> None:
    """Guard: a visitor, on a server that may change files. What it changes has the visitor's name."""
    await require_visitor(request)
    core = core_of(request)
    core.access.require_write()
    actor.act_for(auth.name_of(request, core))


async def require_uploader(request: Request) -> None:
    """Guard: as a writer, with a form in place of JSON."""
    core = core_of(request)
    origins.require_own_form(request, core)
    _require_login(request, core)
    core.access.require_write()
    actor.act_for(auth.name_of(request, core))


async def require_asker(request: Request) -> None:
    """Guard: as a reader, with the bytes of a picture in place of JSON."""
    core = core_of(request)
    origins.require_own_picture(request, core)
    _require_login(request, core)
    core.access.require_read()


GUARDS = [Depends(require_reader)]
WRITE_GUARDS = [Depends(require_writer)]
UPLOAD_GUARDS = [Depends(require_uploader)]
PICTURE_GUARDS = [Depends(require_asker)]
