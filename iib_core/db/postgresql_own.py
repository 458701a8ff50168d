"""Statements that PostgreSQL needs a text of its own for.

The text index: the same texts in a table, whose trigrams are indexed by ``pg_trgm``. An expression
is one of FTS5's, of strings joined by AND and OR. Here a string is a whole needle, not a trigram of
one: PostgreSQL takes it apart itself, and compares the text.
"""

from __future__ import annotations

import re
import struct
from collections import deque
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Text, and_, bindparam, column, func, or_

_STRING = re.compile(r'"(?:[^"]|"")*"')
_TOKEN = re.compile(rf"{_STRING.pattern}|[()]|AND|OR")
# The sign of a number of 64 bits.
_SIGN = 1 << 63


_CHANGED = "CASE WHEN e.{0} = ? THEN ?::text ELSE e.{0} END"
_RENAMED_TAGS = (
    f"coalesce(json_agg(DISTINCT {_CHANGED.format('value')}), '[]') "
    "FROM json_array_elements_text(tags) e(value) WHERE ?::text IS NOT NULL OR e.value <> ?"
)
_RENAMED_ALBUMS = (
    f"coalesce(json_object_agg({_CHANGED.format('key')}, e.value), '{{}}') "
    "FROM pg_catalog.json_each(albums) e WHERE ?::text IS NOT NULL OR e.key <> ?"
)


class Halfvec(bytes):
    """A vector of the extension ``vector``, in its binary form."""


def change_kept(conn: Connection, column: str, name: str, new: str | None) -> None:
    """Rename a tag, or an album, in the marks kept for files that are not indexed, or remove it
    (None). ``column``: tags or albums.
    """
    renamed = _RENAMED_ALBUMS if column == "albums" else _RENAMED_TAGS
    members = "json_object_keys(albums)" if column == "albums" else "json_array_elements_text(tags)"
    conn.exec_driver_sql(
        f"UPDATE kept SET {column} = (SELECT {renamed}) WHERE ? IN (SELECT {members})",
        (name, new, new, name, name),
    )


def kept_with(conn: Connection, column: str, name: str) -> dict[str, int]:
    """Positions by path of the kept marks that have a tag, or an album. ``column``: tags or albums."""
    part, member, position = (
        ("pg_catalog.json_each(albums) e", "e.key", "e.value::text::bigint")
        if column == "albums"
        else ("json_array_elements_text(tags) e(value)", "e.value", "0")
    )
    rows = conn.exec_driver_sql(
        f"SELECT path, {position} FROM kept, {part} WHERE {member} = ?", (name,)
    )
    return {row[0]: row[1] for row in rows}


def remove(conn: Connection, ids: Sequence[int]) -> None:
    """Remove images from the index."""
    conn.exec_driver_sql("DELETE FROM image_fts WHERE rowid = ANY(?)", (list(ids),))


def as_number_or_text(key: str) -> float | str:
    """What a key that the function ``number_or_text`` of the schema made stands for."""
    if key.startswith("1"):
        return key[1:]
    bits = int(key[1:], 2)
    bits = bits ^ _SIGN if bits & _SIGN else ~bits & (2 * _SIGN - 1)
    return float(struct.unpack(">d", bits.to_bytes(8, "big"))[0])


def condition(expression: str, *, is_scanned: bool = False) -> ColumnElement[bool]:
    """What an indexed text must fulfil, for an expression. ``is_scanned``: in a form that no index
    answers, and that takes a third of the time for each text.
    """
    return _any_of(deque(match[0] for match in _TOKEN.finditer(expression)), is_scanned)


def condition_sql(expression: str) -> tuple[str, tuple[str, ...]]:
    """The same as raw SQL, and its parameters: AND binds closer than OR in either language."""
    patterns = tuple(_pattern(_unquoted(match[0])) for match in _STRING.finditer(expression))
    return f"({_STRING.sub('text LIKE ?', expression)})", patterns


def count_matching(conn: Connection, expression: str, low: int, high: int) -> int:
    """How many of the indexed texts in a range of ids match an expression."""
    needles = tuple(_unquoted(match[0]) for match in _STRING.finditer(expression))
    is_match = _STRING.sub("strpos(text, ?) > 0", expression)
    query = f"SELECT count(*) FROM image_fts WHERE ({is_match}) AND rowid BETWEEN ? AND ?"
    return int(conn.exec_driver_sql(query, (*needles, low, high)).scalar_one())


def _any_of(tokens: deque[str], is_scanned: bool) -> ColumnElement[bool]:
    """The condition up to the end, or to a closing parenthesis. Takes its tokens away."""
    choices = [_all_of(tokens, is_scanned)]
    while tokens and tokens[0] == "OR":
        tokens.popleft()
        choices.append(_all_of(tokens, is_scanned))
    return or_(*choices)


def _all_of(tokens: deque[str], is_scanned: bool) -> ColumnElement[bool]:
    parts = [_one(tokens, is_scanned)]
    while tokens and tokens[0] == "AND":
        tokens.popleft()
        parts.append(_one(tokens, is_scanned))
    return and_(*parts)


def _one(tokens: deque[str], is_scanned: bool) -> ColumnElement[bool]:
    token = tokens.popleft()
    if token == "(":
        found = _any_of(tokens, is_scanned)
        tokens.popleft()
        return found
    text: ColumnElement[str] = column("text", Text)
    needle = _unquoted(token)
    if is_scanned:
        return func.strpos(text, bindparam(None, needle, type_=Text)) > 0
    return text.like(bindparam(None, _pattern(needle), type_=Text))


def _unquoted(string: str) -> str:
    return string[1:-1].replace('""', '"').replace("\0", "\ufffd")


def _pattern(needle: str) -> str:
    escaped = re.sub(r"([%_\\])", r"\\\1", needle)
    return f"%{escaped}%"
