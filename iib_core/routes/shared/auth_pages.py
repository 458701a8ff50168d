"""HTML pages for users who are not let in: the login page, and one for unknown host names."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping
from typing import Literal
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from iib_core import actor
from iib_core.core import Core
from iib_core.routes.shared import origins

_STYLE = """
:root { color-scheme: light dark }
body { font: 14px/1.5 system-ui, sans-serif; min-height: 100vh; margin: 0; display: grid; place-items: center;
  background: light-dark(#fafaf9, #1c1c1e); color: light-dark(#1d1d1f, #ececee) }
form { display: grid; gap: 12px; width: min(320px, 88vw); overflow-wrap: anywhere }
h1 { font-size: 18px; margin: 0 }
p { margin: 0; color: light-dark(#5f5f63, #a3a3ab) }
p[role] { margin-top: -6px; color: light-dark(#b3261e, #ff9b92) }
label { margin-bottom: -6px; font-weight: 500 }
input, button { font: inherit; min-height: 40px; box-sizing: border-box; border-radius: 6px; padding: 0 12px;
  border: 1px solid light-dark(#8a8a85, #7c7c83); background: light-dark(#fff, #242427); color: inherit }
input { font-size: max(16px, 1em) }
input[aria-invalid] { border-color: light-dark(#b3261e, #ff9b92) }
button { background: light-dark(#3c5bd6, #93a9ff); color: light-dark(#fff, #14141a);
  border-color: transparent; font-weight: 500; cursor: pointer }
:focus-visible { outline: 2px solid light-dark(#3c5bd6, #93a9ff); outline-offset: 2px }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'"
)

_LOGIN = """<form method="post" action="{action}"><h1>IIB</h1>
<p>Enter the password to see the library.</p>
<label for="secret">Password</label>
<input id="secret" name="secret" type="password" autocomplete="current-password" required
  autofocus{bad_secret}>
{secret_problem}<label for="name">Your name (optional)</label>
<input id="name" name="name" autocomplete="nickname" maxlength="{max_name}" value="{name}"{bad_name}>
{name_problem}<button>Log in</button></form>"""
_HOST_LOGIN = "<form><h1>IIB</h1><p>Log in to the WebUI first, then reload this page.</p></form>"
_UNKNOWN_HOST = """<form><h1>IIB</h1>
<p>This server does not know the host name <b>{name}</b>, and answers only to its own names:
another name could be part of an attack that lets a foreign page read your library.</p>
<p>Is it the name of a proxy, a tunnel or this machine? Then {flag}set <code>IIB_TRUSTED_HOSTS={name}</code>
in the environment or in the file <code>.env</code> of IIB's data folder, and restart it.</p>
<p>Can others reach it under this name? Then set <code>IIB_SECRET_KEY</code> instead: with a login,
every host name is accepted.</p></form>"""
_DOCUMENT = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>IIB: {title}</title>
<style>{style}</style><main>{body}</main></html>"""


def login_page(
    request: Request,
    core: Core,
    *,
    status_code: int,
    headers: Mapping[str, str] | None = None,
    problem: str = "",
    field: Literal["secret", "name"] = "secret",
    name: str | None = None,
) -> Response:
    """The login page; without a password of ours, a page that says where to log in.

    ``problem``: what is wrong with ``field``. ``name``: what was typed; if nothing was sent, the
    name that this browser gave last. Its links are relative, so that it works at any address.
    """
    if not core.config.secret_key:
        return _page(core, "log in", _HOST_LOGIN, status_code, headers or {})
    alert = f'<p role="alert" id="problem">{html.escape(problem)}</p>\n' if problem else ""
    invalid = ' aria-invalid="true" aria-describedby="problem"' if problem else ""
    typed = _last_name(request, core) if name is None else name
    fields = {"bad_secret": "", "secret_problem": "", "bad_name": "", "name_problem": ""}
    fields |= {f"bad_{field}": invalid, f"{field}_problem": alert}
    body = _LOGIN.format(
        action=_path_to_login(request, core),
        name=html.escape(typed),
        max_name=actor.MAX_NAME_CHARS,
        **fields,
    )
    return _page(core, "log in", body, status_code, headers or {})


def _last_name(request: Request, core: Core) -> str:
    return actor.shorten_name(unquote(request.cookies.get(core.sessions.name_cookie_name, "")))


def unknown_host_page(core: Core, name: str) -> Response:
    """A page that says which setting allows a host name.

    It shows nothing about this machine, because strangers can see it too.
    """
    name = html.escape(name)
    flag = ""
    if core.host is not None:
        flag = f"start the WebUI with <code>--iib-trusted-hosts {name}</code>, or "
    return _page(core, "unknown host name", _UNKNOWN_HOST.format(name=name, flag=flag), 403, {})


def _page(
    core: Core, title: str, body: str, status_code: int, headers: Mapping[str, str]
) -> Response:
    # Not "no-referrer": then browsers send the form with the origin "null", which any page could
    # have.
    policy = f"{_POLICY}; {origins.frame_ancestors(core)}"
    safe = {
        "content-security-policy": policy,
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
    }
    text = _DOCUMENT.format(title=title, style=_STYLE, body=body)
    return HTMLResponse(text, status_code=status_code, headers={**safe, **headers})


def _path_to_login(request: Request, core: Core) -> str:
    """The address of the login page, relative to that of the request."""
    _, base, below = str(request.scope["path"]).partition(core.config.base)
    if not base:  # a page outside the base path, such as the description of the API
        return core.config.base.lstrip("/") + "/login"
    if not below:
        return core.config.base.rsplit("/", 1)[1] + "/login"
    return "../" * (below.count("/") - 1) + "login"
