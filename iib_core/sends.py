"""Sends: pictures on their way into a tab of the host, each one by its own ticket.

A ticket is given out by our API, which has looked at login, permission and path, and is redeemed
once by the host's page that loads the picture. Two browsers that send at the same time hold two
tickets, so neither can get the other's picture.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

# What a host can have, by the names of its tabs; the last ones belong to extensions, which only the
# host's page can see.
TABS = ("txt2img", "img2img", "inpaint", "extras", "control")
TARGETS = (*TABS, "controlnet-txt2img", "controlnet-img2img", "openoutpaint")
EXPIRY_S = 120
_MAX_KEPT = 500


@dataclass(frozen=True)
class Send:
    """One picture (real path) on its way to a target.

    ``claimed``: a page has taken it on; ``done``: the host has it.
    """

    id: str
    path: str
    target: str
    time_s: float
    claimed: bool = False
    done: bool = False


class Sends:
    """The sends of the last minutes."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._sends: OrderedDict[str, Send] = OrderedDict()

    def add(self, path: str, target: str, *, claimed: bool) -> Send:
        """A new one. Not ``claimed``: the first page of the host that asks takes it on."""
        send = Send(secrets.token_urlsafe(16), path, target, self._now(), claimed, _is_done(target, claimed))
        with self._lock:
            self._sends[send.id] = send
            while len(self._sends) > _MAX_KEPT:
                self._sends.popitem(last=False)
        return send

    def claim(self) -> Send | None:
        """The oldest that no page has taken on; from now on it is taken."""
        with self._lock:
            send = next(filter(self._is_waiting, self._sends.values()), None)
            if send is not None:
                self._sends[send.id] = send = replace(send, claimed=True, done=_is_done(send.target, True))
            return send

    def redeem(self, send_id: str) -> Send | None:
        """The send of a ticket, once; None for one that is unknown, used or too old."""
        with self._lock:
            send = self._sends.get(send_id)
            if send is None or send.done or self._is_old(send):
                return None
            self._sends[send_id] = replace(send, claimed=True, done=True)
            return send

    @property
    def waiting(self) -> int:
        """How many no page has taken on."""
        with self._lock:
            return sum(map(self._is_waiting, self._sends.values()))

    def is_done(self, send_id: str = "") -> bool:
        """Whether the host has the picture of this ticket; without one, of the newest.

        True where there is none.
        """
        with self._lock:
            send = self._sends.get(send_id) if send_id else next(reversed(self._sends.values()), None)
            return send is None or send.done

    def _is_waiting(self, send: Send) -> bool:
        return not send.claimed and not self._is_old(send)

    def _is_old(self, send: Send) -> bool:
        return self._now() - send.time_s > EXPIRY_S


def _is_done(target: str, claimed: bool) -> bool:
    """What an extension takes is handed over by the page alone: no ticket is redeemed for it."""
    return claimed and target not in TABS
