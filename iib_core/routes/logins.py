"""Who is logged in, and the page to log in with."""

from __future__ import annotations

import base64
import hashlib
import html
import ipaddress
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from iib_core.core import Core
from iib_core.errors import TooManyAttempts
from iib_core.routes import sites

_STYLE = """
:root { color-scheme: light dark }
body { font: 14px/1.5 system-ui, sans-serif; min-height: 100vh; margin: 0; display: grid; place-items: center;
  background: light-dark(#fafaf9, #1d1d1f); color: light-dark(#1c1c1e, #ececec) }
form { display: grid; gap: 12px; width: min(320px, 88vw); overflow-wrap: anywhere }
h1 { font-size: 18px; margin: 0 }
p { margin: 0; color: light-dark(#5b5b60, #a9a9ae) }
p[role] { color: light-dark(#b3261e, #ff8a80) }
input, button { font: inherit; min-height: 40px; box-sizing: border-box; border-radius: 6px; padding: 0 12px;
  border: 1px solid light-dark(#c9c9cd, #48484c); background: light-dark(#fff, #2a2a2d); color: inherit }
button { background: light-dark(#1c1c1e, #ececec); color: light-dark(#fff, #1c1c1e); border-color: transparent; cursor: pointer }
:focus-visible { outline: 2px solid light-dark(#2563eb, #7cb0ff); outline-offset: 2px }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'"


def is_logged_in(request: Request, core: Core) -> bool:
    """Whether the request carries a session, our secret, or the host's login.

    Raises TooManyAttempts for a client that has sent too many wrong secrets; a session that is
    valid passes all the same.
    """
    if _has_session(request, core):
        return True
    is_basic = request.headers.get("authorization", "").lower().startswith("basic ")
    return _host_lets_in(request, core, may_guess=is_basic) or has_secret(request, core)


def has_secret(request: Request, core: Core) -> bool:
    """Whether the request carries a session or our secret, whatever the host says. Raises TooManyAttempts."""
    if _has_session(request, core):
        return True
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.strip():
        return try_secret(request, core, secret.strip())
    token = request.cookies.get(core.sessions.cookie_name)
    if token is not None and not core.sessions.is_signed(token):  # one that has ended is no guess
        _refuse_guessing(request, core)
        core.login_throttle.count(client_of(request, core), token)
    return False


def _has_session(request: Request, core: Core) -> bool:
    return core.sessions.is_valid(request.cookies.get(core.sessions.cookie_name, ""))


def try_secret(request: Request, core: Core, secret: str) -> bool:
    """Whether ``secret`` is ours; a wrong one counts. Raises TooManyAttempts."""
    _refuse_guessing(request, core)
    return _note(request, core, secret, core.sessions.accepts(secret))


def client_of(request: Request, core: Core) -> str:
    """Whom a wrong secret counts against: a browser that has logged in before, else the address that
    the request comes from.

    What a proxy tells of the address can be made up by whoever asks, so it is never believed; and
    inside a host, whose server believes it before
    we are asked, all who are told of so are one client.
    """
    browser = core.sessions.find_browser(request.cookies.get(core.sessions.browser_cookie_name, ""))
    if browser is not None:
        return browser
    if core.host is not None and sites.is_forwarded(request):
        return "forwarded"
    return _network_of(request.client.host if request.client else "")


def _network_of(address: str) -> str:
    """The address, or of IPv6 the network that one subscriber has."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if ip.version == 6:
        return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _host_lets_in(request: Request, core: Core, *, may_guess: bool) -> bool:
    """Whether the host's login says yes. ``may_guess``: the request carries a name and a password, and
    wrong ones count.
    """
    if core.host is None or core.host.is_logged_in is None:
        return False
    if not may_guess:
        return core.host.is_logged_in(request)
    # Whoever is logged in stays in, whatever else the request carries.
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"authorization"]
    if core.host.is_logged_in(Request({**request.scope, "headers": headers})):
        return True
    _refuse_guessing(request, core)
    return _note(request, core, request.headers["authorization"], core.host.is_logged_in(request))


def _note(request: Request, core: Core, secret: str, is_right: bool) -> bool:
    client = client_of(request, core)
    if is_right:
        core.login_throttle.trust(client)
    else:
        core.login_throttle.count(client, secret)
    return is_right


def page(
    request: Request,
    core: Core,
    *,
    status_code: int,
    headers: Mapping[str, str] | None = None,
    problem: str = "",
) -> Response:
    """The login page, or, without a secret of ours, where to log in.

    Its links are relative to wherever it is shown.
    """
    told = f'<p role="alert">{html.escape(problem)}</p>' if problem else ""
    if core.config.secret_key:
        body = f"""<form method="post" action="{_to_login(request, core)}"><h1>IIB</h1><p>These pictures are shown to people who know the secret.</p>{told}
<label for="secret">Secret</label>
<input id="secret" name="secret" type="password" autocomplete="current-password" required autofocus><button>Log in</button></form>"""
    else:
        body = "<form><h1>IIB</h1><p>Log in to the WebUI first, then reload this page.</p></form>"
    return _html(core, "log in", body, status_code, headers or {})


def unknown_host_page(core: Core, name: str) -> Response:
    """Why a person does not get in under a host name, and the setting that lets this name in.

    Nothing of this machine, which strangers may ask as well.
    """
    name = html.escape(name)
    flag = (
        f"start the WebUI with <code>--iib-trusted-hosts {name}</code>, or " if core.host is not None else ""
    )
    body = f"""<form><h1>IIB</h1><p>This server does not know itself under the name <b>{name}</b>, and answers to no other than its own:
a page of somebody else's could have been led here.</p>
<p>Is it the name of a proxy, a tunnel or this machine? Then {flag}set <code>IIB_TRUSTED_HOSTS={name}</code> in the environment or in the file
<code>.env</code> of IIB's data folder, and start it again.</p>
<p>Can others reach it under this name? Then set <code>IIB_SECRET_KEY</code> instead: whoever logs in may come by any name.</p></form>"""
    return _html(core, "unknown host name", body, 403, {})


def _html(core: Core, title: str, body: str, status_code: int, headers: Mapping[str, str]) -> Response:
    text = f"""<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>IIB: {title}</title>
<style>{_STYLE}</style><main>{body}</main></html>"""
    # Same-origin and not none at all: of a page without a referrer a browser sends the form as of
    # the origin "null", which could be anybody's.
    policy = f"{_POLICY}; {sites.frame_ancestors(core)}"
    safe = {"content-security-policy": policy, "referrer-policy": "same-origin", "cache-control": "no-store"}
    return HTMLResponse(text, status_code=status_code, headers={**safe, **headers})


def _refuse_guessing(request: Request, core: Core) -> None:
    wait_s = core.login_throttle.wait_s(client_of(request, core))
    if wait_s:
        raise TooManyAttempts(f"Too many wrong secrets from here: try again in {wait_s} seconds.", wait_s)


def _to_login(request: Request, core: Core) -> str:
    _, base, below = str(request.scope["path"]).partition(core.config.base)
    if not base:  # beside the API: the description of it
        return core.config.base.lstrip("/") + "/login"
    if not below:
        return core.config.base.rsplit("/", 1)[1] + "/login"
    return "../" * (below.count("/") - 1) + "login"
