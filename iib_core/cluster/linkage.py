"""Average linkage over unit vectors, without a matrix of all pairs.

Every vector begins as a group of its own. The likeness of two groups is the mean cosine over all
pairs of their vectors, which is exactly the dot product of the groups' mean vectors: so a group
needs one vector, however large it is. In rounds, every group finds the group most like it, and each
two that are most like one another, at ``threshold`` or above, become one; it ends when there are
none. Merging all such mutual pairs at once gives the same tree as always merging the best pair of
all, because a merged group is never more like a third than the liker of its two parts (average
linkage is reducible); for the same reason a group whose best likeness is below the threshold can be
laid aside for good, one whose neighbour did not change needs no new search, and groups can only
meet inside a component of the graph that joins vectors with a cosine at the threshold or above:
that graph is found first, by blocks of matrix products, and all searches stay inside its
components. Vectors are put into an order that follows from their own bytes, so the order in which
they came changes nothing. Above 4,096 vectors of more than 256 dimensions, components and
neighbours are looked for in the vectors' 192 principal dimensions, with a margin, and likenesses
then computed in all of them: a merge never happens below the threshold, only of several almost
equal neighbours another one may be taken.
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


def group(vectors: Floats, threshold: float, tell: Callable[[float], None] = lambda _share: None) -> Ints:
    """Label each vector by its group; labels count from 0 in no particular order, a vector alone
    has a label of its own.

    vectors: (n, d) float32, rows of unit length. threshold: least mean cosine of two groups that become one.
    ``tell`` hears from time to time the share that is done, from 0 to 1, and may raise to end the
    work. Memory: one copy of the vectors and 200 MB.
    """
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    order = np.argsort(digests(vectors), kind="stable")
    component = _components(vectors, order, threshold, lambda share: tell(0.8 * share))
    order = order[np.argsort(component, kind="stable")]
    ends = np.searchsorted(np.sort(component), np.sort(component), side="right")
    labels = np.empty(len(vectors), dtype=np.int64)
    labels[order] = _Linkage(
        np.ascontiguousarray(vectors[order], dtype=np.float32),
        ends,
        threshold,
        lambda share: tell(0.8 + 0.2 * share),
    ).run()
    return np.asarray(np.unique(labels, return_inverse=True)[1].reshape(-1), dtype=np.int64)


def _components(vectors: Floats, order: Ints, threshold: float, tell: Callable[[float], None]) -> Ints:
    """The component of each of ``vectors[order]``; vectors of two components have a cosine below
    the threshold.
    """
    low, margin = vectors[order], 1e-4
    if not _is_exact(vectors):
        low = low @ _principal(low)
        low /= np.maximum(np.linalg.norm(low, axis=1, keepdims=True), 1e-6)
        margin = (
            3 * (1 - threshold**2) / _DIM**0.5 + 0.02
        )  # three deviations of a cosine that is seen in so few dimensions
    count = len(low)
    found = Components(count)
    blocks = [(a, b) for a in range(0, count, _ROWS) for b in range(a, count, _COLUMNS)]
    for number, (a, b) in enumerate(blocks):
        product = low[a : a + _ROWS] @ low[b : b + _COLUMNS].T
        edges = np.flatnonzero(product >= threshold - margin)
        found.join(edges // product.shape[1] + a, edges % product.shape[1] + b)
        tell((number + 1) / len(blocks))
    return found.labels()


class _Linkage:
    """The groups as they stand: row i of ``means`` while ``parent[i]`` is i.

    Rows of a component stand together; it ends before ``ends[i]``.
    """

    def __init__(self, vectors: Floats, ends: Ints, threshold: float, tell: Callable[[float], None]) -> None:
        count = len(vectors)
        self._means = vectors
        # Of exact searches the means are searched themselves.
        self._low = vectors if _is_exact(vectors) else vectors @ _principal(vectors)
        self._starts = np.searchsorted(ends, ends)
        self._ends = ends
        self._threshold = threshold
        self._tell = tell
        self._sizes = np.ones(count, dtype=np.float32)
        self._parent: Ints = np.arange(count, dtype=np.int64)
        self._near: Ints = np.full(count, -1, dtype=np.int64)
        self._like: Floats = np.full(count, -2, dtype=np.float32)

    def run(self) -> Ints:
        """Merge until nothing is left to merge. Returns the group of each row."""
        active: Ints = np.flatnonzero(self._ends - self._starts > 1)
        again = active
        while len(again):
            self._search(again, active)
            active = active[self._like[active] >= self._threshold]
            if not len(active):
                break
            first, second = self._find_pairs(active)
            self._merge(first, second)
            changed = np.zeros(len(self._parent), dtype=bool)
            changed[first] = changed[second] = True
            active = active[self._parent[active] == active]
            again = active[changed[active] | changed[self._near[active]]]
            self._like[again], self._near[again] = -2, -1
            self._tell(1 - len(active) / len(self._parent))
        return self._roots()

    def _find_pairs(self, active: Ints) -> tuple[Ints, Ints]:
        near = self._near[active]
        mutual = (self._near[near] == active) & (active < near)
        if not mutual.any():  # likenesses equal up to rounding can point in a circle
            best = active[np.argmax(self._like[active])]
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
        """The nearest of ``active`` for each of ``wanted``, which is a part of them, in its own component.

        Both ascend.
        """
        for a in range(0, len(wanted), _ROWS):
            rows = wanted[a : a + _ROWS]
            begin, end = np.searchsorted(active, (self._starts[rows[0]], self._ends[rows[-1]]))
            for b in range(begin, end, _COLUMNS):
                columns = active[b : min(b + _COLUMNS, end)]
                self._improve(self._low[rows] @ self._low[columns].T, rows, columns)
            self._tell(1 - len(active) / len(self._parent))
        self._measure(wanted[self._near[wanted] >= 0])

    def _improve(self, product: Floats, rows: Ints, columns: Ints) -> None:
        """Take the best column of each row where it is better than what the row knows; never the row itself."""
        own = np.searchsorted(columns, rows)
        inside = own < len(columns)
        inside[inside] = columns[own[inside]] == rows[inside]
        product[np.flatnonzero(inside), own[inside]] = -2
        at = product.argmax(axis=1)
        best = product[np.arange(len(rows)), at]
        better = best > self._like[rows]
        self._like[rows[better]] = best[better]
        self._near[rows[better]] = columns[at[better]]

    def _measure(self, rows: Ints) -> None:
        """Compute likenesses in all dimensions, the same for both sides of a pair."""
        for start in range(0, len(rows), _ROWS):
            one = rows[start : start + _ROWS]
            self._like[one] = np.einsum("ij,ij->i", self._means[one], self._means[self._near[one]])
        # What is near to one is near to the other; the search in few dimensions may have missed it
        # from there. In rising order, so that the best stays.
        rows = rows[self._like[rows] > self._like[self._near[rows]]]
        rows = rows[np.argsort(self._like[rows], kind="stable")]
        self._like[self._near[rows]] = self._like[rows]
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
    """A number for each row that follows from its bytes."""
    odd = np.random.default_rng(1).integers(1, 2**63, vectors.shape[1], dtype=np.uint64) * np.uint64(
        2
    ) + np.uint64(1)
    found = np.empty(len(vectors), dtype=np.uint64)
    for start in range(0, len(vectors), _ROWS):
        part = np.ascontiguousarray(vectors[start : start + _ROWS], dtype=np.float32)
        found[start : start + _ROWS] = (part.view(np.uint32).astype(np.uint64) * odd).sum(
            axis=1, dtype=np.uint64
        )
    return found


def _principal(vectors: Floats) -> Floats:
    """(d, 192) orthonormal columns that hold most of the vectors, by two steps of subspace
    iteration over a sample of them.
    """
    sample = vectors[:: max(1, len(vectors) // _SAMPLE)]
    basis = np.random.default_rng(2).standard_normal((vectors.shape[1], _DIM), dtype=np.float32)
    for _ in range(3):
        basis = _orthonormal(sample.T @ (sample @ basis))
    return basis


def _orthonormal(basis: Floats) -> Floats:
    """Columns of the same span at right angles; by way of Cholesky, because a QR of so narrow a
    matrix takes seconds where processors are few.
    """
    wide = basis.astype(np.float64)
    for _ in range(2):
        squares = wide.T @ wide
        squares[np.diag_indices_from(squares)] += 1e-12 * np.trace(squares)
        wide = wide @ np.linalg.inv(np.linalg.cholesky(squares)).T
    return np.ascontiguousarray(wide, dtype=np.float32)
