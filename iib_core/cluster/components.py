"""Connected components of a graph whose edges arrive in blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Components:
    """The components of ``count`` nodes. Only edges that join two components cost memory."""

    def __init__(self, count: int) -> None:
        self._labels: Ints = np.arange(count, dtype=np.int64)

    def join(self, first: Ints, second: Ints) -> None:
        """Add edges from ``first`` to ``second``, arrays of nodes."""
        one, two = self._labels[first], self._labels[second]
        differ = one != two
        if not differ.any():
            return
        one, two = one[differ], two[differ]
        pairs = np.unique(np.minimum(one, two) * len(self._labels) + np.maximum(one, two))
        parent: dict[int, int] = {}
        for pair in pairs.tolist():
            low, high = (
                _root(parent, pair // len(self._labels)),
                _root(parent, pair % len(self._labels)),
            )
            if low != high:
                parent[max(low, high)] = min(low, high)
        moved = np.arange(len(self._labels), dtype=np.int64)
        for label in parent:
            moved[label] = _root(parent, label)
        self._labels = moved[self._labels]

    def labels(self) -> Ints:
        """For each node, the smallest node of its component."""
        return self._labels


def _root(parent: dict[int, int], label: int) -> int:
    top = label
    while top in parent:
        top = parent[top]
    while label != top:
        parent[label], label = top, parent[label]
    return top
