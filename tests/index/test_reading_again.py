"""A new version of the reader reads all files again, the newest first. Until then searches use the
old values.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from iib_core.db import documents, images
from iib_core.index import reader, update_plan
from iib_core.search import library as searching
from iib_core.search.criteria import And
from iib_core.search.query import parse
from tests.conftest import INFOTEXT, write_png
from tests.index.conftest import Library

pytestmark = pytest.mark.stack
DAY_NS = 86_400 * 10**9


def _put(path: Path, age_days: int, infotext: str = INFOTEXT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, infotext=infotext)
    at_ns = time.time_ns() - age_days * DAY_NS
    os.utime(path, ns=(at_ns, at_ns))
    return path


def _found(library: Library, query: str) -> list[str]:
    page = searching.find(library.core.db, library.core.access, And((parse(query),)))
    return sorted(hit.name for hit in page.results)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(6):
        _put(
            tmp_path / "pictures" / ("even" if number % 2 == 0 else "odd") / f"{number}.png",
            10 + number,
        )
    return tmp_path / "pictures"


@pytest.fixture
def library(open_library, root) -> Library:
    library = open_library(root)
    library.update()
    return library


def _age(library: Library) -> None:
    """Make the index as if an older version had read everything and found less."""
    with library.core.db.write() as conn:
        conn.exec_driver_sql("UPDATE image SET reader = ?, steps = 7", (reader.VERSION - 1,))


def test_all_files_are_read_again_and_searches_find_the_old_values_until_then(library):
    _age(library)
    assert len(_found(library, "steps:7")) == 6
    assert library.update() == {"updated": 6}
    assert _found(library, "steps:7") == [] and len(_found(library, "fox")) == 6
    assert library.update() == {"skipped": 6}


def test_files_are_searched_whole_until_they_are_read_again(library):
    with library.core.db.write() as conn:
        ids = [row[0] for row in conn.exec_driver_sql("SELECT id FROM image")]
        documents.remove(conn, ids)
        conn.exec_driver_sql("UPDATE searched_text SET names = NULL")
        conn.exec_driver_sql("UPDATE image SET reader = ?", (reader.VERSION - 1,))
        documents.add_stored(conn, ids)
    assert len(_found(library, "blurry")) == len(_found(library, "negative:blurry")) == 6
    assert library.update() == {"updated": 6}
    assert _found(library, "blurry") == [] and len(_found(library, "negative:blurry")) == 6
    with library.core.db.write() as conn:
        conn.exec_driver_sql("INSERT INTO image_fts(image_fts) VALUES ('integrity-check')")


def test_the_newest_files_of_all_folders_come_first_even_if_one_folder_has_many(
    library, root, monkeypatch
):
    monkeypatch.setattr(update_plan, "READS_MAX", 1)
    _age(library)
    _put(root / "odd" / "new.png", 1)
    made = update_plan.make(
        library.core.db,
        library.index.library,
        None,
        full=False,
        raise_if_cancelled=lambda: None,
        on_files=lambda _count: None,
    )
    assert [name for reads in made.reads for name in (*reads.added, *reads.changed)] == [
        "new.png",
        *(f"{number}.png" for number in range(6)),
    ]


def test_its_progress_is_reported(library):
    _age(library)
    job = library.index.update()
    assert (job.status, job.done, job.total) == ("completed", 6, 6)


GRAPH = {
    "1": {
        "class_type": "Mystery",
        "inputs": {
            "odd": "红色的狐狸",
            "other": 'she said "hello" to the café',
            "lines": "first line\nsecond line",
            "file": "画风_v1.safetensors",
        },
    },
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
}


@pytest.mark.parametrize(
    "query",
    [
        "红色的狐狸",
        "café",
        "画风",
        r'"said \"hello\""',
        '"first line\nsecond"',
        '"line second line"',
        "狐",
        "CAFÉ",
    ],
    ids=[
        "cjk",
        "accent",
        "file",
        "quotes",
        "lines",
        "a blank over a line break",
        "one sign",
        "case",
    ],
)
def test_unparsed_texts_are_found_in_any_script(library, root, query):
    _put(root / "raw.png", 1, infotext="")
    _write_chunk(root / "raw.png", json.dumps(GRAPH))
    library.update()
    assert _found(library, query) == ["raw.png"]


def _write_chunk(path: Path, text: str) -> None:
    info = PngInfo()
    info.add_text("prompt", text)
    Image.new("RGB", (8, 8)).save(path, pnginfo=info)
    at_ns = time.time_ns() - DAY_NS
    os.utime(path, ns=(at_ns, at_ns))


NOVELAI = {"prompt": "2girls, park", "steps": 28, "seed": 3, "sampler": "k_euler", "uc": "blurry"}
NOVELAI |= {
    "v4_prompt": {
        "caption": {
            "base_caption": "2girls, park",
            "char_captions": [{"char_caption": "girl, 初音ミク, red dress"}],
        }
    },
    "v4_negative_prompt": {
        "caption": {"base_caption": "blurry", "char_captions": [{"char_caption": "gloves"}]}
    },
}


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("初音ミク", True),
        ('prompt:"red dress"', True),
        ('-prompt:"red dress"', False),
        ("negative:gloves", True),
        ("prompt:gloves", False),
    ],
)
def test_prompts_of_characters_are_part_of_both_prompts(library, root, query, is_found):
    info = PngInfo()
    info.add_text("Software", "NovelAI")
    info.add_text("Comment", json.dumps(NOVELAI))
    Image.new("RGB", (8, 8)).save(root / "two.png", pnginfo=info)
    os.utime(root / "two.png", ns=(DAY_NS * 20_000, DAY_NS * 20_000))
    library.update()
    assert ("two.png" in _found(library, query)) == is_found


def test_a_preview_that_an_older_version_indexed_is_removed(library, root):
    preview = _put(root / "odd" / "1.swarmpreview.png", 3)
    row = reader.read(str(root / "odd" / "1.png"))
    with library.core.db.write() as conn:
        images.upsert_many(conn, [replace(row, path=str(preview))])
    assert "1.swarmpreview.png" in _found(library, "fox")
    assert library.update() == {"skipped": 6, "missing": 1}
    assert "1.swarmpreview.png" not in _found(library, "fox") and preview.exists()
