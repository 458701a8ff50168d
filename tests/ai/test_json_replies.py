"""JSON in the replies of weak models."""

from __future__ import annotations

import pytest

from iib_core.ai import json_replies


@pytest.mark.parametrize(
    ("reply", "title"),
    [
        ('{"title": "Foxes", "keywords": ["a"]}', "Foxes"),
        ('```json\n{"title": "Foxes"}\n```', "Foxes"),
        ('Sure! Here it is: {"title": "Foxes", "keywords": ["a",],} Hope it helps {x}', "Foxes"),
        ('<think>{not json}</think> {"title": "Foxes"}', "Foxes"),
        ('{"title": "  \\"Foxes\\" in\\nsnow. "}', 'Foxes" in snow'),
        ('{"title": 3}', ""),
        ('{"title": null}', ""),
        ("[1, 2]", ""),
        ("Foxes", ""),
        ("", ""),
        ("{" * 5000, ""),
        ("[" * 5000 + '{"title": "Foxes"}', "Foxes"),
    ],
)
def test_a_title_is_found_where_there_is_one(reply, title):
    assert json_replies.as_title((json_replies.find_object(reply) or {}).get("title")) == title


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (["a", " b ", 3, "a", ""], ["a", "b"]),
        ("a, b；c", ["a", "b；c"]),
        (None, []),
        ({"a": 1}, []),
    ],
)
def test_keywords_of_any_kind(value, words):
    assert json_replies.as_words(value) == words
