"""Vectors as those of pictures: in clusters, with much in common, and some numbers larger than
others; and how fast and how well the nearest of them are found.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from iib_core.vision.vector_files import unit
from iib_core.vision.vectors import Vectors

_THEMES, _PICTURES_OF_A_PROMPT, _WANTED = 300, 50, 50
_PART = 50_000
# What pictures share: all of them, those of a theme, those of a prompt; and what is their own.
_COMMON, _OF_A_THEME, _OF_A_PROMPT, _OWN = 0.5, 0.2, 0.15, 0.15


class Pictures:
    """Vectors of made-up pictures, and queries for them: other pictures, and words."""

    def __init__(self, dimensions: int, count: int) -> None:
        self.count = count
        self._numbers = np.random.default_rng(dimensions)
        scale = np.arange(1, dimensions + 1) ** -0.5
        self._scale = self._numbers.permutation(scale / np.sqrt((scale**2).sum()))
        self._common, self._of_words = unit(self._draw(2))
        themes = self._draw(_THEMES)
        prompts = max(1, count // _PICTURES_OF_A_PROMPT)
        theme_of = self._numbers.integers(0, _THEMES, prompts)
        self._prompts = _OF_A_THEME**0.5 * themes[theme_of] + _OF_A_PROMPT**0.5 * self._draw(
            prompts
        )

    def parts(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(keys, vectors) of all pictures."""
        for start in range(0, self.count, _PART):
            keys = np.arange(start, min(start + _PART, self.count))
            yield keys, self.pictures(len(keys))

    def pictures(self, count: int) -> np.ndarray:
        """Vectors of some pictures; a few prompts have very many."""
        return self._with_own(self._prompts[self._choose(count)])

    def words(self, count: int) -> np.ndarray:
        """Vectors of words: they say what a picture shows, and are far from all pictures."""
        said = unit(self._prompts[self._choose(count)])
        return unit(0.8 * self._of_words + 0.45 * said + 0.4 * unit(self._draw(count)))

    def _choose(self, count: int) -> np.ndarray:
        return (len(self._prompts) * self._numbers.random(count) ** 2).astype(np.int64)

    def _with_own(self, shown: np.ndarray) -> np.ndarray:
        own = self._draw(len(shown))
        return unit(_COMMON**0.5 * self._common + shown + _OWN**0.5 * own)

    def _draw(self, count: int) -> np.ndarray:
        made = self._numbers.standard_normal((count, len(self._scale)), dtype=np.float32)
        return np.asarray(made * self._scale, dtype=np.float32)


def measure(dimensions: int, count: int, queries: int) -> dict[str, float]:
    """The figures of ``count`` vectors: times of finding the nearest, recall, sizes."""
    pictures = Pictures(dimensions, count)
    asked = {"pictures": pictures.pictures(queries), "words": pictures.words(queries)}
    with tempfile.TemporaryDirectory() as folder:
        vectors = Vectors(Path(folder), dimensions)
        exact = {name: _Exact(asked[name]) for name in asked}
        writing_s = 0.0
        for keys, part in pictures.parts():
            for name in asked:
                exact[name].look_at(keys, part)
            began = time.perf_counter()
            vectors.add(keys, part)
            writing_s += time.perf_counter() - began
        figures = {"written, vectors a second": count / writing_s}
        figures["sign bits, MB"] = _size(Path(folder), "signs")
        figures["all files, MB"] = _size(Path(folder), "*")
        vectors.close()
        figures |= _search(Path(folder), dimensions, asked, exact)
    return figures


def _search(
    folder: Path,
    dimensions: int,
    asked: dict[str, np.ndarray],
    exact: dict[str, _Exact],
) -> dict[str, float]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    vectors = Vectors(folder, dimensions)
    figures = {"opened, ms": (time.perf_counter() - began) * 1e3}
    for name, queries in asked.items():
        times, processor, found = [], [], 0
        for number, query in enumerate(queries):
            began, worked = time.perf_counter(), time.thread_time()
            nearest = vectors.nearest(query, _WANTED)
            times.append(time.perf_counter() - began)
            processor.append(time.thread_time() - worked)
            found += len({key for key, _ in nearest} & exact[name].keys_of(number))
        figures[f"p95 by {name}, ms"] = float(np.percentile(times, 95)) * 1e3
        figures[f"processor by {name}, ms"] = float(np.median(processor)) * 1e3
        figures[f"recall by {name}, %"] = found / len(queries) / _WANTED * 100
    vectors.close()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return figures | {
        "more memory than before, with what is mapped, MB": (after - before) * 1024 / 1e6
    }


class _Exact:
    """The nearest of all that were looked at, by comparing all."""

    def __init__(self, queries: np.ndarray) -> None:
        self._queries = queries
        self._keys = np.zeros((len(queries), 0), dtype=np.int64)
        self._scores = np.zeros((len(queries), 0), dtype=np.float32)

    def look_at(self, keys: np.ndarray, vectors: np.ndarray) -> None:
        scores = np.concatenate((self._scores, self._queries @ vectors.T), axis=1)
        named = np.concatenate(
            (self._keys, np.broadcast_to(keys, (len(self._queries), len(keys)))), axis=1
        )
        best = np.argsort(-scores, axis=1)[:, :_WANTED]
        self._scores = np.take_along_axis(scores, best, axis=1)
        self._keys = np.take_along_axis(named, best, axis=1)

    def keys_of(self, query: int) -> set[int]:
        return set(self._keys[query].tolist())


def _size(folder: Path, part: str) -> float:
    return sum(path.stat().st_size for path in folder.glob(f"*.{part}")) / 1e6
