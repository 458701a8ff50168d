"""A library of version 0.1.0, opened by this one: nothing that the user said or planned is lost.

``library_0_1_0.sql`` is the database that 0.1.0 made of the files below, as text. It holds marks,
an album, settings of the page, a folder, a move, a delete and a planned organisation.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Served, Servers

pytestmark = [pytest.mark.stack, pytest.mark.posix_only("the stored paths are POSIX")]

DUMP = Path(__file__).with_name("library_0_1_0.sql")
TRASHED = ".iib-trash/20261201-185217-19f03633"
PROMPTS = {
    "fox.png": "a red fox in snow",
    "sea.png": "waves under a full moon",
    "moon.png": "waves under a full moon",
    "sub/cat.png": "portrait of a cat",
    f"{TRASHED}/old.png": "a castle at dusk",
}
PLAN = "5ff7198ea7664750b9af3b5f35032ef4"
# Kept marks and the trash end by their age.
RECENT = """
update operation set created_ns = {now_ns};
update kept set kept_ns = {now_ns};
update organise_plan set created_ns = {now_ns};
update job set created_time = {now_ns} / 1e9, updated_time = {now_ns} / 1e9;
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The library's files, byte for byte those that the database is about."""
    folder = tmp_path / "library"
    for number, (name, prompt) in enumerate(PROMPTS.items(), 1):
        write_picture(folder / name, number, prompt)
    (folder / "more").mkdir()
    return folder


@pytest.fixture
def served(tmp_path: Path, root: Path, slots) -> Iterator[Served]:
    """A server of this version with the data of 0.1.0."""
    old = tmp_path / "0.1.0" / "iib.db"
    old.parent.mkdir()
    write_database(old, root)
    servers = Servers(tmp_path, old, slots)
    served = servers.start(root)
    served.post("/db/update_image_data", {})
    yield served
    servers.close()


def write_picture(path: Path, number: int, prompt: str) -> None:
    """A PNG of 8x8 whose bytes depend on no library."""
    path.parent.mkdir(parents=True, exist_ok=True)
    infotext = (
        f"{prompt}\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, "
        f"Seed: {number}, Size: 8x8, Model: dream_8"
    )
    row = b"\0" + bytes((number * 40, 80, 160)) * 8
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)),
        (b"tEXt", b"parameters\0" + infotext.encode()),
        (b"IDAT", zlib.compress(row * 8, 0)),
        (b"IEND", b""),
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks))
    os.utime(path, (1_700_000_000 + number,) * 2)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_database(path: Path, root: Path) -> None:
    script = DUMP.read_text("utf-8").replace("/LIBRARY", str(root))
    script = script.replace(b"/LIBRARY".hex().upper(), os.fsencode(root).hex())
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script + RECENT.format(now_ns=time.time_ns()))


def search(served: Served, query: str) -> list[str]:
    files = served.post("/db/search", {"query": query}).json()["files"]
    return sorted(file["name"] for file in files)


def status_of(served: Served) -> dict[str, Any]:
    return served.get("/db/organize_files_status", job_id=PLAN).json()


def test_tags_stars_and_albums_are_there(served, root):
    paths = [str(root / name) for name in ("fox.png", "sea.png", "moon.png", "sub/cat.png")]
    marks = served.post("/db/marks", {"paths": paths}).json()["marks"]
    assert {
        os.path.basename(path): (
            [tag["name"] for tag in own["tags"]],
            own["rating"],
            [album["name"] for album in own["albums"]],
        )
        for path, own in marks.items()
    } == {
        "fox.png": (["animal/fox", "favourite"], 5, ["Best of"]),
        "sea.png": ([], 2, ["Best of"]),
        "moon.png": ([], 0, ["Best of"]),
        "cat.png": (["favourite"], 0, []),
    }
    colours = {
        tag["name"]: tag["color"]
        for tag in served.get("/db/basic_info").json()["tags"]
        if tag["type"] == "custom"
    }
    assert colours["favourite"] == "#cc3344"


def test_an_album_keeps_its_order(served):
    found = served.post(
        "/db/search", {"query": 'album:"Best of"', "sort": "album", "order": "asc"}
    ).json()
    assert [file["name"] for file in found["files"]] == ["moon.png", "sea.png", "fox.png"]


def test_files_are_found_by_what_they_say(served):
    assert search(served, "waves") == ["moon.png", "sea.png"]
    assert search(served, "model:dream_8 seed:1") == ["fox.png"]
    assert search(served, "tag:animal") == ["fox.png"]
    assert search(served, "castle") == []


def test_settings_and_folders_are_there(served, root):
    settings = served.get("/global_setting").json()["app_fe_setting"]
    assert settings["theme"] == "dark"
    assert settings["searches"] == [{"name": "foxes", "query": "fox rating:>3"}]
    (folder,) = served.get("/db/extra_paths").json()
    assert (folder["path"], folder["types"], folder["alias"]) == (
        str(root / "more"),
        ["walk"],
        "More pictures",
    )


def test_marks_that_wait_for_a_file_are_given_to_it(served, root):
    write_picture(root / "later.png", 6, "a later picture")
    served.post("/db/update_image_data", {})
    assert search(served, "rating:4 tag:favourite") == ["later.png"]


def test_a_move_and_a_delete_can_be_undone(served, root):
    history = served.get("/operations").json()["operations"]
    assert {one["kind"]: one["undoable"] for one in history} == {"move": True, "delete": True}
    for one in history:
        assert served.post(f"/operations/{one['id']}/undo", {}).status_code == 200
    assert (root / "cat.png").exists() and (root / "old.png").exists()
    assert search(served, "tag:favourite") == ["cat.png", "fox.png", "old.png"]


def test_a_planned_organisation_can_be_carried_out(served, root):
    status = status_of(served)
    assert (status["status"], status["preview"]["total_files"]) == ("preview_ready", 3)
    assert served.post("/db/organize_files_confirm", {"job_id": PLAN}).status_code == 200
    while (done := status_of(served))["status"] in ("preview_ready", "running", "moving"):
        time.sleep(0.05)
    assert (done["status"], done["result"]["moved_count"]) == ("completed", 3)
    moved = {path.name for path in (root / "sorted" / "dream_8").iterdir()}
    assert moved == {"fox.png", "sea.png", "moon.png"}
    assert search(served, "rating:5") == ["fox.png"]
