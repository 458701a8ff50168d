"""Autotag rules: which there are, what a rule would match, and applying them to the library.

The rules are stored by ``POST /app_fe_setting`` under the name ``autotag_rules``.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Optional, Union

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from iib_core.core import Core
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.jobs import Started, wait_or_return
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.route import IIBRoute

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["tags"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["tags"])

_CANCELLED = "It was cancelled: what was done until then stays, and can be undone."


class TaggingRun(BaseModel):
    """A run of the rules over the library: its id, when it was, and how often it gave a tag."""

    id: str
    time: float
    count: int


class AutoTags(BaseModel):
    """The stored rules, and the last 20 runs, which can be undone, the last one first."""

    rules: list[Any]
    runs: list[TaggingRun]


class RuleRequest(BaseModel):
    """A rule: ``{"tag": "portrait", "match": {"prompt": "portrait", "size": "832x1216"}}``."""

    rule: dict[str, Any]


class RulePreview(BaseModel):
    """How many of the newest ``tested`` files a rule matches, and paths of at most 12 of them.

    ``complete``: these are all files.
    """

    count: int
    tested: int
    complete: bool
    samples: list[str]


class TaggingRequest(BaseModel):
    """One rule instead of all stored ones that are on."""

    rule: Optional[dict[str, Any]] = Field(None)
    background: bool = False


class TagsGiven(BaseModel):
    """How often a tag was given to a file that did not have it."""

    given: int


class TaggingUndo(BaseModel):
    """The id of a run."""

    id: str
    background: bool = False


class TagsRemoved(BaseModel):
    """How often a tag was removed from a file."""

    removed: int


@router.get("/db/auto_tags", summary="List autotag rules", response_model=AutoTags)
def list_auto_tags(core: Core = Depends(get_core)) -> Response:
    """The rules that give tags to new files, and what was given by ``POST /db/auto_tags/apply``."""
    runs = [
        {"id": run.id, "time": run.created_ns / 1e9, "count": run.count}
        for run in core.tagging.runs()
    ]
    return JSON({"rules": core.tagging.rules(), "runs": runs})


@router.post(
    "/db/auto_tags/preview", summary="Count what a rule matches", response_model=RulePreview
)
def preview_rule(request: RuleRequest, core: Core = Depends(get_core)) -> Response:
    """Changes nothing. Answers within about a second: in a large library the newest files are
    counted.
    """
    return JSON(asdict(core.tagging.preview(request.rule)))


@write_router.post(
    "/db/auto_tags/apply",
    summary="Apply autotag rules to the library",
    response_model=Union[TagsGiven, Started],
)
def apply_rules(
    request: Optional[TaggingRequest] = None, core: Core = Depends(get_core)
) -> Response:
    """Gives tags to files that are in the index already; rules alone apply to new files only. With
    ``background`` the id of the job is that of the run.
    """
    request = request or TaggingRequest(rule=None)
    job = core.tagging.apply(request.rule)
    return wait_or_return(core, job, background=request.background, cancelled=_CANCELLED)


@write_router.post(
    "/db/auto_tags/undo",
    summary="Undo a run of autotag rules",
    response_model=Union[TagsRemoved, Started],
)
def undo_rules(request: TaggingUndo, core: Core = Depends(get_core)) -> Response:
    """Removes the tags from the files that did not have them before."""
    job = core.tagging.undo(request.id)
    return wait_or_return(core, job, background=request.background, cancelled=_CANCELLED)
