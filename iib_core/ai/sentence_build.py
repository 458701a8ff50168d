"""Embeds the prompts of a scope by a sentence model."""

from __future__ import annotations

from collections.abc import Sequence

from iib_core.ai.embed_options import EmbedOptions, EmbedResult
from iib_core.ai.sentences import ENDPOINT_START, Sentences
from iib_core.db import embeddings, prompts
from iib_core.db.embeddings import Model
from iib_core.db.engine import Database
from iib_core.jobs import Progress

# Prompts in one request to the model, and in one transaction.
_BATCH = 1000


class SentenceBuild:
    """One build. Fills the counts of ``result``."""

    def __init__(
        self,
        db: Database,
        sentences: Sentences,
        progress: Progress,
        options: EmbedOptions,
        result: EmbedResult,
    ) -> None:
        self._db = db
        self._sentences = sentences
        self._progress = progress
        self._options = options
        self._result = result

    def run(self, rules: str, wanted: Sequence[int]) -> None:
        """Embed the texts with these ids that have no vector, newest first. Each batch is stored at
        once, so that a search finds it before the build ends. Raises ServiceFailed.
        """
        options = self._options
        model, there = self._load_model(rules)
        missing = [text_id for text_id in reversed(wanted) if options.force or text_id not in there]
        self._result.skipped = len(wanted) - len(missing)
        self._progress.update(done=0, total=len(missing))
        for start in range(0, len(missing), _BATCH):
            self._embed(model, missing[start : start + _BATCH])

    def _load_model(self, rules: str) -> tuple[Model, dict[int, int]]:
        """(the stored model, the number of characters that each of its vectors was made from).

        The vectors of another file of the model, or of other rules for subjects, are removed.
        """
        name = self._options.model
        endpoint = self._sentences.endpoint(name)
        with self._db.write() as conn:
            model = embeddings.find_model(conn, name, endpoint, rules)
            model = model or embeddings.add_model(conn, name, endpoint, rules)
            embeddings.remove_outdated(conn, model, ENDPOINT_START)
            return model, embeddings.load_chars(conn, model.id)

    def _embed(self, model: Model, batch: Sequence[int]) -> None:
        with self._db.read() as conn:
            texts = prompts.load_texts(conn, batch)
        text_ids = [text_id for text_id in batch if text_id in texts]
        cut = [texts[text_id][: self._options.max_chars] for text_id in text_ids]
        with self._progress.waiting(f"the sentence model {model.name}"):
            vectors = self._sentences.embed(model.name, cut, self._progress.check)
        chars = [(text_id, len(text)) for text_id, text in zip(text_ids, cut)]
        with self._db.write() as conn:
            embeddings.save(conn, model.id, chars, vectors)
        self._result.updated += len(text_ids)
        self._progress.update(done=self._result.updated)
