"""Statements that PostgreSQL needs a text of its own for.

The text index: the same texts in a table, whose trigrams are indexed by ``pg_trgm``. An expression
is one of FTS5's, of strings joined by AND and OR. Here a string is a whole needle, not a trigram of
one: PostgreSQL takes it apart itself, and compares the text.

``pg_trgm`` has no trigrams across spaces and signs, and makes none of capital letters. So texts are
stored in another form (``as_indexed``), which needles are compared in, and the rest of a text is in a
column of its own.
"""

from __future__ import annotations

import re
import struct
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    column,
    literal_column,
    or_,
)

from iib_core.db.bulk import insert_many

_STRING = re.compile(r'"(?:[^"]|"")*"')
_TOKEN = re.compile(rf"{_STRING.pattern}|[()]|AND|OR")
# The sign of a number of 64 bits.
_SIGN = 1 << 63
# Ids whose documents the index finds together, without reading those of others: 4096 of them.
BLOCK_BITS = 12
_TRIGRAM = re.compile("[a-z0-9]{3}")
_CAPITAL, _SMALL = re.compile("[A-Z]"), re.compile("[a-z]")
# A letter that few words have. What stands for several characters only names more candidates.
_AS_INDEXED = dict.fromkeys((code for code in range(128) if not chr(code).isalnum()), "q")


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


def add(conn: Connection, rows: Iterable[tuple[int, tuple[str, str]]]) -> None:
    """Index images, as (id, (words, rest)); each has a document of its own."""
    texts = [(image_id, *map(as_indexed, parts)) for image_id, parts in rows]
    insert_many(conn, "INSERT INTO image_fts(rowid, words, rest)", texts)


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


def as_indexed(text: str) -> str:
    """A folded text as the index has it: a letter in place of each space and sign of ASCII."""
    return text.translate(_AS_INDEXED)


def block_of(rowid: str) -> str:
    """The block of an id as SQL, in the form that GIN has an index of."""
    return f"ARRAY[{rowid} >> {BLOCK_BITS}]"


def condition(expression: str) -> ColumnElement[bool]:
    """What an indexed text must fulfil, for an expression."""
    return _any_of(deque(match[0] for match in _TOKEN.finditer(expression)))


def is_in(value: ColumnElement[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether a column holds one of the ids."""
    return value == any_(_array(ids))


def is_between(low: int, high: int, expression: str) -> ColumnElement[bool]:
    """Whether a document has an id in a range, in a form that the index of texts answers together with
    an expression.
    """
    rowid = column("rowid", BigInteger)
    if not _has_trigrams(expression):
        return rowid.between(low, high)
    in_blocks = literal_column(block_of("rowid")).op("&&")(_array(_blocks(low, high)))
    # With a sum, or the range is read by the table's own index, and every text in it.
    return and_(in_blocks, (rowid + literal_column("0")).between(low, high))


def _has_trigrams(expression: str) -> bool:
    """Whether each string has a trigram for certain. Letters other than those of English have none where
    the database does not know them; without one the index of texts would be read from end to end.
    """
    return all(_TRIGRAM.search(_read(match[0])[0]) for match in _STRING.finditer(expression))


def _blocks(low: int, high: int) -> range:
    """The blocks of a range of ids."""
    return range(max(low, 0) >> BLOCK_BITS, (high >> BLOCK_BITS) + 1)


def _array(numbers: Iterable[int]) -> ColumnElement[Any]:
    return cast(bindparam(None, _array_text(numbers), type_=Text), ARRAY(BigInteger))


def _array_text(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def condition_sql(expression: str) -> tuple[str, tuple[str, ...]]:
    """The same as raw SQL, and its parameters: AND binds closer than OR in either language."""
    patterns: list[str] = []

    def compare(match: re.Match[str]) -> str:
        pattern, columns = _read(match[0])
        patterns.extend([pattern] * len(columns))
        return f"({' OR '.join(f'{name} LIKE ?' for name in columns)})"

    return f"({_STRING.sub(compare, expression)})", tuple(patterns)


def count_matching(conn: Connection, expression: str, low: int, high: int) -> int:
    """How many of the indexed texts in a range of ids match an expression."""
    is_match, patterns = condition_sql(expression)
    query = f"SELECT count(*) FROM image_fts WHERE {is_match} AND "
    if not _has_trigrams(expression):
        query, parameters = f"{query} rowid BETWEEN ? AND ?", (*patterns, low, high)
    else:
        query += f"{block_of('rowid')} && ?::bigint[] AND rowid + 0 BETWEEN ? AND ?"
        parameters = (*patterns, _array_text(_blocks(low, high)), low, high)
    return int(conn.exec_driver_sql(query, parameters).scalar_one())


def _any_of(tokens: deque[str]) -> ColumnElement[bool]:
    """The condition up to the end, or to a closing parenthesis. Takes its tokens away."""
    choices = [_all_of(tokens)]
    while tokens and tokens[0] == "OR":
        tokens.popleft()
        choices.append(_all_of(tokens))
    return or_(*choices)


def _all_of(tokens: deque[str]) -> ColumnElement[bool]:
    parts = [_one(tokens)]
    while tokens and tokens[0] == "AND":
        tokens.popleft()
        parts.append(_one(tokens))
    return and_(*parts)


def _one(tokens: deque[str]) -> ColumnElement[bool]:
    token = tokens.popleft()
    if token == "(":
        found = _any_of(tokens)
        tokens.popleft()
        return found
    pattern, columns = _read(token)
    return or_(*(column(name, Text).like(bindparam(None, pattern, Text)) for name in columns))


def _read(string: str) -> tuple[str, tuple[str, ...]]:
    """The pattern of LIKE for a string of an expression, and the columns that may have it: the rest of
    a text for Latin letters in upper case, and both parts without Latin letters.
    """
    needle = string[1:-1].replace('""', '"')
    columns = ("rest",) if _CAPITAL.search(needle) else ("words", "rest")
    if _SMALL.search(needle):
        columns = ("words",)
    return f"%{as_indexed(needle.encode().lower().decode())}%", columns
