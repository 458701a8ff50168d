r"""Autotag rules: a rule gives its tag to every picture that matches it. Pure functions.

    [{"tag": "portrait", "match": {"prompt": "portrait", "size": "832x1216"}},
     {"tag": "work", "match": {"path": ["*/clients/*", "*/orders/*"], "width": ">=1024"}},
     {"tag": "fox", "match": {"prompt": "re:/\bfox(es)?\b/"}, "enabled": false}]

Every field of ``match`` must match; of a list, one value is enough. A text contains its value,
matches it if that has ``*`` or ``?``, or matches the regular expression of ``re:/.../``.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from iib_core.db.search.regexes import Pattern
from iib_core.errors import InvalidRequest
from iib_core.metadata import samplers

logger = logging.getLogger(__name__)

TAG_MAX_CHARS = 200
RULES_MAX = 1000
# Characters that a tag's name must not contain.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_RANGE = re.compile(
    r"(?:(?P<sign>>=|<=|>|<|=)\s*)?(?P<only>\d+(?:\.\d+)?)"
    r"|(?P<low>\d+(?:\.\d+)?)?\s*\.\.\s*(?P<high>\d+(?:\.\d+)?)?"
)
_PATTERN = re.compile(r"re:/(.*)/", re.DOTALL)
_SIZE = re.compile(r"\s*(\d+)\s*[xX×]\s*(\d+)\s*\Z")


@dataclass(frozen=True)
class Picture:
    """The fields that a rule can match.

    Unknown texts are "", unknown numbers None; ``path`` is the full path as text.
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
    """A tag, and the tests that a picture must pass to get it; one that is not ``enabled`` gives
    nothing.
    """

    tag: str
    tests: tuple[Test, ...]
    enabled: bool = True

    def matches(self, picture: Picture) -> bool:
        """Whether the picture passes all tests. Raises InvalidRequest for a regular expression that
        takes too long.
        """
        return all(test(picture) for test in self.tests)


def tags_of(picture: Picture, rules: Iterable[Rule]) -> tuple[str, ...]:
    """The tags that the rules give to a picture, each once, in the order of the rules."""
    return tuple(
        dict.fromkeys(rule.tag for rule in rules if rule.enabled and _gives(rule, picture))
    )


def _gives(rule: Rule, picture: Picture) -> bool:
    try:
        return rule.matches(picture)
    except InvalidRequest as exc:
        logger.info("the autotag rule for %r was passed over for a file: %s", rule.tag, exc)
        return False


def parse_rules(stored: Any) -> tuple[Rule, ...]:
    """The rules from their stored form. Raises InvalidRequest, which names the first wrong rule."""
    if not isinstance(stored, list) or len(stored) > RULES_MAX:
        raise InvalidRequest(f"Autotag rules are a list of at most {RULES_MAX} rules.")
    return tuple(_parse_rule(number, rule) for number, rule in enumerate(stored, 1))


def _parse_rule(number: int, rule: Any) -> Rule:
    if (
        not isinstance(rule, Mapping)
        or not isinstance(rule.get("match"), Mapping)
        or not rule["match"]
    ):
        raise InvalidRequest(
            f'Autotag rule {number}: give {{"tag": "name", "match": {{"prompt": "words"}}}}.'
        )
    tag = rule.get("tag")
    if not isinstance(tag, str) or not tag.strip() or len(tag) > TAG_MAX_CHARS:
        raise InvalidRequest(
            f"Autotag rule {number}: 'tag' needs a name of 1 to {TAG_MAX_CHARS} characters."
        )
    if CONTROL.search(tag):
        raise InvalidRequest(
            f"Autotag rule {number}: 'tag' contains a control character or half of a surrogate pair."
        )
    enabled = rule.get("enabled", True)
    if not isinstance(enabled, bool):
        raise InvalidRequest(f"Autotag rule {number}: 'enabled' is true or false.")
    tests = tuple(_parse_field(number, name, value) for name, value in rule["match"].items())
    return Rule(tag.strip(), tests, enabled)


def _is_value(value: Any) -> bool:
    return (
        isinstance(value, (str, int, float))
        and not isinstance(value, bool)
        and bool(str(value).strip())
    )


def _parse_field(number: int, name: str, stored: Any) -> Test:
    make = _FIELDS.get(name)
    if make is None:
        raise InvalidRequest(
            f"Autotag rule {number}: '{name}' is not a field; use {', '.join(_FIELDS)}."
        )
    values = stored if isinstance(stored, list) else [stored]
    if not values or not all(map(_is_value, values)):
        raise InvalidRequest(
            f"Autotag rule {number}: '{name}' needs a text, a number, or a list of them."
        )
    try:
        tests = tuple(make(str(value)) for value in values)
    except ValueError as exc:
        raise InvalidRequest(f"Autotag rule {number}: '{name}': {exc}.") from exc
    except InvalidRequest as exc:
        raise InvalidRequest(f"Autotag rule {number}: '{name}': {exc}") from exc
    return tests[0] if len(tests) == 1 else lambda picture: any(test(picture) for test in tests)


def _text(field: str) -> Callable[[str], Test]:
    """A test that the field contains the value, or matches it if it has ``*`` or ``?`` or is a
    regular expression. Ignores case.
    """

    def make(value: str) -> Test:
        regular = _PATTERN.fullmatch(value.strip())
        if regular:
            pattern = Pattern(regular[1])
            return lambda picture: pattern.is_in(getattr(picture, field))
        text = value.strip().casefold()
        if "*" in text or "?" in text:
            # Brackets are plain characters here: prompts and paths contain them ("[draft]").
            glob = text.replace("[", "[[]")
            return lambda picture: fnmatchcase(getattr(picture, field).casefold(), glob)
        return lambda picture: text in getattr(picture, field).casefold()

    return make


def _sampler(value: str) -> Test:
    return _text("sampler")(samplers.name_of(value))


def _path(value: str) -> Test:
    """Like ``_text``; on Windows ``/`` and ``\\`` are equal."""
    if os.sep == "/":
        return _text("path")(value)
    test = _text("path")(value.replace(os.sep, "/"))
    return lambda picture: test(replace(picture, path=picture.path.replace(os.sep, "/")))


def _number(field: str) -> Callable[[str], Test]:
    """A test for ``1024``, ``>=1024``, ``512..1024``, ``512..`` or ``..1024``."""

    def make(value: str) -> Test:
        low, high, is_open = _parse_range(value)

        def test(picture: Picture) -> bool:
            number = getattr(picture, field)
            if number is None:
                return False
            return bool(low < number < high) if is_open else bool(low <= number <= high)

        return test

    return make


def _parse_range(value: str) -> tuple[float, float, bool]:
    """(low, high, whether the bounds are excluded). Raises ValueError."""
    match = _RANGE.fullmatch(value.strip())
    if not match or not re.search(r"\d", value):
        raise ValueError(
            f"'{value[:40]}' is neither a number nor a range such as 512..1024 or >=1024"
        )
    low, high = float("-inf"), float("inf")
    if match["only"] is None:
        return float(match["low"] or low), float(match["high"] or high), False
    only, sign = float(match["only"]), match["sign"] or "="
    if sign == "=":
        return only, only, False
    if sign.startswith(">"):
        return only, high, sign == ">"
    return low, only, sign == "<"


def _size(value: str) -> Test:
    """A test for ``832x1216``, ``portrait``, ``landscape`` or ``square``."""
    match = _SIZE.match(value)
    if match:
        edges = int(match[1]), int(match[2])
        return lambda picture: (picture.width, picture.height) == edges
    shape = value.strip().lower()
    if shape not in _SHAPES:
        raise ValueError(f"'{value[:40]}' is neither WIDTHxHEIGHT nor one of {', '.join(_SHAPES)}")
    has_shape = _SHAPES[shape]

    def test(picture: Picture) -> bool:
        if picture.width is None or picture.height is None:
            return False
        return has_shape(picture.width, picture.height)

    return test


_SHAPES: dict[str, Callable[[int, int], bool]] = {
    "portrait": lambda width, height: width < height,
    "landscape": lambda width, height: width > height,
    "square": lambda width, height: width == height,
}
_FIELDS: dict[str, Callable[[str], Test]] = {
    **{name: _text(name) for name in ("prompt", "negative", "model", "source", "media")},
    "sampler": _sampler,
    "path": _path,
    "size": _size,
    **{name: _number(name) for name in ("width", "height", "bytes")},
}
