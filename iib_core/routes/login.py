"""Log in with our password, and log out."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from iib_core.actor import MAX_NAME_CHARS, validate_name
from iib_core.core import Core
from iib_core.errors import BodyTooLarge, InvalidRequest, LoginRequired
from iib_core.routes.shared import auth, auth_pages, request_bodies
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.errors import ErrorAnswer
from iib_core.routes.shared.guards import require_own_origin
from iib_core.routes.shared.models import Done
from iib_core.routes.shared.route import IIBRoute
from iib_core.sessions import BROWSER_S, SESSION_S

# Open without a login, because this is where a login comes from; closed to pages of other origins.
public_router = APIRouter(
    route_class=IIBRoute, dependencies=[Depends(require_own_origin)], tags=["login"]
)

_MAX_FORM_BYTES = 4096
_HTML: dict[str, Any] = {"content": {"text/html": {"schema": {"type": "string"}}}}


@public_router.get(
    "/login",
    summary="Show the login page",
    response_class=Response,
    responses={200: {"description": "The page", **_HTML}},
)
def show_login(request: Request, core: Core = Depends(get_core)) -> Response:
    """The page on which a user logs in."""
    return auth_pages.login_page(request, core, status_code=200)


@public_router.post(
    "/login",
    summary="Log in",
    response_class=Response,
    status_code=303,
    responses={
        303: {"description": "Logged in: redirects to the gallery"},
        400: {
            "model": ErrorAnswer,
            "description": "A name that cannot be shown: the login page again",
            **_HTML,
        },
        401: {"description": "Wrong password: the login page again", **_HTML},
    },
    openapi_extra={
        "requestBody": {
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "secret": {"type": "string"},
                            "name": {"type": "string", "maxLength": MAX_NAME_CHARS},
                        },
                        "required": ["secret"],
                    }
                }
            },
            "required": True,
        }
    },
)
async def log_in(request: Request, core: Core = Depends(get_core)) -> Response:
    """Takes the password in the form field ``secret``, sets the session cookie and redirects to the
    gallery. For a wrong password, shows the login page again.

    ``name``: what the user wants to be called, which is stored with what is changed.
    """
    form = parse_qs((await _read_form(request, core)).decode("utf-8", "replace"))
    typed = form.get("name", [""])[0]
    again = partial(auth_pages.login_page, request, core, name=typed)
    try:
        name = validate_name(typed)
    except InvalidRequest as exc:
        return again(status_code=400, problem=str(exc), field="name")
    if not auth.try_password(request, core, form.get("secret", [""])[0]):
        return again(status_code=401, problem="Wrong password.")
    # The gallery relative to /login, so that it works with any prefix that a proxy adds.
    response = RedirectResponse("./", status_code=303)
    sessions, set_cookie = core.sessions, partial(_set_cookie, response, request, core)
    set_cookie(sessions.cookie_name, sessions.start(name=name), SESSION_S)
    if sessions.find_browser(request.cookies.get(sessions.browser_cookie_name, "")) is None:
        set_cookie(sessions.browser_cookie_name, sessions.name_browser(), BROWSER_S)
    if name or sessions.name_cookie_name in request.cookies:
        set_cookie(sessions.name_cookie_name, quote(name, safe=""), BROWSER_S if name else 0)
    return response


@public_router.post("/logout", summary="Log out", response_model=Done)
def log_out(
    request: Request,
    everywhere: bool = Query(
        False,
        description="End all sessions, on all devices; requires a login",
    ),
    core: Core = Depends(get_core),
) -> Response:
    """Ends the session for good: a copy of its cookie does not work any more either."""
    if everywhere:
        if not auth.has_password(request, core):
            raise LoginRequired(
                "Log in first: only a user who is logged in with the password may end all sessions."
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
        # Browsers send no strict cookie from a frame of another site, and without ``Partitioned``
        # they drop third-party cookies.
        header, value = response.raw_headers[-1]
        response.raw_headers[-1] = (header, value + b"; Partitioned")


def _is_https(request: Request) -> bool:
    """Whether the browser uses https, to us or to a proxy in front. A proxy states it in a header;
    without the header, the origin of the form shows it.
    """
    forwarded = request.headers.get("x-forwarded-proto", "").split(",")[0].strip()
    origin = request.headers.get("origin", "").partition("://")[0]
    return "https" in (request.scope["scheme"], forwarded, origin)


async def _read_form(request: Request, core: Core) -> bytes:
    try:
        return await request_bodies.read(
            request, timeout_s=core.config.request_timeout_s, max_bytes=_MAX_FORM_BYTES
        )
    except BodyTooLarge as exc:
        raise InvalidRequest("The form is too large.") from exc
