"""Criteria about text, decided in Python on the text itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iib_core.db.fts import fold
from iib_core.db.search.regexes import Pattern, literals
from iib_core.search.criteria import HasText, Matches


class Candidate:
    """The columns of one file that a predicate reads.

    ``folder`` ends with a separator. ``slices``: offset and length of the prompt in ``text``, then of
    the negative prompt. ``truths``: SQL's answers to the other criteria in the same Or or Not.
    """

    __slots__ = ("_folded", "_slices", "folder", "name", "text", "truths")

    def __init__(
        self, folder: str, name: str, text: str, slices: tuple[int, int, int, int], truths: Sequence[object]
    ) -> None:
        self.folder = folder
        self.name = name
        self.text = text
        self.truths = truths
        self._slices = slices
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
        """The text of a field: path, name, prompt, negative or text."""
        prompt_at, prompt_chars, negative_at, negative_chars = self._slices
        if field == "prompt":
            return self.text[prompt_at : prompt_at + prompt_chars]
        if field == "negative":
            return self.text[negative_at : negative_at + negative_chars]
        return {"text": self.text, "name": self.name, "path": self.path}[field]


Predicate = Callable[[Candidate], bool]


def has_text(leaf: HasText) -> Predicate:
    """The predicate of HasText."""
    needle, field = fold(leaf.needle), leaf.field
    if field == "any":
        return lambda candidate: needle in candidate.folded("text") or needle in candidate.folded("path")
    return lambda candidate: needle in candidate.folded(field)


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
