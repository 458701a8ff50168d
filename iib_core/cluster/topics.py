"""Topics: files grouped by what their prompts mean, each group with a title.

What was found is kept until its files or prompts change.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
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
from iib_core.cluster import levels, linkage, names, themes
from iib_core.db import images, prompts, results
from iib_core.db.engine import Database
from iib_core.db.prompts import Scope
from iib_core.db.results import Result
from iib_core.errors import InvalidRequest
from iib_core.jobs import Progress

logger = logging.getLogger(__name__)

KIND, LAST = "topics", "topics_last"
_VERSION = 2
_DEFAULT_SIZE = 3
_SAMPLE_CHARS = 200


@dataclass(frozen=True)
class Wanted:
    """How to group.

    ``tops``: resolved folders, none means everywhere. ``threshold``: least mean cosine of what is
    one topic; without it topics have two levels, and it is found from the library.

    ``only``: of these files alone, as ``paths.to_text`` has them; what is found for some is not
    kept. ``min_cluster_size`` counts files; without it a topic has three.
    ``assign_noise_threshold``: what is in no topic joins the nearest from this likeness on; None: a
    little above ``threshold``. ``title_model`` is ``local`` for titles of distinctive terms.
    """

    tops: tuple[str, ...] = ()
    recursive: bool = False
    model: str = LOCAL
    threshold: float | None = None
    min_cluster_size: int | None = None
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
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise InvalidRequest("threshold: give a number above 0 and at most 1.")
        if self.assign_noise_threshold is not None and not 0 < self.assign_noise_threshold <= 1:
            raise InvalidRequest("assign_noise_threshold: give a number above 0 and at most 1.")
        if self.min_cluster_size is not None and self.min_cluster_size < 1:
            raise InvalidRequest("min_cluster_size: give a number above zero.")

    def noise_threshold(self, threshold: float) -> float:
        """From which likeness on a file outside of every topic joins the nearest."""
        if self.assign_noise_threshold is not None:
            return self.assign_noise_threshold
        return min(0.97, threshold + 0.02)


@dataclass(frozen=True)
class Group:
    """Files of a topic by their places. ``kind``: what the table of themes calls it, or ""."""

    places: NDArray[np.int64]
    kind: str = ""
    subjects: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Grouped:
    """Topics, largest first, the places of the rest, and the least likeness that was taken."""

    groups: list[Group]
    noise: NDArray[np.int64]
    threshold: float


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
        grouped = self._group(progress, wanted, files, loaded)
        progress.begin("titling", 0.8, 1.0)
        found, problem = self._describe(progress, wanted, files, grouped.groups)
        message = " ".join(filter(None, (problem, _told(built.failed, built.reasons))))
        answer = {
            "cache_key": key,
            "folders": [paths.to_text(top) for top in wanted.tops],
            "model": wanted.model,
            "title_model": wanted.title_model,
            "threshold": grouped.threshold,
            "min_cluster_size": wanted.min_cluster_size or _DEFAULT_SIZE,
            "assign_noise_threshold": wanted.noise_threshold(grouped.threshold),
            "lang": wanted.lang,
            "count": len(files.paths),
            "clusters": found,
            "noise": [files.paths[at] for at in grouped.noise],
            "failed": built.failed,
            "message": message,
        }
        if wanted.only is not None:
            return answer
        with self._db.write() as conn:
            results.save(
                conn, KIND, key, answer, "" if message else state
            )  # what a service owes us is asked for again next time
            results.save(conn, LAST, self._key_of_folders(wanted.tops), {"key": key})
        return answer

    def find_last(self, tops: Sequence[str]) -> Result | None:
        """What was found last for these folders, however it was asked for."""
        with self._db.read() as conn:
            last = results.find(conn, LAST, self._key_of_folders(tops))
            return results.find(conn, KIND, last.value["key"]) if last else None

    def cached(self, wanted: Wanted) -> tuple[Result | None, str]:
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

    def _find_cached(self, key: str) -> Result | None:
        with self._db.read() as conn:
            return results.find(conn, KIND, key)

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

    def _group(self, progress: Progress, wanted: Wanted, files: Files, loaded: Loaded | None) -> Grouped:
        threshold = wanted.threshold or 0.0
        everyone = np.arange(len(files.paths), dtype=np.int64)
        texts = np.unique(files.prompt_ids[files.prompt_ids != prompts.NONE])
        if loaded is None or not len(texts):
            return Grouped([], everyone, threshold)
        there, rows = loaded.rows_of(texts)
        texts, vectors = texts[there], loaded.vectors[rows]
        seen = np.flatnonzero(
            np.einsum("ij,ij->i", vectors, vectors) > 0.5
        )  # the built-in model knows nothing of some texts
        texts, vectors = texts[seen], vectors[seen]

        def tell(share: float) -> None:
            progress.check()
            progress.update(done=int(100 * share))

        place = np.searchsorted(texts, files.prompt_ids)
        place[place == len(texts)] = 0
        has_text = texts[place] == files.prompt_ids if len(texts) else np.zeros(len(everyone), dtype=bool)
        row_of = np.where(has_text, place, -1)
        if wanted.threshold is None:
            return self._find_levels(wanted, texts, vectors, row_of, tell)
        return _group_at(wanted, wanted.threshold, vectors, row_of, tell)

    def _find_levels(
        self,
        wanted: Wanted,
        texts: NDArray[np.int64],
        vectors: NDArray[np.float32],
        row_of: NDArray[np.int64],
        tell: Callable[[float], None],
    ) -> Grouped:
        found, threshold = levels.find(vectors, self._table(wanted.model, texts), tell)
        groups = []
        inside = np.zeros(len(row_of), dtype=bool)
        for theme in found:
            places = _places_of(theme.rows, row_of)
            if len(places) < (wanted.min_cluster_size or _DEFAULT_SIZE):
                continue
            inside[places] = True
            subjects = tuple(
                Group(_places_of(subject.rows, row_of), subject.kind) for subject in theme.subjects
            )
            groups.append(Group(places, theme.name, tuple(each for each in subjects if len(each.places))))
        groups.sort(key=lambda group: (-len(group.places), int(group.places[0])))
        return Grouped(groups, np.flatnonzero(~inside), threshold)

    def _table(self, model: str, texts: NDArray[np.int64]) -> levels.Table | None:
        """The table of themes by a model that knows words beside those of the library."""
        sentences = self._ai.sentences
        if sentences is None or not sentences.knows(model):
            return None
        middles = themes.middles(lambda phrases: sentences.embed_phrases(model, phrases))
        with self._db.read() as conn:
            written = prompts.load_texts(conn, texts.tolist())
        evidence = themes.evidence([written.get(prompt_id, "") for prompt_id in texts.tolist()])
        return levels.Table(themes.KINDS, themes.THEME_OF, middles, evidence)

    def _describe(
        self, progress: Progress, wanted: Wanted, files: Files, groups: Sequence[Group]
    ) -> tuple[list[dict[str, Any]], str]:
        every = [*groups, *(subject for group in groups for subject in group.subjects)]
        texts_of = {id(group): sorted(set(files.prompt_ids[group.places].tolist())) for group in every}
        with self._db.read() as conn:
            texts = prompts.load_texts(conn, {each for ids in texts_of.values() for each in ids})
        written = {
            id(group): [texts[prompt_id] for prompt_id in texts_of[id(group)] if prompt_id in texts]
            for group in every
        }
        own = [written[id(group)] for group in groups]
        named: list[Name] = names.name_themes(own, [group.kind for group in groups])
        problem = ""
        if wanted.title_model != LOCAL and groups:
            naming = Naming(wanted.title_model, wanted.lang, wanted.use_title_cache, wanted.force_title)
            asked = [sorted(texts) for texts in own]
            named, problem = titles.name_by_model(self._db, self._ai, asked, named, naming, progress)
        loaded = self._embeddings.load(wanted.model)

        def describe(number: str, group: Group, name: Name) -> dict[str, Any]:
            return {
                "id": number,
                "title": name.title,
                "title_source": name.source,
                "size": len(group.places),
                "keywords": list(name.keywords),
                "sample_prompt": min(written[id(group)], default="")[:_SAMPLE_CHARS],
                "score": _closeness(loaded, texts_of[id(group)]),
                "paths": [files.paths[at] for at in group.places],
            }

        found = []
        for number, (group, name) in enumerate(zip(groups, named), 1):
            inner = names.name_themes(
                [written[id(subject)] for subject in group.subjects],
                [subject.kind for subject in group.subjects],
            )
            listed = zip(group.subjects, inner)
            subjects = [
                describe(f"c{number}.{at}", subject, each) for at, (subject, each) in enumerate(listed, 1)
            ]
            found.append({**describe(f"c{number}", group, name), "subjects": subjects})
        return found, problem


def _group_at(
    wanted: Wanted,
    threshold: float,
    vectors: NDArray[np.float32],
    row_of: NDArray[np.int64],
    tell: Callable[[float], None],
) -> Grouped:
    """Topics of one level, of texts whose mean cosine is at least ``threshold``."""
    labels = linkage.group(vectors, threshold, tell)
    has_text = row_of >= 0
    sizes = np.bincount(labels[row_of[has_text]], minlength=len(labels))
    large = sizes >= (wanted.min_cluster_size or _DEFAULT_SIZE)
    labels = _join_rest(vectors, labels, large, wanted.noise_threshold(threshold))
    label_of = np.where(has_text, labels[row_of] if len(labels) else -1, -1)
    groups = [Group(np.flatnonzero(label_of == label)) for label in np.unique(labels[labels >= 0])]
    groups.sort(key=lambda group: (-len(group.places), int(group.places[0])))
    return Grouped(groups, np.flatnonzero(label_of < 0), threshold)


def _places_of(rows: NDArray[np.int64], row_of: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of the files whose text is one of ``rows``."""
    return np.flatnonzero(np.isin(row_of, rows))


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
