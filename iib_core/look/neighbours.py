"""Signatures that are near each other, found by multi-index hashing and never by comparing all
pairs.

Two hashes that differ in at most ``d`` bits agree in at least ``k`` of ``d + k`` blocks of bits,
wherever the differing bits are. So they meet in the table of at least one choice of ``k`` blocks,
in which those with the same bits there stand together once it is sorted. What meets is compared in
full. Source: Norouzi, Punjani, Fleet, Fast Search in Hamming Space with Multi-Index Hashing, 2012;
here with several equal blocks instead of one, and without a stored table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

from iib_core.db.looks import Looks
from iib_core.media import signature

Bits = NDArray[np.uint64]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]

# Bits of the pHash's lower half in which two files may differ.
DEFAULT_DISTANCE, MAX_DISTANCE = 5, 8
# By which share of the contrast the grids of two files may differ at distance 0, and how much more
# for each bit; and what the rounding of their cells adds, of 255. Measured by ``python -m bench
# look``.
_CONTRAST, _CONTRAST_STEP, _ROUNDING = 0.2, 0.03, 0.5
# By how much lengths of videos may differ.
_MOST_SECONDS, _MOST_SHARE = 1.0, 0.02

_BITS = 32
_MOST_ROWS = 1 << 24
_PART = 1 << 17
_PENDING = 500_000
# What it takes to sort a row of a table, and to compare two rows; nanoseconds. Only the ratio
# matters.
_SORT_NS, _COMPARE_NS = 150.0, 6.0
# How many of the rows with equal blocks are about as bright.
_AS_BRIGHT = 0.1
# From this share of the rows on it is faster to compare all of them than to pick those that have to
# be.
_MANY = 0.2


@dataclass(frozen=True)
class Codes:
    """Signatures taken apart, a row for each file; ``durations`` in seconds, 0 for pictures."""

    hashes: Bits
    rises: Bits
    grids: NDArray[np.uint8]
    durations: NDArray[np.float32]

    @staticmethod
    def of(looks: Looks) -> Codes:
        """The parts of signatures."""
        return Codes(*signature.take_apart(looks.signatures), looks.durations)

    @staticmethod
    def none(count: int) -> Codes:
        """The codes of files that were not looked at."""
        return Codes(
            np.zeros(count, np.uint64),
            np.zeros(count, np.uint64),
            np.zeros((count, signature.BYTES - 16), np.uint8),
            np.zeros(count, np.float32),
        )

    @staticmethod
    def joined(parts: Sequence[Codes]) -> Codes:
        """All of them, one after the other."""
        return Codes(
            np.concatenate([part.hashes for part in parts]),
            np.concatenate([part.rises for part in parts]),
            np.concatenate([part.grids for part in parts]),
            np.concatenate([part.durations for part in parts]),
        )

    def pick(self, places: Places) -> Codes:
        """Those at ``places``."""
        return Codes(
            self.hashes[places], self.rises[places], self.grids[places], self.durations[places]
        )

    def __len__(self) -> int:
        return len(self.hashes)

    @cached_property
    def coarse(self) -> NDArray[np.uint32]:
        """The lower half of each pHash."""
        return self.hashes.astype(np.uint32)

    @cached_property
    def light(self) -> NDArray[np.uint8]:
        """The mean of each grid."""
        means = [
            self.grids[start : start + _PART].mean(axis=1, dtype=np.float32)
            for start in range(0, len(self), _PART)
        ]
        return np.uint8(np.concatenate(means) + 0.5) if means else np.empty(0, np.uint8)


def distances(codes: Codes, one: Places | int, others: Places) -> NDArray[np.uint8]:
    """In how many bits of the lower half of their pHashes files differ."""
    return count_bits(codes.coarse[one] ^ codes.coarse[others])


def are_near(codes: Codes, one: Places, others: Places, distance: int) -> Mask:
    """Whether files are near each other, by pairs: their hashes, their colours, how these vary, and
    how bright and how long the files are.
    """
    tests: tuple[Callable[[Places, Places], Mask], ...] = (
        lambda a, b: distances(codes, a, b) <= distance,
        lambda a, b: count_bits(codes.rises[a] ^ codes.rises[b]) <= 2 * distance + 4,
        lambda a, b: count_bits(codes.hashes[a] ^ codes.hashes[b]) <= 2 * distance + 6,
        lambda a, b: (
            np.abs(codes.light[a].astype(np.int16) - codes.light[b]) <= _most_light(distance)
        ),
        lambda a, b: _colour_differences(codes, a, b) <= distance + 2,
        lambda a, b: _have_one_contrast(codes, a, b, _CONTRAST + _CONTRAST_STEP * distance),
        lambda a, b: _are_as_long(codes.durations[a], codes.durations[b]),
    )
    left = np.arange(len(others))
    for test in tests:
        left = left[test(one[left], others[left])]
    near = np.zeros(len(others), dtype=bool)
    near[left] = True
    return near


def _have_one_contrast(codes: Codes, one: Places, others: Places, most: float) -> Mask:
    """Whether colours vary within files in the same way: their grids, each channel without its
    mean, differ by no more than this share of how much they vary.

    Nearly black, nearly white and flat pictures have hashes that are mostly noise, and colours that
    are all close to each other: this is what tells them apart.
    """
    same = np.empty(len(others), dtype=bool)
    for start in range(0, len(others), _PART):
        part = slice(start, start + _PART)
        first, second = (_deviations(codes.grids[places[part]]) for places in (one, others))
        varies = np.maximum(_root_mean_square(first), _root_mean_square(second))
        same[part] = _root_mean_square(first - second) <= most * varies + _ROUNDING
    return same


def _deviations(grids: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How far each cell is from the mean colour of its grid."""
    cells = grids.reshape(len(grids), -1, 3).astype(np.float32)
    cells -= cells.mean(axis=1, keepdims=True)
    return cells.reshape(len(grids), -1)


def _root_mean_square(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.sqrt(np.square(rows).mean(axis=1)), dtype=np.float32)


def _are_as_long(one: NDArray[np.float32], other: NDArray[np.float32]) -> Mask:
    """Whether videos are about as long as others."""
    longer = np.maximum(one, other)
    same: Mask = longer - np.minimum(one, other) <= np.maximum(_MOST_SECONDS, _MOST_SHARE * longer)
    return same


def are_alike(codes: Codes, one: Places, others: Places, bits: int, colour: float) -> Mask:
    """Whether files differ by pairs in at most ``bits`` of each hash, and by at most ``colour``."""
    alike = count_bits(codes.hashes[one] ^ codes.hashes[others]) <= bits
    alike &= count_bits(codes.rises[one] ^ codes.rises[others]) <= bits
    return alike & (_colour_differences(codes, one, others) <= colour)


def alikeness(codes: Codes, one: int, others: Places) -> NDArray[np.float32]:
    """How much files look like one, from 0 to 1: by both hashes and by the colours."""
    hashes = count_bits(codes.hashes[one] ^ codes.hashes[others]) / np.float32(32)
    rises = count_bits(codes.rises[one] ^ codes.rises[others]) / np.float32(32)
    colours = _colour_differences(codes, one, others) / np.float32(64)
    away = 0.4 * np.minimum(hashes, 1) + 0.2 * np.minimum(rises, 1) + 0.4 * np.minimum(colours, 1)
    return np.asarray(1 - away, dtype=np.float32)


def _most_light(distance: int) -> int:
    """By how much the mean brightness may differ, of 255."""
    return max(1, distance)


def find_pairs(codes: Codes, distance: int) -> Iterator[tuple[Places, Places]]:
    """All pairs of files that are near each other, in parts; a pair may come more than once."""
    for mask in _masks(distance, len(codes)):
        yield from _pairs_of_table(codes, mask, distance, None)


def find_components(codes: Codes, distance: int, check: Callable[[float], None]) -> Places:
    """A number for each file: the same for those that are near each other, or are connected by
    others that are.

    ``check`` is called with the share of the work that is done, and may raise.
    """
    if len(codes) > _MOST_ROWS:
        raise ValueError(f"at most {_MOST_ROWS} files")
    roots = Roots(len(codes))
    order = np.argsort(codes.hashes, kind="stable")
    same = _are_same(codes, order[:-1], order[1:])
    roots.join(order[:-1][same], order[1:][same])
    masks = _masks(distance, len(codes))
    for number, mask in enumerate(masks):
        check(number / len(masks))
        pending: list[tuple[Places, Places]] = []
        for one, other in _pairs_of_table(codes, mask, distance, roots.of):
            pending.append((one, other))
            if sum(len(part) for part, _ in pending) > _PENDING:
                roots.join_all(pending)
                pending = []
        roots.join_all(pending)
    return roots.of


class Roots:
    """Which files belong together: ``of`` is the first of them, for each."""

    def __init__(self, count: int) -> None:
        self.of: Places = np.arange(count)

    def join(self, one: Places, other: Places) -> None:
        """Join pairs of files, and so all that belong to either."""
        while len(one):
            first, second = self.of[one], self.of[other]
            differ = first != second
            one, other, first, second = one[differ], other[differ], first[differ], second[differ]
            np.minimum.at(self.of, np.maximum(first, second), np.minimum(first, second))
            self._shorten()

    def join_all(self, parts: Sequence[tuple[Places, Places]]) -> None:
        """Join all pairs."""
        if parts:
            self.join(
                np.concatenate([part for part, _ in parts]),
                np.concatenate([part for _, part in parts]),
            )

    def _shorten(self) -> None:
        while True:
            shorter = self.of[self.of]
            if np.array_equal(shorter, self.of):
                return
            self.of[:] = shorter


def _masks(distance: int, count: int) -> list[np.uint32]:
    """The blocks that must be equal in each table: those choices of blocks that take the least
    time.
    """

    def cost(equal: int) -> float:
        blocks = distance + equal
        rows_meeting = count * _AS_BRIGHT / 2 ** (_BITS * equal / blocks)
        return comb(blocks, equal) * count * (_SORT_NS + rows_meeting / 2 * _COMPARE_NS)

    equal = min(range(1, 6), key=cost)
    edges = [round(_BITS * at / (distance + equal)) for at in range(distance + equal + 1)]
    blocks = [(1 << end) - (1 << start) for start, end in pairwise(edges)]
    return [np.uint32(sum(chosen)) for chosen in combinations(blocks, equal)]


def _pairs_of_table(
    codes: Codes, mask: np.uint32, distance: int, roots: Places | None
) -> Iterator[tuple[Places, Places]]:
    """Pairs that are near each other among the files whose bits under ``mask`` are equal.

    ``roots``: those that belong together already are left out.
    """
    table = (codes.coarse & mask).astype(np.uint64) << np.uint64(32)
    table |= codes.light.astype(np.uint64) << np.uint64(24)
    table |= np.arange(len(codes), dtype=np.uint64)
    table.sort()
    rows = (table & np.uint64(_MOST_ROWS - 1)).astype(np.int64)
    reach = _reach(table, _most_light(distance))
    if roots is not None:
        reach[_is_settled(table, roots[rows])] = 0
    coarse = codes.coarse[rows]
    for one, other in _compare(coarse, reach, distance):
        first, second = rows[one], rows[other]
        if roots is not None:
            apart = roots[first] != roots[second]
            first, second = first[apart], second[apart]
        near = are_near(codes, first, second, distance)
        if near.any():
            yield first[near], second[near]


def _reach(table: Bits, most_light: int) -> Places:
    """How many rows behind each have equal blocks and are about as bright."""
    light = (table >> np.uint64(24)) & np.uint64(255)
    more = np.minimum(np.uint64(255) - light, np.uint64(most_light))
    last = ((table >> np.uint64(24)) + more << np.uint64(24)) | np.uint64(_MOST_ROWS - 1)
    ends: Places = np.searchsorted(table, last, side="right")
    return np.asarray(ends - np.arange(1, len(table) + 1))


def _is_settled(table: Bits, roots: Places) -> Mask:
    """Whether all rows that meet with one belong together already."""
    if not len(table):
        return np.empty(0, dtype=bool)
    keys = table >> np.uint64(32)
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    is_one = np.minimum.reduceat(roots, starts) == np.maximum.reduceat(roots, starts)
    return np.repeat(is_one, np.diff(np.append(starts, len(table))))


def _compare(
    coarse: NDArray[np.uint32], reach: Places, distance: int
) -> Iterator[tuple[Places, Places]]:
    """(row, row behind) of a table that differ in at most ``distance`` bits, at every step within
    reach.
    """
    left = np.flatnonzero(reach > 0)
    step = 1
    while len(left):
        if len(left) > _MANY * len(coarse):
            yield from _compare_all(coarse, step, distance)
        else:
            differing = count_bits(coarse[left] ^ coarse[left + step])
            one = left[differing <= distance]
            if len(one):
                yield one, one + step
        step += 1
        left = left[reach[left] >= step]


def _compare_all(
    coarse: NDArray[np.uint32], step: int, distance: int
) -> Iterator[tuple[Places, Places]]:
    """The same for all rows and one step; more than have to be compared, in less time."""
    for start in range(0, len(coarse) - step, _PART):
        end = min(start + _PART, len(coarse) - step)
        differing = count_bits(coarse[start:end] ^ coarse[start + step : end + step])
        one = np.flatnonzero(differing <= distance) + start
        if len(one):
            yield one, one + step


def _are_same(codes: Codes, one: Places, other: Places) -> Mask:
    """Whether files have the same signature and length."""
    same: Mask = (codes.hashes[one] == codes.hashes[other]) & (
        codes.rises[one] == codes.rises[other]
    )
    left = np.flatnonzero(same)
    first, second = one[left], other[left]
    same[left] = (codes.grids[first] == codes.grids[second]).all(axis=1) & (
        codes.durations[first] == codes.durations[second]
    )
    return same


def _colour_differences(codes: Codes, one: Places | int, others: Places) -> NDArray[np.float32]:
    """The mean differences of the cells of grids, of 255."""
    found = np.empty(len(others), dtype=np.float32)
    for start in range(0, len(others), _PART):
        part = slice(start, start + _PART)
        first = codes.grids[one if isinstance(one, int) else one[part]].astype(np.int16)
        found[part] = np.abs(first - codes.grids[others[part]]).mean(axis=1, dtype=np.float32)
    return found


def _count_bits_by_table(values: NDArray[np.uint32] | Bits) -> NDArray[np.uint8]:
    pieces = np.ascontiguousarray(values).view(np.uint16).reshape(-1, values.itemsize // 2)
    counts = _BITS_OF[pieces[:, 0]]
    for at in range(1, pieces.shape[1]):
        counts += _BITS_OF[pieces[:, at]]
    return counts


_BITS_OF = np.array([bin(value).count("1") for value in range(1 << 16)], dtype=np.uint8)
# numpy 2 counts bits itself.
count_bits: Callable[[NDArray[np.uint32] | Bits], NDArray[np.uint8]] = getattr(
    np, "bitwise_count", _count_bits_by_table
)
