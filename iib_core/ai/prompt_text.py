"""Prompt text: the part of a prompt that is compared.

Prompts that differ only in weights, LoRAs or quality words have the same text.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from iib_core.ai.boilerplate import is_boilerplate
from iib_core.metadata import prompts

# Part of the identity of every text: if these rules change, every text is embedded again.
VERSION = 1
MODES = ("balanced", "theme-only", "off")
MAX_CHARS = 8000
# Most models refuse a longer text.
MAX_TOKENS = 8_000

_SPACES = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[。！？；]|(?<=[a-z])[.!?]\s")


def rules(mode: str) -> str:
    """Name of the rules that make a text, stored beside everything that was made by them."""
    return f"{mode}-{VERSION}"


@lru_cache(maxsize=16_384)
def normalise(prompt: str, mode: str = "balanced") -> str:
    """The text of a prompt: its prompt words in lower case, each once, without weights, LoRA tags
    and, except for ``off``, boilerplate.

    At most MAX_CHARS characters. A prompt of boilerplate alone keeps it; one without a word is "".
    """
    if mode == "off":
        return _SPACES.sub(" ", prompt).strip()[:MAX_CHARS]
    pieces: dict[str, None] = {}
    for word in prompts.words(prompt.lower()):
        for part in _SENTENCE_END.split(word):
            pieces[part.strip(" .!?:-_")] = None
    pieces.pop("", None)
    kept = [piece for piece in pieces if not is_boilerplate(piece, theme_only=mode == "theme-only")]
    return ", ".join(kept or pieces)[:MAX_CHARS].rstrip(", ")


def digest(text: str, mode: str) -> str:
    """What identifies a text under its rules."""
    return hashlib.blake2b(
        f"{rules(mode)}\n{text}".encode("utf-8", "replace"), digest_size=16
    ).hexdigest()


def estimate_tokens(text: str) -> int:
    """Estimated number of tokens, rather too high: a Chinese or Japanese character may be several."""
    wide = sum(character > "\u2e7f" for character in text) if not text.isascii() else 0
    return (len(text) - wide) // 3 + wide * 2 + 1


def cut(text: str, max_chars: int) -> str:
    """The beginning of a text, at most ``max_chars`` characters and about ``MAX_TOKENS`` tokens."""
    text = text[:max_chars]
    tokens = estimate_tokens(text)
    return text if tokens <= MAX_TOKENS else text[: len(text) * MAX_TOKENS // tokens]
