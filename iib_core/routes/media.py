"""The bytes of pictures, videos and sounds, and their thumbnails."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, Optional

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import mediatypes, paths, times
from iib_core.core import Core
from iib_core.db import images
from iib_core.errors import NotFound, TooLarge, UnreadableMedia
from iib_core.media.thumbnails import ThumbnailSpec
from iib_core.metadata.bare import without_metadata
from iib_core.paths import DiskPath
from iib_core.routes.shared import ranges
from iib_core.routes.shared.current_core import core_of, get_core
from iib_core.routes.shared.errors import ErrorAnswer
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import Done
from iib_core.routes.shared.plain_route import PlainRoute
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.streamed_body import StreamedBody, uncompressed
from iib_core.workers import completed_future

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["media"])

write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["media"])
# A page requests these by the dozen.
thumbnail_router = APIRouter(route_class=PlainRoute, dependencies=GUARDS, tags=["media"])


class CoverRequest(BaseModel):
    """A video, and its new cover in base64, with or without a ``data:`` prefix."""

    path: str
    base64_img: str


_MAX_SAME_NAME = 100
_T = "Modification time of the file; with it, a browser may cache the answer for good"
# A browser that opens a file by itself runs nothing of it, whatever the file contains.
_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
_BYTES = {
    "description": "The bytes, with the type of the file",
    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
}
# The answers to conditional requests and to requests for a range, beside the errors of every route.
_PARTIAL: dict[int | str, dict[str, Any]] = {
    206: _BYTES,
    304: {"description": "The file has not changed"},
    412: {"description": "The file has changed"},
    416: {"model": ErrorAnswer, "description": "The range starts behind the end of the file"},
}
_UNREADABLE = (
    "204: a file that cannot be decoded is answered by 204 instead of 400, because a browser logs "
    "an error for each picture that it shows"
)
# Its address changes with the file; but a decoder that is missing today may be there tomorrow.
_FOR_A_WHILE = {"cache-control": "private, max-age=3600"}
_NOTHING = {"description": "The file cannot be decoded, and `unreadable` asked for this answer"}
_WEBP = {
    "description": "The thumbnail",
    "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}},
}


@thumbnail_router.get(
    "/image-thumbnail",
    summary="Get a small version of a picture",
    response_class=Response,
    responses={200: _WEBP, 204: _NOTHING, 304: _PARTIAL[304]},
)
@thumbnail_router.head("/image-thumbnail", include_in_schema=False)
async def image_thumbnail(
    request: Request,
    path: str = Query(..., description="Full path of the picture"),
    t: str = Query("", description=_T),
    size: str = Query(
        "256x256", description="Largest size of the thumbnail, WIDTHxHEIGHT, edges from 16 to 2048"
    ),
    unreadable: str = Query("", description=_UNREADABLE),
) -> Response:
    """A WebP of at most this size, rotated as the file's EXIF data say, never enlarged."""
    try:
        return await _thumbnail(
            request, t, lambda core, file: core.thumbnails.spec_for(file, size), path
        )
    except (TooLarge, UnreadableMedia):
        if unreadable != "204":
            raise
        return Response(status_code=204, headers=_media_headers(core_of(request)) | _FOR_A_WHILE)


@thumbnail_router.get(
    "/video_cover",
    summary="Get the cover of a video",
    response_class=Response,
    responses={200: _WEBP, 304: _PARTIAL[304]},
)
@thumbnail_router.head("/video_cover", include_in_schema=False)
async def video_cover(
    request: Request,
    path: str = Query(..., description="Full path of the video"),
    mt: str = Query("", description=_T),
    size: str = Query(
        "512x512", description="Largest size of the cover, WIDTHxHEIGHT, edges from 16 to 2048"
    ),
) -> Response:
    """A WebP: the cover that the user chose, otherwise a frame that is not blank. For a sound, its
    cover art or its waveform.
    """
    return await _thumbnail(
        request, mt, lambda core, file: core.thumbnails.spec_for(file, size), path
    )


@thumbnail_router.get(
    "/video_preview",
    summary="Get an animated preview of a video",
    response_class=Response,
    responses={200: _WEBP, 304: _PARTIAL[304]},
)
@thumbnail_router.head("/video_preview", include_in_schema=False)
async def video_preview(
    request: Request,
    path: str = Query(..., description="Full path of the video"),
    mt: str = Query("", description=_T),
) -> Response:
    """An animated WebP of eight frames, at equal distances in the video."""
    return await _thumbnail(
        request, mt, lambda core, file: core.thumbnails.preview_spec_for(file), path
    )


@write_router.post(
    "/set_target_frame_as_video_cover", summary="Choose the cover of a video", response_model=Done
)
def set_target_frame_as_video_cover(
    request: CoverRequest, core: Core = Depends(get_core)
) -> Response:
    """The picture in the request becomes the cover."""
    core.thumbnails.set_cover(core.access.resolve_file(request.path), request.base64_img)
    return JSON({"success": True})


@router.get(
    "/stream_video",
    summary="Stream a video",
    response_class=Response,
    responses={200: _BYTES, **_PARTIAL},
)
@router.head("/stream_video", include_in_schema=False)
def stream_video(
    request: Request,
    path: str = Query(..., description="Full path of the video"),
    core: Core = Depends(get_core),
) -> Response:
    """The original file with byte ranges, for a player."""
    if mediatypes.media_type(path) not in ("video", "audio"):
        core.access.resolve_file(path)
        raise UnreadableMedia("This is no video.")
    return get_file(request, path=path, t="", disposition=None, strip_metadata=False, core=core)


@router.get(
    "/file", summary="Get a file", response_class=Response, responses={200: _BYTES, **_PARTIAL}
)
@router.head("/file", include_in_schema=False)
def get_file(
    request: Request,
    path: str = Query(..., description="Full path of the file"),
    t: str = Query("", description=_T),
    disposition: Optional[str] = Query(
        None, description="Name of the downloaded file; empty to show it in the browser"
    ),
    strip_metadata: bool = Query(
        False, description="Leave out what says how it was made; PNG, JPEG and WebP only"
    ),
    core: Core = Depends(get_core),
) -> Response:
    """The original file, with byte ranges and conditional requests.

    A file that is no picture, video or sound is sent as a download. Without metadata it is a
    download too, whole, with the same pixels; other formats are refused.
    """
    real = core.access.resolve_file(path)
    if strip_metadata:
        return _bare_file(core, real, disposition or "", is_head=request.method == "HEAD")
    name = paths.to_text(os.path.basename(real))
    kind = "inline" if mediatypes.may_be_drawn(name) and not disposition else "attachment"
    file = core.access.open(real)
    headers = {
        "content-disposition": ranges.content_disposition(
            kind, os.path.basename(disposition or name)
        ),
        "cache-control": _cache_control(t, times.mtime_ns(os.fstat(file.fileno()))),
        **_media_headers(core),
    }
    is_head, in_host = request.method == "HEAD", core.host is not None
    return ranges.file_response(
        file, name, request.headers, head=is_head, headers=headers, in_host=in_host
    )


def _bare_file(core: Core, real: DiskPath, wanted: str, *, is_head: bool) -> Response:
    """A picture without metadata, as a download."""
    name = os.path.basename(wanted or paths.to_text(os.path.basename(real)))
    file = core.access.open(real)
    try:
        bare = without_metadata(file, real)
        headers = {
            **_media_headers(core),
            "content-disposition": ranges.content_disposition("attachment", name),
            "content-length": str(bare.size_bytes),
            "cache-control": "private, no-cache",
        }
    except BaseException:
        file.close()
        raise
    if is_head:
        file.close()
        return Response(headers=headers, media_type=bare.media_type)

    def pieces() -> Iterator[bytes]:
        with file:
            yield from bare.pieces

    return StreamedBody(
        pieces(), in_host=core.host is not None, media_type=bare.media_type, headers=headers
    )


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
    path: str = Query("", description="Full path of the file, if several have this name"),
    core: Core = Depends(get_core),
) -> Response:
    """The newest original with this name in the library. Such a link survives a move of the file.

    With a path, the file at that path, which must have this name.
    """
    found = path or _find_by_name(core, filename)
    if found is None:
        raise NotFound("No file of the library has this name.")
    core.access.resolve_file(found)
    if os.path.basename(found) != filename:
        raise NotFound("The file at this path has another name than the one in the address.")
    return get_file(request, path=found, t="", disposition=None, strip_metadata=False, core=core)


def _find_by_name(core: Core, name: str) -> Optional[str]:
    """The newest file with this name that exists and that a client may see."""
    with core.db.read() as conn:
        found = images.find_newest_named(conn, name, _MAX_SAME_NAME)
    on_disk = map(paths.from_text, found)
    existing = (path for path in on_disk if core.access.allows_link(path) and os.path.isfile(path))
    return next(map(paths.to_text, existing), None)


async def _thumbnail(
    request: Request, t: str, want: Callable[[Core, DiskPath], ThumbnailSpec], path: str
) -> Response:
    """The thumbnail that ``want`` names for the file at ``path``."""
    core = core_of(request)
    headers = _media_headers(core)

    def look() -> Future[bytes]:
        wanted = want(core, core.access.resolve_file(path))
        has_cover = mediatypes.media_type(wanted.path) == "video"
        etag = f'"{wanted.key}"'
        headers["etag"] = etag
        headers["cache-control"] = _cache_control(t, wanted.mtime_ns, has_cover=has_cover)
        if ranges.evaluate(request.headers, ranges.Validators(etag, 2**40)) == 304:
            return completed_future(b"")  # the client has it in its cache
        return core.thumbnails.get_or_make(wanted, core.access.open)

    # In threads of its own: a drive that wakes up blocks these, but no other part of program or
    # host. ``look`` has filled the headers once its future is done.
    data = await asyncio.wrap_future(core.lookers.submit_to_others(look))
    if not data:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="image/webp", headers=headers)


def _cache_control(t: str, mtime_ns: int, *, has_cover: bool = False) -> str:
    # A browser may cache an answer for good only if its address changes with the file. Any other
    # "t" would pin a stale picture; so would every address of a file whose cover the user can
    # change.
    is_current = not has_cover and t in {str(mtime_ns), str(mtime_ns // 10**9), str(mtime_ns / 1e9)}
    return "private, max-age=31536000, immutable" if is_current else "private, no-cache"


def _media_headers(core: Core) -> dict[str, str]:
    # Same-origin: a page of another origin cannot find out whether a path exists by showing it.
    return {
        "cross-origin-resource-policy": "same-origin",
        "content-security-policy": _POLICY,
        **uncompressed(core),
    }
