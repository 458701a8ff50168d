"""Embeds the prompts of a scope by a service."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from iib_core.ai import prompt_text
from iib_core.ai.embed_options import EmbedOptions, EmbedResult
from iib_core.ai.models import LanguageModels
from iib_core.ai.openai_client import OpenAIClient
from iib_core.ai.provider import Vectors
from iib_core.db import embeddings, prompts
from iib_core.db.embeddings import Model
from iib_core.db.engine import Database
from iib_core.errors import ServiceFailed
from iib_core.jobs import Progress

_MAX_BATCH = 512
# Many services refuse a request with more tokens.
_BATCH_TOKENS = 60_000
# After this many failed batches in a row the rest is left for the next build.
_GIVE_UP = 3
_GAVE_UP = "The service failed several times in a row: the rest is left for another time."
_Answer = Vectors | ServiceFailed


class ServiceBuild:
    """One build. Fills the counts of ``result``."""

    def __init__(
        self,
        db: Database,
        ai: LanguageModels,
        service: OpenAIClient,
        progress: Progress,
        options: EmbedOptions,
        result: EmbedResult,
    ) -> None:
        self._db = db
        self._ai = ai
        self._service = service
        self._progress = progress
        self._options = options
        self._result = result
        self._reasons: Counter[str] = Counter()

    def run(self, rules: str, wanted: Sequence[int]) -> None:
        """Embed the texts with these ids that have no vector. Raises ServiceFailed if none has one
        then.
        """
        missing, model, texts = self._plan(rules, wanted)
        self._progress.update(done=0, total=len(missing))
        self._ask_all(missing, model, texts)
        result = self._result
        result.failed = sum(self._reasons.values())
        result.reasons = dict(self._reasons)
        if result.failed and not result.updated and not result.skipped:
            raise ServiceFailed(next(iter(self._reasons)))

    def _plan(self, rules: str, wanted: Sequence[int]) -> tuple[list[int], Model, dict[int, str]]:
        """(ids of the texts to embed now, the model, texts by id)."""
        options = self._options
        with self._db.write() as conn:
            endpoint = self._service.endpoint
            model = embeddings.find_model(conn, options.model, endpoint, rules)
            model = model or embeddings.add_model(conn, options.model, endpoint, rules)
            there = embeddings.load_chars(conn, model.id)
            failures = {} if options.force else embeddings.list_failures(conn, model.id)
            stored = prompts.load_texts(conn, wanted)
        texts = {
            prompt_id: prompt_text.cut(text, options.max_chars)
            for prompt_id, text in stored.items()
        }
        missing = [
            prompt_id
            for prompt_id in wanted
            if options.force or there.get(prompt_id) != len(texts[prompt_id])
        ]
        self._result.skipped = len(wanted) - len(missing)
        due = []
        for prompt_id in missing:
            reason, tries, failed_ns = failures.get(prompt_id, ("", 0, 0))
            if _is_too_soon(tries, failed_ns):
                self._reasons[reason] += 1
            else:
                due.append(prompt_id)
        return due, model, texts

    def _ask_all(self, missing: Sequence[int], model: Model, texts: dict[int, str]) -> None:
        def ask(
            batch: Sequence[int], wait: Callable[[float], None]
        ) -> list[tuple[Sequence[int], _Answer]]:
            return self._ask(batch, texts, wait)

        failed_in_a_row = done = 0
        size = max(1, min(self._options.batch_size, _MAX_BATCH))
        for _, answers, error in self._ai.ask_many(
            ask, _batches(missing, texts, size), self._progress
        ):
            if error is not None:
                raise error
            for batch, answer in answers or []:
                answer = _require_dim(answer, model.dim)
                model = self._store(model, batch, answer, texts)
                has_failed = isinstance(answer, ServiceFailed) and not answer.is_lasting
                failed_in_a_row = failed_in_a_row + 1 if has_failed else 0
                done += len(batch)
            self._progress.update(done=done)
            if failed_in_a_row >= _GIVE_UP:
                self._reasons[_GAVE_UP] += len(missing) - done
                return

    def _ask(
        self, batch: Sequence[int], texts: dict[int, str], wait: Callable[[float], None]
    ) -> list[tuple[Sequence[int], _Answer]]:
        """The answer for a batch. If the service refuses it for good, its halves are tried, because
        the reason may be a single text.
        """
        try:
            vectors = self._service.embed(
                [texts[prompt_id] for prompt_id in batch], self._options.model, wait
            )
        except ServiceFailed as exc:
            if not exc.is_lasting or len(batch) == 1 or "refuses the key" in str(exc):
                return [(batch, exc)]
            half = len(batch) // 2
            return self._ask(batch[:half], texts, wait) + self._ask(batch[half:], texts, wait)
        return [(batch, vectors)]

    def _store(
        self, model: Model, batch: Sequence[int], answer: _Answer, texts: dict[int, str]
    ) -> Model:
        """Store the answer for a batch. Returns the model, which has a dimension after its first
        vector.
        """
        with self._db.write() as conn:
            if isinstance(answer, ServiceFailed):
                embeddings.note_failures(
                    conn, model.id, batch, str(answer), is_lasting=answer.is_lasting
                )
                self._reasons[str(answer)] += len(batch)
                return model
            chars = [(prompt_id, len(texts[prompt_id])) for prompt_id in batch]
            embeddings.save(conn, model.id, chars, answer)
            self._result.updated += len(batch)
            return embeddings.find_model(conn, model.name, model.endpoint, model.rules) or model


def _require_dim(answer: _Answer, dim: int) -> _Answer:
    """ServiceFailed for vectors of another length than ``dim``; 0 accepts any."""
    if isinstance(answer, ServiceFailed) or not dim or answer.shape[1] == dim:
        return answer
    return ServiceFailed(
        f"The model answered with vectors of length {answer.shape[1]}, but the stored ones have {dim}: "
        "embed everything again with force."
    )


def _is_too_soon(tries: int, failed_ns: int) -> bool:
    """Whether a failed text must not be tried again yet: a minute after the first try, a day in the
    end.
    """
    return failed_ns > 0 and time.time() - failed_ns / 1e9 < min(2**tries * 60, 86_400)


def _batches(missing: Sequence[int], texts: dict[int, str], size: int) -> Iterator[list[int]]:
    """``missing`` in batches of at most ``size`` texts and ``_BATCH_TOKENS`` tokens."""
    batch: list[int] = []
    tokens = 0
    for prompt_id in missing:
        more = prompt_text.estimate_tokens(texts[prompt_id])
        if batch and (len(batch) == size or tokens + more > _BATCH_TOKENS):
            yield batch
            batch, tokens = [], 0
        batch.append(prompt_id)
        tokens += more
    if batch:
        yield batch
