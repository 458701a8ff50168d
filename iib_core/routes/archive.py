"""ZIP archives of files."""

from __future__ import annotations

import time
from typing import Any, Optional, Union

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.errors import InvalidRequest
from iib_core.files import archive
from iib_core.files.disk import Disk
from iib_core.files.disk_lookup import EntryFinder
from iib_core.files.listing import human_size
from iib_core.jobs import Progress
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.errors import ERRORS
from iib_core.routes.shared.guards import GUARDS
from iib_core.routes.shared.jobs import Started, run_or_queue
from iib_core.routes.shared.models import MAX_CHANGED, at_most
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.selection import Selection, choose_paths
from iib_core.routes.shared.streamed_body import StreamedBody, uncompressed

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["operations"])


class ZipRequest(Selection):
    """Files and folders. ``pack_only``: keep the archive in the data folder instead of sending it.
    ``strip_metadata``: without what says how pictures were made; files that cannot be freed of it
    are left out and listed in ``errors.txt``.
    """

    paths: Optional[list[str]] = at_most(MAX_CHANGED, None)
    compress: bool = False
    strip_metadata: bool = False
    pack_only: bool = False
    background: bool = False


class PackedAnswer(BaseModel):
    """The archive in the data folder. ``errors`` lists files that could not be read."""

    path: str
    size: str
    bytes: int
    count: int
    errors: list[str]


_ZIP: dict[str, Any] = {
    "description": "The archive; with pack_only, its path",
    "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
}


@router.post(
    "/zip",
    summary="Pack files into a ZIP archive",
    response_model=Union[PackedAnswer, Started],
    responses={200: _ZIP, **ERRORS},
)
def make_zip(request: ZipRequest, core: Core = Depends(get_core)) -> Response:
    """Sent while it is packed. Each file has a unique name in it; files that could not be read are
    listed in its ``errors.txt``.
    """
    finder = EntryFinder(core.access)
    entries = [finder.find(raw) for raw in choose_paths(core, request.paths, request)]
    if not entries:
        raise InvalidRequest("There is nothing to pack: give paths.")
    if request.pack_only:
        core.access.require_write()
    members = archive.plan(entries, Disk(), core.access, has_companions=not request.strip_metadata)

    def pack(progress: Optional[Progress] = None) -> dict[str, Any]:
        packed = archive.pack(
            members,
            core.access,
            core.config.data_dir,
            compress=request.compress,
            strip_metadata=request.strip_metadata,
            progress=progress,
        )
        return {
            "path": paths.to_text(packed.path),
            "size": human_size(packed.size_bytes),
            "bytes": packed.size_bytes,
            "count": packed.count,
            "errors": packed.errors,
        }

    if request.pack_only:
        return run_or_queue(core, "zip", pack, background=request.background)
    name = f"{time.strftime('iib-%Y%m%d-%H%M%S')}.zip"
    headers = {"content-disposition": f'attachment; filename="{name}"', **uncompressed(core)}
    pieces = archive.stream(
        members,
        core.access,
        compress=request.compress,
        strip_metadata=request.strip_metadata,
    )
    return StreamedBody(
        pieces, in_host=core.host is not None, media_type="application/zip", headers=headers
    )
