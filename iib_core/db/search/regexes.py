"""Regular expressions with bounded time and memory, and the literal texts that they require."""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

from iib_core.db.fts import fold
from iib_core.errors import InvalidRequest

if sys.version_info >= (3, 11):
    from re import _constants as sre, _parser as sre_parse  # type: ignore[attr-defined]  # isort: skip
else:
    import sre_constants as sre
    import sre_parse

# For one text. A sane expression takes microseconds; exponential backtracking would take years.
TIMEOUT_S = 0.5
MAX_PATTERN_CHARS = 2000
# Compiling expands counted repeats: a{100} takes as much memory as a hundred letters, and
# (?:a{100}){100} as ten thousand.
MAX_REPEATED = 10_000

_ATOMIC_GROUP = getattr(sre, "ATOMIC_GROUP", None)  # since Python 3.11
_REPEATS = {sre.MAX_REPEAT, sre.MIN_REPEAT, getattr(sre, "POSSESSIVE_REPEAT", sre.MAX_REPEAT)}
_SLOW = "This regular expression would take too long: simplify it, and avoid nested repeats."
_LARGE = (
    "This regular expression would take too much memory: let its counts, multiplied, be at most "
    f"{MAX_REPEATED:,}."
)
_RECURSIVE = "Recursive regular expressions are not supported."

# A recursive call of the pattern or of a group: (?R), (?1), (?&name), (?P>name). Only searched for
# if the standard library cannot parse the pattern.
_CALL = re.compile(r"(?<!\\)(?:\\\\)*\(\?(?:R\)|&|P>|[+-]?\d)")
_COUNT = re.compile(r"\{(\d{0,9})(?:,(\d{0,9}))?\}|\{\d{0,9},?\d{10}")
# A set or an escaped character, which are copied unchanged, or the beginning of a capturing group.
_GROUP = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*(?:\]|\Z)|(?P<group>\((?!\?)|\(\?P<\w+>)", re.DOTALL
)
# A reference to a group, a nested set, a comment.
_NEEDS_GROUPS = re.compile(r"\\[1-9g]|\(\?P=|\(\?\(|\[\[|#")


class Pattern:
    """A compiled expression, ignoring case. Other threads run while it is matched."""

    def __init__(self, pattern: str) -> None:
        """Raises InvalidRequest for an expression that is invalid, too long, recursive, repeats too
        much, or is known to backtrack exponentially.
        """
        try:
            import regex
        except ImportError as exc:
            raise InvalidRequest(
                "Regular expressions need the package 'regex', which is not installed."
            ) from exc
        if len(pattern) > MAX_PATTERN_CHARS:
            raise InvalidRequest(
                f"The regular expression has {len(pattern)} characters: at most {MAX_PATTERN_CHARS} are "
                "possible."
            )
        _require_bounded(pattern)
        try:
            self._compiled: Any = regex.compile(
                _without_captures(unicodedata.normalize("NFC", pattern)), regex.IGNORECASE
            )
        except (regex.error, OverflowError, RecursionError) as exc:
            raise InvalidRequest(f"Invalid regular expression: {exc}.") from exc

    def is_in(self, text: str) -> bool:
        """Whether it matches somewhere in ``text``. Raises InvalidRequest if that takes too long."""
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        try:
            return self._compiled.search(text, timeout=TIMEOUT_S, concurrent=True) is not None
        except TimeoutError as exc:
            raise InvalidRequest(_SLOW) from exc


def literals(pattern: str) -> list[str]:
    """Folded texts of three characters or more that every match contains; empty if none is certain."""
    runs: list[str] = []
    run = ""
    for piece in _required(_parse(unicodedata.normalize("NFC", pattern))):
        if piece is None:
            runs.append(run)
            run = ""
        else:
            run += piece
    folded = [fold(run) for run in (*runs, run)]
    return [literal for literal in folded if len(literal) >= 3]


def _parse(pattern: str) -> Any:
    """The standard library's parse tree; empty for syntax that only the package ``regex`` has."""
    try:
        return sre_parse.parse(pattern)
    except (sre.error, OverflowError, RecursionError, IndexError, ValueError):
        return ()


def _require_bounded(pattern: str) -> None:
    """Raise InvalidRequest for an expression that takes unbounded memory or time to compile or to
    match.
    """
    parsed = _parse(pattern)
    if not parsed and _CALL.search(pattern):
        raise InvalidRequest(_RECURSIVE)
    if (_repeated(parsed) if parsed else _counted(pattern)) > MAX_REPEATED:
        raise InvalidRequest(_LARGE)
    if any(_nests_repeats(item) for item in parsed):
        raise InvalidRequest(_SLOW)


def _without_captures(pattern: str) -> str:
    """The pattern with capturing groups made non-capturing if nothing refers to them: ``regex``
    keeps every capture of a repeated group, 200 bytes for each character of the text.
    """
    if _NEEDS_GROUPS.search(pattern) or not _parse(pattern):
        return pattern
    return _GROUP.sub(lambda match: "(?:" if match["group"] else match[0], pattern)


def _repeated(items: Any) -> int:
    """The number of items when every counted repeat is written out."""
    return sum(_written_out(kind, value) for kind, value in items)


def _written_out(kind: Any, value: Any) -> int:
    if kind in _REPEATS:
        least, most, inner = value
        times = int(least if most is sre.MAXREPEAT else most)
        return max(1, times) * max(1, _repeated(inner))
    return max(1, sum(map(_repeated, _inside(kind, value))))


def _counted(pattern: str) -> int:
    """An upper limit of the repetitions in a pattern that cannot be parsed: the product of all
    counts, nested or not.
    """
    return math.prod(_largest_count(match) for match in _COUNT.finditer(pattern))


def _largest_count(match: re.Match[str]) -> int:
    if match[1] is None:
        return MAX_REPEATED + 1
    return max(1, *(int(number) for number in match.groups() if number))


def _required(items: Any) -> Iterator[str | None]:
    """The characters that every match contains, in order; None separates those that may have others
    between them.
    """
    for kind, value in items:
        if kind is sre.LITERAL:
            # The matcher treats the Turkish letters as I and i, folding does not.
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
    """Whether an unbounded repeat repeats nothing but another one, as in ``(a+)+``: then the ways
    to split a text grow exponentially.
    """
    kind, value = item
    if kind in _REPEATS:
        inner = _without_groups(value[2])
        if (
            value[1] is sre.MAXREPEAT
            and len(inner) == 1
            and inner[0][0] in _REPEATS
            and inner[0][1][1] is sre.MAXREPEAT
        ):
            return True
        return any(map(_nests_repeats, value[2]))
    return any(_nests_repeats(item) for inner in _inside(kind, value) for item in inner)


def _inside(kind: Any, value: Any) -> list[Any]:
    """The sequences of items in a group, an alternative, a condition or a lookaround."""
    if kind is sre.SUBPATTERN:
        return [value[3]]
    if kind is sre.BRANCH:
        return list(value[1])
    if kind is _ATOMIC_GROUP:
        return [value]
    if kind is sre.GROUPREF_EXISTS:
        return [inner for inner in value[1:] if inner]
    if kind in (sre.ASSERT, sre.ASSERT_NOT):
        return [value[1]]
    return []


def _without_groups(items: Any) -> Any:
    while len(items) == 1 and items[0][0] is sre.SUBPATTERN:
        items = items[0][1][3]
    return items
