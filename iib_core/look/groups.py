"""Groups of duplicates, each around the file that is best to keep.

Which one that is follows from one rule: the most metadata, then the highest rating and the most
tags and albums, then the largest (in pixels, then in bytes), then the oldest. Every other file of a
group is a duplicate of that file itself, and not only of others that are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iib_core.look import neighbours
from iib_core.look.neighbours import Codes, Mask, Places

# How two files are duplicates: they hold the same bytes; show the same picture in another format or
# size; or nearly the same.
EXACT, SAME, NEAR = "exact", "same", "near"
KINDS = (EXACT, SAME, NEAR)
# What the same picture in another format or size differs in at most: bits of hashes, colours of
# 255, and the ratio of width to height.
_SAME_BITS, _SAME_COLOUR, _SAME_SHAPE = 4, 1.5, 0.01
UNSEEN = 255


@dataclass(frozen=True)
class Member:
    """A file of a group: how it is a duplicate of the one to keep, and in how many bits of the hash
    it differs (None: one of them was not looked at).
    """

    image_id: int
    kind: str
    distance: int | None


@dataclass(frozen=True)
class Group:
    """Duplicates: the file to keep, and the others, the best first."""

    keeper: int
    others: tuple[Member, ...]

    @property
    def kind(self) -> str:
        """How the file differs that differs most."""
        return max((member.kind for member in self.others), key=KINDS.index)


@dataclass(frozen=True)
class Candidates:
    """Files that may be duplicates, a row for each: ``codes``, of those that were ``seen``;
    ``copies``, a number for what they hold (-1: no other holds the same); ``worth`` as of
    ``db.duplicates.load_worth``.
    """

    ids: NDArray[np.int64]
    codes: Codes
    seen: Mask
    copies: Places
    worth: NDArray[np.int64]


@dataclass(frozen=True)
class Groups:
    """Many groups, packed: a row for each file that is not to be kept, the rows of a group
    together.
    """

    keepers: NDArray[np.int64]
    others: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    distances: NDArray[np.uint8]
    starts: Places
    bytes_to_free: int

    def __len__(self) -> int:
        return len(self.starts)

    def page(self, start: int, limit: int) -> list[Group]:
        """Groups from a position on."""
        ends = np.append(self.starts[1:], len(self.others))
        return [
            self._get(int(first), int(end))
            for first, end in zip(self.starts[start : start + limit], ends[start : start + limit])
        ]

    def range_of(self, kind: str) -> range:
        """The positions of the groups of a kind; of all groups where it is ""."""
        if not kind:
            return range(len(self))
        counts = self.count_by_kind()
        start = sum(counts[before] for before in KINDS[: KINDS.index(kind)])
        return range(start, start + counts[kind])

    def count_by_kind(self) -> dict[str, int]:
        """How many groups there are of each kind."""
        if not len(self):
            return dict.fromkeys(KINDS, 0)
        counts = np.bincount(np.maximum.reduceat(self.kinds, self.starts), minlength=len(KINDS))
        return dict(zip(KINDS, counts.tolist()))

    def _get(self, start: int, end: int) -> Group:
        rows = zip(
            self.others[start:end].tolist(),
            self.kinds[start:end].tolist(),
            self.distances[start:end].tolist(),
        )
        members = (
            Member(image_id, KINDS[kind], None if bits == UNSEEN else bits)
            for image_id, kind, bits in rows
        )
        return Group(int(self.keepers[start]), tuple(members))


def rank(worth: NDArray[np.int64], ids: NDArray[np.int64]) -> Places:
    """The places of files, the best to keep first."""
    fields, stars, marks, width_px, height_px, size_bytes, mtime_ns = worth.T
    return np.lexsort((ids, mtime_ns, -size_bytes, -width_px * height_px, -marks, -stars, -fields))


def split(
    found: Candidates, roots: Places, distance: int, apart: Iterable[Sequence[int]]
) -> Groups:
    """Groups of the files that are connected, those with the same number in ``roots``.

    The best file of each takes its duplicates, then the best of what is left, and so on. ``apart``:
    ids of files no two of which are duplicates of each other, whatever they look like.
    """
    left = rank(found.worth, found.ids)
    left = left[np.argsort(roots[left], kind="stable")]
    forbidden = _Forbidden(apart)
    taken: list[tuple[Places, Places]] = []
    while len(left):
        firsts = np.concatenate(([True], roots[left[1:]] != roots[left[:-1]]))
        keepers = left[firsts][np.cumsum(firsts) - 1]
        keepers, left = keepers[~firsts], left[~firsts]
        is_taken = _are_duplicates(found, keepers, left, distance)
        is_taken &= forbidden.permits(found.ids[keepers], found.ids[left])
        taken.append((keepers[is_taken], left[is_taken]))
        left = left[~is_taken]
    if not taken:
        return _pack(found, np.empty(0, np.int64), np.empty(0, np.int64))
    return _pack(found, *(np.concatenate(part) for part in zip(*taken)))


class _Forbidden:
    """Which files are not to be called duplicates of which."""

    def __init__(self, groups: Iterable[Sequence[int]]) -> None:
        self._others: dict[int, set[int]] = {}
        for group in groups:
            for image_id in group:
                self._others.setdefault(image_id, set()).update(group)

    def permits(self, ids: NDArray[np.int64], others: NDArray[np.int64]) -> Mask:
        """Whether each may be a duplicate of the other."""
        may = np.ones(len(ids), dtype=bool)
        if self._others:
            known = np.fromiter(self._others, np.int64, len(self._others))
            for at in np.flatnonzero(np.isin(ids, known)).tolist():
                may[at] = int(others[at]) not in self._others[int(ids[at])]
        return may


def _are_duplicates(found: Candidates, keepers: Places, others: Places, distance: int) -> Mask:
    seen = found.seen[keepers] & found.seen[others]
    return _are_copies(found, keepers, others) | (
        seen & neighbours.are_near(found.codes, keepers, others, distance)
    )


def _are_copies(found: Candidates, keepers: Places, others: Places) -> Mask:
    are_equal: Mask = found.copies[others] == found.copies[keepers]
    return are_equal & (found.copies[keepers] >= 0)


def _pack(found: Candidates, keepers: Places, others: Places) -> Groups:
    """Groups in the order in which they are shown: exact copies first, then by what deleting them
    frees.
    """
    seen = found.seen[keepers] & found.seen[others]
    same = seen & neighbours.are_alike(found.codes, keepers, others, _SAME_BITS, _SAME_COLOUR)
    same &= _have_one_shape(found.worth, keepers, others)
    kinds = np.uint8(np.where(_are_copies(found, keepers, others), 0, np.where(same, 1, 2)))
    distances = np.where(seen, neighbours.distances(found.codes, keepers, others), UNSEEN).astype(
        np.uint8
    )
    sizes = found.worth[others, 5]
    most = np.zeros(len(found.ids), dtype=np.uint8)
    np.maximum.at(most, keepers, kinds)
    freed = np.zeros(len(found.ids), dtype=np.int64)
    np.add.at(freed, keepers, sizes)
    order = np.lexsort((np.arange(len(others)), keepers, -freed[keepers], most[keepers]))
    keepers, others, kinds, distances = (
        keepers[order],
        others[order],
        kinds[order],
        distances[order],
    )
    starts = np.flatnonzero(np.concatenate(([True], keepers[1:] != keepers[:-1])))[: len(keepers)]
    return Groups(found.ids[keepers], found.ids[others], kinds, distances, starts, int(sizes.sum()))


def _have_one_shape(worth: NDArray[np.int64], keepers: Places, others: Places) -> Mask:
    """Whether the ratios of width to height are the same; those that are not known fit any."""
    first = worth[keepers, 3] * worth[others, 4]
    second = worth[others, 3] * worth[keepers, 4]
    fits: Mask = np.abs(first - second) <= _SAME_SHAPE * np.maximum(first, second)
    return fits
