"""Regular expressions: what they require literally, and which are refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iib_core.db.regexes import Pattern, literals
from iib_core.db.text import fold
from iib_core.errors import InvalidRequest


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("dragon", ["dragon"]),
        ("DRAGON.*Forest", ["dragon", "forest"]),
        (r"^dragon$", ["dragon"]),
        ("(?:dragon)+s", ["dragon"]),
        ("(dragon) (fly)", ["dragon fly"]),
        ("dragon?fly", ["drago", "fly"]),
        ("dragon|fly", []),
        ("(?:dragon|fly)ing", ["ing"]),
        ("[dD]ragon", ["ragon"]),
        ("(dragon)*", []),
        ("ab", []),
        (r"\d+\.png", [".png"]),
        ("Straße", ["strasse"]),
        (r"\p{L}+dragon", []),
        ("dışarıda dragon", ["şar", "da dragon"]),
        ("(", []),
    ],
)
def test_what_every_match_contains(pattern, found):
    assert literals(pattern) == found


@given(st.from_regex(re.compile(r"(ab|c+|d?e|[fg]|\.|x{2,3}){1,6}"), fullmatch=True), st.data())
def test_a_match_contains_its_literals(pattern, data):
    matched = data.draw(st.from_regex(re.compile(pattern), fullmatch=True))
    assert Pattern(pattern).is_in(matched)
    assert all(literal in fold(matched) for literal in literals(pattern))


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a*)*", "((a+))+b", "x(?:(?:[a-z]+)*)y", "(a|(b+)+)", "(", "[", "*", "a" * 2001])
def test_refused(pattern):
    with pytest.raises(InvalidRequest):
        Pattern(pattern)


@pytest.mark.parametrize("pattern", [r"(\w+, )+", "(ab+)+", "(a+b)*", r"^\d+.*\.png$", "(?i)fox", r"\bfox\b", "(a{1,3}){2}"])
def test_allowed(pattern):
    assert Pattern(pattern)
