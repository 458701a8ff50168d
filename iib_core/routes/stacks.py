"""Stacks: which file is the cover of one. Searches fold their results into stacks, see
``timeline.py``.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import WRITE_GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.models import Done
from iib_core.routes.shared.route import IIBRoute

write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["search"])


class StackCoverRequest(BaseModel):
    """A file, and the kind of stacks in which it is the cover of its own; or, if not ``chosen``, no
    longer is.
    """

    path: str
    stack: str = Field(description="prompt, batch or seed")
    chosen: bool = True


@write_router.post("/db/stack_cover", summary="Choose the cover of a stack", response_model=Done)
def choose_stack_cover(request: StackCoverRequest, core: Core = Depends(get_core)) -> Response:
    """A stack of which no cover is chosen shows the file with the most stars, of equals the first
    in the order of the view.
    """
    path = paths.to_text(core.access.resolve(request.path))
    core.stacks.choose_cover(request.stack, path, chosen=request.chosen)
    return JSON({"success": True})
