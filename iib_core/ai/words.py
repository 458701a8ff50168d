"""Words of a text, for models of our own: in lower case, plural endings off; text without spaces
between words as pairs of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECES = re.compile(r"[,;|\n、，。；]+")
_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[^\W_]+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STOP = """
a an the of in on at to and or with without by for from is are was be as it its his her their this that into over under very one two 的 了 在 和 与 是 有
"""
STOP = frozenset(_STOP.split())


def pieces(text: str) -> Iterator[str]:
    """What stands between commas and sentence ends."""
    return filter(None, (piece.strip() for piece in _PIECES.split(text)))


def words(piece: str) -> list[str]:
    """The words of a piece, stop words left out."""
    found: list[str] = []
    for word in _WORDS.findall(piece.lower()):
        if _WIDE.match(word):
            found += [word[at : at + 2] for at in range(len(word) - 1)] or [word]
        elif word not in STOP and (len(word) > 1 or word.isdigit()):
            found.append(_stem(word))
    return found


def tokens(text: str) -> Iterator[str]:
    """Words, and pairs of neighbours inside of a piece."""
    for piece in pieces(text):
        found = words(piece)
        yield from found
        yield from (f"{found[at]} {found[at + 1]}" for at in range(len(found) - 1))


def _stem(word: str) -> str:
    return (
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
    )
