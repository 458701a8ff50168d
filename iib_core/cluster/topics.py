"""Topics: files grouped by what their prompts mean, each group with a title.

What was found is kept until its files or prompts change.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iib_core import paths
from iib_core.access import Access
from iib_core.ai import text, titles
from iib_core.ai.client import AI
from iib_core.ai.embeddings import BATCH_SIZE, MAX_CHARS, Embeddings, Loaded, Request
from iib_core.ai.provider import LOCAL
from iib_core.ai.titles import Name, Naming
from iib_core.cluster import linkage
from iib_core.db import ai_cache, images, prompts
from iib_core.db.ai_cache import CachedResult
from iib_core.db.engine import Database
from iib_core.db.prompts import Scope
from iib_core.errors import InvalidRequest
from iib_core.jobs import Progress

logger = logging.getLogger(__name__)

KIND, LAST = "topics", "topics_last"
_VERSION = 1
_SAMPLE_CHARS = 200


@dataclass(frozen=True)
class Wanted:
    """How to group.

    ``tops``: resolved folders, none means everywhere. ``threshold``: least mean cosine of what is
    one topic.

    ``only``: of these files alone, as ``paths.to_text`` has them; what is found for some is not
    kept. ``min_cluster_size`` counts files.
    ``assign_noise_threshold``: what is in no topic joins the nearest from this likeness on; None: a
    little above ``threshold``. ``title_model`` is ``local`` for titles of distinctive terms.
    """

    tops: tuple[str, ...] = ()
    recursive: bool = False
    model: str = LOCAL
    threshold: float = 0.85
    min_cluster_size: int = 3
    assign_noise_threshold: float | None = None
    title_model: str = LOCAL
    lang: str = "en"
    force_embed: bool = False
    force_title: bool = False
    use_title_cache: bool = True
    batch_size: int = BATCH_SIZE
    max_chars: int = MAX_CHARS
    only: frozenset[str] | None = None

    def check(self) -> None:
        """Raise InvalidRequest for numbers that mean nothing."""
        if not 0 < self.threshold <= 1:
            raise InvalidRequest("threshold: give a number above 0 and at most 1.")
        if self.assign_noise_threshold is not None and not 0 < self.assign_noise_threshold <= 1:
            raise InvalidRequest("assign_noise_threshold: give a number above 0 and at most 1.")
        if self.min_cluster_size < 1:
            raise InvalidRequest("min_cluster_size: give a number above zero.")

    @property
    def noise_threshold(self) -> float:
        """From which likeness on a file outside of every topic joins the nearest."""
        return (
            min(0.97, self.threshold + 0.02)
            if self.assign_noise_threshold is None
            else self.assign_noise_threshold
        )


@dataclass(frozen=True)
class Files:
    """The files of a scope by path: ids, texts' ids and paths, in one order that follows from the paths."""

    prompt_ids: NDArray[np.int64]
    paths: Sequence[str]


class Topics:
    """Finds topics in one library and keeps them."""

    def __init__(self, db: Database, access: Access, ai: AI, embeddings: Embeddings) -> None:
        self._db = db
        self._access = access
        self._ai = ai
        self._embeddings = embeddings

    def find(self, progress: Progress, wanted: Wanted) -> dict[str, Any]:
        """The topics, as clients get them; from the cache where nothing has changed.

        Raises ServiceFailed where there are no vectors to be had.
        """
        wanted.check()
        progress.begin("embedding", 0.0, 0.6)
        built = self._embeddings.build(
            progress,
            Request(
                wanted.tops,
                wanted.model,
                wanted.recursive,
                wanted.force_embed,
                batch_size=wanted.batch_size,
                max_chars=wanted.max_chars,
            ),
        )
        scope = self._embeddings.scope(wanted.tops, recursive=wanted.recursive)
        files = self._load(scope, wanted.only)
        loaded = self._embeddings.load(wanted.model)
        key, state = self.key(wanted), self._state(files, loaded)
        cached = (
            None
            if wanted.force_title or wanted.force_embed or wanted.only is not None
            else self._find_cached(key)
        )
        if cached is not None and cached.state == state:
            return dict(cached.value)
        progress.begin("clustering", 0.6, 0.8, 100)
        groups, noise = self._group(progress, wanted, files, loaded)
        progress.begin("titling", 0.8, 1.0)
        found, problem = self._describe(progress, wanted, files, groups)
        message = " ".join(filter(None, (problem, _told(built.failed, built.reasons))))
        answer = {
            "cache_key": key,
            "folders": [paths.to_text(top) for top in wanted.tops],
            "model": wanted.model,
            "title_model": wanted.title_model,
            "threshold": wanted.threshold,
            "min_cluster_size": wanted.min_cluster_size,
            "assign_noise_threshold": wanted.noise_threshold,
            "lang": wanted.lang,
            "count": len(files.paths),
            "clusters": found,
            "noise": [files.paths[at] for at in noise],
            "failed": built.failed,
            "message": message,
        }
        if wanted.only is not None:
            return answer
        with self._db.write() as conn:
            ai_cache.save(
                conn, KIND, key, answer, "" if message else state
            )  # what a service owes us is asked for again next time
            ai_cache.save(conn, LAST, self._key_of_folders(wanted.tops), {"key": key})
        return answer

    def find_last(self, tops: Sequence[str]) -> CachedResult | None:
        """What was found last for these folders, however it was asked for."""
        with self._db.read() as conn:
            last = ai_cache.find(conn, LAST, self._key_of_folders(tops))
            return ai_cache.find(conn, KIND, last.value["key"]) if last else None

    def cached(self, wanted: Wanted) -> tuple[CachedResult | None, str]:
        """What was found last for the same request, and why it may be out of date: "" where it is not.

        Looks nothing up but the index.
        """
        found = self._find_cached(self.key(wanted))
        if found is None:
            return None, "nothing was found for this request before"
        scope = self._embeddings.scope(wanted.tops, recursive=wanted.recursive)
        if self._embeddings.is_due(scope):
            return found, "files are new or changed"
        if not found.state:
            return found, "it is not complete"
        return found, "" if found.state == self._state(
            self._load(scope), self._embeddings.load(wanted.model)
        ) else "files or prompts have changed"

    def key(self, wanted: Wanted) -> str:
        """What tells this request from others."""
        asked = asdict(wanted)
        for name in ("force_embed", "force_title", "use_title_cache", "batch_size", "only"):
            del asked[name]
        del asked["tops"]
        return _digest(
            [_VERSION, text.rules(self._embeddings.mode), asked, self._key_of_folders(wanted.tops)]
        )

    def _key_of_folders(self, tops: Sequence[str]) -> str:
        visible = None if self._access.visible is None else sorted(map(paths.to_text, self._access.visible))
        return _digest([sorted(map(paths.to_text, tops)), visible])

    def _find_cached(self, key: str) -> CachedResult | None:
        with self._db.read() as conn:
            return ai_cache.find(conn, KIND, key)

    def _load(self, scope: Scope, only: frozenset[str] | None = None) -> Files:
        with self._db.read() as conn:
            items = prompts.load_items(conn, scope, text.rules(self._embeddings.mode))
            by_id = images.find_paths(conn, [item.image_id for item in items])
        rows = sorted(
            (by_id[item.image_id], item.prompt_id)
            for item in items
            if item.image_id in by_id and (only is None or by_id[item.image_id] in only)
        )
        return Files(np.array([row[1] for row in rows], dtype=np.int64), [row[0] for row in rows])

    def _state(self, files: Files, loaded: Loaded | None) -> str:
        """What topics follow from: the files, their texts, and which of those the model has a
        vector of; vectors of other folders do not matter.
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
        self, progress: Progress, wanted: Wanted, files: Files, loaded: Loaded | None
    ) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
        """Groups of files by their places, and the places of the rest."""
        everyone = np.arange(len(files.paths), dtype=np.int64)
        texts = np.unique(files.prompt_ids[files.prompt_ids != prompts.NONE])
        if loaded is None or not len(texts):
            return [], everyone
        there, rows = loaded.rows_of(texts)
        texts, vectors = texts[there], loaded.vectors[rows]
        seen = np.flatnonzero(
            np.einsum("ij,ij->i", vectors, vectors) > 0.5
        )  # the built-in model knows nothing of some texts
        texts, vectors = texts[seen], vectors[seen]

        def tell(share: float) -> None:
            progress.check()
            progress.update(done=int(100 * share))

        labels = linkage.group(vectors, wanted.threshold, tell)
        place = np.searchsorted(texts, files.prompt_ids)
        place[place == len(texts)] = 0
        has_text = texts[place] == files.prompt_ids if len(texts) else np.zeros(len(everyone), dtype=bool)
        sizes = np.bincount(labels[place[has_text]], minlength=len(labels))
        labels = _join_rest(vectors, labels, sizes >= wanted.min_cluster_size, wanted.noise_threshold)
        label_of = np.where(has_text, labels[place] if len(labels) else -1, -1)
        groups = (
            [everyone[label_of == label] for label in np.unique(labels[labels >= 0])] if len(labels) else []
        )
        return sorted(groups, key=lambda group: (-len(group), int(group[0]))), everyone[label_of < 0]

    def _describe(
        self, progress: Progress, wanted: Wanted, files: Files, groups: Sequence[NDArray[np.int64]]
    ) -> tuple[list[dict[str, Any]], str]:
        texts_of = [sorted(set(files.prompt_ids[group].tolist())) for group in groups]
        with self._db.read() as conn:
            texts = prompts.load_texts(conn, {prompt_id for ids in texts_of for prompt_id in ids})
        written = [sorted(texts[prompt_id] for prompt_id in ids if prompt_id in texts) for ids in texts_of]
        names: list[Name] = titles.name_locally(written)
        problem = ""
        if wanted.title_model != LOCAL and groups:
            naming = Naming(wanted.title_model, wanted.lang, wanted.use_title_cache, wanted.force_title)
            names, problem = titles.name_by_model(self._db, self._ai, written, names, naming, progress)
        loaded = self._embeddings.load(wanted.model)
        return [
            {
                "id": f"c{number}",
                "title": name.title,
                "title_source": name.source,
                "size": len(group),
                "keywords": list(name.keywords),
                "sample_prompt": (own[0] if own else "")[:_SAMPLE_CHARS],
                "score": _closeness(loaded, ids),
                "paths": [files.paths[at] for at in group],
            }
            for number, (group, name, own, ids) in enumerate(zip(groups, names, written, texts_of), 1)
        ], problem


def _digest(value: Any) -> str:
    return hashlib.blake2b(
        json.dumps(value, sort_keys=True).encode("utf-8", "replace"), digest_size=16
    ).hexdigest()


def _join_rest(
    vectors: NDArray[np.float32], labels: NDArray[np.int64], large: NDArray[np.bool_], threshold: float
) -> NDArray[np.int64]:
    """Labels of large groups; what is in a small one joins the large one whose middle is nearest,
    or has the label -1.
    """
    kept = np.flatnonzero(large)
    joined = np.where(large[labels], labels, -1)
    rest = np.flatnonzero(joined < 0)
    if not len(kept) or not len(rest):
        return joined
    middles = _middles(vectors, np.searchsorted(kept, joined), joined >= 0, len(kept))
    for start in range(0, len(rest), 2048):
        part = rest[start : start + 2048]
        likeness = vectors[part] @ middles.T
        best = likeness.argmax(axis=1)
        near = likeness[np.arange(len(part)), best] >= threshold
        joined[part[near]] = kept[best[near]]
    return joined


def _middles(
    vectors: NDArray[np.float32], group_of: NDArray[np.int64], inside: NDArray[np.bool_], count: int
) -> NDArray[np.float32]:
    """The middle of each of ``count`` groups, of unit length."""
    middles = np.zeros((count, vectors.shape[1]), dtype=np.float32)
    rows = np.flatnonzero(inside)
    rows = rows[np.argsort(group_of[rows], kind="stable")]
    for start in range(0, len(rows), 2048):
        part = rows[start : start + 2048]
        found, own = np.unique(group_of[part], return_inverse=True)
        members = np.zeros((len(found), len(part)), dtype=np.float32)
        members[own.reshape(-1), np.arange(len(part))] = 1
        middles[found] += members @ vectors[part]
    return np.asarray(
        middles / np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-12), dtype=np.float32
    )


def _closeness(loaded: Loaded | None, prompt_ids: Sequence[int]) -> float:
    """Mean cosine of a group's texts with their middle."""
    if loaded is None:
        return 0.0
    _, rows = loaded.rows_of(np.array(prompt_ids, dtype=np.int64))
    middle = loaded.vectors[rows].mean(axis=0) if len(rows) else np.zeros(1)
    return round(float(np.linalg.norm(middle)), 4)


def _told(failed: int, reasons: dict[str, int]) -> str:
    return (
        f"{failed} prompts have no vector yet and are in no topic: {next(iter(reasons), '')}"
        if failed
        else ""
    )
