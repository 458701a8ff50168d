"""Collects what decoders find out about files, and writes it to the index in batches, in a
background thread.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Set
from typing import Generic, TypeVar

from iib_core.lru import LRU
from iib_core.workers import BackgroundThread

State = TypeVar("State", bound=Hashable)
Value = TypeVar("Value")

_EVERY_S = 1.0
# A picture may be shown before it is indexed, so its value is tried again this many times. At most
# this many values wait.
_TRIES = 120
_MAX_WAITING = 20_000


class Batches(ABC, Generic[State, Value]):
    """Collects values of states of files from any thread without blocking it; ``close()`` writes
    the rest.

    ``name`` is that of the thread.
    """

    def __init__(self, name: str) -> None:
        # (value, tries) by state
        self._waiting: LRU[State, tuple[Value, int]] = LRU(_MAX_WAITING)
        self._loop = BackgroundThread(name, self._run)

    def _put(self, state: State, value: Value) -> None:
        """Note the value of a file in this state."""
        self._waiting.put(state, (value, 0))

    def close(self) -> None:
        """Write what is waiting and end the thread."""
        self._loop.close()

    @abstractmethod
    def _store(self, waiting: Mapping[State, Value]) -> Set[State]:
        """Write the values of those files that the index knows as they are. Returns the states of
        the others.
        """

    def _run(self, ending: threading.Event) -> None:
        while not ending.wait(_EVERY_S):
            self._write()
        self._write()

    def _write(self) -> None:
        taken = self._waiting.take_all()
        if not taken:
            return
        unwritten: Set[State] = set(taken)
        try:
            unwritten = self._store({state: value for state, (value, _) in taken.items()})
        finally:  # if the database failed, all of them wait again
            for state, (value, tries) in taken.items():
                if state in unwritten and tries < _TRIES:
                    self._waiting.put(state, (value, tries + 1))
