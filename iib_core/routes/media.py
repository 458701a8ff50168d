"""The bytes of pictures, videos and sounds, and their thumbnails."""

from __future__ import annotations

import asyncio
import os
from typing import Optional

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from iib_core import mediatypes, paths
from iib_core.core import Core
from iib_core.media.thumbnails import Wanted, want
from iib_core.routes import ranges
from iib_core.routes.base import ERRORS, GUARDS, IIBRoute, get_core

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["media"])

# Whatever a file turns out to hold, a browser that opens it on its own runs nothing of it.
_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
_BYTES = {"description": "The bytes", "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
_WEBP = {"description": "The thumbnail", "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}}}


@router.get("/image-thumbnail", summary="Get a small version of a picture", response_class=Response, responses={200: _WEBP, **ERRORS})
@router.head("/image-thumbnail", include_in_schema=False)
async def image_thumbnail(
    request: Request,
    path: str = Query(..., description="Full path of the picture"),
    t: str = Query("", description="The file's time of change, so that a browser may keep the answer for good"),
    size: str = Query("256x256", description="Box that the thumbnail fits into, WIDTHxHEIGHT, edges from 16 to 2048"),
    core: Core = Depends(get_core),
) -> Response:
    """WebP that fits into the box, upright, never enlarged."""
    wanted, data = await run_in_threadpool(_find_thumbnail, core, path, size)
    headers = {"etag": f'"{wanted.key}"', "cache-control": _cache_control(t, wanted.mtime_ns), **_media_headers(core)}
    if ranges.evaluate(request.headers, ranges.Validators(headers["etag"], 2**40)) == 304:
        return Response(status_code=304, headers=headers)
    if data is None:
        # Shielded: others may wait for the same picture when this client goes away.
        data = await asyncio.shield(asyncio.wrap_future(core.thumbnails.make(wanted, core.access.open)))
    return Response(data, media_type="image/webp", headers=headers)


@router.get("/file", summary="Get a file", response_class=Response, responses={200: _BYTES, 206: _BYTES, **ERRORS})
@router.head("/file", include_in_schema=False)
def get_file(
    request: Request,
    path: str = Query(..., description="Full path of the file"),
    t: str = Query("", description="The file's time of change, so that a browser may keep the answer for good"),
    disposition: Optional[str] = Query(None, description="Name to download the file under; empty to show it in the browser"),
    core: Core = Depends(get_core),
) -> Response:
    """The original. Byte ranges and conditional requests work; what is no picture, video or sound comes as a download."""
    real = core.access.resolve_file(path)
    name = paths.to_text(os.path.basename(real))
    kind = "inline" if mediatypes.media_type(name) and not disposition else "attachment"
    file = core.access.open(real)
    headers = {
        "content-disposition": ranges.content_disposition(kind, os.path.basename(disposition or name)),
        "cache-control": _cache_control(t, os.fstat(file.fileno()).st_mtime_ns),
        **_media_headers(core),
    }
    return ranges.file_response(file, name, request.headers, head=request.method == "HEAD", headers=headers)


def _find_thumbnail(core: Core, path: str, size: str) -> tuple[Wanted, Optional[bytes]]:
    wanted = want(core.access.resolve_file(path), size)
    return wanted, core.thumbnails.find(wanted)


def _cache_control(t: str, mtime_ns: int) -> str:
    # Kept for good only under a name that changes with the file; any other "t" would pin a stale picture.
    is_current = t in {str(mtime_ns), str(mtime_ns // 10**9), str(mtime_ns / 1e9)}
    return "private, max-age=31536000, immutable" if is_current else "private, no-cache"


def _media_headers(core: Core) -> dict[str, str]:
    headers = {"x-content-type-options": "nosniff", "content-security-policy": _POLICY}
    if core.host is not None:
        # The host compresses whatever names no encoding, which costs time on pictures and breaks byte ranges.
        headers["content-encoding"] = "identity"
    return headers
