"""Criteria about text, as far as SQL can decide them.

SQLite compares ASCII as we do, and outside of Python's lock. Of a file whose name and text are ASCII,
SQL knows which criteria are possible and which are certain: these are the two ``Bounds``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, false, func, or_, true

from iib_core.db.fts import fold
from iib_core.db.search.names import Names
from iib_core.db.search.regexes import literals
from iib_core.db.sqlite import has_ascii
from iib_core.db.tables import image, image_text
from iib_core.search.criteria import HasText, Matches

_FIELDS = {
    "name": image.c.name,
    "text": image_text.c.text,
    "prompt": func.substr(image_text.c.text, image_text.c.prompt_at + 1, image_text.c.prompt_chars),
    "negative": func.substr(image_text.c.text, image_text.c.negative_at + 1, image_text.c.negative_chars),
}


class Needle(NamedTuple):
    """A folded text that a file must contain.

    ``in_path``: the path of its folder may contain it, instead of its name and text.
    """

    text: str
    in_path: bool


class Bounds(NamedTuple):
    """Conditions on a file whose text is ASCII: ``possible`` holds if the criterion does, ``certain``
    only if it does. ``is_decided``: both are the same.
    """

    possible: ColumnElement[bool]
    certain: ColumnElement[bool]
    is_decided: bool


def needles_of_text(leaf: HasText) -> list[Needle]:
    """The needle of HasText; an empty one is in every text."""
    needle = fold(leaf.needle)
    return [Needle(needle, leaf.field in ("any", "path"))] if needle else []


def needles_of_pattern(leaf: Matches) -> list[Needle]:
    """The literal texts that every match of the expression contains."""
    return [Needle(needle, True) for needle in literals(leaf.pattern)]


def bounds_of_text(names: Names, leaf: HasText) -> Bounds:
    """SQL decides HasText."""
    fields = ("text", "path") if leaf.field == "any" else (leaf.field,)
    condition = _contains(names, fold(leaf.needle), fields)
    return Bounds(condition, condition, is_decided=True)


def bounds_of_pattern(names: Names, leaf: Matches) -> Bounds:
    """A match is possible if one field contains all literal parts, and never certain."""
    needles = literals(leaf.pattern)
    fields = ("path",) if leaf.path_only else ("path", "text")
    in_each = [and_(true(), *(_contains(names, needle, (field,)) for needle in needles)) for field in fields]
    return Bounds(or_(*in_each), false(), is_decided=False)


def _contains(names: Names, needle: str, fields: Iterable[str]) -> ColumnElement[bool]:
    """Whether one of the fields, all ASCII, contains the folded needle."""
    if not needle:
        return true()
    conditions: list[ColumnElement[bool]] = []
    for field in fields:
        if needle.isascii():
            conditions.append(has_ascii(_FIELDS["name" if field == "path" else field], needle))
        if field == "path":
            conditions += names.in_path(needle)
    return or_(false(), *conditions)
