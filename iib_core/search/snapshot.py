"""One snapshot: the results of a search, which grow until they are complete."""

from __future__ import annotations

import secrets
import threading
import time

from iib_core.db.engine import Database
from iib_core.db.search import all_results
from iib_core.db.search.all_results import AllResults
from iib_core.db.search.sorting import Order
from iib_core.db.search.stack_links import Fold, StackLinks
from iib_core.search.criteria import Criterion
from iib_core.search.stacks import Stacks


class Snapshot:
    """The results of one search.

    A thread that extends it holds ``lock``; ``state`` is replaced as a whole, so that readers need
    no lock.
    """

    def __init__(self, criterion: Criterion, order: Order) -> None:
        self.id = secrets.token_urlsafe(9)
        self.key = (criterion, order)
        self.lock = threading.Lock()
        self.state: AllResults | None = None
        self._folded: dict[str, tuple[AllResults, StackLinks, Fold]] = {}

    @property
    def change(self) -> int | None:
        """The number of changes of the index that it was read at; None while it is being made."""
        return self.state.change if self.state else None

    def __len__(self) -> int:
        return len(self.state.results.ids) + len(self.state.candidates.ids) if self.state else 0

    @property
    def is_complete(self) -> bool:
        """Whether no results can be added."""
        return self.state is not None and self.state.rest is None

    def get_state(self) -> AllResults:
        """The results so far, of a snapshot that has been begun."""
        assert self.state is not None
        return self.state

    def fold(self, kind: str, stacks: Stacks) -> tuple[AllResults, StackLinks, Fold]:
        """The results so far, and these as tiles: the same as long as no results are added."""
        state = self.get_state()
        known = self._folded.get(kind)
        if known is None or known[0] is not state:
            known = self._folded[kind] = (state, *stacks.fold(kind, state.results.ids))
        return known

    def grow(self, db: Database, wait_s: float, wider: Snapshot | None = None) -> None:
        """Begin or extend the results, until ``wait_s`` have passed; returns at once if they are
        complete.

        ``wider`` as for ``all_results.begin``.
        """
        deadline = time.monotonic() + wait_s
        with self.lock:
            if not self.is_complete:
                with db.read() as conn:
                    known = (wider.key[0], wider.get_state()) if wider else None
                    state = self.state or all_results.begin(conn, *self.key, known, db.orders)
                    self.state = all_results.resume(conn, state, deadline, db.texts)
