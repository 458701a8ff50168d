"""Collects what decoders find out about files, and writes it to the index in batches, in a background
thread.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Set
from typing import Generic, TypeVar

from iib_core.workers import BackgroundThread

State = TypeVar("State", bound=Hashable)
Value = TypeVar("Value")

_EVERY_S = 1.0
# A picture may be shown before it is indexed, so its value is tried again this many times. At most
# this many values wait.
_TRIES = 120
_MOST_WAITING = 20_000


class Batches(ABC, Generic[State, Value]):
    """Takes values of states of files from any thread at no cost to it; ``close()`` writes what is left.

    ``name`` is that of the thread.
    """

    def __init__(self, name: str) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[State, tuple[Value, int]] = OrderedDict()
        self._loop = BackgroundThread(name, self._run)

    def close(self) -> None:
        """Write what is waiting and end the thread."""
        self._loop.close()

    @abstractmethod
    def _store(self, waiting: Mapping[State, Value]) -> Set[State]:
        """Write the values of those files that the index knows as they are. Returns the states of the
        others.
        """

    def _run(self, ending: threading.Event) -> None:
        while not ending.wait(_EVERY_S):
            self._write()
        self._write()

    def _write(self) -> None:
        with self._lock:
            taken, self._waiting = list(self._waiting.items()), OrderedDict()
        if not taken:
            return
        left: Set[State] = {state for state, _ in taken}
        try:
            left = self._store({state: value for state, (value, _) in taken})
        finally:  # those that could not be stored wait for the next time, too
            again = [(state, (value, tries + 1)) for state, (value, tries) in taken if state in left]
            self._put([item for item in again if item[1][1] <= _TRIES])

    def _put(self, items: list[tuple[State, tuple[Value, int]]]) -> None:
        with self._lock:
            self._waiting.update(items)
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)
