"""Answers of a chat in the form of OpenAI's API."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from iib_core.errors import IIBError


def completion(model: str, content: str) -> dict[str, Any]:
    """A whole answer."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content},
        "finish_reason": "stop",
    }
    return {**_envelope(model, "chat.completion"), "choices": [choice]}


def events(model: str, pieces: Iterator[str]) -> Iterator[str]:
    """An answer as server-sent events, one for each piece.

    An exception of ``pieces`` is an event too, because the status has been sent by then.
    """
    envelope = _envelope(model, "chat.completion.chunk")

    def chunk(delta: dict[str, str], reason: str | None) -> str:
        return _event(
            {**envelope, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        )

    yield chunk({"role": "assistant", "content": ""}, None)
    try:
        for piece in pieces:
            yield chunk({"content": piece}, None)
        yield chunk({}, "stop")
    except IIBError as exc:
        yield _event({"error": {"message": str(exc), "code": exc.code}})
    yield "data: [DONE]\n\n"


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, separators=(',', ':'))}\n\n"


def _envelope(model: str, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
    }
