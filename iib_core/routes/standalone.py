"""The app of the standalone server."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import RedirectResponse, Response

from iib_core import __version__
from iib_core.core import Core
from iib_core.routes import mount


def create_app(core: Core) -> FastAPI:
    """An app that serves ``core`` under its base path and leads there from ``/``."""
    app = FastAPI(title="IIB", version=__version__, description="The library of AI images: look, find, cull, tag and tidy.")
    mount(app, core, core.config.base)

    @app.get("/", include_in_schema=False)
    def go_to_page() -> Response:
        return RedirectResponse(core.config.base.lstrip("/"))

    if core.config.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=list(core.config.cors_origins), allow_methods=["*"], allow_headers=["*"], allow_credentials=True)
    return app


def build_routes(app: FastAPI) -> None:
    """Have the framework build what it would build for each route when the first request looks for one, a tenth of a second in which nobody is answered."""
    for route in app.routes:
        route.matches({"type": "http", "method": "GET", "path": "/no-such-route", "root_path": "", "headers": []})
