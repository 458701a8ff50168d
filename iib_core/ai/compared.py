"""What a query is compared with: all vectors of a model in memory, or their index in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from iib_core.ai.embeddings import Loaded
from iib_core.ai.provider import Vectors
from iib_core.db import embeddings
from iib_core.db.embeddings import Model
from iib_core.db.engine import Database
from iib_core.db.prompts import FolderScope
from iib_core.db.vector_index import Among, VectorIndex

# Scores are compared as they are shown, so that a page begins where the previous one ended,
# whatever the last bits of a score are.
DIGITS = 5
_LAST_DIGIT = 10.0**-DIGITS
_FIRST_CHUNK = 256
# An index is asked for some more texts than files are wanted: the first was in the page before, and
# one is the text of the file that others are compared with.
_MORE = 16

# (score, text id, image id) of the last file of the previous page.
Position = tuple[float, int, int]
Ranked = list[tuple[int, float]]


@dataclass(frozen=True)
class Wanted:
    """Which texts are wanted, of ``size`` files more or less: of ``folders``, by ``rules``, from
    ``min_score`` on, from the text of ``start`` on.
    """

    folders: FolderScope
    rules: str
    size: int
    min_score: float
    start: Position | None

    def holds(self, ids: NDArray[np.int64], scores: Vectors) -> NDArray[np.bool_]:
        """Which of these texts have a score that is wanted."""
        # A score of zero means that the texts have nothing in common.
        wanted = (
            scores >= self.min_score if self.min_score > 0 else scores > min(self.min_score, 0.0)
        )
        if self.start is not None:
            last = np.float32(self.start[0])
            wanted &= (scores < last) | ((scores == last) & (ids >= self.start[1]))
        return np.asarray(wanted, dtype=np.bool_)


class Compared(Protocol):
    """The vectors of a model."""

    @property
    def model(self) -> Model:
        """Of which model they are."""

    def count(self) -> int:
        """How many there are."""

    def find(self, prompt_id: int) -> Vectors | None:
        """The vector of a text, of unit length."""

    def rank(self, query: Vectors, wanted: Wanted) -> Iterator[Ranked]:
        """(text id, score) of texts, most similar first, in growing chunks: all that are wanted, and
        some that no file of the folders has.
        """


class LoadedVectors:
    """Vectors in memory, each of which is compared."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded

    @property
    def model(self) -> Model:
        """See ``Compared``."""
        return self._loaded.model

    def count(self) -> int:
        """See ``Compared``."""
        return len(self._loaded.ids)

    def find(self, prompt_id: int) -> Vectors | None:
        """See ``Compared``."""
        _, rows = self._loaded.rows_of(np.array([prompt_id]))
        return np.asarray(self._loaded.vectors[rows[0]], np.float32) if len(rows) else None

    def rank(self, query: Vectors, wanted: Wanted) -> Iterator[Ranked]:
        """See ``Compared``."""
        ids = self._loaded.ids
        scores = np.round(self._loaded.vectors @ query, DIGITS)
        left = np.flatnonzero(wanted.holds(ids, scores))
        size = _FIRST_CHUNK
        while len(left):
            if len(left) > size:
                least = np.partition(scores[left], len(left) - size)[len(left) - size]
                taken = scores[left] >= least
            else:
                taken = np.ones(len(left), dtype=bool)
            yield _in_order(ids[left[taken]], scores[left[taken]])
            left = left[~taken]
            size *= 4


class IndexedVectors:
    """Vectors in the database, of which an index names the nearest. These are read and compared as
    those in memory are, so that the scores are the same.
    """

    def __init__(self, db: Database, index: VectorIndex, count: Callable[[Model], int]) -> None:
        self._db = db
        self._index = index
        self._count = count

    @property
    def model(self) -> Model:
        """See ``Compared``."""
        return self._index.model

    def count(self) -> int:
        """See ``Compared``."""
        return self._count(self.model)

    def find(self, prompt_id: int) -> Vectors | None:
        """See ``Compared``."""
        with self._db.read() as conn:
            _, vectors = embeddings.load_some(conn, self.model, [prompt_id])
        return vectors[0] if len(vectors) else None

    def rank(self, query: Vectors, wanted: Wanted) -> Iterator[Ranked]:
        """See ``Compared``."""
        limit = wanted.size + _MORE
        while True:
            ids, scores, least = self._compare(query, wanted, limit)
            kept = wanted.holds(ids, scores) & (scores > least)
            found = _in_order(ids[kept], scores[kept])
            yield found
            if least < wanted.min_score:
                return
            if found:
                last_id, last_score = found[-1]
                wanted = replace(wanted, start=(last_score, last_id + 1, 0))
            limit *= 4

    def _compare(
        self, query: Vectors, wanted: Wanted, limit: int
    ) -> tuple[NDArray[np.int64], Vectors, float]:
        """Ids and scores of candidates, and the score down to which all of the nearest are among
        them.
        """
        most = 2.0 if wanted.start is None else wanted.start[0] + 2 * _LAST_DIGIT
        with self._db.read() as conn:
            among = Among(wanted.folders, wanted.rules, most)
            found = self._index.find(conn, query, among, limit)
            ids, vectors = embeddings.load_some(conn, self.model, found.ids)
        return ids, np.round(vectors @ query, DIGITS), found.least + _LAST_DIGIT


def _in_order(ids: NDArray[np.int64], scores: Vectors) -> Ranked:
    order = np.lexsort((ids, -scores))
    return [(int(ids[row]), round(float(scores[row]), DIGITS)) for row in order]
