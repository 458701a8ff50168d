"""The towers of a model: each runs in a process of its own, which ends when it is not needed.

The image tower has the lowest priority. The text tower, which may be large, is loaded with the first
text and dropped after a minute without one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iib_core import children
from iib_core.errors import Conflict, ServiceFailed
from iib_core.vision.files import VisionFiles
from iib_core.vision.inputs import Pixels
from iib_core.vision.model_table import VisionModel

Vectors = NDArray[np.float32]

_FUNCTION = "iib_core.vision.process:answer"
_TEXT_IDLE_S = 60.0


def _go_on() -> None:
    """Nothing ends this early."""


class Towers:
    """Both towers of whatever model is asked for; a process holds one at a time."""

    def __init__(self, files: VisionFiles) -> None:
        self._files = files
        self._pictures = children.Conversation(_FUNCTION)
        self._texts = children.Conversation(_FUNCTION, idle_s=_TEXT_IDLE_S)
        self.broken: dict[str, str] = {}
        self.provider = ""

    def embed_pictures(
        self,
        model: VisionModel,
        pixels: Sequence[Pixels],
        check: Callable[[], None] = _go_on,
        *,
        is_unit: bool = True,
    ) -> Vectors:
        """(n, d) rows, of unit length if ``is_unit``, otherwise as the model gives them. ``check``
        is called several times a second and may raise.

        Raises ServiceFailed.
        """
        rule = model.image_rule
        request = {
            "file": self._files.find_file(model.image) or "",
            "sha256": model.image.sha256,
            "edge_px": rule.edge_px,
            "mean": rule.mean,
            "std": rule.std,
            "input": rule.input,
            "output": rule.output,
            "layout": rule.layout,
            "is_unit": is_unit,
        }
        body = b"".join(each.tobytes() for each in pixels)
        return self._ask(self._pictures, model, request, body, check)

    def embed_text(self, model: VisionModel, text: str) -> Vectors:
        """(d,) of unit length. Raises Conflict where the model knows no words, and ServiceFailed."""
        if model.text is None or model.tokenizer is None or model.text_rule is None:
            raise Conflict(f"{model.title} knows no words: search by a picture, or use another.")
        rule = model.text_rule
        request = {
            "file": self._files.find_file(model.text) or "",
            "sha256": model.text.sha256,
            "tokenizer": self._files.find_file(model.tokenizer) or "",
            "length": rule.length,
            "lower": rule.lower,
            "pad_id": rule.pad_id,
            "output": rule.output,
            "texts": [text],
        }
        found: Vectors = self._ask(self._texts, model, request, b"", _go_on)[0]
        return found

    def rest(self) -> None:
        """End the process of pictures, which gives back its memory; the next one starts it again."""
        self._pictures.close()

    def close(self) -> None:
        """End both processes."""
        self._pictures.close()
        self._texts.close()

    def _ask(
        self,
        talk: children.Conversation,
        model: VisionModel,
        request: dict[str, Any],
        body: bytes,
        check: Callable[[], None],
    ) -> Vectors:
        found = children.ask_model(
            talk,
            model.title,
            json.dumps(request).encode() + b"\n" + body,
            check,
            otherwise="use another model",
            on_fault=lambda reason: self.broken.update({model.key: reason}),
        )
        head, _, rows = found.partition(b"\n")
        return self._unpacked(model, json.loads(head), rows, is_picture=bool(body))

    def _unpacked(
        self, model: VisionModel, head: dict[str, Any], rows: bytes, *, is_picture: bool
    ) -> Vectors:
        if head["dimensions"] != model.dimensions:
            problem = f"its vectors have {head['dimensions']} dimensions, not {model.dimensions}"
            self.broken[model.key] = f"It cannot be used: {problem}."
            raise ServiceFailed(f"The model {model.title} failed: {problem}.")
        if is_picture:
            self.provider = head["provider"]
        return np.frombuffer(rows, np.float32).reshape(-1, model.dimensions)
