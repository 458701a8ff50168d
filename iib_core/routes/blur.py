"""Which files the page shows blurred.

The terms are stored by ``POST /app_fe_setting`` under the name ``blur_terms``.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import PathsRequest
from iib_core.routes.shared.route import IIBRoute

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["search"])


class Blurred(BaseModel):
    """The paths of files that are shown blurred."""

    blurred: list[str]


@router.post("/db/blurred", summary="Find files that are shown blurred", response_model=Blurred)
def find_blurred(request: PathsRequest, core: Core = Depends(get_core)) -> Response:
    """Those of the given files that a term of the setting ``blur_terms`` finds."""
    texts = {
        raw: paths.to_text(real) for raw, real in core.access.resolve_each(request.distinct).items()
    }
    found = core.blur.find_paths(set(texts.values()))
    return JSON({"blurred": [raw for raw, text in texts.items() if text in found]})
