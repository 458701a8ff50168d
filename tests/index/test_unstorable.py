"""A file whose row cannot be stored is missing in the index, and does not affect other files."""

from __future__ import annotations

import json
import math
import shutil
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from iib_core.db import images
from iib_core.db import settings as settings_table
from iib_core.db.bulk import store_each
from iib_core.db.engine import Database
from iib_core.db.rows import ImageRow
from iib_core.index.indexer import REBUILD, RULES_SETTING
from tests.conftest import write_png
from tests.index.test_indexer import rest
from tests.searches import rounds
from tests.slashes import native

pytestmark = pytest.mark.stack


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "pictures"
    root.mkdir()
    for number in range(30):
        rest(write_png(root / f"{number}.png"))
    return root


def refuse(library, *names: str) -> None:
    """Make the database refuse rows with these names, as it refuses values that it cannot store."""
    listed = ", ".join(f"'{name}'" for name in names)
    with library.core.db.write() as conn:
        for event in ("INSERT", "UPDATE"):
            conn.exec_driver_sql(
                f"CREATE TRIGGER no_{event} BEFORE {event} ON image WHEN new.name IN ({listed}) BEGIN "
                "SELECT RAISE(ABORT, 'it is odd'); END"
            )


def accept_all(library) -> None:
    with library.core.db.write() as conn:
        for event in ("INSERT", "UPDATE"):
            conn.exec_driver_sql(f"DROP TRIGGER no_{event}")


def test_the_others_of_its_batch_are_stored_and_it_is_listed(open_library, root):
    refuse(open_library(), "3.png", "17.png")
    library = open_library(root)
    assert library.update()["errors"] == 2
    assert len(library.rows()) == 28
    assert {problem.path for problem in library.index.problems} == {
        str(root / "3.png"),
        str(root / "17.png"),
    }
    assert all(
        "it is odd" in problem.reason and "INSERT" not in problem.reason
        for problem in library.index.problems
    )
    assert library.update() == {"skipped": 28, "errors": 2}
    assert len(library.index.problems) == 2
    accept_all(library)
    assert library.update() == {"added": 2, "skipped": 28}
    assert library.index.problems == ()


def test_a_file_that_was_indexed_before_keeps_what_the_user_gave_it(open_library, root):
    library = open_library(root)
    library.update()
    library.give(root / "3.png", "mine")
    before = library.counts()
    refuse(library, "3.png")
    assert library.update(REBUILD) == {"updated": 29, "errors": 1}
    assert library.tags_of(root / "3.png") == {"mine"}
    assert library.counts() == before


def test_single_files_are_listed_and_removed_from_the_list_too(open_library, root):
    library = open_library(root)
    library.update()
    refuse(library, "new.png")
    path = str(rest(write_png(root / "new.png")))
    assert library.index.update_files([path, str(root / "1.png")]) == []
    assert [problem.path for problem in library.index.problems] == [path]
    library.index.update_folders([str(root)])
    assert [problem.path for problem in library.index.problems] == [path]
    (root / "new.png").unlink()
    library.index.update_files([path])
    assert library.index.problems == ()


def test_a_failure_that_no_file_caused_ends_the_update(open_library, root):
    library = open_library(root)
    library.update()
    with library.core.db.write() as conn:
        conn.exec_driver_sql("ALTER TABLE image_text RENAME TO elsewhere")
    job = library.index.update(REBUILD)
    assert job.status == "failed" and "no such table" in job.error


COMFY = {
    "1": {
        "class_type": "KSampler",
        "inputs": {
            "seed": "HUGE",
            "steps": "HUGE",
            "cfg": "HUGE",
            "positive": ["2", 0],
            "negative": ["2", 0],
            "model": ["3", 0],
        },
    },
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox", "clip": ["3", 1]}},
    "3": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x.safetensors"}},
}
USUAL = "Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 1"
ABSURD = {
    "prompt of a megabyte": ("parameters", "a fox, " * 150_000 + "\n" + USUAL),
    "word of a megabyte": ("parameters", "x" * 1_000_000 + "\n" + USUAL),
    "model of a megabyte": ("parameters", f"a fox\n{USUAL}, Model: " + "m" * 1_000_000),
    "many words": (
        "parameters",
        ", ".join(f"word{number}" for number in range(20_000)) + "\n" + USUAL,
    ),
    "many loras": (
        "parameters",
        " ".join(f"<lora:l{number}:1>" for number in range(10_000)) + "\n" + USUAL,
    ),
    "huge numbers": (
        "parameters",
        f"a fox\nSteps: {'9' * 5000}, Sampler: Euler, CFG scale: {'9' * 400}, Seed: {'9' * 300}, Size: "
        f"{'9' * 30}x1",
    ),
    "infinite numbers": ("prompt", json.dumps(COMFY).replace('"HUGE"', "1e999")),
    "no numbers": ("prompt", json.dumps(COMFY).replace('"HUGE"', "NaN")),
    "half a pair": ("prompt", json.dumps(COMFY).replace("a fox", "a \\ud800 fox \\u0000")),
}


def test_absurd_values_in_a_file_do_not_affect_others(open_library, tmp_path):
    root = tmp_path / "absurd"
    root.mkdir()
    for name, (keyword, value) in ABSURD.items():
        info = PngInfo()
        info.add_text(keyword, value, zip=True)
        Image.new("RGB", (64, 48)).save(root / f"{name}.png", pnginfo=info)
        rest(root / f"{name}.png")
    for number in range(5):
        rest(write_png(root / f"{number}.png"))
    for name, text in (
        ("0.txt", b"a\0b\xff\xfe"),
        ("1.json", b'{"prompt": "a \\ud800 fox", "steps": 1e999, "seed": 1e400}'),
    ):
        (root / name).write_bytes(text)
    library = open_library(root)
    with library.core.db.write() as conn:
        settings_table.put(conn, RULES_SETTING, [{"tag": "foxes", "match": {"prompt": "fox"}}])
    assert library.update(REBUILD) == {"updated": len(ABSURD) + 5}
    assert library.index.problems == ()
    assert all("foxes" in library.tags_of(root / f"{number}.png") for number in range(2, 5))
    assert ("model", "fox_v1") in library.auto_tags_of(root / "3.png")
    assert library.scalar("SELECT max(length(model)) FROM image") < 100


ANY_INT = st.integers() | st.sampled_from(
    [2**31, -(2**31), 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**400]
)
ANY_FLOAT = st.floats() | st.sampled_from([math.inf, -math.inf, math.nan, sys.float_info.max])
ANY_TEXT = st.text(max_size=40) | st.sampled_from(
    ["", "\0", "a\0b", "\ud800", "x\udcff", "ß" * 500, "\U0010ffff", "%_'\"\\", "\n\n"]
)
ANY_NAME = ANY_TEXT.map(lambda text: "/library/odd/" + text.replace("/", "") + ".png")
MAYBE = st.none()
ROWS = st.builds(
    ImageRow,
    path=ANY_NAME,
    media=st.sampled_from(["image", "video", "audio"]),
    mtime_ns=ANY_INT,
    size_bytes=ANY_INT,
    birth_ns=ANY_INT,
    width_px=MAYBE | ANY_INT,
    height_px=MAYBE | ANY_INT,
    duration_s=MAYBE | ANY_FLOAT,
    fingerprint=MAYBE | st.binary(max_size=20),
    prompt=ANY_TEXT,
    negative_prompt=ANY_TEXT,
    infotext=ANY_TEXT,
    source=MAYBE | ANY_TEXT,
    model=MAYBE | ANY_TEXT,
    sampler=MAYBE | ANY_TEXT,
    steps=MAYBE | ANY_INT,
    cfg_scale=MAYBE | ANY_FLOAT,
    seed=MAYBE | ANY_INT,
    tags=st.lists(st.tuples(st.sampled_from(["prompt", "model"]), ANY_TEXT), max_size=5),
    error=ANY_TEXT,
)
GOOD = ImageRow(
    native("/library/good.png"),
    "image",
    10**18,
    100,
    10**18,
    infotext="a red fox",
    prompt="a red fox",
    tags=(("prompt", "fox"), ("model", "m")),
)


@pytest.fixture(scope="module")
def base(tmp_path_factory, empty_database):
    folder = tmp_path_factory.mktemp("rows")
    shutil.copy(empty_database, folder / "iib.db")
    db = Database(str(folder / "iib.db"))
    yield db
    db.close()


@settings(max_examples=rounds(150), suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROWS, max_size=4), st.integers(0, 4))
def test_odd_values_of_a_row_do_not_change_its_neighbours(base, odd, at):
    good = [replace(GOOD, path=native(f"/library/good{number}.png")) for number in range(4)]
    rows = [*good[:at], *odd, *good[at:]]
    refused: list[str] = []

    def store(batch) -> None:
        with base.write() as conn:
            images.upsert_many(conn, batch)

    store_each(rows, store, lambda row, reason: refused.append(row.path))
    with base.read() as conn:
        known = images.find_ids(conn, [row.path for row in good])
        counts = dict(
            conn.exec_driver_sql("SELECT name, count FROM tag WHERE name IN ('fox', 'm')").all()
        )
    assert len(known) == len(good) and not set(refused) & set(known)
    assert all(counts[name] >= 4 for name in ("fox", "m"))
    with base.write() as conn:
        images.remove_many(
            conn, [row[0] for row in conn.exec_driver_sql("SELECT id FROM image").all()]
        )
        assert conn.exec_driver_sql("SELECT count(*) FROM tag WHERE count <> 0").scalar() == 0
        conn.exec_driver_sql("INSERT INTO image_fts(image_fts) VALUES ('integrity-check')")
