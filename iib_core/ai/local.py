"""The built-in model of what prompts mean: it learns from the library itself, needs no network and no key.

TF-IDF over words and pairs of words, brought down to 256 dimensions by a truncated SVD, each scaled once more by its singular value: two prompts are then
as alike as the library's other prompts see them. That spreads likenesses over the same range as those of large models, so that one threshold fits both.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from iib_core.ai.provider import Vectors
from iib_core.ai.words import tokens
from iib_core.errors import ServiceFailed

DIM = 256
_MAX_WORDS = 30_000
_MANY = 1000
# To learn from more texts would take longer and change little.
_MAX_FITTED = 100_000
_ROWS = 4000


class LocalModel:
    """What was learned: a number for each word, its weight, and the way from words to dimensions."""

    def __init__(self, vocabulary: Sequence[str], weights: np.ndarray[Any, Any], axes: Vectors) -> None:
        self._words = {word: at for at, word in enumerate(vocabulary)}
        self._vocabulary = vocabulary
        self._weights = weights
        self._axes = axes

    @property
    def dim(self) -> int:
        """Length of its vectors."""
        return int(self._axes.shape[1])

    @classmethod
    def learn(cls, texts: Sequence[str], check: Callable[[], None] = lambda: None) -> LocalModel:
        """Learn from distinct texts, at least one of which has a word; their order changes nothing. Raises ServiceFailed where scikit-learn is missing."""
        extraction, decomposition = _import_sklearn()
        texts = sorted(texts)
        texts = texts[:: -(-len(texts) // _MAX_FITTED)] if len(texts) > _MAX_FITTED else texts
        counter: Any = extraction.TfidfVectorizer(
            analyzer=_Checked(check), sublinear_tf=True, min_df=2 if len(texts) > _MANY else 1, max_features=_MAX_WORDS, dtype=np.float32
        )
        matrix: Any = counter.fit_transform(texts)
        check()
        dim = min(DIM, *matrix.shape)
        if matrix.shape[1] < 2:
            axes: Any = np.ones((matrix.shape[1], 1), dtype=np.float32)
        else:
            # Few steps without normalisation: its QR takes ten times as long as all the rest where processors are few.
            solver = decomposition.TruncatedSVD(dim, n_iter=2, power_iteration_normalizer="none", random_state=0).fit(matrix)
            axes = (solver.components_ * (solver.singular_values_ / solver.singular_values_[0])[:, None]).T.astype(np.float32)
        check()
        return cls(list(counter.get_feature_names_out()), counter.idf_.astype(np.float32), np.ascontiguousarray(axes))

    def embed(self, texts: Sequence[str], _wait: Callable[[float], None] = lambda _s: None) -> Vectors:
        """See ``provider.Embedder``."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), _ROWS):
            part = texts[start : start + _ROWS]
            vectors[start : start + len(part)] = self._embed(part)
        return vectors

    def _embed(self, texts: Sequence[str]) -> Vectors:
        places: list[int] = []
        rows: list[int] = []
        counts: list[int] = []
        for row, text in enumerate(texts):
            found = Counter(at for token in tokens(text) if (at := self._words.get(token)) is not None)
            places += found.keys()
            counts += found.values()
            rows += [row] * len(found)
        vectors: Vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        if not rows:
            return vectors
        columns, row_of = np.array(places), np.array(rows)
        values = (1 + np.log(np.array(counts, dtype=np.float32))) * self._weights[columns]
        starts = np.flatnonzero(np.r_[True, row_of[1:] != row_of[:-1]])
        for begin, end in zip(starts, np.r_[starts[1:], len(columns)]):
            vectors[row_of[begin]] = values[begin:end] @ self._axes[columns[begin:end]]
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(np.divide(vectors, norms, out=vectors, where=norms > 1e-9), dtype=np.float32)

    def to_bytes(self) -> bytes:
        """All of it, to be stored."""
        file = io.BytesIO()
        vocabulary = np.frombuffer(json.dumps(self._vocabulary).encode(), dtype=np.uint8)
        np.savez_compressed(file, vocabulary=vocabulary, weights=self._weights, axes=self._axes.astype(np.float16))
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> LocalModel:
        """The same from what was stored."""
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            return cls(json.loads(stored["vocabulary"].tobytes()), stored["weights"], stored["axes"].astype(np.float32))


class _Checked:
    """The words of each text; asks now and then whether to go on."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._seen = 0

    def __call__(self, text: str) -> list[str]:
        self._seen += 1
        if self._seen % 500 == 0:
            self._check()
        return list(tokens(text))


def _import_sklearn() -> tuple[Any, Any]:
    try:
        from sklearn import decomposition
        from sklearn.feature_extraction import text as extraction
    except Exception as exc:
        reason = f"{type(exc).__name__}: {exc}"
        raise ServiceFailed(
            f"The package scikit-learn cannot be used ({reason}): install it, or set OPENAI_API_KEY to use a service.", is_lasting=True
        ) from exc
    return extraction, decomposition
