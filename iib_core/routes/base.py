"""What every route shares: the core, the guards, and the one place where failures become statuses."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from functools import cached_property
from itertools import chain
from typing import Any

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from iib_core import errors
from iib_core.core import Core
from iib_core.routes import encoding, logins, request_bodies, sites
from iib_core.routes.bodies import Body

logger = logging.getLogger(__name__)

_STATUS: dict[type[errors.IIBError], int] = {
    errors.InvalidRequest: 400,
    errors.LoginRequired: 401,
    errors.TooManyAttempts: 429,
    errors.AccessDenied: 403,
    errors.NotFound: 404,
    errors.BodyTooSlow: 408,
    errors.Conflict: 409,
    errors.DatabaseLocked: 409,
    errors.DiskFull: 507,
    errors.BodyTooLarge: 413,
    errors.BatchTooLarge: 413,
    errors.RangeNotSatisfiable: 416,
    errors.ServiceFailed: 502,
}


class ErrorAnswer(BaseModel):
    """A failure: one sentence for a person, and the name of its class for a program."""

    detail: str
    code: str


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": text}
    for status, text in (
        (400, "Invalid request"),
        (401, "Not logged in"),
        (403, "Not permitted"),
        (404, "Not found"),
        (408, "The body did not arrive in time"),
        (409, "What is there stands in the way"),
        (413, "The body, or a list in it, is too large"),
        (429, "Too many wrong logins"),
        (500, "The database or a disk has failed, or something that was not foreseen"),
        (507, "The disk is full"),
    )
}


class JSON(Response):
    """JSON of what is there already.

    Made in pieces, and sent in pieces, so that a slow client costs one copy of it.
    """

    media_type: str = "application/json"

    def render(self, content: Any) -> bytes:
        return b"".join(encoding.encode(content))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if len(self.body) <= encoding.PIECE_BYTES:
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for start in range(0, len(self.body), encoding.PIECE_BYTES):
            end = start + encoding.PIECE_BYTES
            piece = bytes(self.body[start:end])
            await send({"type": "http.response.body", "body": piece, "more_body": end < len(self.body)})


# An answer up to here is made as a whole, and carries its length.
_AHEAD_BYTES = 256 << 10


async def stream(core: Core, find: Callable[[], Any]) -> Response:
    """JSON of what ``find`` returns, whose iterators (see ``encoding.encode``) are read while it is
    sent, as fast as the client takes it.

    All of it is done by a few threads, piece by piece in turns, so that many large answers neither
    stop others nor take memory. What ``find`` raises, or reading the beginning, is a failure as of
    any route; later the connection is closed, so that nobody takes half an answer for a whole one.
    """

    return await asyncio.wrap_future(core.readers.submit(lambda: _begin(core, encoding.encode(find()))))


def _begin(core: Core, pieces: Iterator[bytes]) -> Response:
    head: list[bytes] = []
    size_bytes = 0
    for piece in pieces:
        head.append(piece)
        size_bytes += len(piece)
        if size_bytes > _AHEAD_BYTES:
            return _InTurns(chain(head, pieces), core)
    return Response(b"".join(head), media_type=JSON.media_type)


class _InTurns(Body):
    """A body whose pieces are made by the readers, which take turns."""

    def __init__(self, pieces: Iterator[bytes], core: Core) -> None:
        super().__init__(pieces, in_host=core.host is not None, media_type=JSON.media_type)
        self._readers = core.readers
        self.body_iterator = self._read_in_turns()

    async def _read_in_turns(self) -> AsyncIterator[bytes]:
        while piece := await asyncio.wrap_future(self._readers.submit(self._read_on)):
            yield piece

    def _read_on(self) -> bytes:
        pieces = self._pieces
        return b"" if pieces is None else next(pieces, b"")


# As pydantic 2 and pydantic 1 call it.
_TOO_MANY = {"too_long", "value_error.list.max_items"}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class IIBRoute(APIRoute):
    """A route that answers our failures as ``{"detail", "code"}``.

    Here, and not in an exception handler, because a host that is already serving takes no more
    handlers, and because the classic one rewrites an HTTPException and loses its headers.

    The framework reads a body before it calls a guard; so where there is a body, the guards of the
    router are called here first, and it is read here.
    """

    def get_route_handler(self) -> Handler:
        by_framework = super().get_route_handler()

        async def read_then_hand_on(request: Request) -> Response:
            if self.body_field is None:
                return await by_framework(request)
            for guard in self.dependencies:
                await guard.dependency(request)  # type: ignore[misc]
            body = await request_bodies.read(request, timeout_s=core_of(request).config.request_timeout_s)
            request_bodies.require_few_values(body)
            return await by_framework(request_bodies.ReadRequest(request, body))

        return _telling_failures(read_then_hand_on)


class PlainRoute(IIBRoute):
    """A route whose parameters are texts of the query alone.

    Where all of them are given they are handed on as they are: for the framework to find and check
    them, and to call a guard, takes a tenth of the time of a thumbnail that is there. Where one is
    missing it is left to the framework, as is a route that somebody has given other guards.
    """

    def get_route_handler(self) -> Handler:
        by_framework = super().get_route_handler()

        async def choose(request: Request) -> Response:
            return await (self.answer if self.is_plain(request) else by_framework)(request)

        return choose

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(name for name in inspect.signature(self.endpoint).parameters if name != "request")

    @cached_property
    def _has_usual_guard(self) -> bool:
        return [guard.dependency for guard in self.dependencies] == [require_reader]

    def is_plain(self, request: Request) -> bool:
        """Whether ``answer`` may be asked."""
        return self._has_usual_guard and all(name in request.query_params for name in self._names)

    @cached_property
    def answer(self) -> Handler:
        """What the framework would answer, guard and failures included."""
        return _telling_failures(self._handle)

    async def _handle(self, request: Request) -> Response:
        await require_reader(request)
        answer: Response = await self.endpoint(
            request, **{name: request.query_params[name] for name in self._names}
        )
        return answer


def _telling_failures(handler: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        response = await tell(request)
        response.headers.setdefault("x-content-type-options", "nosniff")
        return response

    async def tell(request: Request) -> Response:
        try:
            return await handler(request)
        except errors.LoginRequired as exc:
            return _ask_to_log_in(request, exc)
        except errors.AccessDenied as exc:
            core = core_of(request)
            name = sites.unknown_name(request, core)
            return logins.unknown_host_page(core, name) if name and _wants_page(request) else _failure(exc)
        except errors.BodyTooSlow as exc:
            return _failure(exc, {"connection": "close"})
        except errors.IIBError as exc:
            return _failure(exc)
        except ClientDisconnect:
            return Response(status_code=400)  # for nobody
        except RequestValidationError as exc:
            return _failure(_told(exc))
        except HTTPException as exc:
            if exc.status_code == 400:  # fastapi's own, for a body that cannot be read at all
                return _failure(errors.InvalidRequest("The body of the request is no valid JSON."))
            raise
        except OSError as exc:
            if failure := errors.of_disk(exc):
                logger.warning("%s %s: %s", request.method, request.scope["path"], exc)
                return _failure(failure)
            logger.exception("%s %s failed", request.method, request.scope["path"])
            return _failure(_unforeseen(exc))
        except Exception as exc:  # a request's edge: whoever asked gets our answer, in a host too
            logger.exception("%s %s failed", request.method, request.scope["path"])
            return _failure(_unforeseen(exc))

    return handle


def _unforeseen(exc: Exception) -> errors.InternalError:
    kind = type(exc).__name__
    return errors.InternalError(f"Something went wrong in the server ({kind}): its log tells more.")


async def get_core(request: Request) -> Core:
    """Dependency: the core that serves this request's app.

    Asynchronous, because the framework gives a plain function a thread for each call.
    """
    return core_of(request)


def core_of(request: Request) -> Core:
    """The core that serves this request's app."""
    core: Core = request.app.state.iib_core
    return core


async def require_known_origin(request: Request) -> None:
    """Guard: a page of this server sent the form, or no page at all."""
    sites.check_origin(request, core_of(request))


# Each of these is one guard and not one for each question: to call a guard takes the framework
# longer than the guard takes to answer.


async def require_visitor(request: Request) -> None:
    """Guard: asked from a page of this server or from no page at all, by somebody who has shown the
    host's login or our secret, where either is asked for.
    """
    core = core_of(request)
    sites.check(request, core)
    _require_login(request, core)


def _require_login(request: Request, core: Core) -> None:
    if core.needs_login and not logins.is_logged_in(request, core):
        raise errors.LoginRequired("Log in first: this server shows its pictures to its users only.")


async def require_reader(request: Request) -> None:
    """Guard: a visitor, and something may be shown."""
    await require_visitor(request)
    core_of(request).access.require_read()


async def require_writer(request: Request) -> None:
    """Guard: a visitor, and something may change."""
    await require_visitor(request)
    core_of(request).access.require_write()


async def require_uploader(request: Request) -> None:
    """Guard: as a writer, with a form in place of JSON."""
    core = core_of(request)
    sites.check_form(request, core)
    _require_login(request, core)
    core.access.require_write()


GUARDS = [Depends(require_reader)]
WRITE_GUARDS = [Depends(require_writer)]
UPLOAD_GUARDS = [Depends(require_uploader)]


def _ask_to_log_in(request: Request, exc: errors.LoginRequired) -> Response:
    """A page to log in with for a person who opened a link, the plain failure for a program."""
    core = core_of(request)
    challenge = {"www-authenticate": (core.host.challenge if core.host else "") or "Bearer"}
    return (
        logins.page(request, core, status_code=401, headers=challenge)
        if _wants_page(request)
        else _failure(exc, challenge)
    )


def _wants_page(request: Request) -> bool:
    """Whether a person asks with a browser, and no program and no page of ours."""
    return request.method == "GET" and request.headers.get("accept", "").startswith("text/html")


def _failure(exc: errors.IIBError, headers: Mapping[str, str] | None = None) -> Response:
    status = next((_STATUS[kind] for kind in type(exc).__mro__ if kind in _STATUS), 500)
    if isinstance(exc, errors.RangeNotSatisfiable):
        headers = {"content-range": f"bytes */{exc.size_bytes}"}
    if isinstance(exc, errors.TooManyAttempts):
        headers = {"retry-after": str(exc.wait_s)}
    return JSON({"detail": str(exc), "code": exc.code}, status_code=status, headers=dict(headers or {}))


def _told(exc: RequestValidationError) -> errors.IIBError:
    """A list with too many items, wherever it is, or else what is wrong first."""
    for error in exc.errors():
        if str(error["type"]) in _TOO_MANY:
            most = next(error["ctx"][name] for name in ("max_length", "limit_value") if name in error["ctx"])
            place = ".".join(str(part) for part in error["loc"] if part != "body")
            return errors.BatchTooLarge(
                f"{place}: at most {most:,} are possible in one request; send them in parts."
            )
    return errors.InvalidRequest(_first_sentence(exc))


def _first_sentence(exc: RequestValidationError) -> str:
    error = exc.errors()[0]
    place = ".".join(str(part) for part in error["loc"] if part not in ("body", "query"))
    message = str(error["msg"])
    if str(error["type"]).startswith(("value_error.jsondecode", "json_invalid")):
        return "The body of the request is no valid JSON."
    return f"{place or 'The body of the request'}: {message[:1].lower()}{message[1:].rstrip('.')}."
