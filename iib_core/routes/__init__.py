"""The HTTP API: thin routes over the services.

Each module here is a router; ``models`` holds their larger models, and ``shared`` what several of
them use.
"""

from __future__ import annotations

from functools import lru_cache

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from iib_core.core import Core
from iib_core.routes import (
    ai,
    ai_models,
    albums,
    archive,
    auto_tags,
    blur,
    captions,
    desktop,
    duplicates,
    exchange,
    facets,
    files,
    graph,
    index,
    jobs,
    judges,
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
    stacks,
    stats,
    system,
    tags,
    thumbnails,
    timeline,
    topics,
    trash,
    uploads,
    vision,
)
from iib_core.routes.shared import page_files
from iib_core.routes.shared.errors import ERRORS

# The framework tries routes in this order: the ones that a page requests by the hundred come first.
ROUTERS: tuple[APIRouter, ...] = (
    media.thumbnail_router,
    media.router,
    system.public_router,
    login.public_router,
    page.router,
    system.router,
    system.write_router,
    settings.router,
    settings.write_router,
    files.router,
    media.write_router,
    thumbnails.router,
    thumbnails.write_router,
    metadata.router,
    metadata.write_router,
    search.router,
    timeline.router,
    stacks.write_router,
    blur.router,
    captions.router,
    facets.router,
    tags.router,
    marks.router,
    marks.write_router,
    auto_tags.router,
    auto_tags.write_router,
    albums.router,
    albums.write_router,
    exchange.router,
    exchange.write_router,
    exchange.upload_router,
    roots.router,
    roots.write_router,
    stats.router,
    index.router,
    index.write_router,
    operations.router,
    operations.write_router,
    uploads.upload_router,
    trash.router,
    trash.write_router,
    ai.router,
    ai.write_router,
    ai_models.router,
    ai_models.write_router,
    vision.router,
    vision.write_router,
    vision.picture_router,
    judges.router,
    judges.write_router,
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
    """Serve ``core`` under ``base`` (``/infinite_image_browsing``) on an app, which may be running."""
    app.state.iib_core = core
    page_files.PAGE.current()  # now, so that the first visitor does not wait for it
    app.router.routes.extend(_routes(base))


@lru_cache(maxsize=4)
def _routes(base: str) -> tuple[BaseRoute, ...]:
    """All routes under a base path.

    They are cached, because building them takes most of the time of a start, and because they do
    not depend on the app: a host that reloads gets the same ones.
    """
    built = APIRouter()
    for router in ROUTERS:
        built.include_router(router, prefix=base, responses=ERRORS)
    return tuple(built.routes)
