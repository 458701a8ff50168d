"""The gallery page and its static files."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from iib_core.errors import NotFound
from iib_core.routes.shared import origins, ranges
from iib_core.routes.shared.current_core import core_of
from iib_core.routes.shared.guards import require_visitor
from iib_core.routes.shared.route import IIBRoute

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


@lru_cache(maxsize=1)
def files() -> dict[str, bytes]:
    """The content of each file of the page, by its path in a URL.

    A URL is looked up here and never joined to a folder, so none can lead out of it. The files are read
    once: a program that is updated on the disk keeps serving the page that it started with.
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
    """A hash of all files of the page. It is in their URLs, so that an open page never loads modules of
    another version.
    """
    digest = hashlib.sha256()
    for name, content in files().items():
        digest.update(b"%s\0%d\0%s" % (name.encode(), len(content), content))
    return digest.hexdigest()[:12]


@router.get("", response_class=HTMLResponse)
@router.get("/", response_class=HTMLResponse)
def get_page(request: Request) -> Response:
    """The gallery. Its links are relative, so that it works with any prefix that a proxy adds or strips."""
    path = request.scope["path"]
    here = "" if path.endswith("/") else path.rsplit("/", 1)[-1] + "/"
    html = (
        files()["index.html"]
        .decode()
        .replace("__STATIC__", f"{here}static/{build()}")
        .replace("__API__", here or "./")
    )
    policy = f"{_POLICY}; {origins.frame_ancestors(core_of(request))}"
    headers = {
        "content-security-policy": policy,
        "referrer-policy": "same-origin",
        "cache-control": "no-cache",
    }
    return HTMLResponse(html, headers=headers)


@router.get("/static/{version}/{name:path}")
def get_static(request: Request, version: str, name: str) -> Response:
    """One file of the page. A browser may cache it for good, because other content has another URL."""
    content = files().get(name)
    if content is None or version != build():
        raise NotFound("There is no such file in this version of the page: reload the page.")
    headers = {"cache-control": "private, max-age=31536000, immutable", "etag": f'"{version}"'}
    if ranges.evaluate(request.headers, ranges.Validators(headers["etag"], 2**40)) == 304:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=_TYPES[Path(name).suffix], headers=headers)
