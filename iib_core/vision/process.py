"""What the process of a tower does: it loads the model once, and turns pictures or texts into
vectors.

A request is a line of JSON and, for pictures, their pixels; an answer is a line of JSON and float32
vectors of unit length, row by row.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iib_core.ai.onnx_session import open_fastest, open_session

_HALF = "tensor(float16)"


def answer(given: bytes) -> bytes:
    """The vectors that a request asks for."""
    head, _, body = given.partition(b"\n")
    asked = json.loads(head)
    if "texts" in asked:
        return _packed(_text_tower(asked["file"], asked["sha256"], asked["tokenizer"]), asked, body)
    return _packed(_image_tower(asked["file"], asked["sha256"]), asked, body)


def _packed(tower: _ImageTower | _TextTower, asked: dict[str, Any], body: bytes) -> bytes:
    made = tower.embed(asked, body)
    rows: NDArray[np.float32] = made.reshape(len(made), -1).astype(np.float32)
    if asked.get("is_unit", True):
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    head = {"provider": tower.session.get_providers()[0], "dimensions": rows.shape[1]}
    return json.dumps(head).encode() + b"\n" + rows.tobytes()


@lru_cache(maxsize=1)
def _image_tower(file: str, sha256: str) -> _ImageTower:
    # Half of the processors: what the user does on this machine comes first.
    _yield_to_others()
    return _ImageTower(open_fastest(file, sha256, max(1, (os.cpu_count() or 1) // 2)))


@lru_cache(maxsize=1)
def _text_tower(file: str, sha256: str, tokenizer: str) -> _TextTower:
    # A short text costs little: on a graphics card its weights would only take memory.
    return _TextTower(open_session(file, sha256, max(1, (os.cpu_count() or 1) // 2)), tokenizer)


def _yield_to_others() -> None:
    """The lowest priority; the process has a low one already."""
    if hasattr(os, "nice"):
        os.nice(19)


class _ImageTower:
    def __init__(self, session: Any) -> None:
        self.session = session
        self._types = {given.name: given.type for given in session.get_inputs()}

    def embed(self, asked: dict[str, Any], body: bytes) -> Any:
        edge = asked["edge_px"]
        pixels = np.frombuffer(body, np.uint8).reshape(-1, edge, edge, 3).astype(np.float32)
        mean, std = (np.array(asked[name], np.float32) * 255 for name in ("mean", "std"))
        given = (pixels - mean) / std
        is_last = asked["layout"] == "bgr-last"
        given = given[..., ::-1] if is_last else given.transpose(0, 3, 1, 2)
        name = asked["input"] or next(iter(self._types))
        if name not in self._types:
            raise ValueError(f"it has no input '{name}', but {', '.join(self._types)}")
        half = self._types[name] == _HALF
        feeds = {name: np.ascontiguousarray(given, np.float16 if half else np.float32)}
        return _run(self.session, asked["output"], feeds)


class _TextTower:
    def __init__(self, session: Any, tokenizer: str) -> None:
        from tokenizers import Tokenizer

        self.session = session
        self._inputs = {given.name: given.type for given in session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(tokenizer)
        self._tokenizer.no_padding()

    def embed(self, asked: dict[str, Any], _: bytes) -> Any:
        length = asked["length"]
        self._tokenizer.enable_truncation(length)
        texts = [text.lower() if asked["lower"] else text for text in asked["texts"]]
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        ids = np.full((len(tokens), length), asked["pad_id"], np.int64)
        mask = np.zeros_like(ids)
        for row, known in enumerate(tokens):
            ids[row, : len(known)] = known
            mask[row, : len(known)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask}
        given = {name: feeds[name] for name in self._inputs if name in feeds}
        return _run(self.session, asked["output"], given)


def _run(session: Any, output: str, feeds: dict[str, Any]) -> Any:
    names = [given.name for given in session.get_outputs()]
    if output and output not in names:
        raise ValueError(f"it has no output '{output}', but {', '.join(names)}")
    return session.run([output or names[0]], feeds)[0]
