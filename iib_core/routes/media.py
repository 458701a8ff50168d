"""The bytes of pictures, videos and sounds, and their thumbnails."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Optional

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import mediatypes, paths, times
from iib_core.core import Core
from iib_core.db import images
from iib_core.errors import NotFound, UnreadableMedia
from iib_core.media.thumbnails import ThumbnailSpec
from iib_core.routes import ranges
from iib_core.routes.base import (
    GUARDS,
    JSON,
    WRITE_GUARDS,
    ErrorAnswer,
    IIBRoute,
    PlainRoute,
    core_of,
    get_core,
)
from iib_core.workers import at_once

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["media"])

write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["media"])
# Pages ask for these by the dozen.
thumbnail_router = APIRouter(route_class=PlainRoute, dependencies=GUARDS, tags=["media"])


class CoverRequest(BaseModel):
    """A video, and a picture in base64, with or without a ``data:`` prefix."""

    path: str
    base64_img: str


class CoverAnswer(BaseModel):
    """That it was done."""

    success: bool


_MOST_OF_A_NAME = 100
# Whatever a file turns out to hold, a browser that opens it on its own runs nothing of it.
_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
_BYTES = {
    "description": "The bytes, with the type of the file",
    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
}
# What a conditional request or one for a part of a file may be answered with, beside the failures
# of every route.
_PARTIAL: dict[int | str, dict[str, Any]] = {
    206: _BYTES,
    304: {"description": "Not changed"},
    412: {"description": "Changed"},
    416: {"model": ErrorAnswer, "description": "The range starts behind the end"},
}
_WEBP = {
    "description": "The thumbnail",
    "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}},
}


@thumbnail_router.get(
    "/image-thumbnail",
    summary="Get a small version of a picture",
    response_class=Response,
    responses={200: _WEBP, 304: _PARTIAL[304]},
)
@thumbnail_router.head("/image-thumbnail", include_in_schema=False)
async def image_thumbnail(
    request: Request,
    path: str = Query(..., description="Full path of the picture"),
    t: str = Query(
        "", description="The file's time of change, so that a browser may keep the answer for good"
    ),
    size: str = Query(
        "256x256", description="Box that the thumbnail fits into, WIDTHxHEIGHT, edges from 16 to 2048"
    ),
) -> Response:
    """WebP that fits into the box, upright, never enlarged."""
    return await _thumbnail(
        request, t, lambda core: core.thumbnails.spec_for(core.access.resolve_file(path), size)
    )


@thumbnail_router.get(
    "/video_cover",
    summary="Get the frame that stands for a video",
    response_class=Response,
    responses={200: _WEBP, 304: _PARTIAL[304]},
)
@thumbnail_router.head("/video_cover", include_in_schema=False)
async def video_cover(
    request: Request,
    path: str = Query(..., description="Full path of the video"),
    mt: str = Query(
        "", description="The file's time of change, so that a browser may keep the answer for good"
    ),
    size: str = Query(
        "512x512", description="Box that the cover fits into, WIDTHxHEIGHT, edges from 16 to 2048"
    ),
) -> Response:
    """The cover that a person chose, else a frame that shows something; of a sound its cover or waveform.

    WebP.
    """
    return await _thumbnail(
        request, mt, lambda core: core.thumbnails.spec_for(core.access.resolve_file(path), size)
    )


@thumbnail_router.get(
    "/video_preview",
    summary="Get a moving preview of a video",
    response_class=Response,
    responses={200: _WEBP, 304: _PARTIAL[304]},
)
@thumbnail_router.head("/video_preview", include_in_schema=False)
async def video_preview(
    request: Request,
    path: str = Query(..., description="Full path of the video"),
    mt: str = Query(
        "", description="The file's time of change, so that a browser may keep the answer for good"
    ),
) -> Response:
    """Eight frames, spread over the video, as animated WebP."""
    return await _thumbnail(
        request, mt, lambda core: core.thumbnails.preview_spec_for(core.access.resolve_file(path))
    )


@write_router.post(
    "/set_target_frame_as_video_cover", summary="Choose the cover of a video", response_model=CoverAnswer
)
def set_target_frame_as_video_cover(request: CoverRequest, core: Core = Depends(get_core)) -> Response:
    """Shows the video by the picture that is sent, from now on."""
    core.thumbnails.set_cover(core.access.resolve_file(request.path), request.base64_img)
    return JSON({"success": True})


@router.get(
    "/stream_video", summary="Stream a video", response_class=Response, responses={200: _BYTES, **_PARTIAL}
)
@router.head("/stream_video", include_in_schema=False)
def stream_video(
    request: Request,
    path: str = Query(..., description="Full path of the video"),
    core: Core = Depends(get_core),
) -> Response:
    """The original with byte ranges, for a player."""
    if mediatypes.media_type(path) not in ("video", "audio"):
        core.access.resolve_file(path)
        raise UnreadableMedia("This is no video.")
    return get_file(request, path=path, t="", disposition=None, core=core)


@router.get("/file", summary="Get a file", response_class=Response, responses={200: _BYTES, **_PARTIAL})
@router.head("/file", include_in_schema=False)
def get_file(
    request: Request,
    path: str = Query(..., description="Full path of the file"),
    t: str = Query(
        "", description="The file's time of change, so that a browser may keep the answer for good"
    ),
    disposition: Optional[str] = Query(
        None, description="Name to download the file under; empty to show it in the browser"
    ),
    core: Core = Depends(get_core),
) -> Response:
    """The original.

    Byte ranges and conditional requests work; what is no picture, video or sound comes as a
    download.
    """
    real = core.access.resolve_file(path)
    name = paths.to_text(os.path.basename(real))
    kind = "inline" if mediatypes.may_be_drawn(name) and not disposition else "attachment"
    file = core.access.open(real)
    headers = {
        "content-disposition": ranges.content_disposition(kind, os.path.basename(disposition or name)),
        "cache-control": _cache_control(t, times.mtime_ns(os.fstat(file.fileno()))),
        **_media_headers(core),
    }
    is_head, in_host = request.method == "HEAD", core.host is not None
    return ranges.file_response(file, name, request.headers, head=is_head, headers=headers, in_host=in_host)


@router.get(
    "/img/{filename}",
    summary="Get a picture by its file name",
    response_class=Response,
    responses={200: _BYTES, **_PARTIAL},
)
@router.head("/img/{filename}", include_in_schema=False)
def get_by_name(
    request: Request,
    filename: str,
    path: str = Query("", description="Full path of the file that is meant, where several have this name"),
    core: Core = Depends(get_core),
) -> Response:
    """The original of that name in the library, for links that shall outlive a move; of several the newest.

    With a path the file there, whose name must be this one.
    """
    found = path or _find_by_name(core, filename)
    if found is None:
        raise NotFound("No file of the library has this name.")
    core.access.resolve_file(found)
    if os.path.basename(found) != filename:
        raise NotFound("The file at this path has another name than the address.")
    return get_file(request, path=found, t="", disposition=None, core=core)


def _find_by_name(core: Core, name: str) -> Optional[str]:
    """The newest file of that name that is there and may be seen."""
    with core.db.read() as conn:
        found = images.find_newest_named(conn, name, _MOST_OF_A_NAME)
    on_disk = map(paths.from_text, found)
    return next(
        (paths.to_text(path) for path in on_disk if core.access.allows_link(path) and os.path.isfile(path)),
        None,
    )


async def _thumbnail(request: Request, t: str, want: Callable[[Core], ThumbnailSpec]) -> Response:
    core = core_of(request)
    headers = _media_headers(core)

    def look() -> Future[bytes]:
        wanted = want(core)
        is_video = mediatypes.media_type(wanted.path) == "video"
        headers.update(
            {"etag": f'"{wanted.key}"', "cache-control": _cache_control(t, wanted.mtime_ns, chosen=is_video)}
        )
        if ranges.evaluate(request.headers, ranges.Validators(headers["etag"], 2**40)) == 304:
            return at_once(b"")  # the client has it
        return core.thumbnails.get_or_make(wanted, core.access.open)

    # Threads of our own: a drive that has gone to sleep keeps these waiting, and nobody else of the
    # program or the host.
    data = await asyncio.wrap_future(core.lookers.submit_to_others(look))
    return (
        Response(data, media_type="image/webp", headers=headers)
        if data
        else Response(status_code=304, headers=headers)
    )


def _cache_control(t: str, mtime_ns: int, *, chosen: bool = False) -> str:
    # Kept for good only under a name that changes with the file; any other "t" would pin a stale
    # picture, and so would any where a person can choose another picture.
    is_current = not chosen and t in {str(mtime_ns), str(mtime_ns // 10**9), str(mtime_ns / 1e9)}
    return "private, max-age=31536000, immutable" if is_current else "private, no-cache"


def _media_headers(core: Core) -> dict[str, str]:
    # Same-origin: another site's page cannot even tell whether a path exists by showing it.
    headers = {"cross-origin-resource-policy": "same-origin", "content-security-policy": _POLICY}
    if core.host is not None:
        # The host compresses whatever names no encoding, which costs time on pictures and breaks byte ranges.
        headers["content-encoding"] = "identity"
    return headers
