"""Whether a client is logged in, and the throttle of failed logins."""

from __future__ import annotations

import ipaddress

from starlette.requests import Request

from iib_core import actor
from iib_core.core import Core
from iib_core.errors import TooManyAttempts
from iib_core.routes.shared import origins


def is_logged_in(request: Request, core: Core) -> bool:
    """Whether the request carries a session, our password, or the host's login.

    Raises TooManyAttempts for a client with too many failed logins, unless its session is valid.
    """
    if _has_session(request, core):
        return True
    is_basic = request.headers.get("authorization", "").lower().startswith("basic ")
    return _host_accepts(request, core, has_password=is_basic) or has_password(request, core)


def name_of(request: Request, core: Core) -> str:
    """The name of the user who sent a request that was let in: that of the host's login, otherwise
    the one given at our login page; "" if there is none.
    """
    return _host_user(request, core) or core.sessions.find_name(_session_of(request, core))


def _host_user(request: Request, core: Core) -> str:
    if core.host is None:
        return ""
    # Credentials beside a session of ours were not checked, and must not be guessed here.
    asked = _without_credentials(request) if _has_session(request, core) else request
    return actor.shorten_name(core.host.find_user(asked))


def has_password(request: Request, core: Core) -> bool:
    """Whether the request carries a session or our password; the host's login does not count.

    Raises TooManyAttempts.
    """
    if _has_session(request, core):
        return True
    scheme, _, password = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and password.strip():
        return try_password(request, core, password.strip())
    token = request.cookies.get(core.sessions.cookie_name)
    if token is not None and not core.sessions.is_signed(
        token
    ):  # an expired session is no failed login
        _require_no_throttle(request, core)
        core.login_throttle.count(client_of(request, core), token)
    return False


def _has_session(request: Request, core: Core) -> bool:
    return core.sessions.is_valid(_session_of(request, core))


def _session_of(request: Request, core: Core) -> str:
    return request.cookies.get(core.sessions.cookie_name, "")


def try_password(request: Request, core: Core, password: str) -> bool:
    """Whether ``password`` is ours; a wrong one counts as a failed login. Raises TooManyAttempts."""
    _require_no_throttle(request, core)
    return _note(request, core, password, core.sessions.accepts(password))


def client_of(request: Request, core: Core) -> str:
    """The client that a failed login counts against: a browser that has logged in before, otherwise
    the address that the request comes from.

    A client can make up the address that a proxy's header states, so it is not used. Inside a host,
    whose server replaces the address by the header before we see it, all requests with such a
    header count as one client.
    """
    browser = core.sessions.find_browser(request.cookies.get(core.sessions.browser_cookie_name, ""))
    if browser is not None:
        return browser
    if core.host is not None and origins.is_forwarded(request):
        return "forwarded"
    return _network_of(request.client.host if request.client else "")


def _network_of(address: str) -> str:
    """The address; for IPv6 the /64 network, which belongs to one subscriber."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if ip.version == 6:
        return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _host_accepts(request: Request, core: Core, *, has_password: bool) -> bool:
    """Whether the client is logged in at the host.

    ``has_password``: the request carries a name and a password, and wrong ones count as a failed
    login.
    """
    if core.host is None or core.host.is_logged_in is None:
        return False
    if not has_password:
        return core.host.is_logged_in(request)
    # A client with a session of the host stays logged in, even with a wrong password beside it.
    if core.host.is_logged_in(_without_credentials(request)):
        return True
    _require_no_throttle(request, core)
    return _note(request, core, request.headers["authorization"], core.host.is_logged_in(request))


def _without_credentials(request: Request) -> Request:
    headers = [
        (name, value) for name, value in request.scope["headers"] if name != b"authorization"
    ]
    return Request({**request.scope, "headers": headers})


def _note(request: Request, core: Core, password: str, is_right: bool) -> bool:
    client = client_of(request, core)
    if is_right:
        core.login_throttle.trust(client)
    else:
        core.login_throttle.count(client, password)
    return is_right


def _require_no_throttle(request: Request, core: Core) -> None:
    wait_s = core.login_throttle.wait_s(client_of(request, core))
    if wait_s:
        raise TooManyAttempts(
            f"Too many wrong passwords from here: try again in {wait_s} seconds.", wait_s
        )
