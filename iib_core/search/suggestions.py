"""Suggestions for the word that is being typed in the search field: fields, and names in the library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from iib_core.db import albums, tags
from iib_core.db.engine import Connection, Database
from iib_core.db.fts import fold
from iib_core.db.tags import Tag
from iib_core.search.fields import FIELDS
from iib_core.search.query import find_last

_WORD = re.compile(r'(?P<minus>-?)(?:(?P<field>[A-Za-z_]+):)?(?P<quote>"?)(?P<value>.*)', re.S)
# Category of a tag -> the field that finds it; other tags are found by ``tag:`` and the whole name.
_FIELDS: Mapping[str, str] = {
    "model": "model",
    "lora": "lora",
    "sampler": "sampler",
    "source": "source",
    "size": "size",
    "media": "type",
}
_CATEGORIES: Mapping[str, str] = {field: category for category, field in _FIELDS.items()}
_PLAIN = re.compile(r'[^\s"]+')


@dataclass(frozen=True)
class Suggestion:
    """A replacement for the last word: ``term``, with which the query becomes ``text``.

    ``kind`` is field, album or the category of a tag.
    """

    kind: str
    name: str
    count: int
    term: str
    text: str


@dataclass(frozen=True)
class _Word:
    """The term that is being typed. ``before``: the query in front of it."""

    before: str
    minus: str
    field: str
    value: str
    is_quoted: bool

    def suggest(self, kind: str, name: str, count: int, term: str, after: str = " ") -> Suggestion:
        """The suggestion to replace it by ``term``."""
        term = self.minus + term
        return Suggestion(kind, name, count, term, self.before + term + after)


def suggest(db: Database, text: str, limit: int) -> list[Suggestion]:
    """At most ``limit`` completions of ``text``, the query up to the caret: fields, then names in the
    library; names that begin with the word first, most used first.
    """
    word = _last_word(text)
    if not word.value and not word.field:
        return []
    with db.read() as conn:
        every = [*_fields(word), *_albums(conn, word), *_tags(conn, word, limit)]
    return every[:limit]


def _last_word(text: str) -> _Word:
    start = find_last(text)
    match = _WORD.fullmatch(text, start)
    assert match is not None  # it matches any text
    field, value = (match["field"] or "").lower(), match["value"]
    if field and field not in FIELDS:
        field, value = "", f"{match['field']}:{match['quote']}{value}"
    if match["quote"]:
        value = re.sub(r'\\(["\\])', r"\1", value)
    return _Word(text[:start], match["minus"], field, value, bool(match["quote"]))


def _fields(word: _Word) -> list[Suggestion]:
    if word.field or word.is_quoted:
        return []
    names = [name for name in FIELDS if name.startswith(word.value.lower()) and name != "re"]
    return [word.suggest("field", name, 0, f"{name}:", "") for name in names]


def _albums(conn: Connection, word: _Word) -> list[Suggestion]:
    if word.field not in ("", "album"):
        return []
    key = fold(word.value)
    return [
        word.suggest("album", album.name, album.count, _term("album", album.name))
        for album in albums.list_all(conn)
        if key in fold(album.name)
    ]


def _tags(conn: Connection, word: _Word, limit: int) -> list[Suggestion]:
    if word.field not in ("", "tag", *_CATEGORIES):
        return []
    matching = tags.find_like(conn, word.value, _CATEGORIES.get(word.field, ""), limit)
    return [
        word.suggest(tag.category, tag.name, tag.count, _term(_field_of(tag, word), tag.name))
        for tag in matching
    ]


def _field_of(tag: Tag, word: _Word) -> str:
    return "tag" if word.field == "tag" else _FIELDS.get(tag.category, "tag")


def _term(field: str, name: str) -> str:
    if _PLAIN.fullmatch(name):
        return f"{field}:{name}"
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return f'{field}:"{escaped}"'
