"""The origin of a request: only our own pages may use the API from a browser.

A browser sends a user's cookies with a request of any page. This prevents two attacks: cross-site
request forgery, which Sec-Fetch-Site and Origin reveal, and DNS rebinding, where an attacker's host
name resolves to this machine, which Host reveals. A literal address cannot be rebound, so it is
always accepted.
"""

from __future__ import annotations

import ipaddress
import re
import socket

from starlette.requests import Request

from iib_core.core import Core
from iib_core.errors import AccessDenied

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_FORWARDED = ("x-forwarded-for", "x-real-ip", "forwarded")
# What a browser sends as Host, in lower case; anything else is not one of our names.
_HOST = re.compile(r"(\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[\w.-]+))(:\d*)?", re.ASCII)
_BODY_TYPE = "application/json"
_FORM_TYPE = "multipart/form-data"
# A browser sends at least one of these with every change that a page requests; a script sends none,
# unless it sets it.
_OF_BROWSERS = ("origin", "sec-fetch-site", "referer", "cookie")


def require_own_origin(request: Request, core: Core) -> None:
    """Raise AccessDenied for an unknown host name, and for a change requested by a page of another
    origin.
    """
    if not core.needs_login and not _is_known_host(request, core):
        raise AccessDenied(
            "This server does not know this host name: add it to the setting IIB_TRUSTED_HOSTS."
        )
    if request.method not in _SAFE_METHODS and not _is_own_origin(request, core):
        raise AccessDenied(
            "This request comes from a page of another origin: add that to the setting IIB_TRUSTED_ORIGINS "
            "to allow it."
        )


def unknown_host_name(request: Request, core: Core) -> str:
    """The host name of the request if it is not one of ours; "" if it is, or if it is no host name."""
    match = _HOST.fullmatch(request.headers.get("host", "").lower())
    if match is None or core.needs_login or _is_known_host(request, core):
        return ""
    return (match["name"] or "").rstrip(".")


def require_own(request: Request, core: Core) -> None:
    """Raise AccessDenied as ``require_own_origin``, and for a body that a form could have sent."""
    require_own_origin(request, core)
    is_of_browser = any(name in request.headers for name in _OF_BROWSERS)
    is_change = request.method not in _SAFE_METHODS and _has_body(request)
    if is_of_browser and is_change and _body_type(request) != _BODY_TYPE:
        # A form of another origin can send every other type without a preflight request.
        raise AccessDenied(
            "Send the body as application/json, and state that in the header Content-Type."
        )


def require_own_form(request: Request, core: Core) -> None:
    """Raise AccessDenied for a form unless it is known to come from a page of ours, or from no
    browser.
    """
    require_own_origin(request, core)
    is_of_browser = any(name in request.headers for name in _OF_BROWSERS)
    if not is_of_browser or not _has_body(request) or _body_type(request) == _BODY_TYPE:
        return  # no form of another origin is JSON; that it is not a form is reported later
    is_known = "origin" in request.headers or request.headers.get("sec-fetch-site") == "same-origin"
    if not is_known or _body_type(request) != _FORM_TYPE:
        # A form of another origin looks the same in a browser that sends neither header.
        raise AccessDenied(
            "Send the files as multipart/form-data, from a browser that names the page."
        )


def require_own_picture(request: Request, core: Core) -> None:
    """Raise AccessDenied as ``require_own_origin``, and for a body that a form could have sent: no
    form sends the type of a picture, and a page of another origin only after a preflight request.
    """
    require_own_origin(request, core)
    is_of_browser = any(name in request.headers for name in _OF_BROWSERS)
    if is_of_browser and _has_body(request) and not _body_type(request).startswith("image/"):
        raise AccessDenied("Send the bytes of a picture, with its type in the header Content-Type.")


def is_forwarded(request: Request) -> bool:
    """Whether a header of a proxy, real or made up, says that the request comes from elsewhere."""
    return any(name in request.headers for name in _FORWARDED)


def frame_ancestors(core: Core) -> str:
    """The directive of a Content-Security-Policy that lets our own pages, the host's and those of
    the setting show a page in a frame.
    """
    return " ".join(("frame-ancestors 'self'", *core.config.frame_origins))


def _is_known_host(request: Request, core: Core) -> bool:
    match = _HOST.fullmatch(request.headers.get("host", "").lower())
    if match is None:
        return False
    name = (match["address"] or match["name"]).rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    if name in map(str.lower, (core.config.host, *core.config.trusted_hosts)):
        return True
    if core.host is not None and name in core.host.names:
        return True
    return _is_address(name) or name in _names_of_machine()


def _names_of_machine() -> set[str]:
    """The host name of this machine, and its name in the local network."""
    name = socket.gethostname().lower()
    return {name, f"{name.partition('.')[0]}.local"}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_own_origin(request: Request, core: Core) -> bool:
    origin = request.headers.get("origin")
    if origin in (*core.config.trusted_origins, *core.config.cors_origins):
        return True
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        # No page can set this header. It is right behind a proxy that sends another Host, too.
        return fetch_site in {"same-origin", "none"}
    # Over plain http browsers do not send it. A page of another origin cannot send the proxy's
    # header without a preflight request, which we never allow.
    names = (
        request.headers.get("host"),
        request.headers.get("x-forwarded-host", "").split(",")[-1].strip(),
    )
    return origin is None or origin.partition("://")[2] in filter(None, names)


def _body_type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def _has_body(request: Request) -> bool:
    return (
        request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    )
