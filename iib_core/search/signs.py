"""Signs as keyboards, phones and copied texts have them: quotes, dashes, colons, commas and
brackets of every kind.
"""

from __future__ import annotations

import re

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d-"
# Other than the plain one; any of them closes what any of them opens.
QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02"
COLONS = ":\uff1a"
# Between a name and what is wanted of its value: comparisons and colons.
RELATIONS = "<>=\u2264\u2265\uff1c\uff1d\uff1e" + COLONS
COMMAS = ",\uff0c\u3001"
BRACKETS = {
    "(": ")",
    "[": "]",
    "{": "}",
    "\uff08": "\uff09",
    "\u3010": "\u3011",
    "\u300c": "\u300d",
    "\u300e": "\u300f",
}
_OPENING = {closing: opening for opening, closing in BRACKETS.items()}
_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\uff07"
_PLAIN = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys(DASHES, "-")
    | dict.fromkeys(QUOTES, '"')
    | dict.fromkeys(_SINGLE_QUOTES, "'")
    | {"\u3000": " ", "\u3001": ","}
)
_MEANS = re.compile(r"[^\W_]")


def plain(text: str) -> str:
    """``text`` with the signs of a plain keyboard."""
    return text.translate(_PLAIN)


def trimmed(word: str) -> str:
    """A word without brackets around it, brackets that nothing opens or closes at its ends, and a
    semicolon behind it.

    A word with a weight, as ``(fox:1.2)``, and one that consists of signs stay as they are.
    """
    rest = word
    while True:
        shorter = _shorter(rest)
        if not _MEANS.search(shorter):
            return word
        if shorter == rest:
            return rest
        rest = shorter


def _shorter(word: str) -> str:
    first, last = word[:1], word[-1:]
    if last == ";":
        return word[:-1]
    if BRACKETS.get(first) == last and ":" not in word:
        return word[1:-1]
    if last in _OPENING and word.count(_OPENING[last]) < word.count(last):
        return word[:-1]
    if first in BRACKETS and word.count(first) > word.count(BRACKETS[first]):
        return word[1:]
    return word
