"""The gallery page and the files that it is made of."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from iib_core.core import Core
from iib_core.db import tags
from iib_core.errors import NotFound
from iib_core.routes import links, ranges, sites
from iib_core.routes.base import IIBRoute, core_of, require_visitor

router = APIRouter(route_class=IIBRoute, dependencies=[Depends(require_visitor)], include_in_schema=False)

_TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
_IMPORT = re.compile(r"^(?:import|export)\b[^;]*?\sfrom '(\.[^']+)'", re.M)
_MODULE_SCRIPT = re.compile(r'src="__STATIC__/([^"]+\.mjs)"')
_PRELOAD = re.compile(r"<!-- preload (\S+?)( low)? -->")


@lru_cache(maxsize=1)
def files() -> dict[str, bytes]:
    """Content of each file of the page, by its path in a URL.

    Looked up, never joined: no URL can lead out of it.

    Read once: a program that is updated on the disk while it runs goes on with the page that it started with.
    """
    package = Path(__file__).parent.parent
    folder = next(f for f in (package / "gallery", package.parent / "javascript" / "gallery") if f.is_dir())
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.suffix in _TYPES
    }


@lru_cache(maxsize=1)
def build() -> str:
    """A name for this state of the page's files: it is in every URL, so that new modules never mix
    with those of a page still open.
    """
    digest = hashlib.sha256()
    for name, content in files().items():
        digest.update(b"%s\0%d\0%s" % (name.encode(), len(content), content))
    return digest.hexdigest()[:12]


@lru_cache(maxsize=1)
def index() -> str:
    """``index.html`` with its preload lines.

    ``<!-- preload NAME -->`` becomes a line for each module that NAME imports statically, directly or not,
    and that the page does not name before; ``low`` sets the priority of these requests.
    """
    html = files()["index.html"].decode()
    named = set(_MODULE_SCRIPT.findall(html))

    def preload(match: re.Match[str]) -> str:
        modules = sorted(set(static_closure(match[1])) - named)
        named.update(modules)
        priority = ' fetchpriority="low"' if match[2] else ""
        return "\n".join(
            f'<link rel="modulepreload" href="__STATIC__/{module}"{priority}>' for module in modules
        )

    return _PRELOAD.sub(preload, html)


def static_closure(name: str) -> Iterator[str]:
    """This module and each that it imports statically, directly or not, once."""
    known = {name}
    waiting = [name]
    while waiting:
        module = waiting.pop()
        yield module
        for path in _IMPORT.findall(files()[module].decode()):
            imported = posixpath.normpath(posixpath.join(posixpath.dirname(module), path))
            if imported not in known:
                known.add(imported)
                waiting.append(imported)


@router.get("", response_class=HTMLResponse)
@router.get("/", response_class=HTMLResponse)
def get_page(request: Request) -> Response:
    """The gallery. Its links are relative, so that it works under whatever prefix a proxy adds or strips."""
    address = _find_address(request)
    if address is not None:
        return Response(status_code=302, headers={"location": address, "cache-control": "no-store"})
    path = request.scope["path"]
    here = "" if path.endswith("/") else path.rsplit("/", 1)[-1] + "/"
    html = index().replace("__STATIC__", f"{here}static/{build()}").replace("__API__", here or "./")
    policy = f"{_POLICY}; {sites.frame_ancestors(core_of(request))}"
    headers = {
        "content-security-policy": policy,
        "referrer-policy": "same-origin",
        "cache-control": "no-cache",
    }
    return HTMLResponse(html, headers=headers)


def _find_address(request: Request) -> str | None:
    """Where a link of the older extension leads to, relative to this page; None for any other request."""
    core = core_of(request)
    if "action" not in request.query_params or not core.access.shows:
        return None
    folders = core.host.folders if core.host else {}
    found = links.find_address(request.query_params, folders, lambda tag_id: _term(core, tag_id))
    if found is None:
        return None
    others = [item for item in request.query_params.multi_items() if item[0] not in links.PARAMETERS]
    path = request.scope["path"]
    here = "./" if path.endswith("/") else path.rsplit("/", 1)[-1]
    return f"{here}{f'?{urlencode(others)}' if others else ''}#{found}"


def _term(core: Core, tag_id: int) -> str:
    with core.db.read() as conn:
        tag = tags.find(conn, tag_id)
    return links.term_of_tag(tag.category, tag.name) if tag else ""


@router.get("/static/{version}/{name:path}")
def get_static(request: Request, version: str, name: str) -> Response:
    """One file of the page. Kept for good by a browser: another content has another URL."""
    content = files().get(name)
    if content is None or version != build():
        raise NotFound("There is no such file in this version of the page: reload the page.")
    headers = {"cache-control": "private, max-age=31536000, immutable", "etag": f'"{version}"'}
    if ranges.evaluate(request.headers, ranges.Validators(headers["etag"], 2**40)) == 304:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=_TYPES[Path(name).suffix], headers=headers)
