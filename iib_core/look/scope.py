"""Which files a search for duplicates is about, as a mask over ids."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray

from iib_core.db import images
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


def find(
    db: Database,
    criterion: Criterion | None,
    check: Callable[[], None],
    files: Collection[str] = (),
) -> Scope:
    """``files``, by their paths as text, and those that satisfy a criterion; None: no others.
    ``check`` is called now and then, and may raise.

    Raises InvalidRequest for a wrong expression.
    """
    if criterion == And():
        return Scope(None)
    with db.read() as conn:
        ids = np.array(list(images.find_ids(conn, files).values()), dtype=np.int64)
    if criterion is not None:
        ids = np.concatenate((ids, _find_all(db, criterion, check)))
    return Scope(ids)


def _find_all(db: Database, criterion: Criterion, check: Callable[[], None]) -> NDArray[np.int64]:
    """Ids of all files that satisfy a criterion."""
    with db.read() as conn:
        state = all_results.begin(conn, criterion, Order())
    while state.rest is not None:
        check()
        with db.read() as conn:
            state = all_results.resume(conn, state, time.monotonic() + _STEP_S)
    return np.asarray(state.results.ids, dtype=np.int64)
