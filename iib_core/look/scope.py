"""Which files a search for duplicates is about, as a mask over ids."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from iib_core.db.engine import Database
from iib_core.db.search import all_results
from iib_core.db.search.sorting import Order
from iib_core.search.criteria import And, Criterion

_STEP_S = 0.5


class Scope:
    """Files by id; everything where ``ids`` is None."""

    def __init__(self, ids: NDArray[np.int64] | None) -> None:
        self._is_in = None if ids is None else np.zeros(int(ids.max(initial=0)) + 1, dtype=bool)
        if self._is_in is not None:
            self._is_in[ids] = True

    @property
    def is_everything(self) -> bool:
        """Whether no file is left out."""
        return self._is_in is None

    def holds(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these files belong to it."""
        if self._is_in is None:
            return np.ones(len(ids), dtype=bool)
        found = np.zeros(len(ids), dtype=bool)
        known = ids < len(self._is_in)
        found[known] = self._is_in[ids[known]]
        return found


def find(db: Database, criterion: Criterion, check: Callable[[], None]) -> Scope:
    """The files that satisfy a criterion. ``check`` is called now and then, and may raise.

    Raises InvalidRequest for a wrong expression.
    """
    if criterion == And():
        return Scope(None)
    with db.read() as conn:
        state = all_results.begin(conn, criterion, Order())
    while state.rest is not None:
        check()
        with db.read() as conn:
            state = all_results.resume(conn, state, time.monotonic() + _STEP_S)
    return Scope(state.results.ids)
