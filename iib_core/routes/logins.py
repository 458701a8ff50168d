"""Who is logged in, and the page to log in with."""

from __future__ import annotations

import base64
import hashlib
import html
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
form { display: grid; gap: 12px; width: min(320px, 88vw) }
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

    Raises TooManyAttempts for a client that has sent too many wrong secrets; a session that is valid passes all the same.
    """
    if core.sessions.is_valid(request.cookies.get(core.sessions.cookie_name, "")):
        return True
    if core.host is not None and core.host.is_logged_in is not None and core.host.is_logged_in(request):
        return True
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return try_secret(request, core, token.strip())
    if core.sessions.cookie_name in request.cookies:
        _refuse_guessing(request, core)
        core.failures.count(client_of(request))
    return False


def try_secret(request: Request, core: Core, secret: str) -> bool:
    """Whether ``secret`` is ours; a wrong one counts. Raises TooManyAttempts."""
    _refuse_guessing(request, core)
    if core.sessions.accepts(secret):
        return True
    core.failures.count(client_of(request))
    return False


def client_of(request: Request) -> str:
    """The address that the request comes from."""
    return request.client.host if request.client else ""


def page(request: Request, core: Core, *, status_code: int, headers: Mapping[str, str] | None = None, problem: str = "") -> Response:
    """The login page, or, without a secret of ours, where to log in. Its links are relative to wherever it is shown."""
    told = f'<p role="alert">{html.escape(problem)}</p>' if problem else ""
    if core.config.secret_key:
        body = f"""<form method="post" action="{_to_login(request, core)}"><h1>IIB</h1><p>These pictures are shown to people who know the secret.</p>{told}
<label for="secret">Secret</label>
<input id="secret" name="secret" type="password" autocomplete="current-password" required autofocus><button>Log in</button></form>"""
    else:
        body = "<form><h1>IIB</h1><p>Log in to the WebUI first, then reload this page.</p></form>"
    text = f"""<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>IIB: log in</title>
<style>{_STYLE}</style><main>{body}</main></html>"""
    # Same-origin and not none at all: of a page without a referrer a browser sends the form as of the origin "null", which could be anybody's.
    policy = f"{_POLICY}; {sites.frame_ancestors(core)}"
    safe = {"content-security-policy": policy, "x-content-type-options": "nosniff", "referrer-policy": "same-origin", "cache-control": "no-store"}
    return HTMLResponse(text, status_code=status_code, headers={**safe, **(headers or {})})


def _refuse_guessing(request: Request, core: Core) -> None:
    wait_s = core.failures.wait_s(client_of(request))
    if wait_s:
        raise TooManyAttempts(f"Too many wrong secrets from here: try again in {wait_s} seconds.", wait_s)


def _to_login(request: Request, core: Core) -> str:
    below = request.url.path.partition(core.config.base)[2]
    if not below:
        return core.config.base.rsplit("/", 1)[1] + "/login"
    return "../" * (below.count("/") - 1) + "login"
