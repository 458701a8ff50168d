"""The HTTP API: thin routes over the services."""

from __future__ import annotations

from functools import lru_cache

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from iib_core.core import Core
from iib_core.routes import (
    ai,
    albums,
    archive,
    desktop,
    duplicates,
    exchange,
    files,
    graph,
    index,
    jobs,
    login,
    marks,
    media,
    metadata,
    operations,
    organise,
    page,
    roots,
    search,
    sends,
    settings,
    stats,
    system,
    tags,
    thumbnails,
    timeline,
    topics,
    trash,
)
from iib_core.routes.base import ERRORS

# Routes are looked through in this order for each request: what a page asks for by the hundred comes first.
ROUTERS: tuple[APIRouter, ...] = (
    media.thumbnail_router,
    media.router,
    system.public_router,
    login.public_router,
    page.router,
    system.router,
    system.write_router,
    settings.write_router,
    files.router,
    media.write_router,
    thumbnails.write_router,
    metadata.router,
    metadata.write_router,
    search.router,
    timeline.router,
    tags.router,
    marks.router,
    marks.write_router,
    albums.router,
    albums.write_router,
    exchange.router,
    exchange.write_router,
    roots.router,
    roots.write_router,
    stats.router,
    index.router,
    index.write_router,
    operations.router,
    operations.write_router,
    trash.router,
    trash.write_router,
    ai.router,
    ai.write_router,
    duplicates.router,
    duplicates.write_router,
    topics.router,
    topics.write_router,
    graph.router,
    organise.router,
    organise.write_router,
    archive.router,
    jobs.router,
    jobs.write_router,
    desktop.router,
    sends.router,
)


def mount(app: FastAPI, core: Core, base: str) -> None:
    """Serve ``core`` under ``base`` (``/infinite_image_browsing``) on an app, which may be serving already."""
    app.state.iib_core = core
    page.files()
    app.router.routes.extend(_routes(base))


@lru_cache(maxsize=4)
def _routes(base: str) -> tuple[BaseRoute, ...]:
    """All routes under a base.

    Building them takes longer than all else of a start, and none of them knows its app: a host that
    reloads gets the same.
    """
    built = APIRouter()
    for router in ROUTERS:
        built.include_router(router, prefix=base, responses=ERRORS)
    return tuple(built.routes)
