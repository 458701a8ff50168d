"""The searchable form of raw texts."""

from __future__ import annotations

import json

import pytest

from iib_core.metadata import searchable

from .growth import assert_linear


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("红色的狐狸", "红色的狐狸"),
        ('say "hello"', 'say "hello"'),
        ("a\nb", "a\nb"),
        ("a\n\n  b", "a b"),
        ("C:\\new\\models", "C:\\new\\models"),
        ("smile \N{GRINNING FACE}", "smile \N{GRINNING FACE}"),
        (json.dumps({"x": "café"}), '"x": "café"'),
    ],
)
def test_json_is_decoded(value: str, found: str) -> None:
    assert found in searchable.decoded(json.dumps({"key": [value]}))


@pytest.mark.parametrize(
    "text", ["", "a cat\nSteps: 20", r"a \(cat\)", "{red|blue} cat", r'{"a": "b"}']
)
def test_other_texts_are_unchanged(text: str) -> None:
    assert searchable.decoded(text) == text


@pytest.mark.parametrize(
    "text", [r'{"a": "\ud83d"}', r'{"a": "\u0000"}', r'{"a": "\n', r"[\u12", "{\\"]
)
def test_broken_texts_and_lone_surrogates_do_no_harm(text: str) -> None:
    searchable.decoded(text).encode()


@pytest.mark.parametrize("unit", [r"\n", r"\u7ea2", r"\"", '"\\n",', "[", "\\"])
def test_long_texts_take_time_in_proportion(unit: str) -> None:
    assert_linear(searchable.decoded, lambda size: '["' + unit * size, 2000)
