"""A stopwatch that does not count time in which the program could not run, and the rate of work."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

# A stopwatch is read about once a second. A longer step means that the machine slept or that the
# process was stopped.
_MAX_STEP_S = 5.0


class Stopwatch:
    """The seconds since its start in which the program could run.

    Read it often: the time between two reads counts as at most five seconds. No clock of the system
    can replace it: some continue while the machine sleeps (Windows), and all of them while a
    container is frozen.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._read_at = now()
        self._seconds = 0.0

    def read(self) -> float:
        """The seconds until now."""
        with self._lock:
            now = self._now()
            self._seconds += min(now - self._read_at, _MAX_STEP_S)
            self._read_at = now
            return self._seconds

    def skip(self) -> None:
        """Leave out the time since the last read."""
        with self._lock:
            self._read_at = self._now()

    def restart(self) -> None:
        """Start again at 0."""
        with self._lock:
            self._read_at = self._now()
            self._seconds = 0.0


class Rate:
    """How fast work goes on: amounts that were done lately, from any thread."""

    def __init__(self, within_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._within_s = within_s
        self._now = now
        self._lock = threading.Lock()
        self._done: deque[tuple[float, float]] = deque()

    def note(self, amount: float) -> None:
        """So much was done now."""
        with self._lock:
            self._done.append((self._now(), amount))
            self._forget()

    def read(self) -> float:
        """The amount a second, since what was noted first of what was noted lately."""
        with self._lock:
            self._forget()
            if not self._done:
                return 0.0
            first, begun = self._done[0][1], self._done[0][0]
            done = sum(amount for _, amount in self._done) - first
            seconds = self._now() - begun
            return done / seconds if seconds > 0 else 0.0

    def restart(self) -> None:
        """Forget what was done."""
        with self._lock:
            self._done.clear()

    def _forget(self) -> None:
        while self._done and self._done[0][0] < self._now() - self._within_s:
            self._done.popleft()
