"""Topics: groups of files with similar prompts, each with a title.

The topics of a scope are cached until its files or prompts change.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iib_core import paths
from iib_core.access import Access
from iib_core.ai import titles
from iib_core.ai.embed_options import EmbedOptions
from iib_core.ai.embeddings import Embeddings, Loaded
from iib_core.ai.models import LanguageModels
from iib_core.ai.provider import LOCAL
from iib_core.ai.scope import IndexedScope
from iib_core.ai.titles import Name, Naming
from iib_core.cluster import linkage
from iib_core.cluster.topic_options import TopicOptions
from iib_core.db import ai_cache, images, prompts
from iib_core.db.ai_cache import CachedResult
from iib_core.db.engine import Database
from iib_core.jobs import Progress
from iib_core.paths import DiskPath

logger = logging.getLogger(__name__)

KIND, LAST = "topics", "topics_last"
_VERSION = 1
_SAMPLE_CHARS = 200
_ROWS = 2048
# Options that do not change which topics are found.
_NOT_IN_KEY = {"scope", "force_embed", "force_title", "use_title_cache", "batch_size"}


@dataclass(frozen=True)
class Files:
    """The files of a scope, by path: their text ids and their paths."""

    prompt_ids: NDArray[np.int64]
    paths: Sequence[str]


class Topics:
    """Finds the topics of one library, and caches them."""

    def __init__(self, db: Database, access: Access, ai: LanguageModels, embeddings: Embeddings) -> None:
        self._db = db
        self._access = access
        self._ai = ai
        self._embeddings = embeddings

    def find(self, progress: Progress, options: TopicOptions) -> dict[str, Any]:
        """The topics in the form of the API; from the cache if nothing has changed.

        Raises ServiceFailed if no prompt has a vector.
        """
        options.validate()
        progress.begin("embedding", 0.0, 0.6)
        built = self._embeddings.build(progress, _embed_options(options))
        files = self._load(self._embeddings.find_indexed(options.scope))
        loaded = self._embeddings.load(options.model)
        key, state = self.key(options), self._state(files, loaded)
        if options.is_cached and not options.force_title and not options.force_embed:
            cached = self._find_cached(key)
            if cached is not None and cached.state == state:
                return dict(cached.value)
        progress.begin("clustering", 0.6, 0.8, 100)
        groups, noise = self._group(progress, options, files, loaded)
        progress.begin("titling", 0.8, 1.0)
        topics, problem = self._describe(progress, options, files, groups)
        message = " ".join(filter(None, (problem, _failed_message(built.failed, built.reasons))))
        answer = {
            "cache_key": key,
            "folders": [paths.to_text(folder) for folder in options.scope.folders],
            "model": options.model,
            "title_model": options.title_model,
            "threshold": options.threshold,
            "min_cluster_size": options.min_cluster_size,
            "assign_noise_threshold": options.noise_threshold,
            "lang": options.lang,
            "count": len(files.paths),
            "clusters": topics,
            "noise": [files.paths[row] for row in noise],
            "failed": built.failed,
            "message": message,
        }
        if options.is_cached:
            # Without a state, the next call tries again what a service has failed to do.
            self._save(options, key, answer, "" if message else state)
        return answer

    def _save(self, options: TopicOptions, key: str, answer: dict[str, Any], state: str) -> None:
        with self._db.write() as conn:
            ai_cache.save(conn, KIND, key, answer, state)
            ai_cache.save(conn, LAST, self._key_of_folders(options.scope.folders), {"key": key})

    def find_last(self, folders: Sequence[DiskPath]) -> CachedResult | None:
        """The topics found last for these folders, with any options."""
        with self._db.read() as conn:
            last = ai_cache.find(conn, LAST, self._key_of_folders(folders))
            return ai_cache.find(conn, KIND, last.value["key"]) if last else None

    def cached(self, options: TopicOptions) -> tuple[CachedResult | None, str]:
        """(the topics found last with the same options, the reason why they may be out of date or "").

        Reads only the index.
        """
        found = self._find_cached(self.key(options))
        if found is None:
            return None, "nothing was found for this request before"
        if self._embeddings.is_due(options.scope):
            return found, "files are new or changed"
        if not found.state:
            return found, "it is not complete"
        files = self._load(self._embeddings.find_indexed(options.scope))
        if found.state == self._state(files, self._embeddings.load(options.model)):
            return found, ""
        return found, "files or prompts have changed"

    def key(self, options: TopicOptions) -> str:
        """Identifies the topics of these options in the cache."""
        kept = {name: value for name, value in vars(options).items() if name not in _NOT_IN_KEY}
        kept["recursive"] = options.scope.recursive
        folders = self._key_of_folders(options.scope.folders)
        return _digest([_VERSION, self._embeddings.rules, kept, folders])

    def _key_of_folders(self, folders: Sequence[DiskPath]) -> str:
        visible = None if self._access.visible is None else sorted(map(paths.to_text, self._access.visible))
        return _digest([sorted(map(paths.to_text, folders)), visible])

    def _find_cached(self, key: str) -> CachedResult | None:
        with self._db.read() as conn:
            return ai_cache.find(conn, KIND, key)

    def _load(self, indexed: IndexedScope) -> Files:
        with self._db.read() as conn:
            items = prompts.load_items(conn, indexed.folders, self._embeddings.rules)
            by_id = images.find_paths(conn, [item.image_id for item in items])
        rows = sorted(
            (by_id[item.image_id], item.prompt_id)
            for item in items
            if item.image_id in by_id and indexed.holds(by_id[item.image_id])
        )
        return Files(np.array([row[1] for row in rows], dtype=np.int64), [row[0] for row in rows])

    def _state(self, files: Files, loaded: Loaded | None) -> str:
        """A hash of everything that topics depend on: the files, their texts, and which of these have a
        vector. Vectors of texts in other folders do not matter.
        """
        made = hashlib.blake2b(digest_size=16)
        if loaded is not None:
            texts = np.unique(files.prompt_ids)
            made.update(json.dumps(loaded.model.id).encode() + texts[loaded.rows_of(texts)[0]].tobytes())
        made.update(files.prompt_ids.tobytes())
        for path in files.paths:
            made.update(path.encode("utf-8", "replace") + b"\0")
        return made.hexdigest()

    def _group(
        self, progress: Progress, options: TopicOptions, files: Files, loaded: Loaded | None
    ) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
        """(the rows of ``files`` in each group, the rows that are noise)."""
        all_rows = np.arange(len(files.paths), dtype=np.int64)
        texts = np.unique(files.prompt_ids[files.prompt_ids != prompts.NONE])
        if loaded is None or not len(texts):
            return [], all_rows
        there, rows = loaded.rows_of(texts)
        texts, vectors = texts[there], loaded.vectors[rows]
        # Texts without a word that the built-in model knows have a vector of zeros.
        known = np.flatnonzero(np.einsum("ij,ij->i", vectors, vectors) > 0.5)
        texts, vectors = texts[known], vectors[known]
        if not len(texts):
            return [], all_rows

        def on_progress(share: float) -> None:
            progress.check()
            progress.update(done=int(100 * share))

        labels = linkage.group(vectors, options.threshold, on_progress)
        text_of = np.searchsorted(texts, files.prompt_ids)
        text_of[text_of == len(texts)] = 0
        has_text = texts[text_of] == files.prompt_ids
        sizes = np.bincount(labels[text_of[has_text]], minlength=len(labels))
        labels = _join_noise(vectors, labels, sizes >= options.min_cluster_size, options.noise_threshold)
        label_of = np.where(has_text, labels[text_of], -1)
        groups = [all_rows[label_of == label] for label in np.unique(labels[labels >= 0])]
        return sorted(groups, key=lambda group: (-len(group), int(group[0]))), all_rows[label_of < 0]

    def _describe(
        self, progress: Progress, options: TopicOptions, files: Files, groups: Sequence[NDArray[np.int64]]
    ) -> tuple[list[dict[str, Any]], str]:
        """(the topics in the form of the API, a sentence about failures or "")."""
        texts_of = [sorted(set(files.prompt_ids[group].tolist())) for group in groups]
        with self._db.read() as conn:
            texts = prompts.load_texts(conn, {prompt_id for ids in texts_of for prompt_id in ids})
        written = [sorted(texts[prompt_id] for prompt_id in ids if prompt_id in texts) for ids in texts_of]
        names: list[Name] = titles.name_locally(written)
        problem = ""
        if options.title_model != LOCAL and groups:
            naming = Naming(options.title_model, options.lang, options.use_title_cache, options.force_title)
            names, problem = titles.name_by_model(self._db, self._ai, written, names, naming, progress)
        loaded = self._embeddings.load(options.model)
        return [
            {
                "id": f"c{number}",
                "title": name.title,
                "title_source": name.source,
                "size": len(group),
                "keywords": list(name.keywords),
                "sample_prompt": (prompt_texts[0] if prompt_texts else "")[:_SAMPLE_CHARS],
                "score": _closeness(loaded, ids),
                "paths": [files.paths[row] for row in group],
            }
            for number, (group, name, prompt_texts, ids) in enumerate(
                zip(groups, names, written, texts_of), 1
            )
        ], problem


def _digest(value: Any) -> str:
    return hashlib.blake2b(
        json.dumps(value, sort_keys=True).encode("utf-8", "replace"), digest_size=16
    ).hexdigest()


def _join_noise(
    vectors: NDArray[np.float32], labels: NDArray[np.int64], large: NDArray[np.bool_], threshold: float
) -> NDArray[np.int64]:
    """The labels of large groups. A vector of a small group gets the label of the large group with the most
    similar mean, or -1 if the similarity is below ``threshold``.
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


def _means(
    vectors: NDArray[np.float32], group_of: NDArray[np.int64], inside: NDArray[np.bool_], count: int
) -> NDArray[np.float32]:
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


def _closeness(loaded: Loaded | None, prompt_ids: Sequence[int]) -> float:
    """The mean cosine similarity of a group's texts to their mean."""
    if loaded is None:
        return 0.0
    _, rows = loaded.rows_of(np.array(prompt_ids, dtype=np.int64))
    if not len(rows):
        return 0.0
    return round(float(np.linalg.norm(loaded.vectors[rows].mean(axis=0))), 4)


def _failed_message(failed: int, reasons: dict[str, int]) -> str:
    if not failed:
        return ""
    return f"{failed} prompts have no vector yet and are in no topic: {next(iter(reasons), '')}"


def _embed_options(options: TopicOptions) -> EmbedOptions:
    return EmbedOptions(
        options.scope,
        options.model,
        options.force_embed,
        batch_size=options.batch_size,
        max_chars=options.max_chars,
    )
