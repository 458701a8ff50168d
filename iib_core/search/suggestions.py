"""What the search field offers for the word that is being typed: fields of the language, and names
that the library knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from iib_core.db import albums, tags
from iib_core.db.engine import Database
from iib_core.db.fts import fold
from iib_core.search.fields import FIELDS
from iib_core.search.query import find_last

_WORD = re.compile(r'(?P<minus>-?)(?:(?P<field>[A-Za-z_]+):)?(?P<quote>"?)(?P<value>.*)', re.S)
# Category of a tag -> the field that finds it; the others are found by their whole name.
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
    """Something to put in place of the last word: ``term``, which gives ``text`` as a whole.

    ``kind`` is field, album or a tag's category.
    """

    kind: str
    name: str
    count: int
    term: str
    text: str


def suggest(db: Database, text: str, limit: int) -> list[Suggestion]:
    """At most ``limit`` ways to complete ``text``, what was typed up to the caret; names most used
    first, those that begin with it in front.
    """
    begun = find_last(text)
    word = _WORD.fullmatch(text, begun)
    assert word is not None  # it takes anything
    field, value = (word["field"] or "").lower(), word["value"]
    if field and field not in FIELDS:
        field, value = "", f"{word['field']}:{word['quote']}{value}"
    value = re.sub(r'\\(["\\])', r"\1", value) if word["quote"] else value
    if not value and not field:
        return []
    found: list[Suggestion] = []

    def offer(kind: str, name: str, count: int, term: str, behind: str = " ") -> None:
        found.append(
            Suggestion(kind, name, count, word["minus"] + term, text[:begun] + word["minus"] + term + behind)
        )

    if not field and not word["quote"]:
        for name in FIELDS:
            if name.startswith(value.lower()) and name != "re":
                offer("field", name, 0, f"{name}:", "")
    if not field or field == "album":
        with db.read() as conn:
            every = albums.list_all(conn)
        for album in every:
            if fold(value) in fold(album.name):
                offer("album", album.name, album.count, _term("album", album.name))
    if not field or field == "tag" or field in _CATEGORIES:
        with db.read() as conn:
            named = tags.find_like(conn, value, _CATEGORIES.get(field, ""), limit)
        for tag in named:
            offer(
                tag.category,
                tag.name,
                tag.count,
                _term("tag" if field == "tag" else _FIELDS.get(tag.category, "tag"), tag.name),
            )
    return found[:limit]


def _term(field: str, name: str) -> str:
    if _PLAIN.fullmatch(name):
        return f"{field}:{name}"
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return f'{field}:"{escaped}"'
