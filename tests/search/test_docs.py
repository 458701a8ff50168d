"""Every example of docs/search.md is run: it finds the one file that it is about, and not the
others.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from iib_core.db import albums, images, looks, machine_tags, marks, scores, tags
from iib_core.db.engine import Database
from iib_core.db.looks import State
from iib_core.db.machine_tags import MachineTag
from iib_core.db.rows import HAS, LORA, NODE, ImageRow, Stated
from iib_core.db.search import pages
from iib_core.search.criteria import Shows, with_leaves
from iib_core.search.fields import FIELDS
from iib_core.search.query import parse
from iib_core.search.terms import TEXT_FIELDS, exact_term
from tests.slashes import rooted

DOCS = (Path(__file__).parents[2] / "docs" / "search.md").read_text("utf-8")
WORDS = re.findall(r"^\| `([^`]+)` \| [^`|]", DOCS.partition("## Fields")[0], re.M)
FIELD_ROWS = [
    (name, example.replace("\\|", "|"))
    for name, example in re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", DOCS, re.M)
]
# Has what every example asks for, but for the ones below.
FOX = ImageRow(
    path=rooted("/library/txt2img/00042.png"),
    media="image",
    mtime_ns=int(datetime(2025, 3, 14, 12).timestamp()) * 10**9,
    size_bytes=6 * 2**20,
    birth_ns=int(datetime(2025, 3, 14, 11).timestamp()) * 10**9,
    width_px=512,
    height_px=768,
    prompt="a red fox, wolf in snow",
    negative_prompt="blurry",
    infotext="a red fox, wolf in snow\nNegative prompt: blurry\nfox and snow\nKSampler",
    source="AUTOMATIC1111",
    model_hash="879db523c3ab",
    steps=25,
    cfg_scale=7,
    seed=42,
    tags=[
        ("model", "dreamshaper_8"),
        ("sampler", "Euler a"),
        ("lora", "add_detail"),
        ("source", "AUTOMATIC1111"),
        ("prompt", "long hair"),
    ],
    parameters=[
        Stated("Denoising strength", 0.5, "0.5"),
        Stated("Denoising strength", 0.6, "0.6"),
        Stated("Guidance", 3.5, "3.5"),
        Stated("Shift", 5.0, "5"),
        Stated("Clip skip", 2.0, "2"),
        Stated("Score", 7.5, "7.5"),
        Stated("FPS", 24.0, "24"),
        Stated("Frames", 81.0, "81"),
        Stated("VAE", None, "vae-ft-mse-840000"),
        Stated("Scheduler", None, "Karras"),
        Stated(LORA, 0.8, "add_detail:0.8"),
        Stated(HAS, None, "workflow"),
        Stated(NODE, None, "KSampler"),
    ],
)
OTHER = ImageRow(
    path=rooted("/library/other/dog.jpg"),
    media="image",
    mtime_ns=10**18,
    size_bytes=1,
    birth_ns=1,
    prompt="a dog",
    infotext="a dog",
)
FILM = replace(OTHER, path=rooted("/library/other/film.mp4"), media="video", duration_s=12.5)
GONE = replace(OTHER, path=rooted("/library/other/gone.jpg"))
FOUND = {
    "type": {"film.mp4"},
    "duration": {"film.mp4"},
    "dup": {"dog.jpg", "film.mp4"},
    "missing": {"gone.jpg"},
    "stack": set(),
    "-blurry": {"00042.png", "dog.jpg", "film.mp4"},
}


@pytest.fixture(scope="module")
def library(empty_database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    shutil.copy(empty_database, folder)
    database = Database(str(folder / "iib.db"))
    with database.write() as conn:
        fox, dog, film, gone = images.upsert_many(conn, [FOX, OTHER, FILM, GONE])
        rows = ((fox, FOX, b"fox"), (dog, OTHER, b"dog"), (film, FILM, b"dog"))
        looks.store_hashes(
            conn,
            [
                (at, State(row.path, row.mtime_ns, row.size_bytes), digest)
                for at, row, digest in rows
            ],
        )
        images.mark_missing(conn, [gone])
        marks.rate(conn, [fox], 5)
        scores.store(conn, scores.NSFW, [(fox, 0.9), (dog, 0.1)])
        sure, unsure = (MachineTag("long_hair", "general", sure) for sure in (0.9, 0.4))
        machine_tags.store(conn, [(fox, [sure]), (dog, [unsure])])
        tags.assign(conn, tags.create_custom(conn, "to print").id, [fox])
        albums.add(conn, albums.create(conn, "Best of 2025").id, [fox])
    yield database
    database.close()


def find(library, query):
    def seen(leaf):
        """A model sees in the first file whatever is asked for."""
        return replace(leaf, ids=(1,)) if isinstance(leaf, Shows) else leaf

    with library.read() as conn:
        criterion = with_leaves(parse(query), seen)
        return {result.name for result in pages.find(conn, criterion).results}


def test_every_field_is_in_the_table():
    assert [name for name, _ in FIELD_ROWS] == list(FIELDS)


@pytest.mark.parametrize(("name", "example"), FIELD_ROWS)
def test_the_example_of_a_field(library, name, example):
    assert example.startswith(f"{name}:")
    assert find(library, example) == FOUND.get(name, {"00042.png"})


WHOLE = [
    *("prompt:=a red fox, wolf in snow", "negative:=BLURRY", f"workflow:={FOX.infotext}"),
    *("any:=a red fox, wolf in snow", "any:=00042.png", "any:=to print", "any:=Best of 2025"),
    *("model:=dreamshaper_8", "lora:=add_detail", "sampler:=euler a", "source:=automatic1111"),
    *("hash:=879db523c3ab", "vae:=vae-ft-mse-840000", "scheduler:=karras", "node:=KSampler"),
    *("tag:=to print", "album:=Best of 2025", "autotag:=long_hair"),
    *("name:=00042.PNG", f"path:={FOX.path}", "folder:=txt2img"),
    f"folder:={os.path.dirname(FOX.path)}",
]


@pytest.mark.parametrize("term", WHOLE)
def test_after_an_equals_sign_the_value_is_all_of_the_text(library, term):
    field, _, value = term.partition(":=")
    others = {"dog.jpg"} if field == "autotag" else set()
    assert find(library, exact_term(field, value)) == {"00042.png", *others}
    assert find(library, exact_term(field, value[:-1])) == set()


def test_every_field_of_texts_is_in_the_table_of_those():
    assert {term.partition(":=")[0] for term in WHOLE} == set(TEXT_FIELDS)


@pytest.mark.parametrize(
    ("name", "example"), [row for row in FIELD_ROWS if row[0] not in (*TEXT_FIELDS, "param", "re")]
)
def test_any_other_field_takes_the_sign_too(library, name, example):
    value = example.partition(":")[2]
    if value[0] not in "<>" and ".." not in value:
        assert find(library, f"{name}:={value}") == FOUND.get(name, {"00042.png"})


@pytest.mark.parametrize("example", WORDS)
def test_the_example_of_a_word(library, example):
    assert find(library, example) == FOUND.get(example, {"00042.png"})


def test_the_words_are_those_of_the_table():
    assert len(WORDS) == 11
