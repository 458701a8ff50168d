"""Average linkage over unit vectors, without a matrix of all pairs.

Every vector begins as a group of its own. The similarity of two groups is the mean cosine over all
pairs of their vectors. That equals the dot product of the groups' mean vectors, so a group needs
one vector, however large it is.

The groups are merged in rounds. In each round, every group finds its most similar group; two groups
that are each other's most similar one, at ``threshold`` or above, are merged. It ends when there is
no such pair. Merging all mutual pairs at once gives the same tree as merging the best pair of all
each time, because average linkage is reducible: a merged group is never more similar to a third one
than the better of its parts was. For the same reason

- a group whose best similarity is below the threshold is finished,
- a group whose neighbour did not change needs no new search,
- groups can only meet within a component of the graph that joins vectors with a cosine at the threshold or
  above. That graph is built first, by blocks of matrix products, and all searches stay in its components.

The vectors are sorted by a hash of their bytes, so that their original order does not matter.

Above 4,096 vectors of more than 256 dimensions, components and neighbours are searched in the 192
principal dimensions, with a margin, and similarities are then computed in all dimensions. So a
merge never happens below the threshold; only among almost equal neighbours another one may be
chosen.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from iib_core.cluster.components import Components

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_ROWS, _COLUMNS = 2048, 8192
_EXACT_COUNT, _EXACT_DIM, _DIM = 4096, 256, 192
_SAMPLE = 8192


def group(
    vectors: Floats, threshold: float, on_progress: Callable[[float], None] = lambda _share: None
) -> Ints:
    """(n,) labels of the groups, from 0 in no particular order. A vector alone is a group too.

    vectors: (n, d) float32, rows of unit length. threshold: lowest mean cosine of two groups to
    merge. ``on_progress(share)`` is called with the share that is done, 0 to 1, and may raise to
    cancel. Needs memory for one copy of the vectors and 200 MB.
    """
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    order = np.argsort(digests(vectors), kind="stable")
    component = _components(vectors, order, threshold, lambda share: on_progress(0.8 * share))
    order = order[np.argsort(component, kind="stable")]
    ends = np.searchsorted(np.sort(component), np.sort(component), side="right")
    labels = np.empty(len(vectors), dtype=np.int64)
    labels[order] = _Linkage(
        np.ascontiguousarray(vectors[order], dtype=np.float32),
        ends,
        threshold,
        lambda share: on_progress(0.8 + 0.2 * share),
    ).run()
    return np.asarray(np.unique(labels, return_inverse=True)[1].reshape(-1), dtype=np.int64)


def _components(
    vectors: Floats, order: Ints, threshold: float, on_progress: Callable[[float], None]
) -> Ints:
    """The component of each of ``vectors[order]``. Vectors of different components have a cosine
    below the threshold.
    """
    low, margin = vectors[order], 1e-4
    if not _is_exact(vectors):
        low = low @ _principal(low)
        low /= np.maximum(np.linalg.norm(low, axis=1, keepdims=True), 1e-6)
        # Three standard deviations of a cosine in this number of dimensions.
        margin = 3 * (1 - threshold**2) / _DIM**0.5 + 0.02
    count = len(low)
    found = Components(count)
    blocks = [(a, b) for a in range(0, count, _ROWS) for b in range(a, count, _COLUMNS)]
    for number, (a, b) in enumerate(blocks):
        product = low[a : a + _ROWS] @ low[b : b + _COLUMNS].T
        edges = np.flatnonzero(product >= threshold - margin)
        found.join(edges // product.shape[1] + a, edges % product.shape[1] + b)
        on_progress((number + 1) / len(blocks))
    return found.labels()


class _Linkage:
    """The present groups: row i of ``means`` is a group while ``parent[i]`` is i.

    The rows of a component are adjacent; that of row i ends before ``ends[i]``.
    """

    def __init__(
        self, vectors: Floats, ends: Ints, threshold: float, on_progress: Callable[[float], None]
    ) -> None:
        count = len(vectors)
        self._means = vectors
        # An exact search uses the means themselves.
        self._low = vectors if _is_exact(vectors) else vectors @ _principal(vectors)
        self._starts = np.searchsorted(ends, ends)
        self._ends = ends
        self._threshold = threshold
        self._on_progress = on_progress
        self._sizes = np.ones(count, dtype=np.float32)
        self._parent: Ints = np.arange(count, dtype=np.int64)
        self._near: Ints = np.full(count, -1, dtype=np.int64)
        self._similarity: Floats = np.full(count, -2, dtype=np.float32)

    def run(self) -> Ints:
        """Merge until there is no pair left. Returns the group of each row."""
        active: Ints = np.flatnonzero(self._ends - self._starts > 1)
        again = active
        while len(again):
            self._search(again, active)
            active = active[self._similarity[active] >= self._threshold]
            if not len(active):
                break
            first, second = self._find_pairs(active)
            self._merge(first, second)
            changed = np.zeros(len(self._parent), dtype=bool)
            changed[first] = changed[second] = True
            active = active[self._parent[active] == active]
            again = active[changed[active] | changed[self._near[active]]]
            self._similarity[again], self._near[again] = -2, -1
            self._on_progress(1 - len(active) / len(self._parent))
        return self._roots()

    def _find_pairs(self, active: Ints) -> tuple[Ints, Ints]:
        near = self._near[active]
        mutual = (self._near[near] == active) & (active < near)
        if not mutual.any():  # similarities that differ by rounding only can form a cycle
            best = active[np.argmax(self._similarity[active])]
            pair = np.sort(np.array([best, self._near[best]], dtype=np.int64))
            return pair[:1], pair[1:]
        return active[mutual], near[mutual]

    def _merge(self, first: Ints, second: Ints) -> None:
        total = self._sizes[first] + self._sizes[second]
        for start in range(0, len(first), _ROWS):
            one, two = first[start : start + _ROWS], second[start : start + _ROWS]
            share = (self._sizes[one] / total[start : start + _ROWS])[:, None]
            for vectors in (self._means,) if self._low is self._means else (self._means, self._low):
                vectors[one] = vectors[one] * share + vectors[two] * (1 - share)
        self._sizes[first] = total
        self._parent[second] = first

    def _search(self, wanted: Ints, active: Ints) -> None:
        """Find the most similar of ``active`` for each of ``wanted``, within its component.

        ``wanted`` is a subset of ``active``; both ascend.
        """
        for a in range(0, len(wanted), _ROWS):
            rows = wanted[a : a + _ROWS]
            begin, end = np.searchsorted(active, (self._starts[rows[0]], self._ends[rows[-1]]))
            for b in range(begin, end, _COLUMNS):
                columns = active[b : min(b + _COLUMNS, end)]
                self._improve(self._low[rows] @ self._low[columns].T, rows, columns)
            self._on_progress(1 - len(active) / len(self._parent))
        self._measure(wanted[self._near[wanted] >= 0])

    def _improve(self, product: Floats, rows: Ints, columns: Ints) -> None:
        """Store the best column of each row if it is better than the stored one; never the row
        itself.
        """
        itself = np.searchsorted(columns, rows)
        inside = itself < len(columns)
        inside[inside] = columns[itself[inside]] == rows[inside]
        product[np.flatnonzero(inside), itself[inside]] = -2
        column = product.argmax(axis=1)
        best = product[np.arange(len(rows)), column]
        better = best > self._similarity[rows]
        self._similarity[rows[better]] = best[better]
        self._near[rows[better]] = columns[column[better]]

    def _measure(self, rows: Ints) -> None:
        """Compute similarities in all dimensions, the same for both rows of a pair."""
        for start in range(0, len(rows), _ROWS):
            one = rows[start : start + _ROWS]
            self._similarity[one] = np.einsum(
                "ij,ij->i", self._means[one], self._means[self._near[one]]
            )
        # Similarity is symmetric, but the search in few dimensions may have missed the other
        # direction. In ascending order, so that the highest similarity is stored last.
        rows = rows[self._similarity[rows] > self._similarity[self._near[rows]]]
        rows = rows[np.argsort(self._similarity[rows], kind="stable")]
        self._similarity[self._near[rows]] = self._similarity[rows]
        self._near[self._near[rows]] = rows

    def _roots(self) -> Ints:
        roots = self._parent
        while True:
            above = roots[roots]
            if (above == roots).all():
                return roots
            roots = above


def _is_exact(vectors: Floats) -> bool:
    return len(vectors) <= _EXACT_COUNT or vectors.shape[1] <= _EXACT_DIM


def digests(vectors: Floats) -> NDArray[np.uint64]:
    """A hash of the bytes of each row."""
    factors = np.random.default_rng(1).integers(1, 2**63, vectors.shape[1], dtype=np.uint64)
    odd = factors * np.uint64(2) + np.uint64(1)
    found = np.empty(len(vectors), dtype=np.uint64)
    for start in range(0, len(vectors), _ROWS):
        part = np.ascontiguousarray(vectors[start : start + _ROWS], dtype=np.float32)
        words = part.view(np.uint32).astype(np.uint64)
        found[start : start + _ROWS] = (words * odd).sum(axis=1, dtype=np.uint64)
    return found


def _principal(vectors: Floats) -> Floats:
    """(d, 192) orthonormal columns that span most of the vectors, by three steps of subspace
    iteration over a sample.
    """
    sample = vectors[:: max(1, len(vectors) // _SAMPLE)]
    basis = np.random.default_rng(2).standard_normal((vectors.shape[1], _DIM), dtype=np.float32)
    for _ in range(3):
        basis = _orthonormal(sample.T @ (sample @ basis))
    return basis


def _orthonormal(basis: Floats) -> Floats:
    """Orthonormal columns of the same span, by Cholesky: a QR of such a narrow matrix takes seconds
    on few processors.
    """
    wide = basis.astype(np.float64)
    for _ in range(2):
        squares = wide.T @ wide
        squares[np.diag_indices_from(squares)] += 1e-12 * np.trace(squares)
        wide = wide @ np.linalg.inv(np.linalg.cholesky(squares)).T
    return np.ascontiguousarray(wide, dtype=np.float32)
