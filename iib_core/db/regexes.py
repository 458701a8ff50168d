"""Regular expressions that cannot run for ever, and the literal texts that they require."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

from iib_core.db.text import fold
from iib_core.errors import InvalidRequest

if sys.version_info >= (3, 11):
    from re import _constants as sre, _parser as sre_parse  # type: ignore[attr-defined]  # isort: skip
else:
    import sre_constants as sre
    import sre_parse

# On one text. A sane expression takes microseconds; one that backtracks without end would take years.
TIMEOUT_S = 0.5
MAX_PATTERN_CHARS = 2000

_REPEATS = {sre.MAX_REPEAT, sre.MIN_REPEAT, getattr(sre, "POSSESSIVE_REPEAT", sre.MAX_REPEAT)}
_SLOW = "This regular expression would take too long: make it simpler, and put no repeat inside of a repeat."


class Pattern:
    """A compiled expression, without regard to case. Other threads run while it is matched."""

    def __init__(self, pattern: str) -> None:
        """Raises InvalidRequest for what is no expression, is too long, or is known to backtrack without end."""
        try:
            import regex
        except ImportError as exc:
            raise InvalidRequest("Regular expressions need the package 'regex', which is not installed.") from exc
        if len(pattern) > MAX_PATTERN_CHARS:
            raise InvalidRequest(f"The regular expression has {len(pattern)} characters: at most {MAX_PATTERN_CHARS} are possible.")
        if any(_nests_repeats(item) for item in _parse(pattern)):
            raise InvalidRequest(_SLOW)
        try:
            self._compiled: Any = regex.compile(unicodedata.normalize("NFC", pattern), regex.IGNORECASE)
        except (regex.error, OverflowError, RecursionError) as exc:
            raise InvalidRequest(f"'{pattern[:100]}' is no regular expression: {exc}.") from exc

    def is_in(self, text: str) -> bool:
        """Whether it is found in ``text``. Raises InvalidRequest where that takes too long."""
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        try:
            return self._compiled.search(text, timeout=TIMEOUT_S, concurrent=True) is not None
        except TimeoutError as exc:
            raise InvalidRequest(_SLOW) from exc


def literals(pattern: str) -> list[str]:
    """Folded texts of three characters or more that every match contains; empty where none is certain."""
    runs: list[str] = []
    run = ""
    for piece in _required(_parse(unicodedata.normalize("NFC", pattern))):
        if piece is None:
            runs.append(run)
            run = ""
        else:
            run += piece
    return [folded for run in (*runs, run) if len(folded := fold(run)) >= 3]


def _parse(pattern: str) -> Any:
    """The standard library's parse tree; empty for what only the other package understands."""
    try:
        return sre_parse.parse(pattern)
    except (sre.error, OverflowError, RecursionError, IndexError, ValueError):
        return ()


def _required(items: Any) -> Iterator[str | None]:
    """Characters that must stand one after the other; None where anything may stand between."""
    for kind, value in items:
        if kind is sre.LITERAL:
            # The matcher takes the Turkish ones for I and i, folding does not.
            yield None if chr(value) in "ıİ" else chr(value)
        elif kind is sre.SUBPATTERN and not value[2]:
            yield from _required(value[3])
        elif kind in _REPEATS and value[0] > 0:
            yield None
            yield from _required(value[2])
            yield None
        elif kind is not sre.AT:
            yield None


def _nests_repeats(item: Any) -> bool:
    """Whether a repeat without bound repeats nothing but another one, as in ``(a+)+``: there are then endless ways to split the same text."""
    kind, value = item
    if kind in _REPEATS:
        inner = _without_groups(value[2])
        if value[1] is sre.MAXREPEAT and len(inner) == 1 and inner[0][0] in _REPEATS and inner[0][1][1] is sre.MAXREPEAT:
            return True
        return any(map(_nests_repeats, value[2]))
    if kind is sre.SUBPATTERN:
        return any(map(_nests_repeats, value[3]))
    if kind is sre.BRANCH:
        return any(_nests_repeats(item) for branch in value[1] for item in branch)
    return False


def _without_groups(items: Any) -> Any:
    while len(items) == 1 and items[0][0] is sre.SUBPATTERN:
        items = items[0][1][3]
    return items
