"""The query language.

``fox snow`` or ``fox, snow`` both words, ``"red fox"`` a phrase, ``-blurry`` not, ``fox OR wolf cat``
one of the first two and the third, ``(red fox) OR wolf`` a group, ``blue*hair`` a gap,
``re:/fox.*snow/`` a regular expression, ``steps:20..30`` a field, ``model:="dream 8"`` the whole name,
``param:"Clip skip">1`` a field with a name of its own. Words are searched as parts of words too. Inside
quotes ``\\"`` is a quote and ``\\\\`` a backslash, anything else is literal; a quote that is
not closed is part of its word. A name before a colon that is no field is text.

The page reads the same language in ``lib/query.mjs``; both pass the cases of
``tests/search/queries.json``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo

from iib_core.errors import InvalidRequest
from iib_core.search import named_values, signs
from iib_core.search.criteria import (
    And,
    Criterion,
    HasParameter,
    HasParts,
    HasTagNamed,
    HasText,
    InFolderNamed,
    Matches,
    Not,
    Or,
)
from iib_core.search.fields import FIELDS, NAMING_FIELDS, parse_field

MAX_CHARS = 10_000
MAX_TERMS = 200

_GAP = rf"[\s{signs.COMMAS}]"
_END = rf"(?={_GAP}|\Z)"
_MINUS = rf"[{signs.DASHES}](?=[^\s{signs.DASHES}])"
_NAMES = "|".join(name for name in FIELDS if name != "re")
# Only the ASCII letters of a name have a case: the page's expressions know no others.
_FIELD = rf"(?a:{_NAMES})[{signs.COLONS}]"
_INSIDE = r'(?:\\["\\]|[^"\\]|\\(?!["\\]))*'
_QUOTE = rf'["{signs.QUOTES}]'
_CURLY = rf'[^"\\{signs.QUOTES}]*'
_WORD = rf"(?:[^\s{signs.COMMAS}]|(?<=[0-9]),(?=[0-9]))+"
# A value that begins with a name of its own is kept as it stands: ``"Denoising strength">0.5``.
_NAMING = rf"(?a:{'|'.join(NAMING_FIELDS)})[{signs.COLONS}]"
_NAME = rf'(?:"{_INSIDE}"|{_QUOTE}{_CURLY}{_QUOTE}|[^\s"{signs.QUOTES}{signs.COMMAS}{signs.RELATIONS}]+)'
_WANTED = rf'(?:"{_INSIDE}"{_END}|{_QUOTE}{_CURLY}{_QUOTE}{_END}|(?!{_QUOTE}){_WORD})'
_TOKEN = re.compile(
    rf"""{_GAP}*(?P<minus>{_MINUS})?
    (?: re[{signs.COLONS}]/(?P<pattern>(?:\\.|[^/\\])*)/{_END}
      | [(\uff08](?=[^()\uff08\uff09]*{_GAP})(?P<group>[^()\uff08\uff09]*)[)\uff09]{_END}
      | (?P<empty>{_FIELD})(?={_GAP}+(?:{_MINUS}|OR{_END}|{_FIELD})|{_GAP}*\Z|\s*[{signs.COMMAS}])
      | (?P<naming>{_NAMING})\s*(?P<named>{_NAME}[{signs.RELATIONS}]+{_WANTED})
      | (?: (?P<field>{_FIELD})\s*(?P<whole>=(?={_QUOTE}))?
          | (?P<expression>re[{signs.COLONS}])(?=["/{signs.QUOTES}]) )?
        (?: "(?P<phrase>{_INSIDE})"{_END}
          | {_QUOTE}(?P<quoted>{_CURLY})[{signs.QUOTES}]{_END}
          | [{signs.QUOTES}](?P<closed>{_CURLY})"{_END}
          | (?P<word>{_WORD})
        )
    )""",
    re.X | re.I,
)


@dataclass(frozen=True)
class Token:
    """One term as it was typed.

    ``quoted`` distinguishes ``"OR"`` from ``OR``; ``curly``: in quotes as phones write them.
    ``is_group``: the text is a query of its own.
    """

    text: str
    field: str = ""
    negated: bool = False
    quoted: bool = False
    curly: bool = False
    is_pattern: bool = False
    is_group: bool = False


@dataclass(frozen=True)
class Span:
    """A term, and where it stands in the query: with its minus, without blanks and commas."""

    token: Token
    start: int
    end: int


def parse(query: str, zone: tzinfo | None = None) -> Criterion:
    """The criterion of a query; an empty query is satisfied by every file. ``zone``: the time zone
    of dates, None for this machine's.

    Raises InvalidRequest for an invalid value and for a query that is too long.
    """
    if len(query) > MAX_CHARS:
        raise InvalidRequest(
            f"The query has {len(query)} characters: at most {MAX_CHARS} are possible."
        )
    tokens = tokenize(query)
    number = sum(1 for _ in flat(tokens))
    if number > MAX_TERMS:
        raise InvalidRequest(f"The query has {number} terms: at most {MAX_TERMS} are possible.")
    return _combine(tokens, zone)


def spans(query: str) -> Iterator[Span]:
    """The terms of a query in order, and where they stand; those of a group are not listed."""
    for match in _matches(query):
        yield Span(replace(_token(match), negated=bool(match["minus"])), _start(match), match.end())


def everywhere(query: str) -> str:
    """The query with ``any:`` before its plain words and phrases that a file must have; empty if it
    has none.
    """
    pieces = []
    end = 0
    for match in _matches(query):
        token = _token(match)
        if match["minus"] or token.field or token.is_pattern or token == OR:
            continue
        start = _start(match)
        inner = everywhere(token.text) if token.is_group else ""
        if inner or not token.is_group:
            pieces += [
                query[end:start],
                f"({inner})" if inner else f"any:{query[start : match.end()]}",
            ]
            end = match.end()
    return "".join([*pieces, query[end:]]) if pieces else ""


def flat(tokens: list[Token]) -> Iterator[Token]:
    """The tokens, with those of a group in its place."""
    for token in tokens:
        if token.is_group:
            yield from tokenize(token.text)
        else:
            yield token


def _combine(tokens: list[Token], zone: tzinfo | None) -> Criterion:
    groups: list[list[Criterion]] = []
    joined = False
    for token in tokens:
        if token == OR:
            joined = bool(groups)
        elif _says_nothing(token):
            continue
        elif joined:
            groups[-1].append(_criterion(token, zone))
            joined = False
        else:
            groups.append([_criterion(token, zone)])
    parts = tuple(group[0] if len(group) == 1 else Or(tuple(group)) for group in groups)
    return parts[0] if len(parts) == 1 else And(parts)


OR = Token("OR")


def _says_nothing(token: Token) -> bool:
    """Whether a term is still being typed, as ``model:``, or consists of wildcards."""
    return not token.quoted and not token.is_pattern and not token.text.strip("*")


def tokenize(query: str) -> list[Token]:
    """The terms of a query in order."""
    return [span.token for span in spans(query)]


def _matches(query: str) -> Iterator[re.Match[str]]:
    """The terms, up to the blanks at the end: to look for one behind each of many blanks would take
    long.
    """
    position = 0
    while match := _TOKEN.match(query, position):
        position = match.end()
        yield match


def _token(match: re.Match[str]) -> Token:
    if match["pattern"] is not None:
        return Token(match["pattern"].replace("\\/", "/"), is_pattern=True)
    if match["group"] is not None:
        return Token(match["group"].strip(), is_group=True)
    if match["empty"] is not None:
        return Token("", match["empty"][:-1].lower())
    if match["named"] is not None:
        return Token(signs.trimmed(match["named"]), match["naming"][:-1].lower())
    field = (match["field"] or match["expression"] or "")[:-1].lower()
    whole = match["whole"] or ""
    if match["phrase"] is not None:
        return Token(whole + re.sub(r'\\(["\\])', r"\1", match["phrase"]), field, quoted=True)
    if match["word"] is None:
        phrase = match["closed"] if match["quoted"] is None else match["quoted"]
        return Token(whole + phrase, field, quoted=True, curly=True)
    return Token(match["word"] if field == "re" else signs.trimmed(whole + match["word"]), field)


def find_last(query: str) -> int:
    """The start of the term at whose end the query ends; the query's length if it ends between two
    terms.

    A quote that is not closed extends to the end.
    """
    for match in _matches(query):
        if match.end() == len(query) or (match["word"] or "").startswith('"'):
            return _start(match)
    return len(query)


def _start(match: re.Match[str]) -> int:
    """Where a term begins, behind blanks and commas."""
    return match.end() - len(match[0].lstrip(_BLANKS))


_BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + signs.COMMAS


def _criterion(token: Token, zone: tzinfo | None) -> Criterion:
    criterion = read_term(token, zone)
    return Not(criterion) if token.negated else criterion


def read_term(token: Token, zone: tzinfo | None) -> Criterion:
    """The criterion of one term, without its minus. Raises InvalidRequest for an invalid value."""
    if token.is_pattern:
        return Matches(token.text)
    if token.is_group:
        return _combine(tokenize(token.text), zone)
    if not token.field:
        criterion: Criterion = HasText(token.text)
    elif token.quoted and token.field in NAMING_FIELDS:
        criterion = parse_field(token.field, named_values.quoted(token.text), zone)
    else:
        criterion = _parse_field(token.field, token.text, zone)
    if token.quoted:
        return _with_plain_signs(criterion) if token.curly else criterion
    return _with_plain_signs(_with_gaps(criterion))


def _parse_field(name: str, value: str, zone: tzinfo | None) -> Criterion:
    try:
        return parse_field(name, value, zone)
    except InvalidRequest:
        plain = signs.plain(value)
        if plain == value:
            raise
        return parse_field(name, plain, zone)


def _with_gaps(criterion: Criterion) -> Criterion:
    """A criterion about text with what ``*`` means in a word: a gap. At its ends it means nothing."""
    if isinstance(criterion, Or):
        return Or(tuple(map(_with_gaps, criterion.items)))
    if isinstance(criterion, HasTagNamed):
        name = criterion.name.strip("*") if criterion.part else criterion.name
        return replace(criterion, name=name, gaps="*" in name)
    if isinstance(criterion, (InFolderNamed, HasParameter, HasText)) and criterion.whole:
        return criterion
    if isinstance(criterion, InFolderNamed):
        part = criterion.part.strip("*")
        return replace(criterion, part=part, gaps="*" in part)
    if isinstance(criterion, HasParameter):
        text = criterion.text.strip("*")
        return replace(criterion, text=text, gaps="*" in text)
    if not isinstance(criterion, HasText) or "*" not in criterion.needle:
        return criterion
    parts = tuple(filter(None, criterion.needle.split("*")))
    return (
        HasText(parts[0], criterion.field) if len(parts) == 1 else HasParts(parts, criterion.field)
    )


def _with_plain_signs(criterion: Criterion) -> Criterion:
    """A criterion about text that is also satisfied where a file has the plain forms of its signs."""
    if isinstance(criterion, Or):
        return Or(tuple(map(_with_plain_signs, criterion.items)))
    other: Criterion = criterion
    if isinstance(criterion, HasText):
        other = replace(criterion, needle=signs.plain(criterion.needle))
    elif isinstance(criterion, HasTagNamed):
        other = replace(criterion, name=signs.plain(criterion.name))
    elif isinstance(criterion, InFolderNamed):
        other = replace(criterion, part=signs.plain(criterion.part))
    elif isinstance(criterion, HasParameter):
        other = replace(criterion, text=signs.plain(criterion.text))
    return criterion if other == criterion else Or((criterion, other))
