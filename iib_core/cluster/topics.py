"""Topics: groups of files with similar prompts, each with a title.

The topics of a scope are cached until its files or prompts change.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
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
from iib_core.cluster import levels, names, themes, topic_groups
from iib_core.cluster.topic_answers import Describer, Files
from iib_core.cluster.topic_groups import Group, Grouped
from iib_core.cluster.topic_options import TopicOptions
from iib_core.db import ai_cache, images, prompts
from iib_core.db.ai_cache import CachedResult
from iib_core.db.engine import Database
from iib_core.jobs import Progress
from iib_core.paths import DiskPath

logger = logging.getLogger(__name__)

KIND, LAST = "topics", "topics_last"
_VERSION = 2
# Options that do not change which topics are found.
_NOT_IN_KEY = {"scope", "force_embed", "force_title", "use_title_cache", "batch_size"}


class Topics:
    """Finds the topics of one library, and caches them."""

    def __init__(
        self, db: Database, access: Access, ai: LanguageModels, embeddings: Embeddings
    ) -> None:
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
        grouped = self._group(progress, options, files, loaded)
        progress.begin("titling", 0.8, 1.0)
        topics, problem = self._describe(progress, options, files, grouped.groups)
        message = " ".join(filter(None, (problem, _failed_message(built.failed, built.reasons))))
        answer = {
            "cache_key": key,
            "folders": [paths.to_text(folder) for folder in options.scope.folders],
            "model": options.model,
            "title_model": options.title_model,
            "threshold": grouped.threshold,
            "min_cluster_size": options.min_size,
            "assign_noise_threshold": options.noise_threshold(grouped.threshold),
            "lang": options.lang,
            "count": len(files.paths),
            "clusters": topics,
            "noise": [files.paths[row] for row in grouped.noise],
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
        """(the topics found last with the same options, the reason why they may be out of date or
        "").

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
        visible = (
            None
            if self._access.visible is None
            else sorted(map(paths.to_text, self._access.visible))
        )
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
        """A hash of everything that topics depend on: the files, their texts, and which of these
        have a vector. Vectors of texts in other folders do not matter.
        """
        made = hashlib.blake2b(digest_size=16)
        if loaded is not None:
            texts = np.unique(files.prompt_ids)
            made.update(
                json.dumps(loaded.model.id).encode() + texts[loaded.rows_of(texts)[0]].tobytes()
            )
        made.update(files.prompt_ids.tobytes())
        for path in files.paths:
            made.update(path.encode("utf-8", "replace") + b"\0")
        return made.hexdigest()

    def _group(
        self, progress: Progress, options: TopicOptions, files: Files, loaded: Loaded | None
    ) -> Grouped:
        all_rows = np.arange(len(files.paths), dtype=np.int64)
        nothing = Grouped([], all_rows, options.threshold or 0.0)
        texts = np.unique(files.prompt_ids[files.prompt_ids != prompts.NONE])
        if loaded is None or not len(texts):
            return nothing
        there, rows = loaded.rows_of(texts)
        texts, vectors = texts[there], loaded.vectors[rows]
        # Texts without a word that the built-in model knows have a vector of zeros.
        known = np.flatnonzero(np.einsum("ij,ij->i", vectors, vectors) > 0.5)
        texts, vectors = texts[known], vectors[known]
        if not len(texts):
            return nothing

        def on_progress(share: float) -> None:
            progress.check()
            progress.update(done=int(100 * share))

        row_of = np.searchsorted(texts, files.prompt_ids)
        row_of[row_of == len(texts)] = 0
        row_of = np.where(texts[row_of] == files.prompt_ids, row_of, -1)
        threshold, min_size = options.threshold, options.min_size
        if threshold is None:
            table = self._table(options.model, texts)
            return topic_groups.in_two_levels(vectors, row_of, table, min_size, on_progress)
        noise_threshold = options.noise_threshold(threshold)
        return topic_groups.at_threshold(
            vectors, row_of, threshold, noise_threshold, min_size, on_progress
        )

    def _table(self, model: str, text_ids: NDArray[np.int64]) -> levels.Table | None:
        """The table of themes, if the model knows words that are not in the library; otherwise
        None.
        """
        sentences = self._ai.sentences
        if sentences is None or not sentences.knows(model):
            return None
        means = themes.means(lambda phrases: sentences.embed_phrases(model, phrases))
        with self._db.read() as conn:
            texts = prompts.load_texts(conn, text_ids.tolist())
        evidence = themes.evidence([texts.get(text_id, "") for text_id in text_ids.tolist()])
        return levels.Table(themes.KINDS, themes.THEME_OF, means, evidence)

    def _describe(
        self, progress: Progress, options: TopicOptions, files: Files, groups: Sequence[Group]
    ) -> tuple[list[dict[str, Any]], str]:
        """(the topics in the form of the API, a sentence about failures or "")."""
        describer = self._describer(options, files, groups)
        texts_of = [describer.texts_of(group) for group in groups]
        topic_names: list[Name] = names.name_topics(texts_of, [group.name for group in groups])
        problem = ""
        if options.title_model != LOCAL and groups:
            naming = Naming(
                options.title_model, options.lang, options.use_title_cache, options.force_title
            )
            asked = [sorted(texts) for texts in texts_of]
            topic_names, problem = titles.name_by_model(
                self._db, self._ai, asked, topic_names, naming, progress
            )
        return [
            describer.topic(f"c{number}", group, name)
            for number, (group, name) in enumerate(zip(groups, topic_names), 1)
        ], problem

    def _describer(self, options: TopicOptions, files: Files, groups: Sequence[Group]) -> Describer:
        wanted = {text_id for group in groups for text_id in files.prompt_ids[group.files].tolist()}
        with self._db.read() as conn:
            texts = prompts.load_texts(conn, wanted)
        return Describer(files, texts, self._embeddings.load(options.model))


def _digest(value: Any) -> str:
    return hashlib.blake2b(
        json.dumps(value, sort_keys=True).encode("utf-8", "replace"), digest_size=16
    ).hexdigest()


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
