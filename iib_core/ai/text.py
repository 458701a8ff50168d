"""Prompt text: what of a prompt is compared.

Two prompts that differ in weights, LoRAs or quality words only are one text.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from iib_core.ai.boilerplate import is_boilerplate
from iib_core.metadata import prompts

# Part of every text's identity: a change of these rules makes every text be embedded again.
VERSION = 1
MODES = ("balanced", "theme-only", "off")
MAX_CHARS = 8000

_SPACES = re.compile(r"\s+")
_BEYOND = re.compile(r"[。！？；]|(?<=[a-z])[.!?]\s")


def rules(mode: str) -> str:
    """Name of the rules that make a text, to be stored beside what was made from it."""
    return f"{mode}-{VERSION}"


@lru_cache(maxsize=16_384)
def normalise(prompt: str, mode: str = "balanced") -> str:
    """The text of a prompt that is embedded: pieces in lower case, each once, without weights, LoRA
    tags and, but for ``off``, boilerplate.

    At most MAX_CHARS characters. A prompt of nothing but boilerplate keeps it; one without a word is "".
    """
    if mode == "off":
        return _SPACES.sub(" ", prompt).strip()[:MAX_CHARS]
    pieces = dict.fromkeys(
        piece
        for word in prompts.words(prompt.lower())
        for part in _BEYOND.split(word)
        if (piece := part.strip(" .!?:-_"))
    )
    kept = [piece for piece in pieces if not is_boilerplate(piece, theme_only=mode == "theme-only")]
    return ", ".join(kept or pieces)[:MAX_CHARS].rstrip(", ")


def digest(text: str, mode: str) -> str:
    """What identifies a text under its rules."""
    return hashlib.blake2b(f"{rules(mode)}\n{text}".encode("utf-8", "replace"), digest_size=16).hexdigest()


def estimate_tokens(text: str) -> int:
    """About how many tokens a model makes of a text, rather too many: a character of Chinese or
    Japanese may be more than one.
    """
    wide = sum(character > "\u2e7f" for character in text) if not text.isascii() else 0
    return (len(text) - wide) // 3 + wide * 2 + 1
