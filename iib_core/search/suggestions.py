"""Suggestions for the word that is being typed in the search field: fields, and names in the
library.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iib_core import paths
from iib_core.db import albums, folders, parameters, tags
from iib_core.db.engine import Connection, Database
from iib_core.db.fts import fold
from iib_core.db.search import pages
from iib_core.db.tags import Tag
from iib_core.search import signs
from iib_core.search.fields import FIELDS
from iib_core.search.hints import find_nearest_field
from iib_core.search.query import find_last, parse
from iib_core.search.terms import field_term

_WORD = re.compile(
    rf"(?P<minus>[{signs.DASHES}]?)(?:(?P<field>[A-Za-z_]+)[{signs.COLONS}]\s*)?"
    rf'(?P<quote>["{signs.QUOTES}]?)(?P<value>.*)',
    re.S,
)
# Fields whose values are no text that one types the beginning of.
_UNTYPED = ("re", "stack")
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
# A longer prompt word is a whole sentence; it is not offered.
MAX_CHARS = 40
# From this many letters of ``model`` on, models are offered beside the field.
_MIN_MODEL_CHARS = 3
_MAX_FOLDERS = 3
_MAX_PARAMETERS = 20
# Groups in the order in which they are offered; a tag of another category is among the tags.
_GROUPS = ("field", "value", "parameter", "model", "lora", "sampler", "tag", "folder")


@dataclass(frozen=True)
class Suggestion:
    """A replacement for the last word: ``term``, with which the query becomes ``text``.

    ``kind`` is field, value, parameter, folder, album or the category of a tag.
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


def suggest(
    db: Database, text: str, limit: int, visible: Sequence[str] | None = None
) -> list[Suggestion]:
    """At most ``limit`` completions of ``text``, the query up to the caret: fields, then names in
    the library by group; in a group names that begin with the word first, then most used, then
    newest.

    ``visible``: folders that the client may see; None means all.
    """
    word = _last_word(text)
    if not word.value and not word.field:
        return []
    with db.read() as conn:
        every = [
            *_fields(word),
            *_choices(word),
            *_parameters(conn, word),
            *_albums(conn, word),
            *_tags(conn, word, limit),
            *_models(conn, word, limit),
            *_folders(conn, word, visible),
        ]
    every = list({one.term: one for one in every}.values())
    return sorted(every, key=lambda one: _GROUPS.index(_group_of(one)))[:limit]


def _group_of(suggestion: Suggestion) -> str:
    return suggestion.kind if suggestion.kind in _GROUPS else "tag"


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
    typed = word.value.lower().rstrip(signs.COLONS)
    names = [name for name in FIELDS if name.startswith(typed) and name not in _UNTYPED]
    if not names and typed != word.value.lower():
        names = list(filter(None, [find_nearest_field(typed)]))
    return [word.suggest("field", name, 0, f"{name}:", "") for name in names]


def _choices(word: _Word) -> list[Suggestion]:
    """The values of a field that has few."""
    if word.field not in FIELDS:
        return []
    begun = [value for value in FIELDS[word.field].choices if value.startswith(word.value.lower())]
    return [word.suggest("value", value, 0, field_term(word.field, value)) for value in begun]


def _parameters(conn: Connection, word: _Word) -> list[Suggestion]:
    """The parameters that files state, behind ``param:``; a value can follow at once."""
    has_value = not word.is_quoted and any(sign in word.value for sign in signs.RELATIONS)
    if word.field != "param" or has_value:
        return []
    found = parameters.find_like(conn, word.value, _MAX_PARAMETERS)
    return [word.suggest("parameter", name, 0, field_term("param", name), "") for name in found]


def _albums(conn: Connection, word: _Word) -> list[Suggestion]:
    if word.field not in ("", "album"):
        return []
    key = fold(word.value)
    return [
        word.suggest("album", album.name, album.count, field_term("album", album.name))
        for album in albums.list_all(conn)
        if key in fold(album.name)
    ]


def _tags(conn: Connection, word: _Word, limit: int) -> list[Suggestion]:
    if word.field not in ("", "tag", *_CATEGORIES):
        return []
    matching = tags.find_like(
        conn, word.value, _CATEGORIES.get(word.field, ""), limit, _most_chars(word)
    )
    return [
        word.suggest(tag.category, tag.name, tag.count, field_term(_field_of(tag, word), tag.name))
        for tag in matching
    ]


def _most_chars(word: _Word) -> int | None:
    return None if word.field else MAX_CHARS


def _models(conn: Connection, word: _Word, limit: int) -> list[Suggestion]:
    """The models that are used most, where the name of their field is being typed."""
    typed = word.value.lower()
    is_wanted = len(typed) >= _MIN_MODEL_CHARS and "model".startswith(typed)
    if word.field or word.is_quoted or not is_wanted:
        return []
    models = tags.find_like(conn, "", "model", limit)
    return [
        word.suggest("model", tag.name, tag.count, field_term("model", tag.name)) for tag in models
    ]


def _folders(conn: Connection, word: _Word, visible: Sequence[str] | None) -> list[Suggestion]:
    """Folders whose names begin with the word, those with the shortest paths."""
    if word.field not in ("", "path", "folder") or not word.value:
        return []
    field = word.field or "path"
    key = fold(word.value)
    found = [
        path
        for path in sorted(folders.list_real(conn), key=len)
        if fold(os.path.basename(path)).startswith(key) and _is_visible(path, visible)
    ]
    terms = [(path, field_term(field, path)) for path in found[:_MAX_FOLDERS]]
    counted = [(path, term, pages.count(conn, parse(term))[0]) for path, term in terms]
    return [
        word.suggest("folder", os.path.basename(path), count, term)
        for path, term, count in counted
        if count
    ]


def _is_visible(path: str, visible: Sequence[str] | None) -> bool:
    return visible is None or any(paths.is_under(path, root) for root in visible)


def _field_of(tag: Tag, word: _Word) -> str:
    return "tag" if word.field == "tag" else _FIELDS.get(tag.category, "tag")
