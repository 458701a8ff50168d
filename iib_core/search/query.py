"""The query language.

``fox snow`` both words, ``"red fox"`` a phrase, ``-blurry`` not, ``fox OR wolf cat`` one of the first
two and the third, ``re:/fox.*snow/`` a regular expression, ``steps:20..30`` a field. Words are
searched in path and text, as parts of words too. Inside quotes ``\\"`` is a quote and ``\\\\`` a
backslash, anything else is literal; a quote that is not closed is part of its word.

The page reads the same language in ``lib/query.mjs``; both pass the cases of
``tests/search/queries.json``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import tzinfo

from iib_core.errors import InvalidRequest
from iib_core.search.criteria import And, Criterion, HasText, Matches, Not, Or
from iib_core.search.fields import parse_field

MAX_CHARS = 10_000
MAX_TERMS = 200

_INSIDE = r'(?:\\["\\]|[^"\\]|\\(?!["\\]))*'
# The value of a field with a name of its own, kept as it stands: ``"Denoising strength">0.5``.
_NAMED = rf'(?:"{_INSIDE}"|[^\s"<>=≤≥:]+)[<>=≤≥:]+(?:"{_INSIDE}"(?=\s|\Z)|[^\s"]\S*)'
_TOKEN = re.compile(
    rf"""\s*(?P<minus>-(?=[^\s-]))?
    (?: re:/(?P<pattern>(?:\\.|[^/\\])*)/(?=\s|\Z)
      | (?P<named_field>[A-Za-z_]+):(?P<named>{_NAMED})
      | (?:(?P<field>[A-Za-z_]+):(?=\S))?
        (?: "(?P<phrase>{_INSIDE})" (?=\s|\Z) | (?P<word>\S+) )
    )""",
    re.X,
)


@dataclass(frozen=True)
class Token:
    """One term as it was typed. ``quoted`` distinguishes ``"OR"`` from ``OR``."""

    text: str
    field: str = ""
    negated: bool = False
    quoted: bool = False
    is_pattern: bool = False


def parse(query: str, zone: tzinfo | None = None) -> Criterion:
    """The criterion of a query; an empty query is satisfied by every file. ``zone``: the time zone of
    dates, None for this machine's.

    Raises InvalidRequest for an unknown field (naming all fields), for an invalid value and for a
    query that is too long.
    """
    if len(query) > MAX_CHARS:
        raise InvalidRequest(f"The query has {len(query)} characters: at most {MAX_CHARS} are possible.")
    tokens = tokenize(query)
    if len(tokens) > MAX_TERMS:
        raise InvalidRequest(f"The query has {len(tokens)} terms: at most {MAX_TERMS} are possible.")
    groups: list[list[Criterion]] = []
    joined = False
    for token in tokens:
        if token == _OR:
            joined = bool(groups)
        elif joined:
            groups[-1].append(_criterion(token, zone))
            joined = False
        else:
            groups.append([_criterion(token, zone)])
    parts = tuple(group[0] if len(group) == 1 else Or(tuple(group)) for group in groups)
    return parts[0] if len(parts) == 1 else And(parts)


_OR = Token("OR")


def tokenize(query: str) -> list[Token]:
    """The terms of a query in order."""
    tokens = []
    position = 0
    while match := _TOKEN.match(query, position):
        position = match.end()
        negated, field = bool(match["minus"]), (match["field"] or "").lower()
        if match["pattern"] is not None:
            tokens.append(Token(match["pattern"].replace("\\/", "/"), negated=negated, is_pattern=True))
        elif match["named"] is not None:
            tokens.append(Token(match["named"], match["named_field"].lower(), negated))
        elif match["phrase"] is not None:
            tokens.append(Token(re.sub(r'\\(["\\])', r"\1", match["phrase"]), field, negated, quoted=True))
        else:
            tokens.append(Token(match["word"], field, negated))
    return tokens


def find_last(query: str) -> int:
    """The start of the term at whose end the query ends; the query's length if it ends between two
    terms.

    A quote that is not closed extends to the end.
    """
    position = 0
    while match := _TOKEN.match(query, position):
        start = position + len(match[0]) - len(match[0].lstrip())
        position = match.end()
        if position == len(query) or (match["word"] or "").startswith('"'):
            return start
    return len(query)


def _criterion(token: Token, zone: tzinfo | None) -> Criterion:
    if token.is_pattern:
        criterion: Criterion = Matches(token.text)
    elif token.field:
        criterion = parse_field(token.field, token.text, zone)
    else:
        criterion = HasText(token.text)
    return Not(criterion) if token.negated else criterion
