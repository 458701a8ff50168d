"""Models that judge pictures: sensitive or not, which tags, how beautiful."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from iib_core import paths
from iib_core.core import Core
from iib_core.db import images, machine_tags, scores
from iib_core.routes.models.judges import Judgement, JudgeRequest, Judges
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.guards import GUARDS, WRITE_GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.route import IIBRoute
from iib_core.vision.judgements import JudgeState

router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["vision"])
write_router = APIRouter(route_class=IIBRoute, dependencies=WRITE_GUARDS, tags=["vision"])


@router.get("/vision/judges", summary="List the judges", response_model=Judges)
def list_judges(core: Core = Depends(get_core)) -> Response:
    """The models that judge pictures, which of them are on, and how far each is."""
    return _describe(core)


@write_router.post("/vision/judges/on", summary="Turn a judge on", response_model=Judges)
def turn_on(request: JudgeRequest, core: Core = Depends(get_core)) -> Response:
    """It judges all pictures in idle time, now and after each start of the program. 409 where its
    files or packages are missing.
    """
    core.judgements.turn_on(request.name)
    return _describe(core)


@write_router.post("/vision/judges/off", summary="Turn a judge off", response_model=Judges)
def turn_off(request: JudgeRequest, core: Core = Depends(get_core)) -> Response:
    """What it has found stays, and turned on again it goes on from there."""
    core.judgements.turn_off(request.name)
    return _describe(core)


@write_router.post("/vision/judges/forget", summary="Remove what it found", response_model=Judges)
def forget(request: JudgeRequest, core: Core = Depends(get_core)) -> Response:
    """Turns a judge off and removes all that it has found. Tags of the user are not touched."""
    core.judgements.forget(request.name)
    return _describe(core)


@router.get("/vision/judgement", summary="Tell what models think", response_model=Judgement)
def judgement(path: str, core: Core = Depends(get_core)) -> Response:
    """The scores of a file, and the tags that a model has given it."""
    resolved = paths.to_text(core.access.resolve_file_entry(path))
    with core.db.read() as conn:
        image_id = images.find_ids(conn, [resolved]).get(resolved, 0)
        known = scores.find(conn, [image_id]).get(image_id, {})
        tags = machine_tags.list_of(conn, image_id)
    return JSON(
        {
            "path": path,
            "aesthetic": known.get(scores.AESTHETIC),
            "nsfw": known.get(scores.NSFW),
            "tags": [tag._asdict() for tag in tags],
        }
    )


def _describe(core: Core) -> Response:
    return JSON({"judges": [_judge(state) for state in core.judgements.list_states()]})


def _judge(state: JudgeState) -> dict[str, Any]:
    seen = state.seen
    left = None if seen is None else seen.total - seen.done
    return {
        "name": state.name,
        "on": state.is_on,
        "state": _state(state),
        "reason": paths.to_text(state.reason),
        "done": seen.done if seen else 0,
        "total": seen.total if seen else 0,
        "rate": seen.rate if seen else 0.0,
        "seconds_left": left / seen.rate if seen and left is not None and seen.rate > 0 else None,
        "has_results": state.has_results,
    }


def _state(state: JudgeState) -> str:
    if state.seen is None:
        return "failed" if state.is_on else "off"
    if state.reason:
        return "failed"
    if state.seen.done >= state.seen.total:
        return "done"
    return "working" if state.seen.is_working and not state.seen.waits_for else "waiting"
