"""Criteria about text, decided on the text itself. The index only names candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from iib_core.db.fts import fold
from iib_core.db.search.regexes import Pattern, literals
from iib_core.search.criteria import And, Criterion, HasText, Leaf, Matches, Not, Or


class Candidate:
    """One file as far as text criteria need it.

    ``truths`` are what SQL said of the other criteria in the same Or or Not.
    """

    __slots__ = ("_folded", "_parts", "folder", "name", "text", "truths")

    def __init__(
        self, folder: str, name: str, text: str, parts: tuple[int, int, int, int], truths: Sequence[object]
    ) -> None:
        self.folder = folder
        self.name = name
        self.text = text
        self.truths = truths
        self._parts = parts
        self._folded: dict[str, str] = {}

    @property
    def path(self) -> str:
        """The full path; ``folder`` ends with a separator."""
        return self.folder + self.name

    def folded(self, place: str) -> str:
        """Folded text of a place, kept for the next criterion."""
        if place not in self._folded:
            self._folded[place] = fold(self.at(place))
        return self._folded[place]

    def at(self, place: str) -> str:
        """Text of a place: path, name, prompt, negative or text."""
        prompt_at, prompt_chars, negative_at, negative_chars = self._parts
        if place == "prompt":
            return self.text[prompt_at : prompt_at + prompt_chars]
        if place == "negative":
            return self.text[negative_at : negative_at + negative_chars]
        return {"text": self.text, "name": self.name, "path": self.path}[place]


Check = Callable[[Candidate], bool]


def is_text(leaf: Leaf) -> bool:
    """Whether a criterion is decided here and not by SQL."""
    return isinstance(leaf, (HasText, Matches))


def compile_check(criterion: Criterion, truths: Mapping[Leaf, int]) -> Check:
    """A function that decides ``criterion``; ``truths`` tells where a candidate holds SQL's answer
    to a criterion.
    """
    if isinstance(criterion, And):
        return _all([compile_check(item, truths) for item in criterion.items])
    if isinstance(criterion, Or):
        return _any([compile_check(item, truths) for item in criterion.items])
    if isinstance(criterion, Not):
        inner = compile_check(criterion.item, truths)
        return lambda candidate: not inner(candidate)
    if isinstance(criterion, HasText):
        return _has_text(criterion)
    if isinstance(criterion, Matches):
        return _matches(criterion)
    at = truths[criterion]
    return lambda candidate: bool(candidate.truths[at])


def _all(checks: Sequence[Check]) -> Check:
    return lambda candidate: all(check(candidate) for check in checks)


def _any(checks: Sequence[Check]) -> Check:
    return lambda candidate: any(check(candidate) for check in checks)


def _has_text(criterion: HasText) -> Check:
    needle, place = fold(criterion.needle), criterion.place
    if place == "any":
        return lambda candidate: needle in candidate.folded("text") or needle in candidate.folded("path")
    return lambda candidate: needle in candidate.folded(place)


def _matches(criterion: Matches) -> Check:
    pattern, needles = Pattern(criterion.pattern), literals(criterion.pattern)
    places = ("name", "path") if criterion.path_only else ("name", "path", "text")

    def check(candidate: Candidate) -> bool:
        # What an expression requires literally is looked for first: that takes a hundredth of the time.
        return any(
            all(needle in candidate.folded(place) for needle in needles)
            and pattern.is_in(candidate.at(place))
            for place in places
        )

    return check
