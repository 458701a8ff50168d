"""The class of all our routes."""

from __future__ import annotations

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from iib_core.routes.shared import request_bodies
from iib_core.routes.shared.current_core import core_of
from iib_core.routes.shared.errors import Handler, with_error_answers


class IIBRoute(APIRoute):
    """A route that answers our exceptions as ``{"detail", "code"}``.

    The framework reads a body before it calls the guards. A route with a body therefore calls the
    guards of its router itself, and reads the body itself, within limits of size and time.
    """

    def get_route_handler(self) -> Handler:
        by_framework = super().get_route_handler()

        async def guard_and_read(request: Request) -> Response:
            if self.body_field is None:
                return await by_framework(request)
            for guard in self.dependencies:
                await guard.dependency(request)  # type: ignore[misc]
            body = await request_bodies.read(
                request, timeout_s=core_of(request).config.request_timeout_s
            )
            request_bodies.require_few_values(body)
            return await by_framework(request_bodies.ReadRequest(request, body))

        return with_error_answers(guard_and_read)
