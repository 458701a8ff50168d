"""What the process of a sentence model does: it loads the model once, and turns texts into vectors.

Only in such processes are onnxruntime and tokenizers imported.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iib_core.ai.onnx_session import open_session

_BATCH = 32
_MAX_THREADS = 8


def answer(given: bytes) -> bytes:
    """float32 vectors of unit length, row by row, of the texts of a request as JSON."""
    asked = json.loads(given)
    model = load(asked["weights"], asked["tokenizer"], asked["sha256"], asked["max_tokens"])
    return model.embed(asked["texts"]).tobytes()


@lru_cache(maxsize=1)
def load(weights: str, tokenizer: str, sha256: str, max_tokens: int) -> _Model:
    """The model in memory. Raises ValueError where the file is another than the one that was
    verified.
    """
    threads = min(_MAX_THREADS, os.cpu_count() or 1)
    return _Model(open_session(weights, sha256, threads), tokenizer, max_tokens)


class _Model:
    def __init__(self, session: Any, tokenizer: str, max_tokens: int) -> None:
        from tokenizers import Tokenizer

        self._session = session
        self._inputs = {given.name for given in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(tokenizer)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)

    def embed(self, texts: list[str]) -> NDArray[np.float32]:
        """(n, d) unit rows; each distinct text is computed once, in batches of texts of like
        length.
        """
        distinct = list(dict.fromkeys(texts))
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(distinct)]
        order = sorted(range(len(distinct)), key=lambda at: len(tokens[at]))
        rows: list[NDArray[np.float32]] = [np.zeros(0, dtype=np.float32)] * len(distinct)
        for start in range(0, len(order), _BATCH):
            part = order[start : start + _BATCH]
            for at, row in zip(part, self._run([tokens[at] for at in part])):
                rows[at] = row
        places = {text: at for at, text in enumerate(distinct)}
        return np.array([rows[places[text]] for text in texts], dtype=np.float32)

    def _run(self, batch: list[list[int]]) -> Any:
        ids = np.zeros((len(batch), max(map(len, batch))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        found = self._session.run(None, {name: feeds[name] for name in self._inputs})[0]
        if found.ndim == 3:
            weights = mask[:, :, None].astype(np.float32)
            found = (found * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1)
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
