"""Average linkage: the same groups as in the textbook, for any order of the vectors, and for the
search in few dimensions.
"""

from __future__ import annotations

import numpy as np
import pytest

from iib_core.cluster import linkage
from iib_core.cluster.components import Components

pytestmark = pytest.mark.stack

hierarchy = pytest.importorskip("scipy.cluster.hierarchy")


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def made(count, groups, dim, noise, seed=0):
    draw = np.random.default_rng(seed)
    middles = unit(draw.standard_normal((groups, dim)))
    truth = draw.integers(0, groups, count)
    return unit(middles[truth] + noise * draw.standard_normal((count, dim)) / np.sqrt(dim)), truth


def partition(labels):
    found = {}
    for at, label in enumerate(labels):
        found.setdefault(int(label), []).append(at)
    return {tuple(members) for members in found.values()}


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.85, 0.99])
@pytest.mark.parametrize(
    ("count", "groups", "dim", "noise"),
    [(2, 1, 4, 0.1), (150, 6, 8, 0.8), (300, 15, 64, 1.0), (300, 20, 300, 0.6)],
)
def test_the_groups_are_those_of_average_linkage(count, groups, dim, noise, threshold):
    vectors, _ = made(count, groups, dim, noise)
    tree = hierarchy.linkage(vectors.astype(np.float64), "average", metric="cosine")
    assert partition(linkage.group(vectors, threshold)) == partition(
        hierarchy.fcluster(tree, 1 - threshold, "distance")
    )


def test_the_order_changes_nothing_and_copies_are_one_group():
    vectors, _ = made(400, 12, 32, 0.9)
    vectors = np.concatenate([vectors, vectors[:50]])
    order = np.random.default_rng(1).permutation(len(vectors))
    one = linkage.group(vectors, 0.6)
    other = np.empty_like(one)
    other[order] = linkage.group(vectors[order], 0.6)
    assert partition(one) == partition(other)
    assert (one[:50] == one[400:]).all()


def test_in_few_dimensions_the_same_is_found(monkeypatch):
    monkeypatch.setattr(linkage, "_EXACT_COUNT", 100)
    monkeypatch.setattr(linkage, "_ROWS", 128)
    monkeypatch.setattr(linkage, "_COLUMNS", 512)
    vectors, truth = made(1500, 40, 512, 0.45)
    before = vectors.copy()
    assert partition(linkage.group(vectors, 0.7)) == partition(truth)
    assert (vectors == before).all()


@pytest.mark.parametrize("vectors", [np.zeros((0, 4)), np.ones((1, 4)) / 2])
def test_nothing_and_one(vectors):
    assert linkage.group(vectors.astype(np.float32), 0.5).tolist() == [0] * len(vectors)


def test_it_tells_how_far_it_is_and_can_be_ended():
    vectors, _ = made(300, 6, 16, 0.7)
    told = []
    linkage.group(vectors, 0.5, told.append)
    assert told == sorted(told) and told[0] > 0 and told[-1] <= 1

    def stop(_share):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        linkage.group(vectors, 0.5, stop)


def test_components_are_those_of_the_graph():
    draw = np.random.default_rng(3)
    edges = draw.integers(0, 200, (120, 2))
    found = Components(200)
    for part in np.array_split(edges, 7):
        found.join(part[:, 0], part[:, 1])
    expected = list(range(200))
    for _ in range(200):
        for one, two in edges:
            expected[one] = expected[two] = min(expected[one], expected[two])
    assert found.labels().tolist() == expected
