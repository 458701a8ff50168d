"""A lock that threads get in the order in which they asked for it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

_LATELY_S = 2.0


class FairLock:
    """A fair lock. ``threading.Lock`` may go again and again to a thread that releases it only for
    a moment, as one that writes batch after batch.

    Not reentrant: taking it twice in one thread raises RuntimeError.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_held = False
        self._holder: int | None = None
        self._waiting: deque[threading.Lock] = deque()
        self._hurried = 0
        self._waited_s = float("-inf")

    @property
    def waiting(self) -> int:
        """The number of threads that wait."""
        return len(self._waiting)

    @property
    def was_wanted(self) -> bool:
        """Whether a thread waits, or has waited within the last two seconds; patient ones do not
        count.
        """
        return self._hurried > 0 or time.monotonic() - self._waited_s < _LATELY_S

    def __enter__(self) -> None:
        self._enter(is_patient=False)

    def __exit__(self, *_: object) -> None:
        self._leave()

    @contextmanager
    def patiently(self) -> Iterator[None]:
        """As entering it, by a thread that no user waits for: ``was_wanted`` says nothing of it."""
        self._enter(is_patient=True)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, *, is_patient: bool) -> None:
        me = threading.get_ident()
        if self._holder == me:
            raise RuntimeError("This thread holds the lock already: it would wait for itself.")
        self._take(is_patient)
        self._holder = me

    def _leave(self) -> None:
        self._holder = None
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_held = False

    def _take(self, is_patient: bool) -> None:
        with self._guard:
            if not self._is_held:
                self._is_held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
            self._hurried += not is_patient
        turn.acquire()  # the thread that holds the lock releases this
        if not is_patient:
            self._waited_s = time.monotonic()
            with self._guard:
                self._hurried -= 1
