"""What in a query may have been meant otherwise, which is said beside its results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from difflib import get_close_matches
from typing import Union

from iib_core.errors import InvalidRequest
from iib_core.search import named_values, query, signs, terms, values
from iib_core.search.criteria import (
    And,
    Between,
    Criterion,
    HasMachineTag,
    HasParameter,
    HasScore,
    Or,
)
from iib_core.search.fields import FIELDS, NAMING_FIELDS
from iib_core.search.query import Span, Token

_Ranged = Union[Between, HasMachineTag, HasParameter, HasScore]
_NEAR = 0.7
# A name before a colon; neither a drive, as C:\, nor a URL.
_NAMED = re.compile(rf"([a-z_]{{2,20}})[{signs.COLONS}](?!//)", re.I)
# Operators of other search languages, which are words in this one, and what is said of them.
_OPERATORS: Mapping[str, str] = {
    **dict.fromkeys(("AND", "&&", "&"), "and_is_a_word"),
    **dict.fromkeys(("||", "|"), "or_is_a_word"),
    "NOT": "not_is_a_word",
}
_ADVICE: Mapping[str, str] = {
    "and_is_a_word": "leave it out, as a file must have all words anyway.",
    "or_is_a_word": "write OR between two terms of which one is enough.",
    "not_is_a_word": "write a minus in front of what a file must not have.",
}
# The first and the last value that there can be; None: no limit.
_SCALES: Mapping[str, values.Interval] = {
    **dict.fromkeys(("rating", "rated"), (0, 5)),
    **dict.fromkeys(("nsfw", "autotag"), (0, 1)),
    **dict.fromkeys(("seed", "steps", "width", "height", "mp"), (0, None)),
    **dict.fromkeys(("ratio", "aspect", "duration", "bytes"), (0, None)),
}


@dataclass(frozen=True)
class Hint:
    """Something that may have been meant otherwise; the API describes what its fields hold."""

    code: str
    name: str
    nearest: str
    message: str
    query: str = ""


def find(text: str, zone: tzinfo | None = None) -> list[Hint]:
    """What may have been meant otherwise in a query that can be parsed, each thing once.

    ``zone`` as in ``query.parse``.
    """
    spans = list(query.spans(text))
    found = list(_find_operators(text, spans))
    for span in spans:
        for token in query.flat([span.token]):
            doubt = _find_unknown_field(token) or _find_impossible_range(token, zone)
            if doubt:
                hint, instead = doubt
                is_known = instead and not span.token.is_group
                edited = _edit(text, [(span, instead)]) if is_known else ""
                found.append(replace(hint, query=edited))
    return list({(hint.code, hint.name): hint for hint in found}.values())


def find_nearest_field(name: str) -> str:
    """The field that is spelled most like ``name``; empty where none is near."""
    near = get_close_matches(name.lower(), FIELDS, 1, _NEAR)
    return near[0] if near else ""


def _edit(text: str, edits: Iterable[tuple[Span, str]]) -> str:
    """The query with another term in each of these places."""
    for span, term in reversed(list(edits)):
        minus = "-" if span.token.negated else ""
        text = f"{text[: span.start]}{minus}{term}{text[span.end :]}"
    return text


def _find_operators(text: str, spans: list[Span]) -> Iterator[Hint]:
    """Each has the query in which all of them are replaced."""
    found: list[Hint] = []
    edits: list[tuple[Span, str]] = []
    for number, span in enumerate(spans[:-1]):
        code = _find_operator(span.token)
        behind = spans[number + 1]
        if code == "not_is_a_word":
            if behind.token.negated or behind.token == query.OR or _find_operator(behind.token):
                continue
            nearest = f"-{text[behind.start : behind.end]}"
            edits.append((replace(span, end=behind.end), nearest))
        elif code and number:
            nearest = "OR" if code == "or_is_a_word" else ""
            edits.append((span, nearest) if nearest else (replace(span, end=behind.start), ""))
        else:
            continue
        name = span.token.text
        found.append(Hint(code, name, nearest, f"'{name}' is searched as text: {_ADVICE[code]}"))
    meant = _edit(text, edits)
    return (replace(hint, query=meant) for hint in found)


def _find_operator(token: Token) -> str:
    """The code for a word that is an operator elsewhere, otherwise nothing."""
    is_special = token.field or token.negated or token.quoted or token.is_pattern or token.is_group
    return "" if is_special else _OPERATORS.get(token.text, "")


def _find_unknown_field(token: Token) -> tuple[Hint, str] | None:
    """A name before a colon that looks like a field and is none; what the term may have been."""
    match = None if token.field or token.quoted or token.is_pattern else _NAMED.match(token.text)
    if not match or match[1].lower() in FIELDS:
        return None
    name, nearest = match[1], find_nearest_field(match[1])
    meant = f"Did you mean '{nearest}:'? " if nearest else ""
    fields = ", ".join(f"{field}:" for field in FIELDS)
    message = f"'{name}:' is searched as text. {meant}The fields are {fields}."
    instead = f"{nearest}{token.text[len(name) :]}" if nearest else ""
    return Hint("unknown_field", name, nearest, message), instead


def _find_impossible_range(token: Token, zone: tzinfo | None) -> tuple[Hint, str] | None:
    """A range in which no value is; what the term may have been."""
    term = _write(token.field, token.text)
    first, last = _SCALES.get(token.field, (None, None))
    ranges = _find_ranges(token, zone)
    if ranges and all(_is_above(low, last) or _is_above(first, high) for low, high in ranges):
        scale = f"{first}..{'' if last is None else last}"
        there = f"{first} or more" if last is None else f"{first} to {last}"
        message = f"'{term}' finds nothing: the values of {token.field} are {there}."
        return Hint("out_of_range", term, scale, message), ""
    if ranges and all(_is_above(low, high) for low, high in ranges):
        instead = _turn_round(token, zone)
        meant = f" Did you mean '{instead}'?" if instead else ""
        message = f"'{term}' finds nothing: its first value is larger than its last one.{meant}"
        return Hint("empty_range", term, instead, message), instead
    return None


def _is_above(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and one > other


def _find_ranges(token: Token, zone: tzinfo | None) -> list[values.Interval]:
    """The intervals of numbers that a term is about; none for a term that cannot be parsed."""
    if not token.field:
        return []
    try:
        criterion = query.read_term(token, zone)
    except InvalidRequest:
        return []
    intervals = [(leaf.low, leaf.high) for leaf in _find_ranged(criterion)]
    return [interval for interval in intervals if interval != (None, None)]


def _find_ranged(criterion: Criterion) -> Iterator[_Ranged]:
    """What a criterion demands of numbers; what it excludes does not count."""
    if isinstance(criterion, (And, Or)):
        for item in criterion.items:
            yield from _find_ranged(item)
    elif isinstance(criterion, (Between, HasMachineTag, HasParameter, HasScore)):
        yield criterion


def _turn_round(token: Token, zone: tzinfo | None) -> str:
    """The term with the ends of its range exchanged; empty where that is no better."""
    wanted = named_values.split(token.text)[1] if token.field in NAMING_FIELDS else token.text
    turned = values.turn_round(wanted)
    text = f"{token.text.removesuffix(wanted)}{turned}"
    ranges = _find_ranges(replace(token, text=text), zone) if turned else []
    is_better = ranges and not any(_is_above(low, high) for low, high in ranges)
    return _write(token.field, text) if is_better else ""


def _write(field: str, value: str) -> str:
    """A value that begins with a name of its own is kept as it was typed."""
    return f"{field}:{value}" if field in NAMING_FIELDS else terms.field_term(field, value)
