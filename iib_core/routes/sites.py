"""Which site a request comes from.

A browser sends our users' requests for any page that asks it to; only our own pages may.

Two attacks: another site's page changes something (told by Sec-Fetch-Site and Origin), and another
site's name is pointed at this machine so that its page counts as ours (told by Host). A literal
address cannot be pointed elsewhere, so those are fine.
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
# What a browser may send as Host, in lower case; whatever else comes is no name of ours.
_HOST = re.compile(r"(\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[\w.-]+))(:\d*)?", re.ASCII)
_BODY_TYPE = "application/json"
_FORM_TYPE = "multipart/form-data"
# A browser sends at least one of these with a change that a page asks for; a script none, unless it
# is told to.
_OF_BROWSERS = ("origin", "sec-fetch-site", "referer", "cookie")


def check_origin(request: Request, core: Core) -> None:
    """Raise AccessDenied for a request under a name that is not ours, and for a change that another
    site's page asks for.
    """
    if not core.needs_login and not _is_known_host(request, core):
        raise AccessDenied(
            "This server does not know itself under this host name: add it to the setting IIB_TRUSTED_HOSTS."
        )
    if request.method not in _SAFE_METHODS and not _is_own_origin(request, core):
        raise AccessDenied(
            "This request comes from another site: add its origin to the setting IIB_TRUSTED_ORIGINS to "
            "allow it."
        )


def unknown_name(request: Request, core: Core) -> str:
    """The host name under which the request came, where this server does not know itself under it;
    otherwise "", as for what is no name.
    """
    match = _HOST.fullmatch(request.headers.get("host", "").lower())
    if match is None or core.needs_login or _is_known_host(request, core):
        return ""
    return (match["name"] or "").rstrip(".")


def check(request: Request, core: Core) -> None:
    """Raise AccessDenied for a request that another site has a hand in, a form of theirs included."""
    check_origin(request, core)
    is_of_browser = any(name in request.headers for name in _OF_BROWSERS)
    if (
        is_of_browser
        and _has_body(request)
        and _type_of_body(request) != _BODY_TYPE
        and request.method not in _SAFE_METHODS
    ):
        # A form of another site can send every other type without asking first.
        raise AccessDenied("Send the body as application/json, and say so in the header Content-Type.")


def check_form(request: Request, core: Core) -> None:
    """Raise AccessDenied for a form that is not known to come from a page of ours or from no page at all."""
    check_origin(request, core)
    if not _has_body(request) or not any(name in request.headers for name in _OF_BROWSERS):
        return
    if _type_of_body(request) == _BODY_TYPE:
        return  # no form of another site can have it; that it is no form either is told later
    is_told = any(name in request.headers for name in ("origin", "sec-fetch-site"))
    if not is_told or _type_of_body(request) != _FORM_TYPE:
        # A form of another site looks the same in a browser that tells neither.
        raise AccessDenied("Send the files as multipart/form-data, from a browser that names the page.")


def is_forwarded(request: Request) -> bool:
    """Whether a proxy, or somebody who poses as one, says that the request comes from elsewhere."""
    return any(name in request.headers for name in _FORWARDED)


def frame_ancestors(core: Core) -> str:
    """The part of a page's policy that says who may show it in a frame: our own pages, the host's
    among them, where nobody unknown is around those.
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
    """What this machine calls itself, and what others call it in its own network."""
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
    told = request.headers.get("sec-fetch-site")
    if told is not None:
        # The browser's own word, which no page can put on a request. It holds behind a proxy that
        # gives us another Host.
        return told in {"same-origin", "none"}
    # Browsers say nothing of that over plain http. A page of another site cannot send the proxy's
    # header without asking first, which we never allow.
    names = (request.headers.get("host"), request.headers.get("x-forwarded-host", "").split(",")[-1].strip())
    return origin is None or origin.partition("://")[2] in filter(None, names)


def _type_of_body(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
