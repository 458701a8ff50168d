"""Files by what their prompts mean: nearest to some words, or to another file."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iib_core import metadata, paths
from iib_core.access import Access
from iib_core.ai import text
from iib_core.ai.embeddings import Embeddings, Loaded
from iib_core.ai.provider import Vectors
from iib_core.db import images, prompts
from iib_core.db.engine import Database
from iib_core.db.prompts import Scope
from iib_core.errors import InvalidRequest, NotFound

MAX_SIZE = 500
# Scores are compared as they are shown, so that a page behind a cursor begins where the one before
# ended whatever the last bits are.
_DIGITS = 5
_FIRST_CHUNK = 256


@dataclass(frozen=True)
class Hit:
    """A file and how near it is: the cosine of the prompts."""

    image_id: int
    prompt_id: int
    score: float


@dataclass(frozen=True)
class Page:
    """Hits, nearest first; ``next`` is the cursor for what is behind, empty at the end.

    ``count``: texts that were compared.
    """

    hits: list[Hit]
    next: str = ""
    count: int = 0


@dataclass(frozen=True)
class Limits:
    """What a page is to hold."""

    size: int = 50
    min_score: float = 0.0
    cursor: str = ""


class Nearest:
    """Searches over the vectors of one library."""

    def __init__(self, db: Database, access: Access, embeddings: Embeddings) -> None:
        self._db = db
        self._access = access
        self._embeddings = embeddings

    def to_words(self, words: str, model: str, scope: Scope, limits: Limits) -> Page:
        """Files whose prompts are nearest to ``words``. No hit before the first build of vectors."""
        loaded = self._embeddings.load(model)
        if loaded is None:
            return Page([])
        return self._find(loaded, self._embeddings.embed(model, [words])[0], scope, limits)

    def to_file(self, path: str, model: str, scope: Scope, limits: Limits) -> Page:
        """Files whose prompts are nearest to that of the file at a resolved path, without itself.

        Raises InvalidRequest where it has no prompt.
        """
        with self._db.read() as conn:
            own = next(iter(images.find_ids(conn, [paths.to_text(path)]).values()), 0)
        loaded = self._embeddings.load(model)
        if loaded is None:
            return Page([])
        return self._find(loaded, self._vector_of(path, own, model, loaded), scope, limits, without=own)

    def top_prompts(
        self, words: str, model: str, scope: Scope, limit: int, min_score: float
    ) -> list[tuple[str, float, int]]:
        """(prompt, score, number of files) of the texts nearest to ``words``."""
        page = self.to_words(words, model, scope, Limits(MAX_SIZE, min_score))
        found: dict[int, tuple[float, int]] = {}
        for hit in page.hits:
            found[hit.prompt_id] = hit.score, found.get(hit.prompt_id, (0.0, 0))[1] + 1
        with self._db.read() as conn:
            texts = prompts.load_texts(conn, found)
        return [
            (texts[prompt_id], *found[prompt_id]) for prompt_id in list(found)[:limit] if prompt_id in texts
        ]

    def _vector_of(self, path: str, image_id: int, model: str, loaded: Loaded) -> Vectors:
        rules = text.rules(self._embeddings.mode)
        with self._db.read() as conn:
            prompt_id = prompts.find_of(conn, image_id, rules)
        if prompt_id:
            _, rows = loaded.rows_of(np.array([prompt_id]))
            if len(rows):
                return np.asarray(loaded.vectors[rows[0]], dtype=np.float32)
        try:
            prompt = metadata.read(path).prompt
        except OSError as exc:
            raise NotFound(f"'{paths.to_text(path)}' cannot be read: {exc.strerror or exc}.") from exc
        if not text.normalise(prompt, self._embeddings.mode):
            raise InvalidRequest("This file has no prompt that others could be compared with.")
        return np.asarray(self._embeddings.embed(model, [prompt])[0], dtype=np.float32)

    def _find(
        self, loaded: Loaded, query: Vectors, scope: Scope, limits: Limits, *, without: int = 0
    ) -> Page:
        if not 1 <= limits.size <= MAX_SIZE:
            raise InvalidRequest(f"A page of {limits.size} files is not possible: ask for 1 to {MAX_SIZE}.")
        if query.shape[0] != loaded.vectors.shape[1]:
            raise NotFound(
                "The model's vectors have another length now than those of the library: build them again "
                "with force."
            )
        start = _decode(limits.cursor, loaded.model.id)
        scores = np.round(loaded.vectors @ query, _DIGITS)
        hits: list[Hit] = []
        for chunk in _ranked(loaded.ids, scores, limits.min_score, start):
            hits += self._hits_of(chunk, scope, start, without)
            if len(hits) > limits.size:
                break
        more = len(hits) > limits.size
        hits = hits[: limits.size]
        return Page(hits, _encode(loaded.model.id, hits[-1]) if more else "", len(loaded.ids))

    def _hits_of(
        self, chunk: list[tuple[int, float]], scope: Scope, start: tuple[float, int, int] | None, without: int
    ) -> Iterator[Hit]:
        with self._db.read() as conn:
            items = prompts.list_images(
                conn, scope, text.rules(self._embeddings.mode), [prompt_id for prompt_id, _ in chunk]
            )
        by_prompt: dict[int, list[int]] = {}
        for item in items:
            by_prompt.setdefault(item.prompt_id, []).append(item.image_id)
        for prompt_id, score in chunk:
            for image_id in sorted(by_prompt.get(prompt_id, ()), reverse=True):
                is_behind = start is None or (-score, prompt_id, -image_id) > (-start[0], start[1], -start[2])
                if is_behind and image_id != without:
                    yield Hit(image_id, prompt_id, score)


def _ranked(
    ids: NDArray[np.int64], scores: Vectors, min_score: float, start: tuple[float, int, int] | None
) -> Iterator[list[tuple[int, float]]]:
    """(text id, score) from the nearest on, in chunks that grow; from ``start`` on, whose own text
    is among them.
    """
    # A score of zero means that there is nothing in common.
    wanted = scores >= min_score if min_score > 0 else scores > min(min_score, 0.0)
    if start is not None:
        last = np.float32(start[0])
        wanted &= (scores < last) | ((scores == last) & (ids >= start[1]))
    left = np.flatnonzero(wanted)
    size = _FIRST_CHUNK
    while len(left):
        if len(left) > size:
            least = np.partition(scores[left], len(left) - size)[len(left) - size]
            taken = scores[left] >= least
        else:
            taken = np.ones(len(left), dtype=bool)
        chosen = left[taken]
        chosen = chosen[np.lexsort((ids[chosen], -scores[chosen]))]
        yield [(int(ids[at]), round(float(scores[at]), _DIGITS)) for at in chosen]
        left = left[~taken]
        size *= 4


def _encode(model_id: int, hit: Hit) -> str:
    return (
        base64.urlsafe_b64encode(json.dumps([model_id, hit.score, hit.prompt_id, hit.image_id]).encode())
        .decode()
        .rstrip("=")
    )


def _decode(cursor: str, model_id: int) -> tuple[float, int, int] | None:
    """The last hit of the page before.

    Raises InvalidRequest for what is no cursor of ours, or one of a model that has learned anew
    since.
    """
    if not cursor:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        model, score, prompt_id, image_id = int(found[0]), float(found[1]), int(found[2]), int(found[3])
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as exc:
        raise InvalidRequest("The cursor is none of this search: begin without one.") from exc
    if model != model_id:
        raise InvalidRequest("The vectors were made anew since: begin without a cursor.")
    return round(score, _DIGITS), prompt_id, image_id
