"""Near signatures: what the index finds is what comparing all pairs finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iib_core.db.looks import Looks
from iib_core.look import neighbours
from iib_core.look.neighbours import Codes
from iib_core.media import signature
from tests.searches import rounds

pytestmark = pytest.mark.stack


def make(seed: int, count: int, clusters: int, flips: int) -> Codes:
    """Signatures around some middles, of which each differs in up to so many bits."""
    numbers = np.random.default_rng(seed)
    middles = numbers.integers(0, 256, (clusters, signature.BYTES), dtype=np.uint8)
    rows = middles[numbers.integers(0, clusters, count)]
    for row in rows:
        for bit in numbers.integers(0, 128, numbers.integers(0, flips + 1)):
            row[bit // 8] ^= 1 << (bit % 8)
        row[16:] = np.clip(row[16:] + numbers.integers(-3, 4, 48), 0, 255)
    rows[numbers.random(count) < 0.05] = 255
    durations = np.where(numbers.random(count) < 0.2, numbers.uniform(90, 110, count), 0.0).astype(
        np.float32
    )
    return Codes.of(Looks(np.arange(count), rows, durations))


def brute_force(codes: Codes, distance: int) -> set[tuple[int, int]]:
    one, other = np.triu_indices(len(codes), 1)
    near = neighbours.are_near(codes, one, other, distance)
    return set(zip(one[near].tolist(), other[near].tolist()))


@settings(max_examples=rounds(40))
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 300),
    clusters=st.integers(1, 40),
    flips=st.integers(0, 20),
    distance=st.integers(0, neighbours.MAX_DISTANCE),
)
def test_the_index_finds_what_comparing_all_pairs_finds(seed, count, clusters, flips, distance):
    codes = make(seed, count, clusters, flips)
    found = set()
    for one, other in neighbours.find_pairs(codes, distance):
        found |= {(min(pair), max(pair)) for pair in zip(one.tolist(), other.tolist())}
    expected = brute_force(codes, distance)
    assert found == expected
    roots = neighbours.find_components(codes, distance, lambda share: None)
    assert components(roots.tolist()) == components(connect(count, expected))


def connect(count: int, pairs: set[tuple[int, int]]) -> list[int]:
    """One file that each is connected with, the same for all that are connected."""
    roots = list(range(count))

    def root(at: int) -> int:
        while roots[at] != at:
            at = roots[at]
        return at

    for one, other in pairs:
        roots[root(one)] = root(other)
    return [root(at) for at in range(count)]


def components(roots: list[int]) -> set[frozenset[int]]:
    groups: dict[int, set[int]] = {}
    for at, root in enumerate(roots):
        groups.setdefault(root, set()).add(at)
    return set(map(frozenset, groups.values()))


@pytest.mark.parametrize("count", [3_000, 20_000])
def test_whatever_the_number_of_tables(count):
    """The number of files decides how many blocks are compared at once."""
    codes = make(7, count, count // 20, 10)
    one, other = np.triu_indices(min(count, 3_000), 1)
    near = neighbours.are_near(codes, one, other, 5)
    roots = neighbours.find_components(codes, 5, lambda share: None)
    assert (roots[one[near]] == roots[other[near]]).all() and near.sum() > 1000


def test_bits_are_counted_the_same_way_by_every_numpy():
    for kind in (np.uint32, np.uint64):
        values = np.random.default_rng(1).integers(0, 2**32, 1000).astype(kind)
        values *= kind(0x9E3779B1)
        expected = [int(value).bit_count() for value in values]
        assert neighbours.count_bits(values).tolist() == expected
        assert neighbours._count_bits_by_table(values).tolist() == expected
        assert neighbours._count_bits_by_table(values[:0]).tolist() == []


def test_work_can_be_ended():
    class Ended(Exception):
        pass

    def check(share):
        raise Ended

    with pytest.raises(Ended):
        neighbours.find_components(make(1, 50, 5, 3), 5, check)
