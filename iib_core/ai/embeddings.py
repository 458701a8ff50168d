"""Embeddings: one vector for each distinct prompt of the library, stored and kept up to date."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iib_core.access import Access
from iib_core.ai import prompt_text, scope
from iib_core.ai.embed_options import MAX_CHARS, EmbedOptions, EmbedResult
from iib_core.ai.local import LocalModel
from iib_core.ai.models import LanguageModels
from iib_core.ai.provider import LOCAL, Vectors
from iib_core.ai.scope import IndexedScope, Scope
from iib_core.ai.sentence_build import SentenceBuild
from iib_core.ai.sentences import Sentences
from iib_core.ai.service_build import ServiceBuild
from iib_core.db import embeddings, prompts, vector_index
from iib_core.db.embeddings import Model
from iib_core.db.engine import Database
from iib_core.db.prompts import FolderScope
from iib_core.db.vector_index import VectorIndex
from iib_core.errors import NotFound
from iib_core.jobs import Progress

_READ = 2000
_SAVED = 4000
# The built-in model learns again once the library has grown by this factor, or while it has few
# prompts.
_GROWTH = 4 / 3
_FEW = 64
_PRUNE_EVERY_S = 86_400.0
_MAX_BUILT = 1000


@dataclass(frozen=True)
class Loaded:
    """The vectors of a model in memory. ids: (n,) ascending text ids; vectors: (n, d) float32 unit
    rows.
    """

    model: Model
    ids: NDArray[np.int64]
    vectors: Vectors

    def rows_of(self, wanted: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(positions in ``wanted`` of the text ids that have a vector, the rows of these vectors)."""
        rows = np.searchsorted(self.ids, wanted)
        rows[rows == len(self.ids)] = 0
        there = (
            np.flatnonzero(self.ids[rows] == wanted)
            if len(self.ids)
            else np.empty(0, dtype=np.int64)
        )
        return there, rows[there]


class Embeddings:
    """The vectors of one library.

    One build runs at a time. A reader sees the vectors before or after a batch, never a part of it.
    """

    def __init__(self, db: Database, access: Access, ai: LanguageModels) -> None:
        self._db = db
        self._access = access
        self._ai = ai
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._loaded: Loaded | None = None
        self._counted: tuple[Model, int] | None = None
        self._local: tuple[int, LocalModel] | None = None
        self._pruned_at: float | None = None
        self._built: set[tuple[int, Scope]] = set()

    @property
    def mode(self) -> str:
        """How prompts become texts, one of ``prompt_text.MODES``."""
        return self._ai.settings.normalize

    @property
    def rules(self) -> str:
        """Name of the rules by which prompts become texts."""
        return prompt_text.rules(self.mode)

    def find_indexed(self, wanted: Scope) -> IndexedScope:
        """A scope as the index knows it, as far as a client may see it."""
        with self._db.read() as conn:
            return scope.find_indexed(conn, wanted, self._access.visible)

    def build(self, progress: Progress, options: EmbedOptions) -> EmbedResult:
        """Embed the prompts that have no vector yet.

        Texts that fail are counted and stored with their reason. Raises ServiceFailed if no text of
        the scope has a vector in the end.
        """
        with self._one_at_a_time(progress):
            started = time.monotonic()
            rules = self.rules
            result = EmbedResult(options.model)
            indexed = self.find_indexed(options.scope).folders
            # The built-in model learns from the whole library, whatever the scope is.
            self._read_prompts(
                progress, FolderScope() if options.model == LOCAL else indexed, rules
            )
            text_ids = self._text_ids(indexed, rules)
            wanted = sorted(set(text_ids))
            result.count, result.unique = len(text_ids), len(wanted)
            if options.model == LOCAL:
                self._build_local(progress, options, rules, wanted, result)
            elif (sentences := self._find_sentences(options.model)) is not None:
                SentenceBuild(self._db, sentences, progress, options, result).run(rules, wanted)
                self._prune_daily(result)
            else:
                service = self._ai.get_service()
                ServiceBuild(self._db, self._ai, service, progress, options, result).run(
                    rules, wanted
                )
            self._index_vectors(progress, options.model)
            result.seconds = round(time.monotonic() - started, 3)
            self._remember_built(options)
            return result

    def is_due(self, wanted: Scope) -> bool:
        """Whether there are files whose prompts have not been read yet."""
        indexed = self.find_indexed(wanted)
        with self._db.read() as conn:
            return bool(prompts.list_unread(conn, indexed.folders, self.rules, 0, 1))

    def is_built(self, name: str, wanted: Scope) -> bool:
        """Whether a build of this scope has ended since the start of the program. Otherwise one may
        have been interrupted, and some prompts have no vector.
        """
        model = self.find_model(name)
        return model is not None and (model.id, wanted) in self._built

    def _index_vectors(self, progress: Progress, name: str) -> None:
        model = self.find_model(name)
        if model is not None:
            with progress.waiting("the database, which makes an index of the vectors"):
                self._db.index_vectors(model.id, progress.check)

    def _remember_built(self, options: EmbedOptions) -> None:
        model = self.find_model(options.model)
        if len(self._built) >= _MAX_BUILT:
            self._built.clear()
        if model is not None:
            self._built.add((model.id, options.scope))

    def count_files(self, wanted: Scope) -> int:
        """How many files of a scope have a prompt."""
        return len(self._text_ids(self.find_indexed(wanted).folders, self.rules))

    def find_model(self, name: str) -> Model | None:
        """The stored model of this name; None before the first build."""
        with self._db.read() as conn:
            return embeddings.find_model(conn, name, self._endpoint(name), self.rules)

    def find_index(self, name: str) -> VectorIndex | None:
        """The index of a model's vectors; None where they are compared in memory (``load``)."""
        with self._db.read() as conn:
            model = embeddings.find_model(conn, name, self._endpoint(name), self.rules)
            return vector_index.find_index(conn, model) if model is not None else None

    def count(self, model: Model) -> int:
        """The number of a model's vectors, cached in memory until they change."""
        known = self._counted
        if known is None or known[0] != model:
            with self._db.read() as conn:
                known = self._counted = model, embeddings.count(conn, model.id)
        return known[1]

    def load(self, name: str) -> Loaded | None:
        """All vectors of a model, cached in memory until they change; None before the first build."""
        with self._lock:
            model = self.find_model(name)
            if model is None or not model.dim:
                return None
            if self._loaded is None or self._loaded.model != model:
                self._loaded = None  # otherwise both would be in memory for a moment
                with self._db.read() as conn:
                    self._loaded = Loaded(model, *embeddings.load_all(conn, model))
            return self._loaded

    def embed(
        self, name: str, texts: Sequence[str], wait: Callable[[float], None] = time.sleep
    ) -> Vectors:
        """Vectors of texts that are not in the library, such as the words of a query.

        (n, d) float32 unit rows. Raises NotFound before the built-in model has learned,
        ServiceFailed.
        """
        cut = [prompt_text.cut(prompt_text.normalise(each, self.mode), MAX_CHARS) for each in texts]
        sentences = self._find_sentences(name)
        if sentences is not None:
            return sentences.embed(name, cut)
        if name != LOCAL:
            return self._ai.get_service().embed(cut, name, wait)
        model = self.find_model(LOCAL)
        if model is None:
            raise NotFound(
                "The built-in model has not learned from the library yet: index files with prompts first."
            )
        return self._load_local(model).embed(cut)

    @contextmanager
    def _one_at_a_time(self, progress: Progress) -> Iterator[None]:
        with progress.waiting("another job that makes vectors"):
            while not self._turn.acquire(timeout=0.2):
                progress.check()
        try:
            yield
        finally:
            self._turn.release()

    def _text_ids(self, folders: FolderScope, rules: str) -> list[int]:
        """The text id of each file that has a prompt."""
        with self._db.read() as conn:
            items = prompts.load_items(conn, folders, rules)
        return [item.prompt_id for item in items if item.prompt_id != prompts.NONE]

    def _prune_daily(self, result: EmbedResult) -> None:
        """Delete the vectors of texts that no file has any more, after the first build of a day
        that made some. The built-in model does it when it learns.
        """
        due = self._pruned_at is None or time.monotonic() - self._pruned_at > _PRUNE_EVERY_S
        if result.updated and due:
            with self._db.write() as conn:
                prompts.prune(conn)
            self._pruned_at = time.monotonic()

    def _find_sentences(self, name: str) -> Sentences | None:
        """The sentence models if ``name`` is one of them, otherwise None."""
        sentences = self._ai.sentences
        return sentences if sentences is not None and sentences.knows(name) else None

    def _endpoint(self, name: str) -> str:
        sentences = self._find_sentences(name)
        if sentences is not None:
            return sentences.endpoint(name)
        service = self._ai.service
        return "" if name == LOCAL or service is None else service.endpoint

    def _read_prompts(self, progress: Progress, folders: FolderScope, rules: str) -> None:
        """Make texts of the prompts of new and changed files."""
        after = done = 0
        while True:
            progress.check()
            with self._db.read() as conn:
                unread = prompts.list_unread(conn, folders, rules, after, _READ)
            if not unread:
                return
            rows = []
            for image_id, indexed_ns, prompt in unread:
                text = prompt_text.normalise(prompt, self.mode)
                rows.append((image_id, indexed_ns, prompt_text.digest(text, self.mode), text))
            with self._db.write() as conn:
                prompts.assign(conn, rows, rules)
            after = unread[-1].image_id
            done += len(unread)
            progress.update(done=done)

    def _build_local(
        self,
        progress: Progress,
        options: EmbedOptions,
        rules: str,
        wanted: Sequence[int],
        result: EmbedResult,
    ) -> None:
        with self._db.read() as conn:
            model = embeddings.find_model(conn, LOCAL, "", rules)
            all_ids = prompts.list_ids(conn, rules)
            there = embeddings.load_chars(conn, model.id) if model else {}
        if not all_ids:
            return
        missing = [prompt_id for prompt_id in all_ids if prompt_id not in there]
        learns = (
            model is None or options.force or _has_grown(model.fitted, len(there), len(missing))
        )
        missing = all_ids if learns else missing
        if missing:
            with self._db.read() as conn:
                texts = prompts.load_texts(conn, missing)
            missing = [prompt_id for prompt_id in missing if prompt_id in texts]
            progress.update(done=0, total=len(missing))
            data = self._learn(progress, list(texts.values())) if learns else b""
            self._embed_local(progress, rules, data, model, missing, texts)
        ours = set(missing).intersection(wanted)
        result.updated, result.skipped = len(ours), len(wanted) - len(ours)

    def _learn(self, progress: Progress, texts: Sequence[str]) -> bytes:
        with progress.waiting(f"the built-in model, which learns from {len(texts)} prompts"):
            return LocalModel.learn(texts, progress.check).to_bytes()

    def _embed_local(
        self,
        progress: Progress,
        rules: str,
        data: bytes,
        model: Model | None,
        missing: Sequence[int],
        texts: dict[int, str],
    ) -> None:
        """Store the vectors, and in the same transaction the model that made them, so that vectors
        of two models are never mixed. ``data``: the model if it is a new one, otherwise b"".
        """
        local = LocalModel.from_bytes(data) if data else self._load_local(model)
        batches = []
        for start in range(0, len(missing), _SAVED):
            progress.check()
            ids = missing[start : start + _SAVED]
            batches.append((ids, local.embed([texts[prompt_id] for prompt_id in ids])))
            progress.update(done=start + len(ids))
        with self._db.write() as conn:
            if data:
                model = embeddings.add_model(
                    conn, LOCAL, "", rules, dim=local.dim, fitted=len(texts), data=data
                )
            assert model is not None
            for ids, vectors in batches:
                chars = [(prompt_id, len(texts[prompt_id])) for prompt_id in ids]
                embeddings.save(conn, model.id, chars, vectors)
            embeddings.remove_older(conn, model)
            if data:
                prompts.prune(conn)

    def _load_local(self, model: Model | None) -> LocalModel:
        """The built-in model as it is stored, cached in memory."""
        assert model is not None
        with self._lock:
            if self._local is None or self._local[0] != model.id:
                with self._db.read() as conn:
                    self._local = (
                        model.id,
                        LocalModel.from_bytes(embeddings.load_data(conn, model.id)),
                    )
            return self._local[1]


def _has_grown(fitted: int, there: int, missing: int) -> bool:
    """Whether the built-in model should learn again: a quarter of the texts came after it learned,
    or there are so few that it takes no time.
    """
    return there + missing > fitted * _GROWTH or (missing > 0 and there + missing <= _FEW)
