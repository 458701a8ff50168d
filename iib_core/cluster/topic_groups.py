"""Files in groups by the vectors of their texts: in two levels, or in one with a given similarity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iib_core.cluster import levels, linkage
from iib_core.cluster.levels import Floats, Ints

_ROWS = 2048


@dataclass(frozen=True)
class Group:
    """The files of a topic or a subject, as ascending row numbers. ``name``: of the table, or ""."""

    files: Ints
    name: str = ""
    subjects: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Grouped:
    """Groups, largest first, the files that are noise, and the threshold that was used."""

    groups: list[Group]
    noise: Ints
    threshold: float


def in_two_levels(
    vectors: Floats,
    row_of: Ints,
    table: levels.Table | None,
    min_size: int,
    on_progress: Callable[[float], None],
) -> Grouped:
    """Topics with subjects, by a threshold that is found from the vectors.

    vectors: (n, d) float32 unit rows. row_of: (f,) the row of each file's vector, -1 without one.
    ``min_size``: smallest number of files in a topic.
    """
    found, threshold = levels.find(vectors, table, on_progress)
    groups = []
    inside = np.zeros(len(row_of), dtype=bool)
    for theme in found:
        files = _files_of(theme.rows, row_of)
        if len(files) < min_size:
            continue
        inside[files] = True
        subjects = [
            Group(_files_of(subject.rows, row_of), subject.kind) for subject in theme.subjects
        ]
        groups.append(Group(files, theme.name, tuple(each for each in subjects if len(each.files))))
    return Grouped(_sorted(groups), np.flatnonzero(~inside), threshold)


def at_threshold(
    vectors: Floats,
    row_of: Ints,
    threshold: float,
    noise_threshold: float,
    min_size: int,
    on_progress: Callable[[float], None],
) -> Grouped:
    """Topics of one level, whose texts have a mean similarity of at least ``threshold``.

    The other parameters are those of ``in_two_levels``; ``noise_threshold``: similarity from which
    a text in no topic joins the most similar one.
    """
    labels = linkage.group(vectors, threshold, on_progress)
    has_text = row_of >= 0
    sizes = np.bincount(labels[row_of[has_text]], minlength=len(labels))
    labels = _join_noise(vectors, labels, sizes >= min_size, noise_threshold)
    label_of = np.where(has_text, labels[row_of], -1)
    groups = [Group(np.flatnonzero(label_of == label)) for label in np.unique(labels[labels >= 0])]
    return Grouped(_sorted(groups), np.flatnonzero(label_of < 0), threshold)


def _sorted(groups: list[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (-len(group.files), int(group.files[0])))


def _files_of(rows: Ints, row_of: Ints) -> Ints:
    """The files whose text is one of ``rows``."""
    return np.flatnonzero(np.isin(row_of, rows))


def _join_noise(vectors: Floats, labels: Ints, large: NDArray[np.bool_], threshold: float) -> Ints:
    """The labels of large groups. A vector of a small group gets the label of the large group with
    the most similar mean, or -1 if the similarity is below ``threshold``.
    """
    kept = np.flatnonzero(large)
    joined = np.where(large[labels], labels, -1)
    noise = np.flatnonzero(joined < 0)
    if not len(kept) or not len(noise):
        return joined
    means = _means(vectors, np.searchsorted(kept, joined), joined >= 0, len(kept))
    for start in range(0, len(noise), _ROWS):
        part = noise[start : start + _ROWS]
        similarity = vectors[part] @ means.T
        best = similarity.argmax(axis=1)
        near = similarity[np.arange(len(part)), best] >= threshold
        joined[part[near]] = kept[best[near]]
    return joined


def _means(vectors: Floats, group_of: Ints, inside: NDArray[np.bool_], count: int) -> Floats:
    """(count, d) means of the groups, of unit length."""
    means = np.zeros((count, vectors.shape[1]), dtype=np.float32)
    rows = np.flatnonzero(inside)
    rows = rows[np.argsort(group_of[rows], kind="stable")]
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        found, position = np.unique(group_of[part], return_inverse=True)
        members = np.zeros((len(found), len(part)), dtype=np.float32)
        members[position.reshape(-1), np.arange(len(part))] = 1
        means[found] += members @ vectors[part]
    norms = np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    return np.asarray(means / norms, dtype=np.float32)
