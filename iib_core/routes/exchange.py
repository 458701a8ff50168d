"""Import and export of marks, and the relocation of a library."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict
from typing import Any, Optional, Union

import anyio
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from iib_core import paths
from iib_core.core import Core
from iib_core.index import import_export
from iib_core.jobs import Progress
from iib_core.routes.shared import received_file
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, UPLOAD_GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import Started, run_or_queue
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.route import IIBRoute
from iib_core.routes.shared.streamed_body import StreamedBody

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["exchange"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["exchange"])
upload_router = APIRouter(route_class=IIBRoute, dependencies=UPLOAD_GUARDS, tags=["exchange"])


class Offer(BaseModel):
    """A database of infinite-image-browsing, and its numbers of files, custom tags, tagged files,
    folders.
    """

    path: str
    images: int
    tags: int
    tagged: int
    folders: int


class Offers(BaseModel):
    """Databases that can be imported."""

    databases: list[Offer]


class ImportRequest(BaseModel):
    """A file on the server's machine: one of ``GET /db/importable``, or one in the library.

    With ``dry_run`` nothing changes.
    """

    path: str
    background: bool = False
    dry_run: bool = False


class Imported(BaseModel):
    """What was imported, or would be with ``dry_run``.

    ``waiting``: files that are not indexed yet and get their marks once they are.
    """

    tags: int
    albums: int
    files: int
    waiting: int
    folders: list[str]
    skipped_folders: list[str]
    errors: list[str]


class RelocateRequest(BaseModel):
    """The old path of the library, in the form of any system, and the new one.

    Nothing changes unless ``dry_run`` is false.
    """

    old: str
    new: str
    dry_run: bool = True


class Relocated(BaseModel):
    """What changed, or would change with ``dry_run``.

    ``merged``: files that were known under the new path too, and have the marks of both now.
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
    """Databases of infinite-image-browsing in the WebUI that the library belongs to. They are only
    read.
    """
    offers = import_export.find_offers(core.access, _host_folder(core))
    return JSON({"databases": [asdict(offer) for offer in offers]})


@write_router.post(
    "/db/import",
    summary="Import marks from another program",
    response_model=Union[Imported, Started],
)
def import_marks(request: ImportRequest, core: Core = Depends(get_core)) -> Response:
    """Imports custom tags with colours, their files, and folders with aliases from an ``iib.db``,
    or the lines of ``GET /db/export``. Existing marks are kept.
    """
    path = paths.check(request.path)
    offers = (
        []
        if core.access.allows(path)
        else import_export.find_databases(core.access, _host_folder(core))
    )
    is_found = path in offers
    if not is_found:
        path = core.access.resolve_file(request.path)

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        return _import(core, path, progress, is_trusted=is_found, dry_run=request.dry_run)

    return run_or_queue(core, "import", work, background=request.background)


@upload_router.post(
    "/db/import_upload",
    summary="Import marks from a file that is sent",
    response_model=Union[Imported, Started],
    openapi_extra=received_file.BODY,
)
async def import_upload(
    request: Request,
    dry_run: bool = Query(False, description="Only tell what would be imported"),
    background: bool = Query(False, description="Answer at once, with a job"),
    core: Core = Depends(get_core),
) -> Response:
    """As ``POST /db/import``, with the file as the one part of a form; it is kept nowhere."""
    config = core.config
    path = await received_file.receive(
        request, timeout_s=config.request_timeout_s, max_bytes=config.max_upload_mib << 20
    )

    def work(progress: Optional[Progress] = None) -> dict[str, Any]:
        try:
            return _import(core, path, progress, is_trusted=True, dry_run=dry_run)
        finally:
            shutil.rmtree(os.path.dirname(path), ignore_errors=True)

    def run() -> Response:
        return run_or_queue(core, "import", work, background=background)

    return await anyio.to_thread.run_sync(run)


@router.get(
    "/db/export",
    summary="Get tags, ratings and albums as JSON lines",
    response_class=StreamingResponse,
)
def export_marks(core: Core = Depends(get_core)) -> Response:
    """With the path and the fingerprint of each file, as a backup or for another machine."""
    headers = {"content-disposition": 'attachment; filename="iib-marks.jsonl"'}
    lines = import_export.export_lines(core.db, core.access)
    return StreamedBody(
        lines, in_host=core.host is not None, media_type="application/jsonl", headers=headers
    )


@write_router.post("/db/relocate", summary="Relocate the library", response_model=Relocated)
def relocate(request: RelocateRequest, core: Core = Depends(get_core)) -> Response:
    """Changes a path prefix everywhere in the database: files with their marks, folders, the trash
    and operations that can be undone. The disk is not touched.
    """
    found = core.roots.relocate(request.old, request.new, dry_run=request.dry_run)
    return JSON({"dry_run": request.dry_run, **asdict(found)})


def _import(
    core: Core, path: str, progress: Optional[Progress], *, is_trusted: bool, dry_run: bool
) -> dict[str, Any]:
    imported = import_export.import_file(
        core.db, core.access, path, progress, is_trusted=is_trusted, dry_run=dry_run
    )
    if imported.folders and not dry_run:
        core.roots.reload()
    return import_export.as_answer(imported)


def _host_folder(core: Core) -> list[str]:
    return [core.host.folder] if core.host and core.host.folder else []
