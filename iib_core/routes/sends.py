"""Sends pictures into the tabs of the host."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Optional

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from iib_core import paths, sends
from iib_core.core import Core
from iib_core.errors import Conflict, InvalidRequest
from iib_core.routes.shared.current_core import get_core
from iib_core.routes.shared.errors import ErrorAnswer
from iib_core.routes.shared.guards import GUARDS
from iib_core.routes.shared.json import JSON
from iib_core.routes.shared.route import IIBRoute

# It changes nothing in the library, so every client that may see a picture may send it.
router = APIRouter(route_class=IIBRoute, dependencies=GUARDS, tags=["host"])

_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": ErrorAnswer, "description": "There is no WebUI, or it has no such tab"}
}
_WAIT_S, _LOOK_EVERY_S = 3.0, 0.05


class Ticket(BaseModel):
    """A picture to send. The host's page that redeems the ticket gets it."""

    id: str
    path: str
    target: str


class Redeemed(BaseModel):
    """What the host can take now: a picture (false for a video), and whether it has an infotext."""

    picture: bool
    infotext: bool


class Claim(BaseModel):
    """The next picture that waits for a page of the host; null if there is none."""

    send: Optional[Ticket]


@router.post(
    "/send_img_path",
    summary="Send a picture into a tab of the WebUI",
    response_model=Ticket,
    responses=_CONFLICT,
)
def send_img_path(
    path: str = Query(..., description="Full path of the picture"),
    target: str = Query(
        "txt2img",
        description=(
            "txt2img, img2img, inpaint, extras, control, controlnet-txt2img, controlnet-img2img or "
            "openoutpaint"
        ),
    ),
    here: bool = Query(
        False,
        description=(
            "Whether the caller is a page of the WebUI and redeems the ticket itself; otherwise the next "
            "open gallery in a WebUI does"
        ),
    ),
    core: Core = Depends(get_core),
) -> Response:
    """Sends picture and infotext to the tab, which the WebUI then shows. Each request gets its own
    ticket.
    """
    real = core.access.resolve_file(path)
    if target not in sends.TARGETS:
        raise InvalidRequest(f"'{target[:40]}' is no tab: use one of {', '.join(sends.TARGETS)}.")
    if core.host is None:
        raise Conflict(
            "There is no WebUI around this server: start IIB as its extension to send pictures to it."
        )
    if target in sends.TABS and target not in core.host.targets:
        raise Conflict(_refusal(target, core.host.targets))
    return JSON(_as_ticket(core.sends.add(real, target, claimed=here)))


@router.get(
    "/gen_info_completed", summary="Check whether the WebUI has the picture", response_model=bool
)
async def gen_info_completed(
    id: str = Query("", description="Id of the ticket; empty for the newest one"),
    core: Core = Depends(get_core),
) -> Response:
    """Waits for it, up to three seconds."""
    for _ in range(round(_WAIT_S / _LOOK_EVERY_S)):
        if core.sends.is_done(id):
            break
        await asyncio.sleep(_LOOK_EVERY_S)
    return JSON(core.sends.is_done(id))


@router.post("/claim_send", summary="Claim a picture that a script sends", response_model=Claim)
def claim_send(core: Core = Depends(get_core)) -> Response:
    """For pages of the WebUI. Each picture goes to one of them."""
    send = core.sends.claim()
    return JSON({"send": _as_ticket(send) if send else None})


@router.post(
    "/redeem_send",
    summary="Let the WebUI take a picture",
    response_model=Redeemed,
)
def redeem_send(
    id: str = Query(..., description="Id of the ticket"), core: Core = Depends(get_core)
) -> Response:
    """For pages of the WebUI, before they press its button. Each ticket works once."""
    is_picture, text = core.redeem_send(id)
    return JSON({"picture": is_picture, "infotext": bool(text)})


def _refusal(target: str, targets: Sequence[str]) -> str:
    if not targets:
        return "This WebUI cannot take pictures from other tabs."
    return f"This WebUI cannot take pictures in {target}: it can in {', '.join(targets)}."


def _as_ticket(send: sends.Send) -> dict[str, str]:
    return {"id": send.id, "path": paths.to_text(send.path), "target": send.target}
