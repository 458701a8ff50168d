"""Metadata: what files say about how they were made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, Optional, TypeVar

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import metadata, paths
from iib_core.core import Core
from iib_core.errors import AccessDenied, IIBError, NotFound
from iib_core.metadata import edit, exif
from iib_core.paths import DiskPath
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.encoding import Entries
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.json import JSON, stream
from iib_core.routes.shared.models import IS_PYDANTIC_1, PathsRequest, Problem
from iib_core.routes.shared.route import IIBRoute

T = TypeVar("T")

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["metadata"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["metadata"])


class Lora(BaseModel):
    """A LoRA and its weight, null if the file does not state it."""

    name: str
    weight: Optional[float]


# pydantic 2 reserves names that begin with model_ unless this option allows them; pydantic 1 lacks
# it.
_NAMES: dict[str, Any] = {} if IS_PYDANTIC_1 else {"protected_namespaces": ()}


class GenerationInfo(BaseModel, **_NAMES):
    """The generation data of one file. A value that the file does not state is null or ""."""

    prompt: str
    negative_prompt: str
    infotext: str
    source: Optional[str]
    steps: Optional[int]
    sampler: Optional[str]
    scheduler: Optional[str]
    cfg_scale: Optional[float]
    seed: Optional[int]
    width: Optional[int]
    height: Optional[int]
    model: Optional[str]
    model_hash: Optional[str]
    vae: Optional[str]
    models: list[str]
    loras: list[Lora]
    parameters: dict[str, str]
    workflow: Any
    found_in: str
    error: str


class NewInfotext(BaseModel):
    """A picture and its new infotext; "" removes the infotext."""

    path: str
    exif: str


class InfotextWritten(BaseModel):
    """What was done, in a sentence. Undoing ``operation_id`` restores the old infotext."""

    success: bool
    message: str
    operation_id: Optional[str]


class GenerationInfos(BaseModel):
    """Generation data by path. Files that failed are in ``errors``."""

    infos: dict[str, GenerationInfo]
    errors: list[Problem]


@router.get("/image_geninfo", summary="Get the infotext of a picture", response_model=str)
def image_geninfo(
    path: str = Query(..., description="Full path of the picture"), core: Core = Depends(get_core)
) -> Response:
    """The text as the generator wrote it; "" if there is none."""
    return JSON(_read(metadata.read, core.access.resolve_file(path)).infotext)


@router.post(
    "/image_geninfo_batch",
    summary="Get the infotexts of many pictures",
    response_model=dict[str, str],
)
async def image_geninfo_batch(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """Infotexts by path; "" for a file that has none or is gone."""

    def find() -> Entries:
        _require_visible(request, core)
        read = _read_each(request, core)
        return Entries(
            (path, "" if isinstance(info, Exception) else info.infotext) for path, info in read
        )

    return await stream(core, find)


@router.post(
    "/generation_info",
    summary="Get the generation data of many files",
    response_model=GenerationInfos,
)
async def generation_info(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """Prompt, parameters and workflow, by path."""
    errors: list[dict[str, str]] = []

    def read() -> Iterator[tuple[str, dict[str, Any]]]:
        for path, info in _read_each(request, core):
            if isinstance(info, Exception):
                errors.append({"path": path, "error": str(info)})
            else:
                yield path, _as_dict(info)

    def find() -> dict[str, Any]:
        _require_visible(request, core)
        return {
            "infos": Entries(read()),
            "errors": iter(errors),
        }  # read after the infos, so complete by then

    return await stream(core, find)


@router.get("/image_exif", summary="Get the EXIF data of a picture", response_model=dict[str, Any])
def image_exif(
    path: str = Query(..., description="Full path of the picture"), core: Core = Depends(get_core)
) -> Response:
    """All EXIF tags of the file, by name."""
    return JSON(_read(exif.read_tags, core.access.resolve_file(path)))


@write_router.post(
    "/update_exif", summary="Write an infotext into a picture", response_model=InfotextWritten
)
def update_exif(request: NewInfotext, core: Core = Depends(get_core)) -> Response:
    """Replaces the infotext of a PNG, JPEG or WebP.

    Its pixels and all other metadata do not change. It can be undone for 30 days.
    """
    real = core.access.resolve_file(request.path)
    open_file = core.access.open
    result = core.operations.edit(
        real, lambda draft: edit.write_infotext(real, request.exif, draft, open_file)
    )
    core.index.update_edited([real])
    message = "The infotext was written."
    return JSON({"success": True, "message": message, "operation_id": result.operation_id})


def _read(reader: Callable[[str], T], real: DiskPath) -> T:
    """What ``reader`` returns for a file.

    Raises NotFound, and AccessDenied if the system refuses the file or a link has replaced it
    meanwhile.
    """
    try:
        return reader(real)
    except FileNotFoundError as exc:
        raise NotFound(f"{paths.quoted(real)} does not exist.") from exc
    except OSError as exc:
        raise AccessDenied(f"{paths.quoted(real)} cannot be read: {exc.strerror or exc}.") from exc


def _require_visible(request: PathsRequest, core: Core) -> None:
    """Refuse the whole request if one path is outside the library, before any file is read."""
    core.access.resolve_each(request.paths)


def _read_each(
    request: PathsRequest, core: Core
) -> Iterator[tuple[str, metadata.GenerationInfo | Exception]]:
    """(path in the client's spelling, its generation data or the exception). Each file is read when
    its item is requested.
    """
    for raw in request.distinct:
        try:
            yield raw, metadata.read(core.access.resolve_file(raw))
        except (IIBError, OSError) as exc:
            yield raw, exc


def _as_dict(info: metadata.GenerationInfo) -> dict[str, Any]:
    # Not asdict() for all of it, which would copy every node of the workflow.
    fields = {name: getattr(info, name) for name in info.__dataclass_fields__}
    return {
        **fields,
        "loras": [asdict(lora) for lora in info.loras],
        "parameters": dict(info.parameters),
    }
