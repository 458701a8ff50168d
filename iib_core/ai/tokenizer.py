"""Tokens of a text for the built-in models: words in lower case without plural endings, and pairs
of characters for scripts without spaces between words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECES = re.compile(r"[,;|\n、，。；]+")
_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[^\W_]+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STOP = """
a an the of in on at to and or with without by for from is are was be as it its his her their this that into
over under very one two 的 了 在 和 与 是 有
"""
STOP = frozenset(_STOP.split())


def pieces(text: str) -> Iterator[str]:
    """The parts of a text between commas and sentence ends."""
    return filter(None, (piece.strip() for piece in _PIECES.split(text)))


def words(piece: str) -> list[str]:
    """The words of a piece without stop words."""
    found: list[str] = []
    for word in _WORDS.findall(piece.lower()):
        if _WIDE.match(word):
            found += [word[at : at + 2] for at in range(len(word) - 1)] or [word]
        elif word not in STOP and (len(word) > 1 or word.isdigit()):
            found.append(_stem(word))
    return found


def tokens(text: str) -> Iterator[str]:
    """Words, and pairs of neighbouring words within a piece."""
    for piece in pieces(text):
        found = words(piece)
        yield from found
        yield from (f"{found[at]} {found[at + 1]}" for at in range(len(found) - 1))


def _stem(word: str) -> str:
    is_plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if is_plural else word
