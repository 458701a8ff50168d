"""Criteria about text, as far as SQL can decide them.

SQLite compares ASCII as we do, and outside of Python's lock. Of a file whose name and text are
ASCII, SQL knows which criteria are possible and which are certain: these are the two ``Bounds``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)

from iib_core.db.fts import fold
from iib_core.db.search.names import Names
from iib_core.db.search.regexes import literals
from iib_core.db.search.text_predicates import places_of
from iib_core.db.sqlite import has_ascii, is_ascii, unindexed, values_of
from iib_core.db.tables import image, image_body, image_tag, searched_text
from iib_core.db.texts import MARK
from iib_core.search.criteria import HasParts, HasText, Matches, TextField

# As ``Candidate.read`` names them.
_PLACES: Mapping[str, ColumnElement[Any]] = {
    "name": image.c.name,
    "names": func.coalesce(image_body.c.names, ""),
    "text": image_body.c.text,
    "prompt": image_body.c.prompt,
    "negative": image_body.c.negative,
}
# Fields whose every character the words of the text index contain, or the path of the folder.
_IN_WORDS = frozenset({"words", "name", "prompt", "path"})
# See ``fts.Body.is_whole``.
_IS_WHOLE = or_(image_body.c.names.is_(None), image_body.c.prompt_chars == 0)
# Whether a picture has something of its own in a text that it shares.
_IS_SPLIT = image_body.c.own != literal_column("''")

# What all files of a text share of these places.
_SHARED_NAMES = func.coalesce(searched_text.c.names, literal_column("''"))
_SHARED_PROMPT = func.substr(
    searched_text.c.text, searched_text.c.prompt_at + 1, searched_text.c.prompt_chars
)
_SHARED: Mapping[str, ColumnElement[Any]] = {
    "names": _SHARED_NAMES,
    "text": searched_text.c.text,
    "said": case((searched_text.c.prompt_chars == 0, searched_text.c.text), else_=_SHARED_PROMPT),
    "prompt": _SHARED_PROMPT,
}


class Needle(NamedTuple):
    """A folded text that a file must contain.

    ``in_words``: only the words of the text index contain it (``fts.py``). ``in_path``: the path of
    its folder may contain it instead, and with ``in_tags`` the name of a custom tag or of an album.
    """

    text: str
    in_words: bool
    in_path: bool = False
    in_tags: bool = False


class Bounds(NamedTuple):
    """Conditions on a file whose text is ASCII: ``possible`` holds if the criterion does,
    ``certain`` only if it does. ``is_decided``: both are the same.
    """

    possible: ColumnElement[bool]
    certain: ColumnElement[bool]
    is_decided: bool


def needles_of_text(leaf: HasText) -> list[Needle]:
    """The needle of HasText; an empty one is in every text."""
    return _needles([leaf.sought], leaf.field)


def needles_of_parts(leaf: HasParts) -> list[Needle]:
    """The parts of HasParts."""
    return _needles(leaf.parts, leaf.field)


def _needles(texts: Iterable[str], field: TextField) -> list[Needle]:
    texts = list(texts)
    in_path = "path" in places_of(field, texts)
    return [
        Needle(text, field in _IN_WORDS, in_path, in_tags=field == "words")
        for text in filter(None, map(fold, texts))
    ]


def needles_of_pattern(leaf: Matches) -> list[Needle]:
    """The literal texts that every match of the expression contains."""
    return [
        Needle(needle, in_words=leaf.path_only, in_path=True) for needle in literals(leaf.pattern)
    ]


def bounds_of_text(names: Names, leaf: HasText) -> Bounds:
    """SQL decides HasText, but for a whole field, which is possible if the field contains it."""
    places = places_of(leaf.field, [leaf.sought])
    condition = or_(_contains(names, fold(leaf.sought), places), has_named(names, leaf))
    if leaf.whole:
        return Bounds(condition, false(), is_decided=False)
    return Bounds(condition, condition, is_decided=True)


def shared_of_text(leaf: HasText) -> ColumnElement[bool] | None:
    """The condition on a text that all files share, under which all of them satisfy HasText; what
    each has of its own must be ASCII. None if no such text can say so.
    """
    needle = fold(leaf.needle)
    places = [place for place in places_of(leaf.field, [leaf.needle]) if place in _SHARED]
    if leaf.whole or not places or not needle.isascii() or MARK in needle:
        return None
    is_plain = (is_ascii(searched_text.c.text), is_ascii(_SHARED_NAMES))
    return and_(or_(*(has_ascii(_SHARED[place], needle) for place in places)), *is_plain)


def bounds_of_parts(names: Names, leaf: HasParts) -> Bounds:
    """HasParts is possible if the field contains all parts. Tags are certain."""
    places = places_of(leaf.field, leaf.parts)
    in_field = and_(true(), *(_contains(names, fold(part), places) for part in leaf.parts))
    named = has_named(names, leaf)
    return Bounds(or_(in_field, named), named, is_decided=False)


def bounds_of_pattern(names: Names, leaf: Matches) -> Bounds:
    """A match is possible if one field contains all literal parts, and never certain."""
    needles = literals(leaf.pattern)
    places = ("path",) if leaf.path_only else ("path", "text")
    in_each = [
        and_(true(), *(_contains(names, needle, (place,)) for needle in needles))
        for place in places
    ]
    return Bounds(or_(*in_each), false(), is_decided=False)


def has_named(names: Names, leaf: HasText | HasParts) -> ColumnElement[bool]:
    """Whether an image has one of the custom tags and albums that the leaf names."""
    tag_ids = names.ids.get(leaf)
    if not tag_ids:
        return false()
    return exists(
        select(image_tag.c.tag_id).where(
            image_tag.c.custom == literal_column("1"),  # the condition of a partial index
            image_tag.c.image_id == image.c.id,
            unindexed(image_tag.c.tag_id).in_(values_of(tag_ids)),
        )
    )


def _contains(names: Names, needle: str, places: Iterable[str]) -> ColumnElement[bool]:
    """Whether one of the places, all ASCII, contains the folded needle."""
    if not needle:
        return true()
    conditions: list[ColumnElement[bool]] = []
    for place in places:
        if needle.isascii():
            conditions.append(_contains_ascii(needle, place))
        if place == "path":
            conditions += names.in_path(needle)
    return or_(false(), *conditions)


def _contains_ascii(needle: str, place: str) -> ColumnElement[bool]:
    if place == "said":
        in_whole = and_(_IS_WHOLE, _text_contains(needle))
        return or_(has_ascii(_PLACES["prompt"], needle), in_whole)
    if place == "text":
        return _text_contains(needle)
    return has_ascii(_PLACES["name" if place == "path" else place], needle)


def _text_contains(needle: str) -> ColumnElement[bool]:
    """Whether the text contains an ASCII needle. The stored text, which mostly decides, is looked at
    first: it takes half of the time.
    """
    whole = has_ascii(image_body.c.text, needle)
    if MARK in needle:
        return whole
    # What is the image's own begins and ends with a digit. A needle without one is in it or outside
    # of it, and the two need not be put together.
    has_digit = any(map(str.isdigit, needle))
    in_own = and_(_IS_SPLIT, whole) if has_digit else has_ascii(image_body.c.own, needle)
    return or_(has_ascii(image_body.c.shared, needle), in_own)
