"""When the pass may go on: while nothing that a user waits for is done."""

from __future__ import annotations

import threading
from collections.abc import Callable

from iib_core.media.thumbnails import Thumbnails
from iib_core.vision.towers import Towers

# As for thumbnails that are made ahead of time: requests for thumbnails come first.
_IDLE_S = 2.0
_PAUSE_S = 0.2
# The host begins its next picture in a moment: what was freed for it is taken again only after this.
_HOST_IDLE_S = 10.0


class Quiet:
    """Waits for it. ``waits_for``: generating or thumbnails, "" while nothing is waited for."""

    def __init__(
        self, thumbnails: Thumbnails, towers: Towers, is_generating: Callable[[], bool]
    ) -> None:
        self._thumbnails = thumbnails
        self._towers = towers
        self._is_generating = is_generating
        self.waits_for = ""

    def wait(self, ending: threading.Event) -> bool:
        """Until nothing else is to do. False where ``ending`` was set."""
        while not ending.is_set():
            if self._is_generating():
                self.waits_for = "generating"
                self._towers.rest()  # its memory is for the host
                pause_s = _HOST_IDLE_S
            elif not self._thumbnails.is_idle(_IDLE_S):
                self.waits_for = "thumbnails"
                pause_s = _PAUSE_S
            else:
                self.waits_for = ""
                return True
            ending.wait(pause_s)
        self.waits_for = ""
        return False
