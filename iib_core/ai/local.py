"""The built-in embedding model. It learns from the library itself, and needs no network and no key.

It is TF-IDF over words and pairs of words, reduced to 256 dimensions by a truncated SVD, with each
dimension scaled once more by its singular value. The scaling spreads similarities over the same
range as those of large models, so that one threshold fits both.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from iib_core.ai import learner
from iib_core.ai.provider import Vectors
from iib_core.ai.tokenizer import tokens

DIM = 256
_FEW = 512
# More texts would take longer and change the model little.
_MAX_FITTED = 100_000
_ROWS = 4000


class LocalModel:
    """A learned model: the vocabulary, the weight of each token, and (tokens, dimensions) axes."""

    def __init__(
        self, vocabulary: Sequence[str], weights: np.ndarray[Any, Any], axes: Vectors
    ) -> None:
        self._words = {word: column for column, word in enumerate(vocabulary)}
        self._vocabulary = vocabulary
        self._weights = weights
        self._axes = axes

    @property
    def dim(self) -> int:
        """Length of its vectors."""
        return int(self._axes.shape[1])

    @classmethod
    def learn(cls, texts: Sequence[str], check: Callable[[], None] = lambda: None) -> LocalModel:
        """Learn from distinct texts, at least one of which has a word. Their order does not matter.

        A few texts are learned here. For many, scikit-learn does it in a child process, because its
        import alone holds Python's lock for too long. ``check`` may raise to cancel. Raises
        ServiceFailed if scikit-learn is missing.
        """
        texts = sorted(texts)
        if len(texts) <= _FEW:
            return cls(*_learn_few(texts))
        return cls.from_bytes(learner.learn_apart(texts[:: -(-len(texts) // _MAX_FITTED)], check))

    def embed(
        self, texts: Sequence[str], _wait: Callable[[float], None] = lambda _s: None
    ) -> Vectors:
        """See ``provider.Embedder``."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), _ROWS):
            part = texts[start : start + _ROWS]
            vectors[start : start + len(part)] = self._embed(part)
        return vectors

    def _embed(self, texts: Sequence[str]) -> Vectors:
        columns: list[int] = []
        rows: list[int] = []
        counts: list[int] = []
        for row, text in enumerate(texts):
            found = Counter(self._words[token] for token in tokens(text) if token in self._words)
            columns += found.keys()
            counts += found.values()
            rows += [row] * len(found)
        vectors: Vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        if not rows:
            return vectors
        column_of, row_of = np.array(columns), np.array(rows)
        values = (1 + np.log(np.array(counts, dtype=np.float32))) * self._weights[column_of]
        starts = np.flatnonzero(np.r_[True, row_of[1:] != row_of[:-1]])
        for begin, end in zip(starts, np.r_[starts[1:], len(columns)]):
            vectors[row_of[begin]] = values[begin:end] @ self._axes[column_of[begin:end]]
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(
            np.divide(vectors, norms, out=vectors, where=norms > 1e-9), dtype=np.float32
        )

    def to_bytes(self) -> bytes:
        """The model in the form in which it is stored."""
        return learner.pack(self._vocabulary, self._weights, self._axes)

    @classmethod
    def from_bytes(cls, data: bytes) -> LocalModel:
        """The model from its stored form."""
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            return cls(
                json.loads(stored["vocabulary"].tobytes()),
                stored["weights"],
                stored["axes"].astype(np.float32),
            )


def _learn_few(texts: Sequence[str]) -> tuple[list[str], np.ndarray[Any, Any], Vectors]:
    """The same as ``learner.learn``, by the matrix of all pairs of texts."""
    counted = [Counter(tokens(text)) for text in texts]
    vocabulary = sorted(set().union(*counted))
    column_of = {word: column for column, word in enumerate(vocabulary)}
    matrix = np.zeros((len(texts), len(vocabulary)), dtype=np.float32)
    for row, counts in enumerate(counted):
        for word, count in counts.items():
            matrix[row, column_of[word]] = 1 + np.log(count)
    weights = np.log((1 + len(texts)) / (1 + (matrix > 0).sum(axis=0))) + 1
    matrix *= weights.astype(np.float32)
    matrix /= np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
    squares, left = np.linalg.eigh((matrix @ matrix.T).astype(np.float64))
    kept = np.argsort(-squares)[:DIM]
    kept = kept[squares[kept] > 1e-6 * squares.max()]
    axes = (
        matrix.T
        @ (left[:, kept] / np.sqrt(squares[kept])).astype(np.float32)
        * np.sqrt(squares[kept] / squares.max()).astype(np.float32)
    )
    return vocabulary, weights.astype(np.float32), np.ascontiguousarray(axes, dtype=np.float32)
