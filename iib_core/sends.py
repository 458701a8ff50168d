"""Sends: pictures on their way into a tab of the host, each with its own ticket.

Our API checks login, permission and path, and gives out a ticket. The host's page redeems it once:
then the picture and its infotext are kept for the functions of the host, which get them by the
ticket. Two browsers that send at the same time have different tickets, so neither gets the other's
picture.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from iib_core.paths import DiskPath

# The tabs that a host can have. The targets beside them belong to extensions, which only the host's
# page can see.
TABS = ("txt2img", "img2img", "inpaint", "extras", "control")
# Tabs that take the infotext alone.
WITHOUT_PICTURE = ("txt2img",)
TARGETS = (*TABS, "controlnet-txt2img", "controlnet-img2img", "openoutpaint")
EXPIRY_S = 120
TOO_LATE = "The picture was not sent, because this took too long: send it again."
_MAX_KEPT = 500
# Decoded pictures that wait for the host: a page sends one after the other.
_MAX_REDEEMED = 8


@dataclass(frozen=True)
class Send:
    """One picture (real path) on its way to a target.

    ``claimed``: whether a page has claimed it; ``done``: whether the host has it.
    """

    id: str
    path: DiskPath
    target: str
    time_s: float
    claimed: bool = False
    done: bool = False


@dataclass(frozen=True)
class Redeemed:
    """What the host gets for a ticket.

    ``picture``: the decoded picture; None for a video, and for a tab that takes only the text.
    """

    picture: Any
    infotext: str
    time_s: float = 0.0


class Sends:
    """The sends of the last minutes."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._sends: OrderedDict[str, Send] = OrderedDict()
        self._redeemed: OrderedDict[str, Redeemed] = OrderedDict()

    def add(self, path: DiskPath, target: str, *, claimed: bool) -> Send:
        """A new send. Unless it is ``claimed``, the first page of the host that asks claims it."""
        send = Send(
            secrets.token_urlsafe(16), path, target, self._now(), claimed, _is_done(target, claimed)
        )
        with self._lock:
            self._sends[send.id] = send
            while len(self._sends) > _MAX_KEPT:
                self._sends.popitem(last=False)
        return send

    def claim(self) -> Send | None:
        """Claim the oldest unclaimed send; None if there is none."""
        with self._lock:
            send = next(filter(self._is_waiting, self._sends.values()), None)
            if send is not None:
                self._sends[send.id] = send = replace(
                    send, claimed=True, done=_is_done(send.target, True)
                )
            return send

    def redeem(self, send_id: str) -> Send | None:
        """The send of a ticket, which works once; None for an unknown, used or expired ticket."""
        with self._lock:
            send = self._sends.get(send_id)
            if send is None or send.done or self._is_old(send):
                return None
            self._sends[send_id] = replace(send, claimed=True, done=True)
            return send

    def keep(self, send_id: str, picture: Any, infotext: str) -> None:
        """Keep what the host gets for a redeemed ticket."""
        now = self._now()
        with self._lock:
            self._redeemed[send_id] = Redeemed(picture, infotext, now)
            while len(self._redeemed) > _MAX_REDEEMED or self._is_first_old(now):
                self._redeemed.popitem(last=False)

    def picture(self, send_id: str) -> Any:
        """The picture of a redeemed ticket, which is given out once; None if there is none."""
        with self._lock:
            found = self._redeemed.get(send_id)
            if found is None:
                return None
            self._redeemed[send_id] = replace(found, picture=None)
            return found.picture

    def infotext(self, send_id: str) -> str:
        """The infotext of a redeemed ticket; "" if there is none."""
        with self._lock:
            found = self._redeemed.get(send_id)
            return found.infotext if found else ""

    @property
    def waiting(self) -> int:
        """The number of unclaimed sends."""
        with self._lock:
            return sum(map(self._is_waiting, self._sends.values()))

    def is_done(self, send_id: str = "") -> bool:
        """Whether the host has the picture of this ticket, or of the newest one; true if there is
        none.
        """
        with self._lock:
            send = (
                self._sends.get(send_id) if send_id else next(reversed(self._sends.values()), None)
            )
            return send is None or send.done

    def _is_first_old(self, now: float) -> bool:
        return now - next(iter(self._redeemed.values())).time_s > EXPIRY_S

    def _is_waiting(self, send: Send) -> bool:
        return not send.claimed and not self._is_old(send)

    def _is_old(self, send: Send) -> bool:
        return self._now() - send.time_s > EXPIRY_S


def _is_done(target: str, claimed: bool) -> bool:
    """Whether a new send is done: the page itself hands a picture to an extension, without the
    ticket.
    """
    return claimed and target not in TABS
