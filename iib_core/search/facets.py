"""Facets: how many results of a search have which model, sampler, rating ...

A facet is counted over the search without its own terms, so that several values of it can be
chosen. For the whole library the database keeps counts. All others are made in a background thread
and kept until the index changes; before they are ready, an answer has estimates from a sample of
the results.
"""

from __future__ import annotations

import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from iib_core.access import Access
from iib_core.db.engine import Connection, Database
from iib_core.db.search import facet_rows
from iib_core.db.search.all_results import OrderedIds
from iib_core.db.search.facet_links import Links, read_links
from iib_core.db.search.facet_rows import Sample
from iib_core.db.search.sorting import Order
from iib_core.db.sqlite import read_change
from iib_core.search.criteria import And, Criterion
from iib_core.search.facet_counts import count_everything, count_few, count_many
from iib_core.search.facet_values import NAMES, Counted, scaled, without
from iib_core.search.library import scoped
from iib_core.search.snapshots import Snapshots
from iib_core.workers import Workers

# Results up to this many are counted from their rows.
_FEW = 2000
# Of more, estimates are made from this many; or of this many files of the library, while the
# results are still being listed.
_SAMPLED, _DRAWN = 1000, 4000
# How long an answer waits for exact counts if it is not said, and how long it then looks at
# samples; less where it has the exact counts of most facets already.
_WAIT_S, _SAMPLING_S, _GLANCE_S = 0.12, 0.08, 0.02
_KEPT_SEARCHES = 16
# Counts that have not been asked for in this time are given up, the user has gone on to something
# else; earlier where other counts wait for them.
_WANTED_S, _YIELDS_S = 10.0, 4.0


@dataclass(frozen=True)
class FacetCounts:
    """The counts of one facet; ``is_exact`` is false for an estimate."""

    counted: Counted
    is_exact: bool


@dataclass(frozen=True)
class Answer:
    """Counts by facet, and the number of results. ``change``: the number of changes of the index."""

    facets: Mapping[str, FacetCounts]
    total: int
    total_is_exact: bool
    change: int


class _Dropped(Exception):
    """Ends the work on counts that are not wanted any more."""


class _Counting:
    """The exact counts of one search as they become known.

    ``sample``: some results, and ``total``, their number, once they are listed. ``done``: the
    counts; replaced as a whole, so that readers need no lock.
    """

    def __init__(self, criterion: Criterion, zone: tzinfo | None) -> None:
        self.criterion = criterion
        self.zone = zone
        self.wanted: set[str] = set()
        self.is_begun = self.is_dropped = False
        # When it was asked for last, or until when a request waits for it.
        self.asked_at = 0.0
        self.failure: Exception | None = None
        self.sample: Sample | None = None
        self.total: int | None = None
        self.done: dict[str, Counted] = {}
        self._changed = threading.Condition()

    def list(self, results: OrderedIds) -> None:
        """The results are known."""
        ids: list[int] = results.ids[_positions(len(results.ids))].tolist()
        with self._changed:
            self.sample = Sample(ids, len(results.ids) / max(1, len(ids)))
            self.total = len(results.ids)
            self._changed.notify_all()

    def add(self, counts: Mapping[str, Counted]) -> None:
        """More counts are known."""
        with self._changed:
            self.done = {**self.done, **counts}
            self._changed.notify_all()

    def fail(self, failure: Exception) -> None:
        """The counts will not be known."""
        with self._changed:
            self.failure = failure
            self._changed.notify_all()

    def wait(self, names: Sequence[str], deadline: float) -> None:
        """Wait until the facets are counted, or until ``deadline``. Raises what the counting
        raised.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self.failure or (self.total is not None and self.done.keys() >= set(names)),
                max(0.0, deadline - time.monotonic()),
            )
        if self.failure is not None:
            raise self.failure


class Facets:
    """Counts of facets; those of the last sixteen searches are kept."""

    def __init__(self, db: Database, access: Access, snapshots: Snapshots) -> None:
        self._db = db
        self._access = access
        self._snapshots = snapshots
        self._lock = threading.Lock()
        self._kept: OrderedDict[object, _Counting] = OrderedDict()
        self._links: dict[str, tuple[int, Links]] = {}
        self._everything: tuple[object, tuple[dict[str, Counted], int]] | None = None
        self._pending: list[tuple[_Counting, list[str]]] = []
        self._counters = Workers("iib-facets", 1)

    def count(
        self,
        criterion: Criterion,
        within: Sequence[Criterion] = (),
        folders: Sequence[str] = (),
        *,
        names: Sequence[str] = NAMES,
        zone: tzinfo | None = None,
        wait_s: float | None = None,
    ) -> Answer:
        """The counts of facets over the files that satisfy ``criterion`` and all of ``within``, in
        or below ``folders``.

        ``wait_s``: how long to wait for exact counts; None is a moment. Raises InvalidRequest.
        """

        def scope(part: Criterion) -> Criterion:
            return scoped(And((*within, part)) if within else part, self._access, folders)

        deadline = time.monotonic() + (_WAIT_S if wait_s is None else wait_s)
        wanted = scope(criterion)
        bases = {name: scope(without(name, criterion)) for name in names}
        with self._db.read() as conn:
            change = read_change(conn)
            whole = {
                base for base in {wanted, *bases.values()} if facet_rows.is_everything(conn, base)
            }
            known, number = self._count_everything(conn, zone, change) if whole else ({}, 0)
        found = {
            name: FacetCounts(known[name], is_exact=True)
            for name, base in bases.items()
            if base in whole and name in known
        }
        totals = dict.fromkeys(whole, (number, True))
        left: dict[Criterion, list[str]] = {} if wanted in whole else {wanted: []}
        for name in names:
            if name not in found:
                left.setdefault(bases[name], []).append(name)
        sampling_s = _SAMPLING_S
        if wait_s is None and wanted in whole:  # most of it is known
            deadline, sampling_s = 0.0, _GLANCE_S
        asked = [
            (self._find((base, zone, change), some, deadline), some) for base, some in left.items()
        ]
        for counting, some in asked:
            counting.wait(some, deadline)
        found |= self._collect(asked, totals, sampling_s)
        return Answer({name: found[name] for name in names}, *totals[wanted], change)

    def _count_everything(
        self, conn: Connection, zone: tzinfo | None, change: int
    ) -> tuple[dict[str, Counted], int]:
        known = self._everything
        if known is None or known[0] != (zone, change):
            known = self._everything = (zone, change), count_everything(conn, zone)
        return known[1]

    def _collect(
        self,
        asked: Sequence[tuple[_Counting, Sequence[str]]],
        totals: dict[Criterion, tuple[int, bool]],
        sampling_s: float,
    ) -> dict[str, FacetCounts]:
        """The counts that are known, and estimates of the others, by what is drawn in
        ``sampling_s``; the same for the ``totals``.
        """
        found: dict[str, FacetCounts] = {}
        until = time.monotonic() + sampling_s
        with self._db.read() as conn:
            for counting, names in asked:
                done, total = counting.done, counting.total
                found |= {
                    name: FacetCounts(done[name], is_exact=True) for name in names if name in done
                }
                left = [name for name in names if name not in done]
                if total is None or left:
                    sample = counting.sample or facet_rows.draw_sample(
                        conn, counting.criterion, _DRAWN, until
                    )
                    found |= _estimate(conn, sample, left, counting.zone)
                    totals.setdefault(
                        counting.criterion, (round(len(sample.ids) * sample.scale), False)
                    )
                if total is not None:
                    totals[counting.criterion] = total, True
        return found

    def _find(
        self, key: tuple[Criterion, tzinfo | None, int], names: Sequence[str], deadline: float
    ) -> _Counting:
        """The counting of a search, in which these facets are counted or about to be."""
        with self._lock:
            counting = self._kept.get(key)
            if counting is None or counting.failure is not None or counting.is_dropped:
                counting = self._kept[key] = _Counting(*key[:2])
            self._kept.move_to_end(key)
            counting.asked_at = max(counting.asked_at, deadline, time.monotonic())
            new = [name for name in names if name not in counting.wanted]
            if new or not counting.is_begun:
                counting.is_begun = True
                counting.wanted.update(new)
                self._pending.append((counting, new))
                self._counters.submit(self._work)
            while len(self._kept) > _KEPT_SEARCHES:
                self._kept.popitem(last=False)[1].is_dropped = True
        return counting

    def _work(self) -> None:
        """Count facets of the search that was asked for last, in the background thread."""
        with self._lock:
            counting, names = self._pending.pop()

        def raise_if_dropped() -> None:
            idle_s = time.monotonic() - counting.asked_at
            if counting.is_dropped or idle_s > (_YIELDS_S if self._pending else _WANTED_S):
                raise _Dropped

        try:
            raise_if_dropped()
            results = self._snapshots.list_all(counting.criterion, Order(), raise_if_dropped)
            counting.list(results)
            with self._db.read() as conn:
                self._count(conn, counting, results, names, raise_if_dropped)
        except _Dropped:
            counting.is_dropped = True
        except Exception as exc:  # noqa: BLE001  raised by the requests that wait for the counts
            counting.fail(exc)

    def _count(
        self,
        conn: Connection,
        counting: _Counting,
        results: OrderedIds,
        names: Sequence[str],
        raise_if_dropped: Callable[[], None],
    ) -> None:
        if len(results.ids) <= _FEW:
            counting.add(count_few(conn, results.ids.tolist(), names, counting.zone))
            return
        change = read_change(conn)

        def get_links(name: str) -> Links:
            known = self._links.get(name)
            if known is None or known[0] != change:
                known = self._links[name] = change, read_links(conn, name)
            return known[1]

        counted = count_many(conn, results, names, counting.zone, get_links, raise_if_dropped)
        for name, counts in counted:
            counting.add({name: counts})

    def close(self) -> None:
        """End the background thread."""
        with self._lock:
            for counting in self._kept.values():
                counting.is_dropped = True
        self._counters.close()


def _estimate(
    conn: Connection, sample: Sample, names: Sequence[str], zone: tzinfo | None
) -> dict[str, FacetCounts]:
    if not names:
        return {}
    scale = sample.scale * max(1.0, len(sample.ids) / _SAMPLED)
    counts = count_few(conn, sample.ids[:_SAMPLED], names, zone)
    return {
        name: FacetCounts(scaled(counted, scale), is_exact=False)
        for name, counted in counts.items()
    }


def _positions(number: int) -> list[int]:
    """Positions of a sample among ``number`` results."""
    return random.SystemRandom().sample(range(number), min(number, _SAMPLED))
