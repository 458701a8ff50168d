"""Autotag rules."""

from __future__ import annotations

import pytest

from iib_core.errors import InvalidRequest
from iib_core.index.autotag import Picture, parse_rules, tags_of

pytestmark = pytest.mark.windows

FOX = Picture(
    path="/pictures/[2024] clients/fox.png",
    prompt="A red Fox, (snow:1.2) [night]",
    negative="blurry",
    model="Dream_v8",
    sampler="Euler a",
    source="ComfyUI",
    media="image",
    width=832,
    height=1216,
    bytes=2_000_000,
)


@pytest.mark.parametrize(
    ("match", "wanted"),
    [
        ({"prompt": "red fox"}, True),
        ({"prompt": "RED FOX"}, True),
        ({"prompt": "blue fox"}, False),
        ({"prompt": ["blue fox", "snow"]}, True),
        ({"prompt": "fox", "negative": "blurry"}, True),
        ({"prompt": "fox", "negative": "text"}, False),
        ({"model": "dream*"}, True),
        ({"model": "dream"}, True),
        ({"model": "v8*"}, False),
        ({"prompt": "*[night]"}, True),
        ({"path": "*/[2024] clients/*"}, True),
        ({"path": "/clients/"}, False),
        ({"source": "comfyui", "media": "image", "sampler": "euler"}, True),
        ({"sampler": "k_euler_ancestral"}, True),
        ({"size": "832x1216"}, True),
        ({"size": "1216x832"}, False),
        ({"size": "portrait"}, True),
        ({"size": ["square", "landscape"]}, False),
        ({"width": 832}, True),
        ({"width": ">=832"}, True),
        ({"width": ">832"}, False),
        ({"height": "1000..1300"}, True),
        ({"height": "..1000"}, False),
        ({"height": "1000.."}, True),
        ({"height": "<1217"}, True),
        ({"bytes": ">1000000"}, True),
    ],
)
def test_a_rule_matches(match, wanted):
    rules = parse_rules([{"tag": "found", "match": match}])
    assert tags_of(FOX, rules) == (("found",) if wanted else ())


def test_each_tag_is_given_once_in_the_order_of_the_rules():
    rules = parse_rules(
        [
            {"tag": tag, "match": {"prompt": word}}
            for tag, word in (("b", "fox"), ("a", "snow"), (" b ", "night"), ("c", "sea"))
        ]
    )
    assert tags_of(FOX, rules) == ("b", "a")


@pytest.mark.parametrize(
    "match", [{"width": ">1"}, {"size": "portrait"}, {"size": "1x1"}, {"bytes": "..5"}]
)
def test_an_unknown_value_matches_no_number(match):
    assert tags_of(Picture(), parse_rules([{"tag": "t", "match": match}])) == ()


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({}, "list"),
        (["x"], "rule 1"),
        ([{"tag": "a", "match": {"prompt": "x"}}, {"tag": "a"}], "rule 2"),
        ([{"tag": "a", "match": {}}], "rule 1"),
        ([{"tag": " ", "match": {"prompt": "x"}}], "1 to 200"),
        ([{"tag": "a" * 201, "match": {"prompt": "x"}}], "1 to 200"),
        ([{"tag": "a", "match": {"promt": "x"}}], "use prompt, negative"),
        ([{"tag": "a", "match": {"prompt": ""}}], "needs a text"),
        ([{"tag": "a", "match": {"prompt": []}}], "needs a text"),
        ([{"tag": "a", "match": {"prompt": {"a": 1}}}], "needs a text"),
        ([{"tag": "a", "match": {"width": "wide"}}], "neither a number nor a range"),
        ([{"tag": "a", "match": {"width": ".."}}], "neither a number nor a range"),
        ([{"tag": "a", "match": {"size": "large"}}], "neither WIDTHxHEIGHT nor one of"),
    ],
)
def test_a_mistake_in_a_rule_is_reported(stored, message):
    with pytest.raises(InvalidRequest, match=message):
        parse_rules(stored)
