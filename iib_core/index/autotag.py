"""Rules that give pictures a tag by themselves: a rule is a tag and what must hold of a picture.

Pure; nothing is stored here.

    [{"tag": "portrait", "match": {"prompt": "portrait", "size": "832x1216"}},
     {"tag": "work", "match": {"path": ["*/clients/*", "*/orders/*"], "width": ">=1024"}}]

Every field of ``match`` must hold; of a list one value is enough.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from iib_core.errors import InvalidRequest

TAG_MAX_CHARS = 200
RULES_MAX = 1000
# What no name of a tag contains.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_RANGE = re.compile(
    r"(?:(?P<sign>>=|<=|>|<|=)\s*)?(?P<only>\d+(?:\.\d+)?)|(?P<low>\d+(?:\.\d+)?)?\s*\.\.\s*(?P<high>\d+(?:\.\d+)?)?"
)
_SIZE = re.compile(r"\s*(\d+)\s*[xX×]\s*(\d+)\s*\Z")


@dataclass(frozen=True)
class Picture:
    """What a rule can look at.

    Texts are "" and numbers None where nothing is known; ``path`` is the full path as text.
    """

    path: str = ""
    prompt: str = ""
    negative: str = ""
    model: str = ""
    sampler: str = ""
    source: str = ""
    media: str = ""
    width: int | None = None
    height: int | None = None
    bytes: int | None = None


Test = Callable[[Picture], bool]


@dataclass(frozen=True)
class Rule:
    """A tag and the tests that a picture must all pass to get it."""

    tag: str
    tests: tuple[Test, ...]

    def matches(self, picture: Picture) -> bool:
        """Whether the picture gets the tag."""
        return all(test(picture) for test in self.tests)


def tags_of(picture: Picture, rules: Iterable[Rule]) -> tuple[str, ...]:
    """The tags that the rules give to a picture, each once, in the rules' order."""
    return tuple(dict.fromkeys(rule.tag for rule in rules if rule.matches(picture)))


def parse_rules(stored: Any) -> tuple[Rule, ...]:
    """Rules from their stored form. Raises InvalidRequest that names the first rule with a mistake."""
    if not isinstance(stored, list) or len(stored) > RULES_MAX:
        raise InvalidRequest(f"Autotag rules are a list of at most {RULES_MAX} rules.")
    return tuple(_parse_rule(number, rule) for number, rule in enumerate(stored, 1))


def _parse_rule(number: int, rule: Any) -> Rule:
    if not isinstance(rule, Mapping) or not isinstance(rule.get("match"), Mapping) or not rule["match"]:
        raise InvalidRequest(
            f'Autotag rule {number}: give {{"tag": "name", "match": {{"prompt": "words"}}}}.'
        )
    tag = rule.get("tag")
    if not isinstance(tag, str) or not tag.strip() or len(tag) > TAG_MAX_CHARS:
        raise InvalidRequest(f"Autotag rule {number}: 'tag' needs a name of 1 to {TAG_MAX_CHARS} characters.")
    if CONTROL.search(tag):
        raise InvalidRequest(
            f"Autotag rule {number}: 'tag' contains a control character or half of a surrogate pair."
        )
    return Rule(
        tag.strip(), tuple(_parse_field(number, name, wanted) for name, wanted in rule["match"].items())
    )


def _parse_field(number: int, name: str, wanted: Any) -> Test:
    make = _FIELDS.get(name)
    if make is None:
        raise InvalidRequest(f"Autotag rule {number}: '{name}' is no field; there are {', '.join(_FIELDS)}.")
    values = wanted if isinstance(wanted, list) else [wanted]
    if not values or not all(
        isinstance(value, (str, int, float)) and not isinstance(value, bool) and str(value).strip()
        for value in values
    ):
        raise InvalidRequest(f"Autotag rule {number}: '{name}' needs a text, a number, or a list of them.")
    try:
        tests = tuple(make(str(value)) for value in values)
    except ValueError as exc:
        raise InvalidRequest(f"Autotag rule {number}: '{name}': {exc}.") from exc
    return tests[0] if len(tests) == 1 else lambda picture: any(test(picture) for test in tests)


def _text(field: str) -> Callable[[str], Test]:
    """A test that the field contains the text, or fits it where it has ``*`` or ``?``; upper and
    lower case are the same.
    """

    def make(value: str) -> Test:
        wanted = value.strip().casefold()
        if "*" in wanted or "?" in wanted:
            # fnmatch's own brackets would make a pattern of every prompt and every "[draft]" in a path.
            pattern = wanted.replace("[", "[[]")
            return lambda picture: fnmatchcase(getattr(picture, field).casefold(), pattern)
        return lambda picture: wanted in getattr(picture, field).casefold()

    return make


def _path(value: str) -> Test:
    """As ``_text``; on Windows both kinds of slashes are the same."""
    if os.sep == "/":
        return _text("path")(value)
    test = _text("path")(value.replace(os.sep, "/"))
    return lambda picture: test(replace(picture, path=picture.path.replace(os.sep, "/")))


def _number(field: str) -> Callable[[str], Test]:
    """A test by ``1024``, ``>=1024``, ``512..1024``, ``512..`` or ``..1024``."""

    def make(value: str) -> Test:
        low, high, is_open = _parse_range(value)

        def test(picture: Picture) -> bool:
            found = getattr(picture, field)
            return found is not None and bool(low < found < high if is_open else low <= found <= high)

        return test

    return make


def _parse_range(value: str) -> tuple[float, float, bool]:
    found = _RANGE.fullmatch(value.strip())
    if not found or not re.search(r"\d", value):
        raise ValueError(f"'{value[:40]}' is neither a number nor a range such as 512..1024 or >=1024")
    low, high = float("-inf"), float("inf")
    if found["only"] is None:
        return float(found["low"] or low), float(found["high"] or high), False
    only, sign = float(found["only"]), found["sign"] or "="
    if sign == "=":
        return only, only, False
    return (only, high, sign == ">") if sign.startswith(">") else (low, only, sign == "<")


def _size(value: str) -> Test:
    """A test by ``832x1216``, ``portrait``, ``landscape`` or ``square``."""
    found = _SIZE.match(value)
    if found:
        edges = int(found[1]), int(found[2])
        return lambda picture: (picture.width, picture.height) == edges
    shape = value.strip().lower()
    if shape not in _SHAPES:
        raise ValueError(f"'{value[:40]}' is neither WIDTHxHEIGHT nor one of {', '.join(_SHAPES)}")
    fits = _SHAPES[shape]
    return lambda picture: (
        picture.width is not None and picture.height is not None and fits(picture.width, picture.height)
    )


_SHAPES: dict[str, Callable[[int, int], bool]] = {
    "portrait": lambda width, height: width < height,
    "landscape": lambda width, height: width > height,
    "square": lambda width, height: width == height,
}
_FIELDS: dict[str, Callable[[str], Test]] = {
    **{name: _text(name) for name in ("prompt", "negative", "model", "sampler", "source", "media")},
    "path": _path,
    "size": _size,
    **{name: _number(name) for name in ("width", "height", "bytes")},
}
