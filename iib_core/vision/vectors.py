"""Vectors of a model: kept on disk as int8, and searched in two passes.

The first pass counts in how many sign bits each vector differs from what is looked for, the second
one compares the best of these by their int8. What all vectors have in common is taken off before,
because it would fill the bits of all of them with the same.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iib_core.vision import signs, vector_files
from iib_core.vision.signs import Floats, Words
from iib_core.vision.vector_files import BLOCK, NO_KEY, Generation, Keys, Rows

# How many of the first pass the second one compares: at least, and for each one that is wanted.
# Measured by ``python -m bench look --only vectors``.
_FEWEST, _FOR_EACH = 6000, 20
_PART = 1024
# The centre is learned from this many vectors, and anew where they have become this many times as
# many.
_LEARN, _LEARN_AGAIN = 1000, 8


@dataclass(frozen=True)
class _State:
    """What a reader sees: the rows of ``keys``, which are sorted. ``count``: the number of rows,
    also of those that count no more.
    """

    generation: Generation
    centre: Floats
    records: NDArray[np.void]
    signs: Words
    count: int
    keys: Keys
    rows: Rows

    def find(self, keys: Keys) -> NDArray[np.int64]:
        """The places of those keys that are there; both are sorted."""
        places = np.searchsorted(self.keys, keys)
        there = places < len(self.keys)
        there[there] = self.keys[places[there]] == keys[there]
        return places[there]

    def decode(self, places: NDArray[np.int64]) -> Floats:
        """The vectors at places, of unit length."""
        return vector_files.decode(self.records[self.rows[places]], self.centre)

    def score(self, places: NDArray[np.int64], query: Floats) -> Floats:
        """The cosines of the vectors at places and a query of unit length."""
        records = self.records[self.rows[places]]
        beyond = records["codes"].astype(np.float32) @ query
        return np.asarray(beyond * records["scale"] + self.centre @ query, dtype=np.float32)

    def distances(self, query: Words) -> NDArray[np.uint16]:
        """In how many sign bits each row differs from those of ``query``."""
        found = np.empty(self.count, dtype=np.uint16)
        for block, start in zip(self.signs, range(0, self.count, BLOCK)):
            part = found[start : start + BLOCK]
            signs.count_differing(block[:, : len(part)], query, part)
        return found


class Vectors:
    """The vectors of one model, in files of a folder. Readers work beside one writer."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        """Open those of the folder, or begin where there are none of this length."""
        self._folder, self._dimensions = folder, dimensions
        self._turn = signs.rotation(dimensions)
        self._writing = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._state: _State | None = None
        self.reopen()

    def reopen(self) -> None:
        """Read again what is on the disk, after another program may have written there."""
        with self._writing:
            number = vector_files.newest(self._folder)
            try:
                if not number:
                    raise FileNotFoundError(self._folder)
                self._state = _read(Generation(self._folder, number, self._turn))
            except (FileNotFoundError, ValueError):
                nothing = np.zeros(self._dimensions, dtype=np.float32)
                generation = self._create(number + 1, nothing, 0)
                generation.commit()
                self._state = _read(generation)
            vector_files.remove_before(self._folder, self._now().generation.number)

    def add(self, keys: Sequence[int], vectors: Floats) -> None:
        """Add vectors of any length, and replace those whose key is there.

        Raises ValueError for a vector that is zero or not finite.
        """
        named = np.asarray(keys, dtype=np.int64)
        given = np.asarray(vectors, dtype=np.float32)
        if given.shape != (len(named), self._dimensions):
            raise ValueError(f"{len(named)} vectors of {self._dimensions} numbers are needed")
        lengths = np.linalg.norm(given, axis=1)
        if not (np.isfinite(lengths) & (lengths > 0)).all() or (named == NO_KEY).any():
            raise ValueError("a vector has no direction")
        if not len(named):
            return
        with self._writing:
            self._append(named, given / lengths[:, None])
            self._compact_where_it_pays()

    def remove(self, keys: Sequence[int]) -> None:
        """Forget the vectors of these keys."""
        with self._writing:
            self._blank(np.asarray(keys, dtype=np.int64))
            self._compact_where_it_pays()

    def known(self) -> Keys:
        """The keys of all vectors, sorted."""
        return np.array(self._now().keys)

    def get(self, key: int) -> Floats | None:
        """The vector of a key, of unit length."""
        state = self._now()
        places = state.find(np.array([key], dtype=np.int64))
        return state.decode(places)[0] if len(places) else None

    def nearest(
        self, vector: Floats, count: int, among: Keys | None = None
    ) -> list[tuple[int, float]]:
        """(key, cosine) of at most ``count`` vectors that are most similar, best first.

        ``among``: only of these keys.
        """
        state = self._now()
        query = np.asarray(vector, dtype=np.float32)
        if query.shape != (self._dimensions,):
            raise ValueError(f"a vector of {self._dimensions} numbers is needed")
        query = vector_files.unit(query[None])[0]
        places = np.arange(len(state.keys)) if among is None else state.find(np.unique(among))
        wanted = max(_FEWEST, _FOR_EACH * count)
        if len(places) > 2 * wanted:
            distances = state.distances(signs.of((query - state.centre)[None], self._turn)[:, 0])
            places = places[_nearest(distances[state.rows[places]], wanted)]
        scores = np.empty(len(places), dtype=np.float32)
        for start in range(0, len(places), _PART):
            part = slice(start, start + _PART)
            scores[part] = state.score(places[part], query)
        best = _smallest(-scores, count)
        best = best[np.lexsort((state.keys[places[best]], -scores[best]))][: max(0, count)]
        return [
            (int(key), min(1.0, float(score)))
            for key, score in zip(state.keys[places[best]], scores[best])
        ]

    def blocks(self) -> Iterator[tuple[Keys, Floats]]:
        """(keys, vectors of unit length) of all, a block at a time."""
        state = self._now()
        order = np.argsort(state.rows)
        for start in range(0, len(order), BLOCK):
            places = order[start : start + BLOCK]
            yield state.keys[places], state.decode(places)

    def close(self) -> None:
        """Let go of the files. Nothing else may be called after."""
        with self._writing:
            self._state = None

    def _now(self) -> _State:
        if self._state is None:
            raise ValueError("the vectors are closed")
        return self._state

    def _create(self, number: int, centre: Floats, learned_from: int) -> Generation:
        return Generation.create(self._folder, number, self._turn, centre, learned_from)

    def _append(self, keys: Keys, vectors: Floats) -> None:
        state = self._now()
        state.generation.append(state.count, keys, vectors)
        self._state = _with_rows(state, keys)

    def _blank(self, keys: Keys) -> None:
        state = self._now()
        gone = np.isin(state.keys, keys)
        # Rows that were replaced go too: they would count again.
        named = state.generation.read_keys()
        state.generation.blank(np.flatnonzero(np.isin(named, state.keys[gone])))
        self._state = replace(state, keys=state.keys[~gone], rows=state.rows[~gone])

    def _compact_where_it_pays(self) -> None:
        if not self._pays_to_compact():
            return
        # The state before goes with this assignment, and its maps with it: Windows removes no file
        # that is mapped. So no caller may still have it in a variable.
        self._state = self._write_next()
        vector_files.remove_before(self._folder, self._now().generation.number)

    def _pays_to_compact(self) -> bool:
        state = self._now()
        there = len(state.keys)
        learns = there >= max(_LEARN, _LEARN_AGAIN * state.generation.learned_from)
        return learns or state.count > 2 * there + BLOCK

    def _write_next(self) -> _State:
        """Write the next generation, with the rows that count and the centre of these."""
        state = self._now()
        total = np.zeros(self._dimensions)
        for _, vectors in self.blocks():
            total += vectors.sum(axis=0, dtype=np.float64)
        there = len(state.keys)
        centre = np.asarray(total / max(1, there), dtype=np.float32)
        generation = self._create(state.generation.number + 1, centre, there)
        count = 0
        for keys, vectors in self.blocks():
            generation.append(count, keys, vectors)
            count += len(keys)
        generation.commit()
        return _read(generation)


def _read(generation: Generation) -> _State:
    """What is on the disk."""
    named = generation.read_keys()
    # Stable, so that the last of equal keys is the one that was written last.
    order = np.argsort(named, kind="stable")
    keys = named[order]
    counts = np.append(keys[1:] != keys[:-1], True)[: len(keys)] & (keys != NO_KEY)
    return _seen(generation, len(named), keys[counts], order[counts])


def _with_rows(state: _State, named: Keys) -> _State:
    """The state after rows were appended."""
    keys, last = np.unique(named[::-1], return_index=True)
    rows = state.count + len(named) - 1 - last
    kept = ~np.isin(state.keys, keys)
    places = np.searchsorted(state.keys[kept], keys)
    return _seen(
        state.generation,
        state.count + len(named),
        np.insert(state.keys[kept], places, keys),
        np.insert(state.rows[kept], places, rows),
    )


def _seen(generation: Generation, count: int, keys: Keys, rows: Rows) -> _State:
    return _State(
        generation, generation.centre, generation.rows, generation.signs, count, keys, rows
    )


def _nearest(distances: NDArray[np.uint16], count: int) -> NDArray[np.int64]:
    """The places of the ``count`` smallest distances, and of those that are as small."""
    most = np.searchsorted(np.cumsum(np.bincount(distances)), count)
    return np.flatnonzero(distances <= most)[: 2 * count]


def _smallest(values: NDArray[Any], count: int) -> NDArray[np.int64]:
    """The places of the ``count`` smallest values, in any order."""
    if len(values) <= count:
        return np.arange(len(values))
    return np.argpartition(values, count)[: max(0, count)]
