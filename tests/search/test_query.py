"""The language of the search field, without a database."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iib_core.db.rows import LORA, NODE
from iib_core.errors import InvalidRequest
from iib_core.search import values
from iib_core.search.criteria import (
    And,
    BeginsWith,
    Between,
    HasParameter,
    HasParts,
    HasTagNamed,
    HasText,
    InFolderNamed,
    IsMedia,
    IsMissing,
    Matches,
    Not,
    Or,
)
from iib_core.search.fields import FIELDS
from iib_core.search.query import Token, find_last, parse, tokenize
from tests.slashes import native

MB = 2**20
# What the page's ``lib/query.mjs`` reads too, in ``tests/js/query.test.mjs``; without the words OR.
CASES = json.loads(Path(__file__).with_name("queries.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("query", "criterion"),
    [
        ("", And()),
        ("   ", And()),
        ("fox", HasText("fox")),
        ("fox  snow", And((HasText("fox"), HasText("snow")))),
        ('"red fox"', HasText("red fox")),
        (r'"a \" b"', HasText('a " b')),
        ('"OR"', HasText("OR")),
        ('"un closed', And((HasText('"un'), HasText("closed")))),
        ("-fox", Not(HasText("fox"))),
        ('-"red fox"', Not(HasText("red fox"))),
        ("- fox", And((HasText("-"), HasText("fox")))),
        ("fox OR wolf cat", And((Or((HasText("fox"), HasText("wolf"))), HasText("cat")))),
        ("a OR -b OR c", Or((HasText("a"), Not(HasText("b")), HasText("c")))),
        ("OR a", HasText("a")),
        ("a OR", HasText("a")),
        ("or", HasText("or")),
        ("re:/a b/", Matches("a b")),
        (r"-re:/a\/b/", Not(Matches("a/b"))),
        ("16:9", HasText("16:9")),
        ("<lora:x:0.7>", HasText("<lora:x:0.7>")),
        ("(fox:1.2)", HasText("(fox:1.2)")),
        ("PROMPT:fox", HasText("fox", "prompt")),
        ('negative:"a b"', HasText("a b", "negative")),
        ("name:x", HasText("x", "name")),
        ("path:a/b", HasText(native("a/b"), "path")),
        ('tag:"long hair"', HasTagNamed("long hair", below=True)),
        ("model:dream", HasTagNamed("dream", "model", part=True)),
        ("-lora:x", Not(HasTagNamed("x", "lora", part=True))),
        ("model:=dream", HasTagNamed("dream", "model")),
        ('sampler:="Euler a"', HasTagNamed("Euler a", "sampler")),
        ("sampler:dpmpp_2m", HasTagNamed("DPM++ 2M", "sampler", part=True)),
        ("sampler:=k_euler", HasTagNamed("Euler", "sampler")),
        ('lora:="a:1>2"', HasTagNamed("a:1>2", "lora")),
        ("source:=", HasTagNamed("=", "source", part=True)),
        ("model:=dream", HasTagNamed("dream", "model")),
        ('sampler:="Euler a"', HasTagNamed("Euler a", "sampler")),
        ('lora:="a:1>2"', HasTagNamed("a:1>2", "lora")),
        ("source:=", HasTagNamed("=", "source", part=True)),
        ("hash:ab12", BeginsWith("model_hash", "ab12")),
        ("type:Video", IsMedia("video")),
        ("missing:no", IsMissing(False)),
        ("steps:20", Between("steps", 20, 20)),
        ("steps:20..30", Between("steps", 20, 30)),
        ("steps:20..", Between("steps", 20, None)),
        ("steps:..30", Between("steps", None, 30)),
        ("steps:>20", Between("steps", 21, None)),
        ("steps:>=20", Between("steps", 20, None)),
        ("steps:<20", Between("steps", None, 19)),
        ("seed:18446744073709551615", Between("seed", 2**64 - 1, 2**64 - 1)),
        ("cfg:7.5", Between("cfg_scale", 7.5, 7.5)),
        ("size:512x768", And((Between("width_px", 512, 512), Between("height_px", 768, 768)))),
        ("bytes:1MB..5mb", Between("size_bytes", MB, 5 * MB)),
        ("bytes:>5MB", Between("size_bytes", 5 * MB + 1, None)),
        ("bytes:1.5k", Between("size_bytes", 1536, 1536)),
        ("ratio:1..2", Between("ratio", 1, 2)),
        ("ratio:portrait", Between("ratio", None, 0.99)),
    ],
)
def test_queries(query, criterion):
    assert parse(query) == criterion


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["query"])
def test_server_and_page_read_the_same_terms(case):
    terms = [token for token in tokenize(case["query"]) if token != Token("OR")]
    assert [
        {
            "field": term.field,
            "value": term.text,
            "negated": term.negated,
            "isPattern": term.is_pattern,
        }
        | ({"isGroup": True} if term.is_group else {})
        for term in terms
    ] == case["terms"]


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("steps:many", "whole number"),
        ("cfg:nan", "number"),
        ("size:big", "512x768"),
        ("date:2025-13", "date"),
        ("date:2025-02-30", "date"),
        ("date:9999", "date"),
        ("date:0000", "date"),
        ("bytes:5XB", "file size"),
        ("type:text", "type:image"),
        ("missing:maybe", "missing:yes"),
        ("x" * 10_001, "10001 characters"),
    ],
)
def test_what_a_query_cannot_say_is_told(query, word):
    with pytest.raises(InvalidRequest, match=word):
        parse(query)


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_takes_its_example(name):
    assert FIELDS[name].example.startswith(f"{name}:")
    parse(FIELDS[name].example)


def test_the_page_knows_the_same_fields():
    page = Path(__file__).parents[2] / "javascript/gallery/lib/query.mjs"
    known = re.search(r"export const FIELDS = \[(.*?)\]", page.read_text("utf-8"), re.S)
    assert known is not None and re.findall(r"'(\w+)'", known[1]) == list(FIELDS)


def test_a_phrase_of_a_phone_is_found_in_plain_signs_too():
    assert parse("it’s") == Or((HasText("it’s"), HasText("it's")))
    assert parse("“it’s”") == Or((HasText("it’s"), HasText("it's")))
    assert parse('"it’s"') == HasText("it’s")


@pytest.mark.parametrize(
    ("query", "criterion"),
    [
        ("red*fox", HasParts(("red", "fox"))),
        ('"red*fox"', HasText("red*fox")),
        ("prompt:red*fox*", HasParts(("red", "fox"), "prompt")),
        ("model:dream*", HasTagNamed("dream", "model", part=True)),
        ("model:dream*8*", HasTagNamed("dream*8", "model", part=True, gaps=True)),
        ('model:"dream*8"', HasTagNamed("dream*8", "model", part=True)),
        ("tag:long*", HasTagNamed("long*", gaps=True, below=True)),
        ("folder:txt*img", InFolderNamed("txt*img", gaps=True)),
        ("param:Mode:t*l", HasParameter(("Mode",), text="t*l", gaps=True)),
        ("lora:de*l>=1", HasParameter((LORA,), 1, None, "de*l", gaps=True)),
        ("fox *", HasText("fox")),
        ("fox model:", HasText("fox")),
        ("-model: fox", Not(HasTagNamed("fox", "model", part=True))),
        ("fox OR model:", HasText("fox")),
        ("any:fox", Or((HasText("fox", "any"), HasText("fox")))),
        ("(red fox) OR wolf", Or((And((HasText("red"), HasText("fox"))), HasText("wolf")))),
        ("date：2025–03", parse("date:2025-03")),
        ("seed：＞＝４２", Between("seed", 42, None)),
        ("steps:20–30", Between("steps", 20, 30)),
        ('param:"Clip skip"', HasParameter(("Clip skip",))),
        ("param:“Clip skip”>=2", HasParameter(("Clip skip",), 2, None)),
        ("param：Shift＞＝３", HasParameter(("Shift",), 3, None)),
        ("param:Mode:“tile a”", HasParameter(("Mode",), text="tile a")),
        ("param:Mode:til*", HasParameter(("Mode",), text="til")),
        ('param:"a:b"', HasParameter(("a:b",))),
        ('lora:"a>1"', HasTagNamed("a>1", "lora", part=True)),
        ('lora: "a b">=1', HasParameter((LORA,), 1, None, "a b")),
        ("node:KSam*", HasParameter((NODE,), text="KSam")),
        (
            "vae:it’s",
            Or((HasParameter(("VAE",), text="it’s"), HasParameter(("VAE",), text="it's"))),
        ),
        ("folder:txt2*", InFolderNamed("txt2")),
        ("ext:*.png", parse("ext:png")),
        ("fox has: param:", HasText("fox")),
        ("(param:Shift>=3 OR fox)", Or((HasParameter(("Shift",), 3, None), HasText("fox")))),
    ],
)
def test_the_field_forgives(query, criterion):
    assert parse(query) == criterion


def test_days_are_those_of_the_zone_in_groups_too():
    zone = ZoneInfo("Pacific/Kiritimati")
    low = int(datetime(2025, 3, 14, tzinfo=zone).timestamp()) * 10**9
    day = Between("mtime_ns", low, low + 86_400 * 10**9 - 1)
    assert parse("date:2025-03-14", zone) == day
    assert parse("-date：2025–03–14", zone) == Not(day)
    assert parse("(date:2025-03-14 OR fox)", zone) == Or((day, HasText("fox")))


def test_terms_in_groups_count():
    with pytest.raises(InvalidRequest, match="300 terms"):
        parse("(" + "a " * 300 + ")")


@pytest.fixture(params=["UTC", "Asia/Shanghai", "America/St_Johns"])
def zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2023", 365),
        ("2024", 366),
        ("2024-02", 29),
        ("2023-12", 31),
        ("2024-02-29", 1),
        ("2024-01..2024-02", 60),
        ("2024-01-31..2024-02-01", 2),
    ],
)
@pytest.mark.posix_only("tzset")
def test_dates_are_whole_days_of_this_machine(zone, text, days):
    low, high = values.parse_date_range(text)
    assert low is not None and high is not None
    assert abs((high + 1 - low) / 86_400e9 - days) <= 1 / 24  # a change of the clocks in between
    assert (
        time.localtime(low // 10**9)[3:6] == (0, 0, 0) == time.localtime((high + 1) // 10**9)[3:6]
    )


def test_a_date_ends_where_the_next_begins():
    assert (
        values.parse_date_range("2025-03")[1] + 1
        == values.parse_date_range("2025-04")[0]
        == values.parse_date_range(">2025-03")[0]
    )  # type: ignore[operator]
    assert values.parse_date_range("<2025-03")[1] == values.parse_date_range("2025-02")[1]


@pytest.mark.parametrize(
    ("ratio", "sizes"),
    [
        ("16:9", [(1920, 1080), (1344, 768), (1024, 576)]),
        ("1:1", [(512, 512)]),
        ("2:3", [(512, 768), (832, 1216)]),
    ],
)
def test_a_ratio_is_met_by_what_generators_make_of_it(ratio, sizes):
    low, high = values.parse_ratio_range(ratio)
    assert all(low <= width / height <= high for width, height in sizes)  # type: ignore[operator]


@given(st.text(max_size=60))
def test_any_text_is_a_query_or_is_refused(text):
    try:
        parse(text)
    except InvalidRequest as exc:
        assert str(exc)


@pytest.mark.parametrize(
    "text",
    [
        '"' + "\\" * 5000,
        '"' + '\\"' * 4000,
        'model:"' + "\\" * 5001 + "x",
        "re:/" + "\\" * 5001,
        '"a' * 3000,
        'param:"' + "\\" * 5001,
        'param:"' * 1200,
        'param:"x ' * 1000,
        "param:x" + ">" * 9000,
        "lora:" * 1800,
        "-" * 9000,
        "a:" * 4000,
    ],
)
def test_no_text_takes_for_ever_to_take_apart(text):
    started = time.monotonic()
    tokenize(text)
    find_last(text)
    assert time.monotonic() - started < 30  # years, where quotes can be read in two ways


@given(
    st.lists(
        st.text(st.characters(exclude_characters='"\\'), min_size=1, max_size=8),
        min_size=1,
        max_size=4,
    )
)
def test_quoted_phrases_are_searched_as_they_are(phrases):
    found = parse(" ".join(f'"{phrase}"' for phrase in phrases))
    assert found == (
        HasText(phrases[0]) if len(phrases) == 1 else And(tuple(map(HasText, phrases)))
    )


@pytest.mark.parametrize("name", ["detail", "sdxl/detail.safetensors", "sdxl\\\\detail.CKPT"])
@pytest.mark.parametrize("field", ["lora", "model"])
def test_a_model_is_found_by_the_name_of_its_file(field, name):
    assert parse(f'{field}:"{name}"') == HasTagNamed("detail", field, part=True)
    assert parse(f'{field}:="{name}"') == HasTagNamed("detail", field)
