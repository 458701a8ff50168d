"""What files say of how they were made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, Optional, TypeVar

from fastapi import APIRouter, Depends, Query
from pydantic import VERSION, BaseModel
from starlette.responses import Response

from iib_core import metadata, paths
from iib_core.core import Core
from iib_core.errors import AccessDenied, IIBError, NotFound
from iib_core.metadata import edit, exif
from iib_core.routes.base import GUARDS, JSON, WRITE_GUARDS, IIBRoute, get_core, stream
from iib_core.routes.encoding import Entries
from iib_core.routes.models import PathsRequest

T = TypeVar("T")

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["metadata"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["metadata"])


class Lora(BaseModel):
    """A LoRA and its weight, null where the file does not state it."""

    name: str
    weight: Optional[float]


# pydantic 2 keeps names that begin with model_ for itself, unless told otherwise; pydantic 1 does
# not know the word.
_NAMES: dict[str, Any] = {} if VERSION.startswith("1.") else {"protected_namespaces": ()}


class GenerationInfo(BaseModel, **_NAMES):
    """How one file was generated. Null or "" is what the file does not state."""

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
    """A picture and the infotext that it shall carry; "" takes it away."""

    path: str
    exif: str


class Done(BaseModel):
    """What was done, in a sentence, and the operation that undoing takes it back with."""

    success: bool
    message: str
    operation_id: Optional[str]


class Failure(BaseModel):
    """One path of a batch that failed, and why."""

    path: str
    error: str


class GenerationInfos(BaseModel):
    """Generation info by path; what failed is listed apart."""

    infos: dict[str, GenerationInfo]
    errors: list[Failure]


@router.get("/image_geninfo", summary="Get the generation parameters of a picture", response_model=str)
def image_geninfo(
    path: str = Query(..., description="Full path of the picture"), core: Core = Depends(get_core)
) -> Response:
    """The text as the generator wrote it; "" where there is none."""
    return JSON(_read(metadata.read, core.access.resolve_file(path)).infotext)


@router.post(
    "/image_geninfo_batch",
    summary="Get the generation parameters of many pictures",
    response_model=dict[str, str],
)
async def image_geninfo_batch(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """Texts by path; "" where a file has none or is gone."""

    def find() -> Entries:
        _require_visible(request, core)
        read = _read_each(request, core)
        return Entries((path, "" if isinstance(info, Exception) else info.infotext) for path, info in read)

    return await stream(core, find)


@router.post(
    "/generation_info",
    summary="Get the generation info of many files, structured",
    response_model=GenerationInfos,
)
async def generation_info(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """Prompt, parameters and workflow by path."""
    errors: list[dict[str, str]] = []

    def read() -> Iterator[tuple[str, dict[str, Any]]]:
        for path, info in _read_each(request, core):
            if isinstance(info, Exception):
                errors.append({"path": path, "error": str(info)})
            else:
                yield path, _as_dict(info)

    def find() -> dict[str, Any]:
        _require_visible(request, core)
        return {"infos": Entries(read()), "errors": iter(errors)}  # filled by the time that they are sent

    return await stream(core, find)


@router.get("/image_exif", summary="Get the EXIF data of a picture", response_model=dict[str, Any])
def image_exif(
    path: str = Query(..., description="Full path of the picture"), core: Core = Depends(get_core)
) -> Response:
    """Every tag that the file carries, by its name."""
    return JSON(_read(exif.read_tags, core.access.resolve_file(path)))


@write_router.post("/update_exif", summary="Write an infotext into a picture", response_model=Done)
def update_exif(request: NewInfotext, core: Core = Depends(get_core)) -> Response:
    """Replaces the infotext of a PNG, JPEG or WebP.

    The pixels and all other metadata stay as they are; it can be taken back for 30 days.
    """
    real = core.access.resolve_file(request.path)
    open_file = core.access.open
    result = core.operations.edit(
        real, lambda draft: edit.write_infotext(real, request.exif, draft, open_file)
    )
    core.index.update_edited([real])
    return JSON(
        {"success": True, "message": "The infotext was written.", "operation_id": result.operation_id}
    )


def _read(reader: Callable[[str], T], real: str) -> T:
    """What ``reader`` makes of a file.

    Raises AccessDenied where the system, or a link that was put there meanwhile, keeps it from us.
    """
    try:
        return reader(real)
    except FileNotFoundError as exc:
        raise NotFound(f"'{paths.to_text(real)}' does not exist.") from exc
    except OSError as exc:
        raise AccessDenied(f"'{paths.to_text(real)}' cannot be read: {exc.strerror or exc}.") from exc


def _require_visible(request: PathsRequest, core: Core) -> None:
    """A path outside the roots fails the whole call, before anything is read."""
    core.access.resolve_each(request.paths)


def _read_each(
    request: PathsRequest, core: Core
) -> Iterator[tuple[str, metadata.GenerationInfo | Exception]]:
    """Info by path as the client wrote it, and the failure of a file that cannot be read; each is
    read when it is taken.
    """
    for raw in request.distinct:
        try:
            yield raw, metadata.read(core.access.resolve_file(raw))
        except (IIBError, OSError) as exc:
            yield raw, exc


def _as_dict(info: metadata.GenerationInfo) -> dict[str, Any]:
    # Not asdict() of the whole: it would copy the workflow, node by node.
    fields = {name: getattr(info, name) for name in info.__dataclass_fields__}
    return {**fields, "loras": [asdict(lora) for lora in info.loras], "parameters": dict(info.parameters)}
