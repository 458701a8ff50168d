"""The process is killed while it indexes: the next one opens the database, loses and duplicates
nothing, and completes the index.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from iib_core.index.indexer import REBUILD
from tests.conftest import INFOTEXT, write_png
from tests.databases import write_empty
from tests.index.conftest import Library
from tests.index.test_indexer import rest
from tests.searches import rounds

FILES = 600
KILLS = int(os.environ.get("IIB_KILLS", rounds(3)))
CODE = """
import sys
from iib_core.config import Config
from iib_core.core import Core
core = Core(Config(data_dir=sys.argv[1], roots=(sys.argv[2],), watch=False))
print("open", flush=True)
while True:
    core.index.update("index_rebuild")
"""


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "pictures"
    for number in range(FILES):
        folder = root / f"day{number % 5}"
        folder.mkdir(parents=True, exist_ok=True)
        rest(
            write_png(folder / f"{number}.png", infotext=INFOTEXT.replace("42", str(number))),
            60 + number,
        )
    return root


def check_whole(library: Library) -> None:
    """All counts and indexes agree with the rows."""
    assert library.scalar("PRAGMA integrity_check") == "ok"
    assert library.scalar("SELECT count(*) FROM image") == library.scalar(
        "SELECT count(*) FROM (SELECT DISTINCT folder_id, name FROM image)"
    )
    assert library.scalar("SELECT count(*) FROM image") == library.scalar(
        "SELECT count(*) FROM image_text"
    )
    actual_count = (
        "SELECT count(*) FROM tagged_image i JOIN image ON image.id = image_id AND shown = 1 "
        "WHERE tag_id = t.id"
    )
    assert library.scalar(f"SELECT count(*) FROM tag t WHERE t.count <> ({actual_count})") == 0
    for table, same in (
        ("image_tag", "t.mtime_ns = i.mtime_ns"),
        ("image_text", "t.quarter = i.mtime_ns / 900000000000"),
    ):
        found = f"SELECT count(*) FROM {table} t JOIN image i ON i.id = t.image_id AND {same}"
        assert library.scalar(found) == library.scalar(f"SELECT count(*) FROM {table}")
    assert library.scalar(
        "SELECT sum(coalesce(d.files, 1)) FROM image_fts LEFT JOIN shared_document d "
        "ON d.id = image_fts.rowid WHERE image_fts MATCH '\"fox\"'"
    ) == library.scalar("SELECT count(*) FROM image")


def test_an_index_survives_its_process_being_killed_at_any_moment(open_library, root, tmp_path):
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    tagged = root / "day0/0.png"
    write_empty(tmp_path / "data/iib.db")
    for kill in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, str(tmp_path / "data"), str(root)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout.read(4) == b"open"
        time.sleep(moments.uniform(0, 1.2))
        process.kill()
        process.wait()
        process.stdout.close()
        library = open_library(root)
        library.update()
        assert len(library.rows()) == FILES, f"seed {seed}"
        assert library.update() == {"skipped": FILES}
        check_whole(library)
        if kill == 0:
            image_id = library.id_of(tagged)
            library.give(tagged, "mine")
        assert (library.id_of(tagged), library.tags_of(tagged)) == (image_id, {"mine"})
        library.core.close()
    library = open_library(root)
    library.update(REBUILD)
    check_whole(library)
    shutil.rmtree(root / "day1")
    assert library.update() == {"missing": FILES // 5, "skipped": FILES - FILES // 5}
