"""Regular expressions: what they require literally, and which are refused."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iib_core.db.fts import fold
from iib_core.db.search.regexes import Pattern, literals
from iib_core.errors import InvalidRequest

TOP = Path(__file__).parents[2]


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


@pytest.mark.parametrize(
    "pattern",
    ["^(a+)+$", "(a*)*", "((a+))+b", "x(?:(?:[a-z]+)*)y", "(a|(b+)+)", "(", "[", "*", "a" * 2001],
)
def test_refused(pattern):
    with pytest.raises(InvalidRequest):
        Pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"(\w+, )+", "(ab+)+", "(a+b)*", r"^\d+.*\.png$", "(?i)fox", r"\bfox\b", "(a{1,3}){2}"],
)
def test_allowed(pattern):
    assert Pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?R)?(?:a|b(?R))*",
        "(?0)?a",
        "(?1)?(a|b(?1))*",
        "(a(?-1)?)",
        "(?+1)?(a)",
        "(?&n)?(?<n>a|b(?&n))*",
        "(?P<n>a|b(?P>n)?)*",
        r"\\\\(?R)",
    ],
)
def test_a_pattern_that_refers_to_itself_is_refused(pattern):
    with pytest.raises(InvalidRequest, match="Recursive regular expressions"):
        Pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "a{1,1000000}",
        "(a?){1000000}b",
        "(?:(?:(?:(?:a{100}){100}){100}){100})",
        "(?:a{1,1000}){1,1000}b",
        "(?:x|a{101}){100}",
        "(?=(?:a{1000}){1000})",
        "(?:a{101}b?){100,}",
        "(?>a?){1000000}",
        r"(?:\p{L}{1000}){1000}",
        r"\p{L}{0,99999999999}",
    ],
)
def test_a_pattern_that_is_large_when_written_out_is_refused(pattern):
    with pytest.raises(InvalidRequest, match="memory"):
        Pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\(?R\)?2", "R2"),
        (r"[(?R)]x", "Rx"),
        (r"(?-i:fox)", "fox"),
        (".{0,5000}fox.{0,4000}", "a fox"),
        ("(?:a{100}){100}", "a" * 10_000),
        (r"\p{L}{3}\d{1,4}", "abc1"),
        (r"(a|b)\1", "bb"),
        (r"(?P<x>a|b)(?P=x)", "aa"),
        (r"[(]a[)](b)", "(a)b"),
        (r"[]([(](b)", "(b"),
        (r"\((b)\)", "(b)"),
        (r"[[:alpha:](x)]b", "(b"),
        ("(?x)(a) # (comment [\n(b)", "ab"),
        ("(?P<year>20..)-(..)", "2025-01"),
    ],
)
@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
def test_a_pattern_that_only_looks_so_finds_what_it_should(pattern, text):
    assert Pattern(pattern).is_in(text)
    assert not Pattern(pattern).is_in("?:-")


@pytest.mark.posix_only("reads the peak of the process's memory")
@pytest.mark.parametrize("pattern", [r"(.|\n)*", "((a|b))*", "(.)+", r"((\w)+,? ?)*x", "(?P<x>a)*"])
def test_a_group_that_is_repeated_takes_no_memory(pattern):
    """Of the longest text that a file can have; in a process of its own, because a peak never
    falls.
    """
    code = """
import resource, sys
from iib_core.db.search.regexes import Pattern
from iib_core.errors import InvalidRequest
pattern, text = Pattern(sys.argv[1]), "a" * 2**20
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    pattern.is_in(text)
except InvalidRequest:
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, pattern], cwd=TOP, capture_output=True, text=True, timeout=60
    )
    assert int(done.stdout) < 60_000, done.stderr
