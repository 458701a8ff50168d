"""Topics in two levels: themes, some 8 to 40 for a library of any size, and subjects within each.

Where the model knows what words mean, themes are those of a table (``themes``): a text belongs to
the theme whose mean is nearest to its vector, and themes with few texts are given up, the least
first. So a text's theme follows from the text alone but for the themes that are given up, and
hardly changes when files come. A theme that holds more than half of the library, and the whole
library where there is no table, is divided by what lies near together in it. Subjects are groups of
average linkage inside of a theme, at a similarity that is found from the library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iib_core.cluster import linkage

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

FEWEST, MOST = 8, 40
# The least share of the texts that makes a theme.
_SHARE = 0.01
# A theme with a greater share is divided.
_TOO_LARGE = 0.5
_DIVIDED_FROM = 100
_PARTS = 8
_SAMPLE = 2000
_ROUNDS = 12
_ROWS = 4096
_MOST_SUBJECTS = 20
# Linkage inside of larger themes would take too long.
_MOST_LINKED = 6000
_LEAST_SIMILARITY, _MOST_SIMILARITY = 0.45, 0.8
_NEAR = 10
# Texts that are a subject of their own beside the kinds of a table.
_LEAST_NEAR = 4
# A text that is less like each kind of its theme than this is in the theme alone: a subject would
# not say what it shows.
_LEAST_LIKENESS = 0.39


@dataclass(frozen=True)
class Subject:
    """Some texts of a theme; ``kind``: what the table calls most of them, or ""."""

    rows: Ints
    kind: str = ""


@dataclass(frozen=True)
class Theme:
    """``rows``: its texts, ascending; ``name``: that of the table, "" where it was found in the
    library.
    """

    rows: Ints
    name: str
    subjects: tuple[Subject, ...]


@dataclass(frozen=True)
class Table:
    """Kinds of pictures, the theme of each, and its mean: (k, d) float32, rows of unit length.

    ``evidence``: what is added to the similarity of each text with each theme: (n, t), themes in
    the order in which they come first.
    """

    kinds: Sequence[str]
    themes: Sequence[str]
    means: Floats
    evidence: Floats


def find(
    vectors: Floats,
    table: Table | None,
    on_progress: Callable[[float], None] = lambda _share: None,
) -> tuple[list[Theme], float]:
    """Themes of texts, largest first, and the similarity of subjects that was found.

    vectors: (n, d) float32, rows of unit length. ``table``: None where the model knows no words
    beside those of the library. ``on_progress(share)`` is called with the share that is done, and
    may raise.
    """
    if not len(vectors):
        return [], 1.0
    labels, known = _find_themes(vectors, table)
    on_progress(0.3)
    threshold = find_threshold(vectors)
    themes = []
    for done, label in enumerate(np.unique(labels)):
        rows = np.flatnonzero(labels == label)
        name = known.get(int(label), "")
        themes.append(Theme(rows, name, _find_subjects(vectors, rows, threshold, table, name)))
        on_progress(0.3 + 0.7 * (done + 1) / (int(labels.max()) + 1))
    return sorted(themes, key=lambda theme: (-len(theme.rows), int(theme.rows[0]))), threshold


def find_threshold(vectors: Floats) -> float:
    """From which mean similarity on texts have one subject: how near the nearest other text usually
    is.
    """
    sample = vectors[_sample(vectors)]
    if len(sample) < 3:
        return _LEAST_SIMILARITY
    product = sample @ sample.T
    np.fill_diagonal(product, -1)
    nearest = product.max(axis=1)
    return round(float(np.clip(np.median(nearest), _LEAST_SIMILARITY, _MOST_SIMILARITY)), 2)


def _nearest(vectors: Floats, means: Floats) -> Ints:
    """The nearest mean of each vector."""
    parts = [
        (vectors[at : at + _ROWS] @ means.T).argmax(axis=1) for at in range(0, len(vectors), _ROWS)
    ]
    return np.concatenate(parts).astype(np.int64)


def _find_themes(vectors: Floats, table: Table | None) -> tuple[Ints, dict[int, str]]:
    """The theme of each text, and the names of those of the table."""
    if table is None:
        return divide(vectors, _number_of(len(vectors))), {}
    names = list(dict.fromkeys(table.themes))
    scores = np.full((len(vectors), len(names)), -1.0, dtype=np.float32)
    for kind, theme in enumerate(table.themes):
        at = names.index(theme)
        scores[:, at] = np.maximum(scores[:, at], vectors @ table.means[kind])
    labels = _give_up_small(scores + table.evidence)
    kept, labels = np.unique(labels, return_inverse=True)
    labels = labels.reshape(-1).astype(np.int64)
    known = {at: names[label] for at, label in enumerate(kept.tolist())}
    sizes = np.bincount(labels)
    largest = int(sizes.argmax())
    if len(vectors) >= _DIVIDED_FROM and sizes[largest] > _TOO_LARGE * len(vectors):
        rows = np.flatnonzero(labels == largest)
        parts = divide(vectors[rows], min(_PARTS, MOST - len(kept) + 1))
        # The theme's name stays with the part that holds most of it.
        sizes = np.bincount(parts)
        labels[rows] = np.where(parts == sizes.argmax(), largest, len(kept) + parts)
    return labels, known


def _give_up_small(scores: Floats) -> Ints:
    """The best column of each row, of those columns that are best of enough rows."""
    least = max(1, int(np.ceil(_SHARE * len(scores))))
    alive = np.ones(scores.shape[1], dtype=bool)
    scores = scores.copy()
    labels = scores.argmax(axis=1)
    while True:
        sizes = np.bincount(labels, minlength=len(alive))
        there = np.flatnonzero(alive & (sizes > 0))
        smallest = int(there[sizes[there].argmin()])
        if len(there) <= MOST and (sizes[smallest] >= least or len(there) <= FEWEST):
            return np.asarray(labels, dtype=np.int64)
        alive[smallest] = False
        scores[:, smallest] = -np.inf
        rows = np.flatnonzero(labels == smallest)
        labels[rows] = scores[rows].argmax(axis=1)


def divide(vectors: Floats, number: int) -> Ints:
    """Labels of about ``number`` groups around means (spherical k-means).

    It begins with texts that have many others near them and lie far from one another; their order
    changes nothing.
    """
    number = max(1, min(number, len(vectors)))
    means = _seeds(vectors[_sample(vectors)], number)
    labels = np.zeros(len(vectors), dtype=np.int64)
    for _ in range(_ROUNDS):
        before = labels
        labels = _nearest(vectors, means)
        if (labels == before).all():
            break
        for label in range(len(means)):
            mean = vectors[labels == label].sum(axis=0) if (labels == label).any() else means[label]
            means[label] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return np.asarray(np.unique(labels, return_inverse=True)[1].reshape(-1), dtype=np.int64)


def _seeds(sample: Floats, number: int) -> Floats:
    product = np.clip(sample @ sample.T, 0, 1)
    near = min(_NEAR, len(sample))
    density = np.partition(product, len(sample) - near, axis=1)[:, -near:].mean(axis=1)
    left = np.ones(len(sample), dtype=np.float32)
    chosen = []
    for _ in range(number):
        at = int((density * left).argmax())
        chosen.append(at)
        left = np.minimum(left, 1 - product[at])
    return np.array(sample[chosen], dtype=np.float32)


def _find_subjects(
    vectors: Floats, rows: Ints, threshold: float, table: Table | None, theme: str
) -> tuple[Subject, ...]:
    """Rows that are near one another, and of the others those of one kind; largest first."""
    if len(rows) < 2:
        return ()
    own = vectors[rows]
    is_large = len(rows) > _MOST_LINKED
    labels = divide(own, _MOST_SUBJECTS) if is_large else linkage.group(own, threshold)
    kinds = [] if table is None else [at for at, of in enumerate(table.themes) if of == theme]
    least = _LEAST_NEAR if kinds else 2
    sizes = np.bincount(labels)
    large = np.argsort(-sizes, kind="stable")[:_MOST_SUBJECTS]
    large = large[sizes[large] >= least]
    means = None if table is None or not kinds else table.means[kinds]
    found = []
    for label in large:
        near = own[labels == label]
        kind = ""
        if table is not None and means is not None:
            kind = table.kinds[kinds[int(np.bincount(_nearest(near, means)).argmax())]]
        found.append(Subject(rows[labels == label], kind))
    left = ~np.isin(labels, large)
    if table is not None and kinds and left.any():
        likeness = own[left] @ table.means[kinds].T
        nearest = np.where(likeness.max(axis=1) >= _LEAST_LIKENESS, likeness.argmax(axis=1), -1)
        found += [
            Subject(rows[left][nearest == at], table.kinds[number])
            for at, number in enumerate(kinds)
        ]
    found = [subject for subject in found if len(subject.rows) > 1]
    return tuple(sorted(found, key=lambda subject: (-len(subject.rows), int(subject.rows[0]))))


def _number_of(count: int) -> int:
    """How many themes are looked for in a library without a table."""
    return int(np.clip(round(1.2 * count**0.5), min(FEWEST, max(1, count // 3)), 32))


def _sample(vectors: Floats) -> Ints:
    """Rows that follow from the vectors alone, whatever their order."""
    return np.argsort(linkage.digests(vectors), kind="stable")[:_SAMPLE]
