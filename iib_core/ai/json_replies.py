"""JSON in the replies of chat models. Weak models put it into code fences, add text around it, or
leave trailing commas.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_FENCE = "```"
_LANGUAGE = re.compile(r"\A\w*")
_LAST_COMMA = re.compile(r",(\s*[}\]])")
_MAX_CHARS = 100_000
_MAX_STARTS = 20


def find_object(reply: str) -> dict[str, Any] | None:
    """The first JSON object in a reply; None if there is none."""
    for part in _candidates(reply[:_MAX_CHARS]):
        for written in (part, _LAST_COMMA.sub(r"\1", part)):
            try:
                found = json.JSONDecoder(strict=False).raw_decode(written)[0]
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                return found
    return None


def as_title(value: Any, max_chars: int = 80) -> str:
    """A title in one line, without quotes around it; "" for a value that is no text."""
    if not isinstance(value, str):
        return ""
    line = " ".join(value.split()).strip(" \"'`*#.,:;。「」《》“”")
    return line[:max_chars].rstrip()


def as_words(value: Any, limit: int = 8) -> list[str]:
    """The words of a list, each once. A text is split at its commas."""
    if isinstance(value, str):
        value = re.split(r"[,;、，]", value)
    if not isinstance(value, list):
        return []
    words = dict.fromkeys(as_title(item, 40) for item in value)
    return [word for word in words if word][:limit]


def _candidates(reply: str) -> Iterator[str]:
    text = reply.strip()
    yield text
    for fenced in text.split(_FENCE)[1:-1:2]:
        yield _LANGUAGE.sub("", fenced, count=1).strip()
    at = text.find("{")
    for _ in range(_MAX_STARTS):
        if at < 0:
            return
        yield text[at:]
        at = text.find("{", at + 1)
