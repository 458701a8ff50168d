"""Coming from elsewhere, going elsewhere: databases of other programs, marks as JSON lines, a
library that has moved.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Optional, Union

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from iib_core import paths
from iib_core.core import Core
from iib_core.index import import_export
from iib_core.jobs import Progress
from iib_core.routes.base import GUARDS, JSON, WRITE_GUARDS, IIBRoute, get_core
from iib_core.routes.bodies import Body
from iib_core.routes.operation_models import Started

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["exchange"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["exchange"])


class Offer(BaseModel):
    """A database of infinite-image-browsing: files that it knows, custom tags, files that have some, folders."""

    path: str
    images: int
    tags: int
    tagged: int
    folders: int


class Offers(BaseModel):
    """What can be taken over."""

    databases: list[Offer]


class ImportRequest(BaseModel):
    """A file on the server's machine: one of ``GET /db/importable``, or one in the library."""

    path: str
    background: bool = False


class Brought(BaseModel):
    """What came in.

    ``waiting`` are files that are not in the index yet and get what is theirs when they come.
    """

    tags: int
    albums: int
    files: int
    waiting: int
    folders: list[str]
    skipped_folders: list[str]
    errors: list[str]


class RelocateRequest(BaseModel):
    """Where the library was, in the form of any system, and where it is now.

    Nothing changes unless ``dry_run`` is false.
    """

    old: str
    new: str
    dry_run: bool = True


class Relocated(BaseModel):
    """What changed, or would.

    ``merged`` are files that were known at the new place too: they have the marks of both.
    """

    dry_run: bool
    folders: int
    files: int
    merged: int
    kept: int
    extra_paths: int
    steps: int


@router.get("/db/importable", summary="Find libraries of other programs", response_model=Offers)
def list_importable(core: Core = Depends(get_core)) -> Response:
    """Databases of infinite-image-browsing in the WebUI that the library belongs to. They are only read."""
    return JSON(
        {"databases": [asdict(offer) for offer in import_export.find_offers(core.access, _host_folder(core))]}
    )


@write_router.post(
    "/db/import", summary="Take over what another program knows", response_model=Union[Brought, Started]
)
def import_marks(request: ImportRequest, core: Core = Depends(get_core)) -> Response:
    """Custom tags with colours, their files, folders with aliases, from an ``iib.db``; or the lines
    of ``GET /db/export``. Nothing here is lost.
    """
    path = paths.check(request.path)
    offers = [] if core.access.allows(path) else import_export.find_databases(core.access, _host_folder(core))
    is_found = path in offers
    if not is_found:
        path = core.access.resolve_file(request.path)

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        brought = import_export.import_file(core.db, core.access, path, progress, is_found=is_found)
        if brought.folders:
            core.roots.reload()
        return import_export.as_answer(brought)

    return JSON({"job_id": core.jobs.start("import", work).job_id} if request.background else work())


@router.get(
    "/db/export", summary="Get tags, ratings and albums as JSON lines", response_class=StreamingResponse
)
def export_marks(core: Core = Depends(get_core)) -> Response:
    """By path and fingerprint of each file, for a copy in safe hands or for another machine."""
    headers = {"content-disposition": 'attachment; filename="iib-marks.jsonl"'}
    lines = import_export.export_lines(core.db, core.access)
    return Body(lines, in_host=core.host is not None, media_type="application/jsonl", headers=headers)


@write_router.post("/db/relocate", summary="Tell that the library has moved", response_model=Relocated)
def relocate(request: RelocateRequest, core: Core = Depends(get_core)) -> Response:
    """Changes a path prefix everywhere: files with all that is theirs, folders, the trash and what
    can be undone. The disk is not touched.
    """
    found = core.roots.relocate(request.old, request.new, dry_run=request.dry_run)
    return JSON({"dry_run": request.dry_run, **asdict(found)})


def _host_folder(core: Core) -> list[str]:
    return [core.host.folder] if core.host and core.host.folder else []
