"""What the search field offers, and that what it offers finds what it names."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iib_core.db import albums, images, tags
from iib_core.db.engine import Database
from iib_core.db.rows import LORA, ImageRow, Stated
from iib_core.db.search import pages
from iib_core.search.fields import FIELDS
from iib_core.search.query import find_last, parse
from iib_core.search.suggestions import suggest
from tests.searches import rounds
from tests.slashes import rooted

LIB = rooted("/lib")
ROW = ImageRow(
    path=f"{LIB}{os.sep}0.png",
    media="image",
    mtime_ns=1,
    size_bytes=1,
    birth_ns=1,
    width_px=512,
    height_px=768,
    parameters=[
        Stated("Denoising strength", 0.5, "0.5"),
        Stated("Clip skip", 2.0, "2"),
        Stated("Shift", 3.0, "3"),
        Stated(LORA, 0.8, "add_detail:0.8"),
    ],
)
SENTENCE = "a whole sentence, which is a prompt word of its own"
NAMED = [
    ("size", "512x768"),
    ("media", "image"),
    ("model", "dreamShaper v8"),
    ("model", "dreamlike"),
    ("lora", "add detail"),
    ("lora", "odd:1"),
    ("sampler", "Euler a"),
    ("source", "ComfyUI"),
    ("prompt", "dream"),
    ("prompt", 'a "quoted" \\ one'),
    ("prompt", SENTENCE),
    ("prompt", "КОТ на снегу"),
]


@pytest.fixture(scope="module")
def library(empty_database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("suggestions")
    shutil.copy(empty_database, folder)
    database = Database(str(folder / "iib.db"))
    with database.write() as conn:
        images.upsert_many(
            conn,
            [
                replace(ROW, path=f"{LIB}{os.sep}{at}.png", tags=NAMED[: len(NAMED) - at % 3])
                for at in range(3)
            ],
        )
        tags.assign(conn, tags.create_custom(conn, "to print").id, [1])
        albums.add(conn, albums.create(conn, "Best of 2025").id, [1, 2])
    yield database
    database.close()


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("drea", ['model:"dreamShaper v8"', "model:dreamlike", "tag:dream"]),
        ("fox drea", ['model:"dreamShaper v8"', "model:dreamlike", "tag:dream"]),
        ("model:", ['model:"dreamShaper v8"', "model:dreamlike"]),
        ("MODEL:like", ["model:dreamlike"]),
        ('model:"dreamshaper v', ['model:"dreamShaper v8"']),
        ('"dreamshaper v', ['model:"dreamShaper v8"']),
        ('fox "red fox" sampler:"euler ', ['sampler:"Euler a"']),
        ("tag:print", ['tag:"to print"']),
        ("print", ['tag:"to print"']),
        ("best", ['album:"Best of 2025"']),
        ("-album:2025", ['-album:"Best of 2025"']),
        ("tag:best", []),
        ("кот", ['tag:"КОТ на снегу"']),
        ("512", ["size:512x768"]),
        ("type:im", ["type:image"]),
        ("comfy", ["source:ComfyUI"]),
        ("lor", ["lora:"]),
        ("st", ["steps:", 'album:"Best of 2025"']),
        ("ste fox", []),
        ("fox ", []),
        ("", []),
        ("steps:2", []),
        ("nothing:like", []),
    ],
)
def test_the_last_word_is_completed(library, text, terms):
    found = suggest(library, text, 10)
    assert [
        one.term for one in found if one.kind == "field" or one.count or one.kind == "custom"
    ] == terms
    for one in found:
        head = text[: find_last(text)]
        assert one.text == head + one.term + ("" if one.kind == "field" else " ")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("mod", ["model:", 'model:"dreamShaper v8"', "model:dreamlike"]),
        ("modle:", ["model:"]),
        ("model: dreaml", ["model:dreamlike"]),
        ("“dreamshaper", ['model:"dreamShaper v8"']),
        ("fox, dreaml", ["model:dreamlike"]),
        ("lib", [f"path:{LIB}"]),
        ("path:li", [f"path:{LIB}"]),
        ("folder:li", [f"folder:{LIB}"]),
        ("scor", ["score:"]),
        ("denoies:", ["denoise:"]),
        ("lora:odd", ['lora:"odd:1"']),
        ("sentence", []),
        ("tag:sentence", [f'tag:"{SENTENCE}"']),
        ("has:", [f"has:{name}" for name in FIELDS["has"].choices]),
        ("HAS:we", []),
        ("has:work", ["has:workflow"]),
        ("-ext:jp", ["-ext:jpe", "-ext:jpeg", "-ext:jpg"]),
        ("dup:", ["dup:yes", "dup:no"]),
        ("date:y", ["date:yesterday"]),
        ("aspect:por", ["aspect:portrait"]),
        ("param:", ["param:Shift", 'param:"Clip skip"', 'param:"Denoising strength"']),
        ("param:s", ["param:Shift", 'param:"Clip skip"', 'param:"Denoising strength"']),
        ('fox param:"clip s', ['param:"Clip skip"']),
        ("param:Shift>", []),
    ],
)
def test_names_are_offered_where_they_help(library, text, terms):
    assert [one.term for one in suggest(library, text, 10)] == terms


def test_a_value_can_follow_the_name_of_a_parameter_at_once(library):
    assert [one.text for one in suggest(library, "fox param:shi", 10)] == ["fox param:Shift"]
    assert [one.text for one in suggest(library, "fox has:see", 10)] == ["fox has:seed "]


def test_what_is_offered_as_a_value_is_taken():
    for name, field in FIELDS.items():
        for value in field.choices:
            parse(f"{name}:{value}")


def test_folders_that_a_client_may_not_see_are_not_offered(library):
    assert suggest(library, "lib", 10, visible=[rooted("/other")]) == []
    assert len(suggest(library, "lib", 10, visible=[LIB])) == 1


def test_a_word_that_is_not_wanted_stays_that(library):
    assert [one.text for one in suggest(library, "fox -dreaml", 10)] == ["fox -model:dreamlike "]


def test_the_limit_holds(library):
    assert len(suggest(library, "e", 3)) == 3


def test_every_suggestion_finds_the_files_that_it_counts(library):
    with library.read() as conn:
        for letter in "abcdefghijklmnopqrstuvwxyz5кот":
            for one in suggest(library, letter, 100):
                assert one.kind == "field" or pages.count(conn, parse(one.term)) == (
                    one.count,
                    True,
                ), one


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=rounds(60),
)
@given(st.text(alphabet='ab "\\:-\n', max_size=12))
def test_any_text_is_taken_and_its_head_is_kept(library, text):
    for one in suggest(library, text, 5):
        assert one.text.startswith(text[: find_last(text)])
        assert one.kind == "field" or parse(one.term)


def test_every_field_is_offered_by_its_beginning(library):
    for name in FIELDS:
        offered = [one.term for one in suggest(library, name[:2], 100)]
        # A stack is not typed: it is opened.
        assert (f"{name}:" in offered) == (name not in ("re", "stack"))
