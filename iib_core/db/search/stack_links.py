"""Which file is in which stack, as arrays, so that the results of any search are folded by a few
operations on them: a million files take some tens of milliseconds.

Stacks of prompts and of seeds are the files of one key. Of the files with one ``run_key``, in the
order in which they were saved, those are one batch of which each follows the one before: within
``BATCH_GAP_S``, with the same seed (ComfyUI saves a batch under one) or one that is up to
``BATCH_STEP`` higher (A1111 and Forge count them up, and files in between may be deleted).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from iib_core.db.search.int_columns import NO_INTS, Ints, Mask, entries_of, read_columns
from iib_core.db.search.names import Names
from iib_core.db.tables import image, stack_cover
from iib_core.search.criteria import InStack

BATCH_GAP_S = 600
BATCH_STEP = 100
# A chosen cover comes before any number of stars.
_CHOSEN = 10
_KEYS: dict[str, ColumnElement[Any]] = {
    "prompt": image.c.prompt_key,
    "batch": image.c.run_key,
    "seed": image.c.seed,
}


@dataclass(frozen=True)
class Fold:
    """Results as tiles: a stack is one, and a file that is alone.

    For each tile, in the order of the results: ``firsts``, the position of its first file;
    ``covers``, that of the file that stands for it; ``counts``, its number of files; ``stacks``,
    the number of its stack, -1 for a file that is in none.
    """

    firsts: Ints
    covers: Ints
    counts: Ints
    stacks: Ints


@dataclass(frozen=True)
class StackLinks:
    """The stacks of one kind. ``stacks``: by id, the number of its stack, -1 for none; ``ranks``: by
    id, how much it should be the cover.

    By number of a stack: ``keys``, and for batches the times of the first and the last file.
    """

    kind: str
    stacks: NDArray[np.int32]
    ranks: NDArray[np.int32]
    keys: Ints
    first_ms: Ints
    last_ms: Ints

    def name(self, stack: int) -> str:
        """The name of a stack, as the field ``stack:`` takes it."""
        key = int(self.keys[stack])
        if self.kind == "seed":
            return f"seed-{key % 2**64}"
        if self.kind == "prompt":
            return f"prompt-{key:016x}"
        return f"batch-{key:016x}-{self.first_ms[stack]}-{self.last_ms[stack]}"

    def fold(self, ids: Ints) -> Fold:
        """Results in their order, as tiles. A stack stands where its first file does; its cover is
        the one that was chosen, else the one with the most stars, of equals the first.
        """
        stacks = entries_of(self.stacks, ids, -1)
        stacked = np.flatnonzero(stacks >= 0)
        # Of entries with one index the last is kept: backwards, the first file of each stack.
        first = np.full(len(self.keys), -1, dtype=np.int64)
        first[stacks[stacked[::-1]]] = stacked[::-1]
        cover = first.copy()
        preferred = self._preferred(ids, stacks)
        cover[stacks[preferred]] = preferred
        is_first: Mask = stacks < 0
        is_first[first[first >= 0]] = True
        firsts = np.flatnonzero(is_first)
        numbers = stacks[firsts]
        counts = np.bincount(stacks[stacked], minlength=len(self.keys))
        if not len(self.keys):
            return Fold(firsts, firsts, np.ones(len(firsts), dtype=np.int64), numbers)
        is_alone = numbers < 0
        return Fold(
            firsts,
            np.where(is_alone, firsts, cover[numbers]),
            np.where(is_alone, 1, counts[numbers]),
            numbers,
        )

    def _preferred(self, ids: Ints, stacks: Ints) -> Ints:
        """Positions of files that come before the first one, those that count most last."""
        ranks = entries_of(self.ranks, ids, 0)
        ranked = np.flatnonzero((ranks > 0) & (stacks >= 0))
        return ranked[np.lexsort((-ranked, ranks[ranked]))]


def read_stacks(conn: Connection, kind: str) -> StackLinks:
    """All stacks of a kind. Files that are missing count, so that a batch does not fall apart."""
    key = _KEYS[kind]
    if kind == "batch":
        query = select(key, image.c.id, image.c.mtime_ns, func.coalesce(image.c.seed, 0))
        order: Sequence[Any] = (key, image.c.mtime_ns, image.c.seed, image.c.id)
    else:
        query, order = select(key, image.c.id), (key, image.c.id)
    keys, ids, *run = read_columns(conn, query.where(key.is_not(None)).order_by(*order))
    begins = _begins(keys, *run)
    starts = np.flatnonzero(begins)
    stacks = np.full(int(ids.max(initial=0)) + 1, -1, dtype=np.int32)
    stacks[ids] = np.cumsum(begins) - 1
    first_ms, last_ms = NO_INTS, NO_INTS
    if run:
        times = run[0]
        first_ms = times[starts] // 10**6
        last_ms = (
            -(-times[np.append(starts[1:], len(times)) - 1] // 10**6) if len(times) else NO_INTS
        )
    return StackLinks(kind, stacks, _read_ranks(conn, kind), keys[starts], first_ms, last_ms)


def in_stack(_: Names, leaf: InStack) -> ColumnElement[bool]:
    """Whether a file is in a stack."""
    key = _KEYS[leaf.kind]
    if leaf.kind == "seed":
        return key == (leaf.key if leaf.key < 2**63 else leaf.key - 2**64)
    if leaf.kind == "prompt":
        return key == leaf.key
    low, high = (_within_int64(ms * 10**6) for ms in (leaf.first_ms, leaf.last_ms))
    return and_(key == leaf.key, image.c.mtime_ns.between(low, high))


def images_in_stack(names: Names, leaf: InStack) -> Select[Any]:
    """The ids of the files of a stack."""
    return select(image.c.id).where(in_stack(names, leaf))


def _begins(keys: Ints, times: Ints = NO_INTS, seeds: Ints = NO_INTS) -> Mask:
    """Whether each file, in order, is the first of a stack."""
    begins: Mask = np.ones(len(keys), dtype=bool)
    begins[1:] = keys[1:] != keys[:-1]
    if len(times):
        steps = seeds[1:] - seeds[:-1]
        begins[1:] |= (times[1:] - times[:-1] > BATCH_GAP_S * 10**9) | (steps < 0)
        begins[1:] |= steps > BATCH_STEP
    return begins


def _read_ranks(conn: Connection, kind: str) -> NDArray[np.int32]:
    """By id, the stars of a file; more than that for a chosen cover, the last one most."""
    rated = select(image.c.id, image.c.rating).where(image.c.rating.is_not(None))
    ids, stars = read_columns(conn, rated)
    chosen = read_columns(
        conn,
        select(stack_cover.c.image_id)
        .where(stack_cover.c.kind == kind)
        .order_by(stack_cover.c.chosen_ns, stack_cover.c.image_id),
    )[0]
    ranks = np.zeros(max(int(ids.max(initial=0)), int(chosen.max(initial=0))) + 1, dtype=np.int32)
    ranks[ids] = stars
    ranks[chosen] = _CHOSEN + np.arange(len(chosen))
    return ranks


def _within_int64(number: int) -> int:
    return max(-(2**63), min(number, 2**63 - 1))
