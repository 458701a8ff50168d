"""Criteria about text, decided in Python on the text itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from iib_core.db.fts import Body, fold
from iib_core.db.search.regexes import Pattern, literals
from iib_core.search.criteria import HasParts, HasText, Matches, TextField


class Candidate:
    """The columns of one file that a predicate reads.

    ``folder`` ends with a separator. ``negative``: offset and length of the negative prompt in the
    text. ``truths``: SQL's answers to criteria, or parts of them.
    """

    __slots__ = ("_folded", "_negative", "body", "folder", "name", "truths")

    def __init__(
        self,
        folder: str,
        name: str,
        body: Body,
        negative: tuple[int, int],
        truths: Sequence[object],
    ) -> None:
        self.folder = folder
        self.name = name
        self.body = body
        self.truths = truths
        self._negative = negative
        self._folded: dict[str, str] = {}

    @property
    def path(self) -> str:
        """The full path."""
        return self.folder + self.name

    def folded(self, field: str) -> str:
        """The folded text of a field, cached for the next predicate."""
        if field not in self._folded:
            self._folded[field] = fold(self.read(field))
        return self._folded[field]

    def read(self, field: str) -> str:
        """The text of a field: path, name, names, prompt, negative, text, or said (the prompt, or
        the whole text where no prompt was understood).
        """
        text, prompt_at, prompt_chars, names = self.body
        if field == "prompt" or (field == "said" and not self.body.is_whole):
            return text[prompt_at : prompt_at + prompt_chars]
        if field == "negative":
            start, chars = self._negative
            return text[start : start + chars]
        return {
            "text": text,
            "said": text,
            "names": names or "",
            "name": self.name,
            "path": self.path,
        }[field]


Predicate = Callable[[Candidate], bool]
_PLACES: Mapping[TextField, tuple[str, ...]] = {
    "words": ("name", "said", "names"),
    "any": ("text", "path"),
    "workflow": ("text",),
}
_BREAK = re.compile("[,\n]")


def places_of(field: TextField, texts: Iterable[str]) -> tuple[str, ...]:
    """The places of a field, as ``Candidate.read`` names them.

    Words that contain a separator are a path, or a part of one, and are looked for there too.
    """
    places = _PLACES.get(field, (field,))
    if field == "words" and any(os.sep in text for text in texts):
        return (*places, "path")
    return places


def has_text(leaf: HasText) -> Predicate:
    """The predicate of HasText, without the tags of the field ``words``."""
    needle, places = fold(leaf.sought), places_of(leaf.field, [leaf.sought])
    if leaf.whole:
        return lambda candidate: any(candidate.folded(place).strip() == needle for place in places)
    return lambda candidate: any(needle in candidate.folded(place) for place in places)


def is_in_folder_path(folder: str, leaf: HasText | HasParts | Matches) -> bool:
    """Whether a leaf about text holds for the path of a folder alone."""
    of_kind: dict[type, Callable[[Any], Predicate]] = {
        HasText: has_text,
        HasParts: has_parts,
        Matches: matches,
    }
    nothing = Body("", 0, 0, "")
    return of_kind[type(leaf)](leaf)(Candidate(os.path.join(folder, ""), "", nothing, (0, 0), ()))


def has_parts(leaf: HasParts) -> Predicate:
    """The predicate of HasParts, without the tags of the field ``words``."""
    parts, places = list(map(fold, leaf.parts)), places_of(leaf.field, leaf.parts)
    return lambda candidate: any(
        contains_in_order(candidate.folded(place), parts) for place in places
    )


def contains_in_order(text: str, parts: Sequence[str]) -> bool:
    """Whether a folded text contains folded ``parts`` one after the other, without a comma or the
    end of a line between them. Takes time linear in the text.
    """
    if not all(part in text for part in parts):
        return False
    return any(in_order(piece, parts) for piece in _BREAK.split(text))


def in_order(text: str, parts: Sequence[str]) -> bool:
    """Whether a text contains ``parts`` one after the other."""
    end = 0
    for part in parts:
        start = text.find(part, end)
        if start < 0:
            return False
        end = start + len(part)
    return True


def matches(leaf: Matches) -> Predicate:
    """The predicate of Matches. Raises InvalidRequest for an invalid expression, and so does the
    predicate where matching takes too long.
    """
    pattern, needles = Pattern(leaf.pattern), literals(leaf.pattern)
    fields = ("name", "path") if leaf.path_only else ("name", "path", "text")

    def is_in(candidate: Candidate, field: str) -> bool:
        # The literal parts are looked for first: that takes a hundredth of the time.
        folded = candidate.folded(field)
        return all(needle in folded for needle in needles) and pattern.is_in(candidate.read(field))

    return lambda candidate: any(is_in(candidate, field) for field in fields)
