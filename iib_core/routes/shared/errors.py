"""Exceptions become answers here: one status for each class, and a body ``{"detail", "code"}``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from iib_core import errors
from iib_core.routes.shared import auth_pages, origins
from iib_core.routes.shared.current_core import core_of
from iib_core.routes.shared.json import JSON

logger = logging.getLogger(__name__)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_STATUS: dict[type[errors.IIBError], int] = {
    errors.InvalidRequest: 400,
    errors.LoginRequired: 401,
    errors.TooManyAttempts: 429,
    errors.AccessDenied: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.BodyTooSlow: 408,
    errors.Conflict: 409,
    errors.DatabaseLocked: 409,
    errors.DiskFull: 507,
    errors.BodyTooLarge: 413,
    errors.BatchTooLarge: 413,
    errors.RangeNotSatisfiable: 416,
    errors.ServiceFailed: 502,
    errors.DatabaseUnreachable: 503,
}


class ErrorAnswer(BaseModel):
    """An error: one sentence for the user, and the name of its class for a program."""

    detail: str
    code: str


# With a model for each status the framework would make a validator for each status of each route,
# which takes most of the time of a start. One of them brings the schema, and the others refer to
# it.
_SAME_BODY = {
    "application/json": {"schema": {"$ref": f"#/components/schemas/{ErrorAnswer.__name__}"}}
}
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorAnswer, "description": "Invalid request"},
    **{
        status: {"description": text, "content": _SAME_BODY}
        for status, text in (
            (401, "Not logged in"),
            (403, "Not permitted"),
            (404, "Not found"),
            (408, "The body did not arrive in time"),
            (409, "The request conflicts with the current state"),
            (413, "The body, or a list in it, is too large"),
            (429, "Too many failed logins"),
            (500, "The database or a disk failed, or an unexpected error occurred"),
            (507, "The disk is full"),
        )
    },
}

# The type of the error for a list with too many items, in pydantic 2 and in pydantic 1.
_TOO_MANY = {"too_long", "value_error.list.max_items"}


def with_error_answers(handler: Handler) -> Handler:
    """``handler`` with every exception turned into an answer.

    This happens in the route, because a host that is already serving accepts no more exception
    handlers, and because the classic host rewrites an HTTPException and drops its headers.
    """

    async def handle(request: Request) -> Response:
        try:
            response = await handler(request)
        except ClientDisconnect:
            response = Response(status_code=400)  # the client has gone and gets nothing
        except Exception as exc:  # noqa: BLE001  every exception of a request gets our answer
            response = _answer(request, exc)
        response.headers.setdefault("x-content-type-options", "nosniff")
        return response

    return handle


async def answer_unrouted(request: Request, exc: Exception) -> Response:
    """The answer for a request that no route takes, where the app is ours. Outside of our base path
    it is the framework's own, so that a client with a wrong address sees that this is no API.
    """
    assert isinstance(exc, HTTPException)  # the app calls it for these
    if not request.scope["path"].startswith(f"{core_of(request).config.base}/"):
        return await http_exception_handler(request, exc)
    if exc.status_code == 404:
        return _error(errors.NotFound("There is no such route: /docs lists them all."))
    headers = exc.headers or {}
    return _error(
        errors.MethodNotAllowed(f"This route takes {headers.get('Allow')} only."), headers
    )


def _answer(request: Request, exc: Exception) -> Response:
    match exc:
        case errors.LoginRequired():
            return _ask_to_log_in(request, exc)
        case errors.AccessDenied():
            return _refuse(request, exc)
        case errors.BodyTooSlow():
            return _error(exc, {"connection": "close"})
        case errors.IIBError():
            return _error(exc)
        case RequestValidationError():
            return _error(_explain(exc))
        case HTTPException(
            status_code=400
        ):  # fastapi raises it for a body that it cannot read at all
            return _error(errors.InvalidRequest("The body of the request is no valid JSON."))
        case HTTPException():
            raise exc
        case _:
            return _error(_log(request, exc))


def _log(request: Request, exc: Exception) -> errors.IIBError:
    """The answer for an exception that no route expects, which goes to the log."""
    if isinstance(exc, OSError) and (of_disk := errors.of_disk(exc)):
        logger.warning("%s %s: %s", request.method, request.scope["path"], exc)
        return of_disk
    logger.error("%s %s failed", request.method, request.scope["path"], exc_info=exc)
    name = type(exc).__name__
    return errors.InternalError(
        f"Something went wrong in the server ({name}): see its log for details."
    )


def _ask_to_log_in(request: Request, exc: errors.LoginRequired) -> Response:
    """The login page for a user who opened a link, the plain error for a program."""
    core = core_of(request)
    challenge = {"www-authenticate": (core.host.challenge if core.host else "") or "Bearer"}
    if _wants_page(request):
        return auth_pages.login_page(request, core, status_code=401, headers=challenge)
    return _error(exc, challenge)


def _refuse(request: Request, exc: errors.AccessDenied) -> Response:
    """A page that explains an unknown host name for a user who opened a link, otherwise the plain
    error.
    """
    core = core_of(request)
    name = origins.unknown_host_name(request, core)
    if name and _wants_page(request):
        return auth_pages.unknown_host_page(core, name)
    return _error(exc)


def _wants_page(request: Request) -> bool:
    """Whether a user opened this address in a browser, as opposed to a program or our own page."""
    return request.method == "GET" and request.headers.get("accept", "").startswith("text/html")


def status_of(failure: type[errors.IIBError]) -> int:
    """The status of the answer for a failure of this class."""
    return next((_STATUS[kind] for kind in failure.__mro__ if kind in _STATUS), 500)


def _error(exc: errors.IIBError, headers: Mapping[str, str] | None = None) -> Response:
    status = status_of(type(exc))
    if isinstance(exc, errors.RangeNotSatisfiable):
        headers = {"content-range": f"bytes */{exc.size_bytes}"}
    if isinstance(exc, errors.TooManyAttempts):
        headers = {"retry-after": str(exc.wait_s)}
    return JSON(
        {"detail": str(exc), "code": exc.code}, status_code=status, headers=dict(headers or {})
    )


def _explain(exc: RequestValidationError) -> errors.IIBError:
    """BatchTooLarge if any list has too many items, otherwise InvalidRequest with the first error."""
    for error in exc.errors():
        if str(error["type"]) in _TOO_MANY:
            most = next(
                error["ctx"][name] for name in ("max_length", "limit_value") if name in error["ctx"]
            )
            field = _name_field(error["loc"])
            return errors.BatchTooLarge(
                f"{field}: at most {most:,} are possible in one request; send them in parts."
            )
    return errors.InvalidRequest(_first_sentence(exc))


def _first_sentence(exc: RequestValidationError) -> str:
    error = exc.errors()[0]
    field = _name_field(error["loc"])
    message = str(error["msg"])
    if str(error["type"]).startswith(("value_error.jsondecode", "json_invalid")):
        return "The body of the request is no valid JSON."
    return f"{field or 'The body of the request'}: {message[:1].lower()}{message[1:].rstrip('.')}."


def _name_field(place: Sequence[object]) -> str:
    """The field as the client wrote it. ``place`` begins with where it stands: body, query, path."""
    return ".".join(map(str, place[1:]))
