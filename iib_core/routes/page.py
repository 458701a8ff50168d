"""The gallery page and its static files."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from iib_core.core import Core
from iib_core.db import tags
from iib_core.errors import NotFound
from iib_core.routes.shared import links, origins, page_files, page_icons, ranges
from iib_core.routes.shared.current_core import core_of
from iib_core.routes.shared.guards import require_visitor
from iib_core.routes.shared.route import IIBRoute

router = APIRouter(
    route_class=IIBRoute, dependencies=[Depends(require_visitor)], include_in_schema=False
)

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


@router.get("", response_class=HTMLResponse)
@router.get("/", response_class=HTMLResponse)
def get_page(request: Request) -> Response:
    """The gallery. Its links are relative, so that it works with any prefix that a proxy adds or
    strips.
    """
    address = _find_address(request)
    if address is not None:
        return Response(status_code=302, headers={"location": address, "cache-control": "no-store"})
    path = request.scope["path"]
    here = "" if path.endswith("/") else path.rsplit("/", 1)[-1] + "/"
    build = page_files.PAGE.current()
    html = build.index.replace("__STATIC__", f"{here}static/{build.name}")
    html = html.replace("__API__", here or "./")
    policy = f"{_POLICY}; {origins.frame_ancestors(core_of(request))}"
    headers = {
        "content-security-policy": policy,
        "referrer-policy": "same-origin",
        "cache-control": "no-cache",
    }
    return HTMLResponse(html, headers=headers)


def _find_address(request: Request) -> str | None:
    """Where a link of the older extension leads to, relative to this page; None for any other
    request.
    """
    core = core_of(request)
    if "action" not in request.query_params or not core.access.shows:
        return None
    folders = core.host.folders if core.host else {}
    found = links.find_address(request.query_params, folders, lambda tag_id: _term(core, tag_id))
    if found is None:
        return None
    others = [
        item for item in request.query_params.multi_items() if item[0] not in links.PARAMETERS
    ]
    path = request.scope["path"]
    here = "./" if path.endswith("/") else path.rsplit("/", 1)[-1]
    return f"{here}{f'?{urlencode(others)}' if others else ''}#{found}"


def _term(core: Core, tag_id: int) -> str:
    with core.db.read() as conn:
        tag = tags.find(conn, tag_id)
    return links.term_of_tag(tag.category, tag.name) if tag else ""


@router.get("/service-worker.js")
def get_service_worker() -> Response:
    """Keeps the shell of the page in the browser. It lies beside the page, because a browser lets
    such a script see only what is below its own folder.
    """
    headers = {"cache-control": "no-cache"}
    script = page_files.PAGE.current().service_worker
    return Response(script, media_type="text/javascript", headers=headers)


@router.get("/static/{version}/{name:path}")
def get_static(request: Request, version: str, name: str) -> Response:
    """One file of the page. A browser may cache it for good, because other content has another URL."""
    build = page_files.PAGE.find(version)
    content = build and (build.files.get(name) or page_icons.find(name))
    if build is None or content is None:
        raise NotFound("There is no such file in this version of the page: reload the page.")
    takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
    packed = build.packed.get(name) if takes_gzip else None
    headers = {
        "cache-control": "private, max-age=31536000, immutable",
        "etag": f'"{version}{"-gzip" if packed else ""}"',
        "vary": "accept-encoding",
    }
    if ranges.evaluate(request.headers, ranges.Validators(headers["etag"], 2**40)) == 304:
        return Response(status_code=304, headers=headers)
    if packed:
        headers["content-encoding"] = "gzip"
    kind = page_files.TYPES[PurePosixPath(name).suffix]
    return Response(packed or content, media_type=kind, headers=headers)
