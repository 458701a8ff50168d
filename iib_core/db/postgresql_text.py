"""Our SQL as PostgreSQL takes it: statements are written once, as SQLite reads them, and the few
idioms that PostgreSQL spells in another way are rewritten here, before the driver gets them.

What is rewritten: ``?`` and ``%``; ``INSERT OR IGNORE`` and ``INSERT OR REPLACE``; ``CROSS JOIN``
with a condition, which is SQLite's hint for the order of loops; subqueries without a name; and
``json_each`` and ``json_extract``, whose values have one type in PostgreSQL. That type follows from
the column that a value is compared with, or that it is written to; a value beside no column is an
id.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sqlalchemy import Float, LargeBinary, String

from iib_core.db.tables import metadata

_TOKEN = re.compile(
    r"(?P<text>'(?:[^']|'')*')|(?P<word>\w+(?:\.\w+)*)|(?P<space>\s+)|(?P<sign>\|\||<>|<=|>=|.)",
    re.S,
)
_INSERT = re.compile(r"\s*INSERT OR (IGNORE|REPLACE) INTO (\w+)\(([^)]*)\)")
_EACH = re.compile(
    r"(?<!\.)json_each\(([^()]*)\)(?:\s+(?:AS\s+)?(?!WHERE\b|CROSS\b|ON\b|JOIN\b)(\w+))?"
)
_EXTRACT = re.compile(r"json_extract\((\w+(?:\.\w+)?), '\$\[(\d+)\]'\)")
_COMPARED = re.compile(r"(\b(?:\w+\.)?\w+)\s*=\s*$")
_COMPARED_AFTER = re.compile(r"\s*=\s*((?:\w+\.)?\w+)\b(?!\()")
_IN_VALUES = re.compile(r"\b((?:\w+\.)?\w+) (?:NOT )?IN \(SELECT value FROM $")
_ENDS_ITEM = {"WHERE", "GROUP", "ORDER", "CROSS", "JOIN", "LEFT", "UNION", "LIMIT", "HAVING"}
_TABLE = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO) (\w+)(?: (?:AS )?(\w+))?")
# What the driver must not meet: statements about the file.
_VERSION = re.compile(r"PRAGMA user_version(?: = (\d+))?")


_WHOLE = "bigint"
_KINDS = ((String, "text"), (Float, "float8"), (LargeBinary, "bytea"))


def _kind(statement: str, name: str) -> str:
    """The type of a column of a statement, named with or without its table's alias."""
    alias, _, column = name.rpartition(".")
    for match in _TABLE.finditer(statement):
        table = metadata.tables.get(match[1])
        is_meant = not alias or alias in (match[1], match[2])
        if table is not None and is_meant and column in table.columns:
            found = table.columns[column].type
            return next((kind for base, kind in _KINDS if isinstance(found, base)), _WHOLE)
    return _WHOLE


@lru_cache(maxsize=2048)
def translate(statement: str) -> str:
    """A statement of ours for PostgreSQL's driver, with ``%s`` for parameters."""
    version = _VERSION.fullmatch(statement)
    if version:
        return _about_changes(version[1])
    statement, tail = _insert(statement.replace(" char(", " chr("))
    statement = _with_each(statement)
    statement = _with_extracts(statement)
    return _marked(_joined(_named(statement)) + tail)


def _about_changes(number: str | None) -> str:
    if number is None:
        return "SELECT number FROM index_change"
    return f"UPDATE index_change SET number = {number}"


def _insert(statement: str) -> tuple[str, str]:
    """The statement without its ``OR``, and what stands for that at its end."""
    match = _INSERT.match(statement)
    if match is None:
        return statement, ""
    plain = re.sub(r" OR (?:IGNORE|REPLACE)", "", statement, count=1)
    if match[1] == "IGNORE":
        return plain, " ON CONFLICT DO NOTHING"
    key = [column.name for column in metadata.tables[match[2]].primary_key]
    others = [name for name in re.split(r",\s*", match[3]) if name not in key]
    changed = ", ".join(f"{name} = excluded.{name}" for name in others)
    return plain, f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"


def _with_each(statement: str) -> str:
    """``json_each`` as the function for the type of its values."""
    parts, end = [], 0
    for match in _EACH.finditer(statement):
        kind = _kind_of_each(statement, match)
        name = f" {match[2]}" if match[2] else ""
        parts += [statement[end : match.start()], f"each_{kind}({match[1]}){name}"]
        end = match.end()
    return "".join(parts) + statement[end:]


def _kind_of_each(statement: str, match: re.Match[str]) -> str:
    alias = match[2]
    value = f"{alias}.value" if alias else "value"
    if f"json_extract({value}," in statement:
        return "row"
    within = _IN_VALUES.search(statement[: match.start()])
    if within and not alias:
        return "text" if _kind(statement, within[1]) == "text" else "id"
    for use in re.finditer(rf"\b{re.escape(value)}\b", statement):
        column = _column_beside(statement, use)
        if _kind(statement, column) == "text" or statement[use.end() :].startswith(" ||"):
            return "text"
    return "id"


def _column_beside(statement: str, use: re.Match[str]) -> str:
    """The name of the column that a value is compared with, "" if there is none."""
    before = _COMPARED.search(statement[: use.start()])
    if before:
        return before[1]
    after = _COMPARED_AFTER.match(statement[use.end() :])
    return after[1] if after else ""


def _with_extracts(statement: str) -> str:
    """``json_extract`` as a cast to the type of the column that it stands beside."""
    targets = _targets(statement)
    parts, end = [], 0
    for match in _EXTRACT.finditer(statement):
        column = targets.get(match.start()) or _column_beside(statement, match)
        kind = _kind(statement, column)
        parts += [statement[end : match.start()], f"({match[1]} ->> {match[2]})::{kind}"]
        end = match.end()
    return "".join(parts) + statement[end:]


def _targets(statement: str) -> dict[int, str]:
    """The column that each item of an ``INSERT ... SELECT`` is written to, by the item's offset."""
    match = re.match(r"\s*INSERT INTO (\w+)\(([^)]*)\)\s*SELECT ", statement)
    if match is None:
        return {}
    columns = iter(re.split(r",\s*", match[2]))
    targets, depth = {match.end(): next(columns)}, 0
    for token in _TOKEN.finditer(statement, match.end()):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth == 0 and token[0] == "FROM":
            break
        if depth == 0 and token[0] == ",":
            start = re.compile(r"\s*").match(statement, token.end())
            targets[start.end() if start else token.end()] = next(columns)
    return targets


def _named(statement: str) -> str:
    """Every subquery of a FROM with a name, which PostgreSQL before 16 demands."""
    tokens = [match[0] for match in _TOKEN.finditer(statement)]
    opened: list[bool] = []
    said = ""
    number = 0
    for position, token in enumerate(tokens):
        if token == "(":
            opened.append(said in {"FROM", "JOIN"})
        if token == ")" and opened.pop() and _next_word(tokens, position) in {"", *_ENDS_ITEM}:
            number += 1
            tokens[position] = f") AS part{number}"
        if not token.isspace():
            said = token
    return "".join(tokens)


def _next_word(tokens: list[str], position: int) -> str:
    """The next token that is a word; "" if the next one is none."""
    following = next((token for token in tokens[position + 1 :] if not token.isspace()), "")
    return following if following[:1].isalpha() else ""


def _joined(statement: str) -> str:
    """``JOIN`` in place of each ``CROSS JOIN`` that has a condition."""
    tokens = [match[0] for match in _TOKEN.finditer(statement)]
    for position, token in enumerate(tokens):
        if token == "CROSS" and _has_condition(tokens, position + 1):
            tokens[position] = tokens[position + 1] = ""
    return "".join(tokens)


def _has_condition(tokens: list[str], start: int) -> bool:
    """Whether the item of the join that begins at ``start`` has its own ON."""
    depth = 0
    for token in tokens[start + 2 :]:
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth < 0 or (depth == 0 and token in _ENDS_ITEM):
            return False
        if depth == 0 and token == "ON":
            return True
    return False


def _marked(statement: str) -> str:
    """``%s`` for each ``?``, outside of texts; a percent sign of ours is doubled."""
    tokens = (match[0] for match in _TOKEN.finditer(statement.replace("%", "%%")))
    return "".join("%s" if token == "?" else token for token in tokens)
