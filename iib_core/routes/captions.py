"""Captions of files: what a list shows beside their names."""

from __future__ import annotations

from dataclasses import asdict
from typing import Optional

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.db import captions
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import PathsRequest
from iib_core.routes.shared.route import IIBRoute

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["metadata"])


class Caption(BaseModel):
    """The first 240 characters of a file's prompt, its model and its seed; "" and null where the
    file does not state them.
    """

    prompt: str
    model: str
    seed: Optional[int]


class Captions(BaseModel):
    """Captions by path. A file that is not indexed has none."""

    captions: dict[str, Caption]


@router.post("/db/captions", summary="Get the captions of many files", response_model=Captions)
def find_captions(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """What the index knows, by path. No file is read."""
    texts = {
        raw: paths.to_text(real) for raw, real in core.access.resolve_each(request.distinct).items()
    }
    with core.db.read() as conn:
        found = captions.load(conn, set(texts.values()))
    return JSON(
        {"captions": {raw: asdict(found[text]) for raw, text in texts.items() if text in found}}
    )
