"""Search by meaning: the files whose prompts are most similar to words, or to those of another
file.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from iib_core import metadata, paths
from iib_core.access import Access
from iib_core.ai import prompt_text
from iib_core.ai.compared import (
    DIGITS,
    Compared,
    IndexedVectors,
    LoadedVectors,
    Position,
    Wanted,
)
from iib_core.ai.embeddings import Embeddings
from iib_core.ai.provider import Vectors
from iib_core.ai.scope import Scope
from iib_core.db import images, prompts
from iib_core.db.engine import Database
from iib_core.db.prompts import FolderScope
from iib_core.errors import InvalidRequest, NotFound
from iib_core.paths import DiskPath

MAX_SIZE = 500


@dataclass(frozen=True)
class SimilarFile:
    """A file, and the cosine similarity of its prompt."""

    image_id: int
    prompt_id: int
    score: float


@dataclass(frozen=True)
class SimilarFiles:
    """A page of files, most similar first. ``next``: the cursor of the next page, "" at the end.

    ``count``: number of texts that were compared.
    """

    files: list[SimilarFile]
    next: str = ""
    count: int = 0


@dataclass(frozen=True)
class SimilarLimits:
    """Which files a page holds: at most ``size`` of them, from ``min_score`` on, after ``cursor``."""

    size: int = 50
    min_score: float = 0.0
    cursor: str = ""


class Nearest:
    """Searches over the vectors of one library."""

    def __init__(self, db: Database, access: Access, embeddings: Embeddings) -> None:
        self._db = db
        self._access = access
        self._embeddings = embeddings

    def to_words(self, words: str, model: str, scope: Scope, limits: SimilarLimits) -> SimilarFiles:
        """Files whose prompts are most similar to ``words``; none before the first build of
        vectors.
        """
        compared = self._open(model)
        if compared is None:
            return SimilarFiles([])
        return self._find(compared, self._embeddings.embed(model, [words])[0], scope, limits)

    def to_file(
        self, path: DiskPath, model: str, scope: Scope, limits: SimilarLimits
    ) -> SimilarFiles:
        """Other files whose prompts are most similar to that of the file at a resolved path.

        Raises InvalidRequest if it has no prompt.
        """
        with self._db.read() as conn:
            image_id = next(iter(images.find_ids(conn, [paths.to_text(path)]).values()), 0)
        compared = self._open(model)
        if compared is None:
            return SimilarFiles([])
        vector = self._vector_of(path, image_id, model, compared)
        return self._find(compared, vector, scope, limits, without=image_id)

    def top_prompts(
        self, words: str, model: str, scope: Scope, limit: int, min_score: float
    ) -> list[tuple[str, float, int]]:
        """(prompt, score, number of files) of the texts most similar to ``words``."""
        page = self.to_words(words, model, scope, SimilarLimits(MAX_SIZE, min_score))
        found: dict[int, tuple[float, int]] = {}
        for file in page.files:
            count = found.get(file.prompt_id, (0.0, 0))[1]
            found[file.prompt_id] = file.score, count + 1
        with self._db.read() as conn:
            texts = prompts.load_texts(conn, found)
        return [
            (texts[prompt_id], *found[prompt_id])
            for prompt_id in list(found)[:limit]
            if prompt_id in texts
        ]

    def _open(self, name: str) -> Compared | None:
        """What a query is compared with; None before the first build."""
        index = self._embeddings.find_index(name)
        if index is not None:
            return IndexedVectors(self._db, index, self._embeddings.count)
        loaded = self._embeddings.load(name)
        return None if loaded is None else LoadedVectors(loaded)

    def _vector_of(self, path: DiskPath, image_id: int, model: str, compared: Compared) -> Vectors:
        with self._db.read() as conn:
            prompt_id = prompts.find_of(conn, image_id, self._embeddings.rules)
        if prompt_id:
            vector = compared.find(prompt_id)
            if vector is not None:
                return vector
        try:
            prompt = metadata.read(path).prompt
        except OSError as exc:
            raise NotFound(f"{paths.quoted(path)} cannot be read: {exc.strerror or exc}.") from exc
        if not prompt_text.normalise(prompt, self._embeddings.mode):
            raise InvalidRequest("This file has no prompt to compare with others.")
        return np.asarray(self._embeddings.embed(model, [prompt])[0], dtype=np.float32)

    def _find(
        self,
        compared: Compared,
        query: Vectors,
        scope: Scope,
        limits: SimilarLimits,
        *,
        without: int = 0,
    ) -> SimilarFiles:
        if not 1 <= limits.size <= MAX_SIZE:
            raise InvalidRequest(
                f"A page cannot have {limits.size} files: ask for 1 to {MAX_SIZE}."
            )
        if query.shape[0] != compared.model.dim:
            raise NotFound(
                "The model's vectors have another length now than those of the library: build these again "
                "with force."
            )
        start = _decode(limits.cursor, compared.model.id)
        folders = self._embeddings.find_indexed(scope).folders
        wanted = Wanted(folders, self._embeddings.rules, limits.size, limits.min_score, start)
        files: list[SimilarFile] = []
        for chunk in compared.rank(query, wanted):
            files += self._files_of(chunk, folders, start, without)
            if len(files) > limits.size:
                break
        more = len(files) > limits.size
        files = files[: limits.size]
        return SimilarFiles(
            files, _encode(compared.model.id, files[-1]) if more else "", compared.count()
        )

    def _files_of(
        self,
        chunk: list[tuple[int, float]],
        folders: FolderScope,
        start: Position | None,
        without: int,
    ) -> Iterator[SimilarFile]:
        prompt_ids = [prompt_id for prompt_id, _ in chunk]
        with self._db.read() as conn:
            items = prompts.list_images(conn, folders, self._embeddings.rules, prompt_ids)
        by_prompt: dict[int, list[int]] = {}
        for item in items:
            by_prompt.setdefault(item.prompt_id, []).append(item.image_id)
        for prompt_id, score in chunk:
            for image_id in sorted(by_prompt.get(prompt_id, ()), reverse=True):
                is_behind = start is None or (-score, prompt_id, -image_id) > (
                    -start[0],
                    start[1],
                    -start[2],
                )
                if is_behind and image_id != without:
                    yield SimilarFile(image_id, prompt_id, score)


def _encode(model_id: int, last: SimilarFile) -> str:
    """The cursor of the page after ``last``."""
    position = json.dumps([model_id, last.score, last.prompt_id, last.image_id])
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _decode(cursor: str, model_id: int) -> Position | None:
    """(score, text id, image id) of the last file of the previous page; None for the first page.

    Raises InvalidRequest for an invalid cursor, and for one of a model that has learned again
    since.
    """
    if not cursor:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        model, score, prompt_id, image_id = (
            int(found[0]),
            float(found[1]),
            int(found[2]),
            int(found[3]),
        )
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as exc:
        raise InvalidRequest("The cursor is not from this search: begin without one.") from exc
    if model != model_id:
        raise InvalidRequest("The vectors were built again since: begin without a cursor.")
    return round(score, DIGITS), prompt_id, image_id
