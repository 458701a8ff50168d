"""Files that a client sends into the library."""

from __future__ import annotations

import os
from typing import Any, Literal, Optional

import anyio
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.errors import BatchTooLarge
from iib_core.files.runner import Result
from iib_core.files.uploads import Stage, Staged
from iib_core.routes.shared import multipart, request_bodies
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import UPLOAD_GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.route import IIBRoute

upload_router = APIRouter(route_class=IIBRoute, dependencies=UPLOAD_GUARDS, tags=["operations"])

MAX_FILES = 1000
_BODY = multipart.describe(
    {"type": "array", "maxItems": MAX_FILES, "items": {"type": "string", "format": "binary"}}
)


class UploadedFile(BaseModel):
    """A file by the name that it was sent under, and where it is now."""

    name: str
    path: str


class UploadProblem(BaseModel):
    """A file that was not taken, and why; ``NameTaken`` where ``on_conflict`` would help."""

    name: str
    error: str
    code: str


class Uploaded(BaseModel):
    """What became of each file, and which files went to the trash for them."""

    uploaded: list[UploadedFile]
    skipped: list[str]
    replaced: list[str]
    errors: list[UploadProblem]
    operation_id: Optional[str]


@upload_router.post(
    "/upload", summary="Upload files into a folder", response_model=Uploaded, openapi_extra=_BODY
)
async def upload(
    request: Request,
    dest: str = Query(..., description="A folder of the library"),
    on_conflict: Literal["error", "rename", "skip", "replace"] = Query(
        "error", description="error, rename, skip or replace"
    ),
    core: Core = Depends(get_core),
) -> Response:
    """Pictures, videos and sounds, each as one part of the form with its file name. They are
    indexed at once; undoing puts them into the trash. Nothing is ever overwritten: with
    ``replace`` a file that has the name goes to the trash first, and undoing brings it back.
    """
    folder = await anyio.to_thread.run_sync(core.access.resolve_folder, dest)
    parser = multipart.Parser(request.headers.get("content-type", ""))
    opened = core.operations.staging(folder, core.config.max_upload_mib << 20)
    stage = await anyio.to_thread.run_sync(opened.__enter__)
    try:
        await _receive(request, core, parser, stage)
        answer = await anyio.to_thread.run_sync(
            lambda: _finish(core, folder, dest, stage.staged, on_conflict)
        )
    except BaseException as exc:
        kind, trace = type(exc), exc.__traceback__
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(opened.__exit__, kind, exc, trace)
        raise
    await anyio.to_thread.run_sync(opened.__exit__, None, None, None)
    return JSON(answer)


async def _receive(request: Request, core: Core, parser: multipart.Parser, stage: Stage) -> None:
    """Write what comes to the disk, a piece at a time: only one of them is ever in memory."""
    body = request_bodies.Pieces(request, timeout_s=core.config.request_timeout_s)
    count = 0
    while not parser.is_over and (piece := await body.read()):
        events = list(parser.feed(piece))
        count += sum(isinstance(event, multipart.Part) for event in events)
        if count > MAX_FILES:
            raise BatchTooLarge(
                f"At most {MAX_FILES} files are possible in one upload; send them in parts."
            )
        await anyio.to_thread.run_sync(_take, stage, events)
    parser.finish()


def _take(stage: Stage, events: list[multipart.Event]) -> None:
    for event in events:
        if isinstance(event, multipart.Part):
            stage.begin(event.filename)
        elif isinstance(event, multipart.End):
            stage.end()
        else:
            stage.write(event)


def _finish(
    core: Core, folder: str, raw_dest: str, staged: Staged, on_conflict: str
) -> dict[str, Any]:
    """Move what is whole into the folder, and tell what became of each."""
    by_path = dict(staged.files)
    result = core.operations.take_uploaded(staged, folder, on_conflict=on_conflict)
    core.index.update_edited([moved.target for moved in result.done])
    shown = paths.to_text(paths.check(raw_dest))
    return {
        "uploaded": [
            {
                "name": paths.to_text(by_path[moved.source]),
                "path": os.path.join(shown, paths.to_text(os.path.basename(moved.target))),
            }
            for moved in result.done
        ],
        "skipped": [paths.to_text(by_path[path]) for path in result.skipped],
        "replaced": [
            os.path.join(shown, paths.to_text(os.path.basename(path))) for path in result.replaced
        ],
        "errors": _problems(staged, result, by_path),
        "operation_id": result.operation_id,
    }


def _problems(staged: Staged, result: Result, by_path: dict[str, str]) -> list[dict[str, str]]:
    found = [(refused.name, refused.error) for refused in staged.refused]
    found += [(paths.to_text(by_path[failure.path]), failure.error) for failure in result.errors]
    return [{"name": name[:300], "error": str(error), "code": error.code} for name, error in found]
