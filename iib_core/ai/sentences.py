"""Sentence models: their vectors are similar if two texts mean the same, even with different words.
They run locally, in a process of their own.

The vector of a prompt is the weighted mean of the vectors of its subject and of all that it shows,
see ``subjects``.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from iib_core import children
from iib_core.ai import subjects
from iib_core.ai.model_files import Found, ModelFiles, SentenceModel
from iib_core.ai.provider import Vectors
from iib_core.errors import ServiceFailed

# The weight of all that a prompt shows, relative to its subject.
_WHOLE = 0.5
# Texts in one request to the process: enough to sort them by length, few enough to report progress.
_ASKED = 2048
# How the endpoint of each sentence model begins, as opposed to those of services.
ENDPOINT_START = "local:"
_NEEDED = ("onnxruntime", "tokenizers")
MISSING, DOWNLOADABLE, LOADING, READY, DAMAGED = (
    "missing",
    "downloadable",
    "loading",
    "ready",
    "damaged",
)


@dataclass(frozen=True)
class State:
    """``state``: missing, downloadable, loading, ready or damaged; ``reason`` says why it is not
    ready.
    """

    model: SentenceModel
    state: str
    reason: str = ""
    path: str = ""


class Sentences:
    """The sentence models of one library. One model is in memory at a time, in one process."""

    def __init__(self, files: ModelFiles, *, silence_s: float = children.SILENCE_S) -> None:
        self.files = files
        self._talk = children.Conversation(
            "iib_core.ai.sentence_process:answer", silence_s=silence_s
        )
        self._broken: dict[str, str] = {}
        self._is_loading = False
        self._phrases: tuple[tuple[str, tuple[str, ...]], Vectors] | None = None

    def find_default(self) -> str:
        """The name of the first model that is ready, "" where none is."""
        return next(
            (
                state.model.name
                for state in map(self.state_of, self.files.models)
                if _is_usable(state)
            ),
            "",
        )

    def list_names(self) -> list[str]:
        """Models that can be used."""
        return [
            state.model.name for state in map(self.state_of, self.files.models) if _is_usable(state)
        ]

    def knows(self, name: str) -> bool:
        """Whether there is a model of that name, usable or not."""
        return any(model.name == name for model in self.files.models)

    def state_of(self, model: SentenceModel) -> State:
        """Whether a model can be used, and why not."""
        lacking = [name for name in _NEEDED if not _is_installed(name)]
        found = self.files.find(model)
        if found is None:
            damaged = self.files.find_damaged(model)
            if damaged:
                reason = f"{damaged} is damaged or another file: remove it."
                return State(model, DAMAGED, reason, damaged)
            can = self.files.can_download(model)
            return State(model, DOWNLOADABLE if can else MISSING, "Its files are not there.")
        if lacking:
            reason = f"The package {' and '.join(lacking)} is not installed: install iib[meaning]."
            return State(model, MISSING, reason, found.weights)
        if found.sha256 in self._broken:
            return State(model, DAMAGED, self._broken[found.sha256], found.weights)
        return State(model, LOADING if self._is_loading else READY, "", found.weights)

    def endpoint(self, name: str) -> str:
        """Identifies what made a vector: the file of the model and the rules for subjects."""
        found = self.files.find(self.files.get_model(name))
        return f"{ENDPOINT_START}{found.sha256[:16] if found else ''}:{subjects.VERSION}"

    def embed(
        self, name: str, texts: Sequence[str], check: Callable[[], None] = lambda: None
    ) -> Vectors:
        """(n, d) unit rows of prompts; zeros for a text without a word.

        ``check`` is called several times a second and may raise to cancel. Raises ServiceFailed.
        """
        model = self.files.get_model(name)
        found = self.files.find(model)
        if found is None:
            raise ServiceFailed(f"{name}: {self.state_of(model).reason}", is_lasting=True)
        parts = [subjects.find(text) for text in texts]
        wanted = dict.fromkeys(
            each for part in parts for each in (part.subject, part.whole) if each
        )
        vectors = self.embed_plain(model, found, list(wanted), check)
        places = {text: at for at, text in enumerate(wanted)}
        made = np.zeros((len(texts), vectors.shape[1] if len(vectors) else 1), dtype=np.float32)
        for row, part in enumerate(parts):
            if part.subject:
                made[row] = vectors[places[part.subject]] + _WHOLE * vectors[places[part.whole]]
        return np.asarray(
            made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9), dtype=np.float32
        )

    def embed_phrases(
        self, name: str, phrases: Sequence[str], check: Callable[[], None] = lambda: None
    ) -> Vectors:
        """(n, d) unit rows of short phrases as they are, cached in memory."""
        model = self.files.get_model(name)
        found = self.files.find(model)
        if found is None:
            raise ServiceFailed(f"{name}: {self.state_of(model).reason}", is_lasting=True)
        key = found.sha256, tuple(phrases)
        if self._phrases is None or self._phrases[0] != key:
            self._phrases = key, self.embed_plain(model, found, phrases, check)
        return self._phrases[1]

    def embed_plain(
        self, model: SentenceModel, found: Found, texts: Sequence[str], check: Callable[[], None]
    ) -> Vectors:
        """The model's own vectors of texts. Raises ServiceFailed."""
        made = []
        for start in range(0, len(texts), _ASKED):
            check()
            part = texts[start : start + _ASKED]
            request = {
                "weights": found.weights,
                "tokenizer": found.tokenizer,
                "sha256": found.sha256,
                "max_tokens": model.max_tokens,
                "texts": [model.prefix + text for text in part],
            }
            answer = self._ask(model, found, json.dumps(request).encode(), check)
            made.append(np.frombuffer(answer, dtype=np.float32).reshape(len(part), -1))
        return np.concatenate(made) if made else np.zeros((0, 1), dtype=np.float32)

    def close(self) -> None:
        """End the process."""
        self._talk.close()

    def _ask(
        self, model: SentenceModel, found: Found, request: bytes, check: Callable[[], None]
    ) -> bytes:
        self._is_loading = not self._talk.is_running
        try:
            return children.ask_model(
                self._talk,
                model.name,
                request,
                check,
                otherwise="use the model 'local'",
                on_fault=lambda reason: self._broken.update({found.sha256: reason}),
            )
        finally:
            self._is_loading = False


def _is_usable(state: State) -> bool:
    return state.state in (READY, LOADING)


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
