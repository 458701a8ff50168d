"""The core that serves a request's app."""

from __future__ import annotations

from starlette.requests import Request

from iib_core.core import Core


def core_of(request: Request) -> Core:
    """The core that serves this request's app."""
    core: Core = request.app.state.iib_core
    return core


async def get_core(request: Request) -> Core:
    """Dependency: the core that serves this request's app.

    Async, because the framework runs a plain function in a thread, once for each call.
    """
    return core_of(request)
