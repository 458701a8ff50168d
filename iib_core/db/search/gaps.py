"""Names with gaps: ``*`` in the name of a tag, a folder or a value of a parameter is any text."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement

from iib_core.db.fts import fold
from iib_core.db.search.text_predicates import in_order

_LITERAL = re.compile(r"([%_\\])")


def matches_gaps(column: ColumnElement[Any], name: str, *, part: bool) -> ColumnElement[bool]:
    """The condition that a folded column is ``name`` or, if ``part``, contains it."""
    pattern = _LITERAL.sub(r"\\\1", fold(name)).replace("*", "%")
    return column.like(f"%{pattern}%" if part else pattern, escape="\\")


def contains_gaps(folded: str, name: str) -> bool:
    """Whether a folded text contains ``name``."""
    return in_order(folded, fold(name).split("*"))
