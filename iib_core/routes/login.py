"""Logging in with our secret, and out."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from iib_core.core import Core
from iib_core.errors import BodyTooLarge, InvalidRequest, LoginRequired
from iib_core.routes import logins, request_bodies
from iib_core.routes.base import IIBRoute, get_core, require_known_origin
from iib_core.sessions import BROWSER_S, SESSION_S

# Open to everybody: this is where a login comes from. Still closed to other sites.
public_router = APIRouter(route_class=IIBRoute, dependencies=[Depends(require_known_origin)], tags=["login"])

_MAX_FORM_BYTES = 4096
_HTML: dict[str, Any] = {"content": {"text/html": {"schema": {"type": "string"}}}}


class LoggedOut(BaseModel):
    """That the session has ended."""

    success: bool


@public_router.get(
    "/login",
    summary="Show the login page",
    response_class=Response,
    responses={200: {"description": "The page", **_HTML}},
)
def show_login(request: Request, core: Core = Depends(get_core)) -> Response:
    """A page to log in with."""
    return logins.page(request, core, status_code=200)


@public_router.post(
    "/login",
    summary="Log in",
    response_class=Response,
    status_code=303,
    responses={
        303: {"description": "Logged in: on to the page"},
        401: {"description": "The login page again", **_HTML},
    },
    openapi_extra={
        "requestBody": {
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "properties": {"secret": {"type": "string"}},
                        "required": ["secret"],
                    }
                }
            },
            "required": True,
        }
    },
)
async def log_in(request: Request, core: Core = Depends(get_core)) -> Response:
    """Takes the form field ``secret``, sets the session cookie and leads to the page; shows the
    login page again where it is wrong.
    """
    secret = parse_qs((await _read_form(request, core)).decode("utf-8", "replace")).get("secret", [""])[0]
    if not logins.try_secret(request, core, secret):
        return logins.page(request, core, status_code=401, problem="This is not the secret.")
    # The path of the page, seen from /login, whatever prefix a proxy adds.
    response = RedirectResponse("./", status_code=303)
    _set_cookie(response, request, core, core.sessions.cookie_name, core.sessions.start(), SESSION_S)
    if core.sessions.find_browser(request.cookies.get(core.sessions.browser_cookie_name, "")) is None:
        _set_cookie(
            response,
            request,
            core,
            core.sessions.browser_cookie_name,
            core.sessions.name_browser(),
            BROWSER_S,
        )
    return response


@public_router.post("/logout", summary="Log out", response_model=LoggedOut)
def log_out(
    request: Request,
    everywhere: bool = Query(
        False,
        description="End every session that there is, on all devices; only somebody who is logged in may",
    ),
    core: Core = Depends(get_core),
) -> Response:
    """Ends the session, also for whoever copied its cookie, and for good."""
    if everywhere:
        if not logins.has_secret(request, core):
            raise LoginRequired(
                "Log in first: only somebody who is logged in with the secret may end every session."
            )
        core.sessions.end_all()
    core.sessions.end(request.cookies.get(core.sessions.cookie_name, ""))
    response = Response('{"success":true}', media_type="application/json")
    _set_cookie(response, request, core, core.sessions.cookie_name, "", 0)
    return response


def _set_cookie(
    response: Response, request: Request, core: Core, name: str, token: str, max_age_s: int
) -> None:
    secure = _is_https(request)
    is_framed = secure and bool(core.config.frame_origins)
    same_site: Literal["none", "strict"] = "none" if is_framed else "strict"
    response.set_cookie(
        name, token, max_age=max_age_s, path="/", httponly=True, samesite=same_site, secure=secure
    )
    if is_framed:
        # A strict cookie never comes back from a frame of another site, and browsers forget any
        # that is not kept apart for that site.
        header, value = response.raw_headers[-1]
        response.raw_headers[-1] = (header, value + b"; Partitioned")


def _is_https(request: Request) -> bool:
    """Whether the browser speaks https, to us or to a proxy in front: by the proxy's word, and by
    where the form was sent from, for one that is silent.
    """
    told = request.headers.get("x-forwarded-proto", "").split(",")[0].strip()
    return "https" in (request.scope["scheme"], told, request.headers.get("origin", "").partition("://")[0])


async def _read_form(request: Request, core: Core) -> bytes:
    try:
        return await request_bodies.read(
            request, timeout_s=core.config.request_timeout_s, max_bytes=_MAX_FORM_BYTES
        )
    except BodyTooLarge as exc:
        raise InvalidRequest("The form is too large.") from exc
