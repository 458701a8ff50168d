"""Embeddings: the prompts of the library as vectors, made once for each distinct text, kept, and
brought up to date.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from iib_core import paths
from iib_core.access import Access
from iib_core.ai import text
from iib_core.ai.client import AI
from iib_core.ai.local import LocalModel
from iib_core.ai.provider import LOCAL, Vectors
from iib_core.db import embeddings, prompts
from iib_core.db.embeddings import Model
from iib_core.db.engine import Database
from iib_core.db.prompts import Scope
from iib_core.errors import NotFound, ServiceFailed
from iib_core.jobs import Progress

logger = logging.getLogger(__name__)

MAX_CHARS = 4000
BATCH_SIZE = 64
_MAX_BATCH = 512
# A request with more tokens is refused by many services, and a text with more by most models.
_BATCH_TOKENS, _TEXT_TOKENS = 60_000, 8_000
_READ = 2000
_SAVED = 4000
# Prompts that a sentence model is given at once.
_SENTENCES = 1000
# Batches that fail one after the other before the rest is left for another time.
_GIVE_UP = 3
_GROWTH = 4 / 3
_LITTLE = 64


@dataclass(frozen=True)
class Request:
    """What to bring up to date.

    ``tops``: resolved folders, none means everywhere. ``force``: also what is there already.
    """

    tops: tuple[str, ...] = ()
    model: str = LOCAL
    recursive: bool = True
    force: bool = False
    batch_size: int = BATCH_SIZE
    max_chars: int = MAX_CHARS


@dataclass
class Outcome:
    """``count``: images with a prompt; ``unique``: distinct texts of theirs; of those ``updated``,
    ``skipped`` (there already) and ``failed``, by reason.
    """

    model: str
    count: int = 0
    unique: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    seconds: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Loaded:
    """The vectors of a model in memory. ids: (n,) ascending text ids; vectors: (n, d) float32 unit rows."""

    model: Model
    ids: NDArray[np.int64]
    vectors: Vectors

    def rows_of(self, wanted: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Places in ``wanted`` of those that have a vector, and their rows."""
        rows = np.searchsorted(self.ids, wanted)
        rows[rows == len(self.ids)] = 0
        there = np.flatnonzero(self.ids[rows] == wanted) if len(self.ids) else np.empty(0, dtype=np.int64)
        return there, rows[there]


class Embeddings:
    """The vectors of one library.

    One build at a time; readers see either the vectors of before or those of after a batch.
    """

    def __init__(self, db: Database, access: Access, ai: AI) -> None:
        self._db = db
        self._access = access
        self._ai = ai
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._loaded: Loaded | None = None
        self._local: tuple[int, LocalModel] | None = None

    @property
    def mode(self) -> str:
        """How prompts become texts."""
        return self._ai.settings.normalize

    def scope(self, tops: Sequence[str], *, recursive: bool) -> Scope:
        """The folders of a request as far as a client may see them."""
        visible = (
            None if self._access.visible is None else [paths.to_text(top) for top in self._access.visible]
        )
        with self._db.read() as conn:
            return prompts.find_scope(
                conn, [paths.to_text(top) for top in tops], visible, recursive=recursive
            )

    def build(self, progress: Progress, request: Request) -> Outcome:
        """Bring vectors up to date.

        What fails for good or for now is told and kept with its reason; raises ServiceFailed where
        there is no vector at all.
        """
        with progress.waiting("another job that makes vectors"):
            while not self._turn.acquire(timeout=0.2):
                progress.check()
        try:
            started = time.monotonic()
            outcome = Outcome(request.model)
            scope = self.scope(request.tops, recursive=request.recursive)
            rules = text.rules(self.mode)
            # The built-in model learns from the whole library, wherever it is asked for.
            self._read_prompts(progress, Scope() if request.model == LOCAL else scope, rules)
            with self._db.read() as conn:
                found = [
                    item.prompt_id
                    for item in prompts.load_items(conn, scope, rules)
                    if item.prompt_id != prompts.NONE
                ]
            wanted = sorted(set(found))
            outcome.count, outcome.unique = len(found), len(wanted)
            if request.model == LOCAL:
                self._build_local(progress, request, rules, wanted, outcome)
            elif self._is_sentence_model(request.model):
                self._build_sentences(progress, request, rules, wanted, outcome)
            else:
                self._build_remote(progress, request, rules, wanted, outcome)
            outcome.seconds = round(time.monotonic() - started, 3)
            return outcome
        finally:
            self._turn.release()

    def is_due(self, scope: Scope) -> bool:
        """Whether there are images whose prompt was not looked at."""
        with self._db.read() as conn:
            return bool(prompts.list_unread(conn, scope, text.rules(self.mode), 0, 1))

    def find_model(self, name: str) -> Model | None:
        """The stored model of this name; None before the first build."""
        with self._db.read() as conn:
            return embeddings.find_model(conn, name, self._endpoint(name), text.rules(self.mode))

    def load(self, name: str) -> Loaded | None:
        """All vectors of a model, kept in memory until they change; None before the first build."""
        with self._lock:
            model = self.find_model(name)
            if model is None or not model.dim:
                return None
            if self._loaded is None or self._loaded.model != model:
                self._loaded = None  # or both would be in memory for a moment
                with self._db.read() as conn:
                    self._loaded = Loaded(model, *embeddings.load_all(conn, model))
            return self._loaded

    def embed(self, name: str, texts: Sequence[str], wait: Callable[[float], None] = time.sleep) -> Vectors:
        """Vectors of texts that are not of the library, such as what somebody looks for.

        Raises NotFound before the built-in model has learned anything.
        """
        cut = [_cut(text.normalise(each, self.mode), MAX_CHARS) for each in texts]
        if self._ai.sentences is not None and self._is_sentence_model(name):
            return self._ai.sentences.embed(name, cut)
        if name != LOCAL:
            return self._ai.get_service().embed(cut, name, wait)
        model = self.find_model(LOCAL)
        if model is None:
            raise NotFound(
                "The built-in model has not learned from the library yet: index files with prompts first."
            )
        return self._learned(model).embed(cut)

    def _is_sentence_model(self, name: str) -> bool:
        return self._ai.sentences is not None and self._ai.sentences.knows(name)

    def _endpoint(self, name: str) -> str:
        if self._ai.sentences is not None and self._ai.sentences.knows(name):
            return self._ai.sentences.endpoint(name)
        service = self._ai.service
        return "" if name == LOCAL or service is None else service.endpoint

    def _read_prompts(self, progress: Progress, scope: Scope, rules: str) -> None:
        """Make texts of the prompts of images that are new or changed."""
        after = done = 0
        while True:
            progress.check()
            with self._db.read() as conn:
                unread = prompts.list_unread(conn, scope, rules, after, _READ)
            if not unread:
                return
            rows = []
            for image_id, indexed_ns, prompt in unread:
                made = text.normalise(prompt, self.mode)
                rows.append((image_id, indexed_ns, text.digest(made, self.mode), made))
            with self._db.write() as conn:
                prompts.assign(conn, rows, rules)
            after = unread[-1].image_id
            done += len(unread)
            progress.update(done=done)

    def _build_local(
        self, progress: Progress, request: Request, rules: str, wanted: Sequence[int], outcome: Outcome
    ) -> None:
        with self._db.read() as conn:
            model = embeddings.find_model(conn, LOCAL, "", rules)
            every = prompts.list_ids(conn, rules)
            there = embeddings.load_chars(conn, model.id) if model else {}
        if not every:
            return
        missing = [prompt_id for prompt_id in every if prompt_id not in there]
        learns = model is None or request.force or _has_grown(model.fitted, len(there), len(missing))
        missing = every if learns else missing
        if missing:
            with self._db.read() as conn:
                texts = prompts.load_texts(conn, missing)
            missing = [prompt_id for prompt_id in missing if prompt_id in texts]
            progress.update(done=0, total=len(missing))
            data = self._learn(progress, list(texts.values())) if learns else b""
            learned = LocalModel.from_bytes(data) if learns else None
            self._embed_local(progress, rules, learned, data, model, missing, texts)
        ours = set(missing).intersection(wanted)
        outcome.updated, outcome.skipped = len(ours), len(wanted) - len(ours)

    def _learn(self, progress: Progress, texts: Sequence[str]) -> bytes:
        with progress.waiting(f"the built-in model, which learns from {len(texts)} prompts"):
            return LocalModel.learn(texts, progress.check).to_bytes()

    def _embed_local(
        self,
        progress: Progress,
        rules: str,
        learned: LocalModel | None,
        data: bytes,
        model: Model | None,
        missing: Sequence[int],
        texts: dict[int, str],
    ) -> None:
        """Store the vectors, and in the same transaction the model that made them, so that old and
        new ones are never mixed.
        """
        maker = learned or self._learned(model)  # type: ignore[arg-type]
        made = []
        for start in range(0, len(missing), _SAVED):
            progress.check()
            part = missing[start : start + _SAVED]
            made.append((part, maker.embed([texts[prompt_id] for prompt_id in part])))
            progress.update(done=start + len(part))
        with self._db.write() as conn:
            if learned is not None:
                model = embeddings.add_model(
                    conn, LOCAL, "", rules, dim=learned.dim, fitted=len(texts), data=data
                )
            assert model is not None
            for part, vectors in made:
                embeddings.save(
                    conn, model.id, [(prompt_id, len(texts[prompt_id])) for prompt_id in part], vectors
                )
            embeddings.remove_older(conn, model)
            if learned is not None:
                prompts.prune(conn)

    def _learned(self, model: Model) -> LocalModel:
        with self._lock:
            if self._local is None or self._local[0] != model.id:
                with self._db.read() as conn:
                    self._local = model.id, LocalModel.from_bytes(embeddings.load_data(conn, model.id))
            return self._local[1]

    def _build_sentences(
        self, progress: Progress, request: Request, rules: str, wanted: Sequence[int], outcome: Outcome
    ) -> None:
        """Newest first, each part stored at once: what is there can be searched meanwhile."""
        assert self._ai.sentences is not None
        endpoint = self._endpoint(request.model)
        with self._db.write() as conn:
            model = embeddings.find_model(conn, request.model, endpoint, rules) or embeddings.add_model(
                conn, request.model, endpoint, rules
            )
            there = embeddings.load_chars(conn, model.id)
        missing = [prompt_id for prompt_id in reversed(wanted) if request.force or prompt_id not in there]
        outcome.skipped = len(wanted) - len(missing)
        progress.update(done=0, total=len(missing))
        for start in range(0, len(missing), _SENTENCES):
            part = missing[start : start + _SENTENCES]
            with self._db.read() as conn:
                texts = prompts.load_texts(conn, part)
            part = [prompt_id for prompt_id in part if prompt_id in texts]
            cut = [texts[prompt_id][: request.max_chars] for prompt_id in part]
            with progress.waiting(f"the sentence model {request.model}"):
                vectors = self._ai.sentences.embed(request.model, cut, progress.check)
            rows = [(prompt_id, len(made)) for prompt_id, made in zip(part, cut)]
            with self._db.write() as conn:
                embeddings.save(conn, model.id, rows, vectors)
            outcome.updated += len(part)
            progress.update(done=outcome.updated)

    def _build_remote(
        self, progress: Progress, request: Request, rules: str, wanted: Sequence[int], outcome: Outcome
    ) -> None:
        service = self._ai.get_service()
        with self._db.write() as conn:
            model = embeddings.find_model(
                conn, request.model, service.endpoint, rules
            ) or embeddings.add_model(conn, request.model, service.endpoint, rules)
            there = embeddings.load_chars(conn, model.id)
            failures = {} if request.force else embeddings.list_failures(conn, model.id)
            texts = {
                prompt_id: _cut(made, request.max_chars)
                for prompt_id, made in prompts.load_texts(conn, wanted).items()
            }
        missing = [
            prompt_id
            for prompt_id in wanted
            if request.force or there.get(prompt_id) != len(texts[prompt_id])
        ]
        waiting = {
            prompt_id
            for prompt_id in missing
            if prompt_id in failures and _is_too_soon(*failures[prompt_id][1:])
        }
        outcome.skipped = len(wanted) - len(missing)
        reasons = Counter(failures[prompt_id][0] for prompt_id in waiting)
        missing = [prompt_id for prompt_id in missing if prompt_id not in waiting]
        progress.update(done=0, total=len(missing))
        self._ask_all(progress, request, model, missing, texts, outcome, reasons)
        outcome.failed = sum(reasons.values())
        outcome.reasons = dict(reasons)
        if outcome.failed and not outcome.updated and not outcome.skipped:
            raise ServiceFailed(next(iter(reasons)))

    def _ask_all(
        self,
        progress: Progress,
        request: Request,
        model: Model,
        missing: Sequence[int],
        texts: dict[int, str],
        outcome: Outcome,
        reasons: Counter[str],
    ) -> None:
        service = self._ai.get_service()

        def ask(
            batch: Sequence[int], wait: Callable[[float], None]
        ) -> list[tuple[Sequence[int], Vectors | ServiceFailed]]:
            try:
                return [
                    (batch, service.embed([texts[prompt_id] for prompt_id in batch], request.model, wait))
                ]
            except ServiceFailed as exc:
                if not exc.is_lasting or len(batch) == 1 or "refuses the key" in str(exc):
                    return [(batch, exc)]
                half = len(batch) // 2  # one text of them may be what the service refuses
                return ask(batch[:half], wait) + ask(batch[half:], wait)

        failed_in_a_row = done = 0
        batches = _batches(missing, texts, max(1, min(request.batch_size, _MAX_BATCH)))
        for _, answers, error in self._ai.ask_many(ask, batches, progress):
            if error is not None:
                raise error
            for batch, found in answers or []:
                found = _of_dim(found, model.dim)
                model = self._take(model, batch, found, texts, outcome, reasons)
                failed_in_a_row = (
                    failed_in_a_row + 1 if isinstance(found, ServiceFailed) and not found.is_lasting else 0
                )
                done += len(batch)
            progress.update(done=done)
            if failed_in_a_row >= _GIVE_UP:
                reasons["The service failed several times in a row: the rest is left for another time."] += (
                    len(missing) - done
                )
                return

    def _take(
        self,
        model: Model,
        batch: Sequence[int],
        found: Vectors | ServiceFailed,
        texts: dict[int, str],
        outcome: Outcome,
        reasons: Counter[str],
    ) -> Model:
        """Store the answer for a batch. Returns the model as it is known then."""
        with self._db.write() as conn:
            if isinstance(found, ServiceFailed):
                embeddings.note_failures(conn, model.id, batch, str(found), is_lasting=found.is_lasting)
                reasons[str(found)] += len(batch)
                return model
            embeddings.save(
                conn, model.id, [(prompt_id, len(texts[prompt_id])) for prompt_id in batch], found
            )
            outcome.updated += len(batch)
            return embeddings.find_model(conn, model.name, model.endpoint, model.rules) or model


def _has_grown(fitted: int, there: int, missing: int) -> bool:
    """Whether the built-in model should learn anew: a third of what there is came after it learned,
    or there is so little that it takes no time.
    """
    return there + missing > fitted * _GROWTH or (missing > 0 and there + missing <= _LITTLE)


def _of_dim(found: Vectors | ServiceFailed, dim: int) -> Vectors | ServiceFailed:
    if isinstance(found, ServiceFailed) or not dim or found.shape[1] == dim:
        return found
    return ServiceFailed(
        f"The model answered with vectors of length {found.shape[1]}, and those of before have {dim}: "
        "embed everything again with force."
    )


def _cut(made: str, max_chars: int) -> str:
    made = made[:max_chars]
    tokens = text.estimate_tokens(made)
    return made if tokens <= _TEXT_TOKENS else made[: len(made) * _TEXT_TOKENS // tokens]


def _is_too_soon(tries: int, failed_ns: int) -> bool:
    """Whether a text that failed is not to be tried again yet: minutes at first, a day at last."""
    return failed_ns > 0 and time.time() - failed_ns / 1e9 < min(2**tries * 60, 86_400)


def _batches(missing: Sequence[int], texts: dict[int, str], size: int) -> Iterator[list[int]]:
    batch: list[int] = []
    tokens = 0
    for prompt_id in missing:
        own = text.estimate_tokens(texts[prompt_id])
        if batch and (len(batch) == size or tokens + own > _BATCH_TOKENS):
            yield batch
            batch, tokens = [], 0
        batch.append(prompt_id)
        tokens += own
    if batch:
        yield batch
