"""The gallery page and the files that it is made of."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from iib_core.errors import NotFound
from iib_core.routes import ranges
from iib_core.routes.base import IIBRoute, require_known_site, require_login

router = APIRouter(route_class=IIBRoute, dependencies=[Depends(require_known_site), Depends(require_login)], include_in_schema=False)

_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".json": "application/json", ".svg": "image/svg+xml"}
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)


@lru_cache(maxsize=1)
def _gallery() -> dict[str, str]:
    """Path on disk of each file of the page, by its path in a URL. Looked up, never joined: no URL can lead out of it."""
    package = Path(__file__).parent.parent
    folder = next(f for f in (package / "gallery", package.parent / "javascript" / "gallery") if f.is_dir())
    return {file.relative_to(folder).as_posix(): str(file) for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix in {*_TYPES, ".woff2"}}


@lru_cache(maxsize=1)
def _build() -> str:
    """A name for this state of the page's files, so that an updated program never mixes new modules with those of a page still open."""
    digest = hashlib.sha256()
    for name, path in _gallery().items():
        digest.update(f"{name}\0{os.stat(path).st_mtime_ns}\0".encode())
    return digest.hexdigest()[:12]


@router.get("", response_class=HTMLResponse)
@router.get("/", response_class=HTMLResponse)
def get_page(request: Request) -> Response:
    """The gallery. Its links are relative, so that it works under whatever prefix a proxy adds or strips."""
    path = request.url.path
    here = "" if path.endswith("/") else path.rsplit("/", 1)[-1] + "/"
    html = Path(_gallery()["index.html"]).read_text("utf-8")
    html = html.replace("__STATIC__", f"{here}static/{_build()}").replace("__API__", here or "./")
    headers = {"content-security-policy": _POLICY, "x-content-type-options": "nosniff", "referrer-policy": "same-origin", "cache-control": "no-cache"}
    return HTMLResponse(html, headers=headers)


@router.get("/static/{build}/{name:path}")
@router.head("/static/{build}/{name:path}")
def get_static(request: Request, build: str, name: str) -> Response:
    """One file of the page."""
    path = _gallery().get(name)
    if path is None or build != _build():
        raise NotFound("There is no such file in this version of the page: reload the page.")
    headers = {"cache-control": "no-cache", "content-type": _TYPES.get(os.path.splitext(name)[1], "application/octet-stream")}
    return ranges.file_response(open(path, "rb"), name, request.headers, head=request.method == "HEAD", headers=headers)
