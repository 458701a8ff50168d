"""Natural order of names, and times of creation that neither moves nor chmod change."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time

import pytest

from iib_core.db import images, natural
from iib_core.db.engine import Database
from iib_core.db.migrations import upgrade
from iib_core.db.search import pages
from iib_core.db.search.sorting import Order
from iib_core.db.sqlite import sqlite_engine
from iib_core.search.criteria import And
from tests.conftest import write_png

pytestmark = [pytest.mark.engine, pytest.mark.stack]

NAMES = [
    "1.png",
    "2.png",
    "10.png",
    "0011.png",
    "A2.png",
    "a10.png",
    "b 9 9.png",
    "b 9 10.png",
    "Ü1.png",
]
DAY_S = 86_400


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "library"
    for folder in ("set 2", "set 10"):
        (root / folder).mkdir(parents=True)
        for name in NAMES:
            write_png(root / folder / name, size=(8, 8))
    return root


@pytest.fixture
def served(serve, root):
    served = serve(root)
    assert served.post("/db/update_image_data", {}).status_code == 200
    return served


def listed(served, **search):
    files = served.post("/db/search", {"query": "", "size": 1000, **search}).json()["files"]
    return [
        f"{os.path.basename(os.path.dirname(file['fullpath']))}/{file['name']}" for file in files
    ]


def test_numbers_in_names_are_compared_by_value(served, root):
    ascending = listed(served, sort="name", order="asc", folder_paths=[str(root / "set 2")])
    assert ascending == [f"set 2/{name}" for name in sorted(NAMES, key=natural.key)]
    assert ascending[:2] == ["set 2/1.png", "set 2/2.png"] and ascending[-1] == "set 2/Ü1.png"
    assert (
        listed(served, sort="name", order="desc", folder_paths=[str(root / "set 2")])
        == ascending[::-1]
    )
    by_path = listed(served, sort="path", order="asc")
    assert by_path[: len(NAMES)] == ascending and by_path[len(NAMES)].startswith("set 10/")
    snapshot = served.post(
        "/db/columns", {"query": "", "sort": "name", "order": "asc", "limit": 100}
    ).json()
    names = [os.path.basename(path) for path in snapshot["path"]]
    assert names == [name for name in sorted(NAMES, key=natural.key) for _ in range(2)]


def test_what_was_renamed_copied_or_moved_is_in_its_new_place(served, root):
    scope = {"sort": "name", "order": "asc", "folder_paths": [str(root / "set 2")]}
    one, two, nine = root / "set 2" / "1.png", root / "set 2" / "2.png", root / "set 9"
    for route, body in (
        ("/db/rename", {"path": str(one), "name": "3.png"}),
        ("/copy_files", {"file_paths": [str(two)], "dest": str(nine), "create_dest_folder": True}),
        ("/db/rename", {"path": str(nine), "name": "set 1"}),
    ):
        answer = served.post(route, body)
        assert answer.status_code == 200, answer.text
    assert listed(served, **scope)[:3] == ["set 2/2.png", "set 2/3.png", "set 2/10.png"]
    assert listed(served, sort="path", order="asc")[0] == "set 1/2.png"


def test_names_of_an_older_library_are_sorted_too(tmp_path):
    path = tmp_path / "iib.db"
    writer = sqlite_engine(str(path), write=True)
    with writer.begin() as connection:
        upgrade(connection, "0022")
    writer.dispose()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO folder(id, path) VALUES (1, '/lib')")
        connection.executemany(
            "INSERT INTO image(folder_id, name, name_key, shown, media, mtime_ns, size_bytes, "
            "birth_ns, reader, indexed_ns) VALUES (1, ?, ?, 1, 'image', 1, 10, 1, 1, 1)",
            [("10.png", None), ("9.png", natural.key("9.png")), ("2.png", None)],
        )
        connection.commit()
    opened = Database(str(path))
    with opened.read() as conn:
        found = pages.find(conn, And(), order=Order("name", descending=False)).results
    opened.close()
    assert [result.name for result in found] == ["2.png", "9.png", "10.png"]


@pytest.mark.parametrize(
    "name", ["7" * 5000 + ".png", "x" * 200 + "1", "", "٣.png", "0", "000", "a\ue0ffb 12", "İ 2"]
)
def test_every_name_has_a_key(name):
    assert natural.key(name) == natural.key(name.lower())


def created(served, path):
    """The time of creation of a file in each answer, which is one."""
    folder = os.path.dirname(path)
    found = {
        file["created_time"]
        for file in served.post("/db/search", {"query": "", "folder_paths": [folder]}).json()[
            "files"
        ]
        if file["fullpath"] == str(path)
    }
    found |= {
        file["created_time"]
        for file in served.get("/files", folder_path=folder).json()["files"]
        if file["fullpath"] == str(path)
    }
    found.add(
        served.post("/batch_get_files_info", {"paths": [str(path)]}).json()[str(path)][
            "created_time"
        ]
    )
    assert len(found) == 1, found
    return found.pop()


def set_time(path, at_s):
    os.utime(path, (at_s, at_s))


def test_a_file_is_never_created_after_it_was_changed(serve, tmp_path):
    root = tmp_path / "library"
    (root / "to").mkdir(parents=True)
    old, new = write_png(root / "old.png"), write_png(root / "new.png")
    set_time(old, time.time() - 400 * DAY_S)  # as a restored backup: made now, changed long ago
    set_time(new, time.time() + 100)
    served = serve(root)
    served.post("/db/update_image_data", {})
    assert created(served, old) == old.stat().st_mtime
    before = created(served, new)
    if sys.platform.startswith("linux"):
        assert abs(before - time.time()) < 60
    os.chmod(new, 0o600)
    set_time(old, old.stat().st_mtime)
    served.post("/db/update_image_data", {})
    assert (created(served, old), created(served, new)) == (old.stat().st_mtime, before)
    served.post("/db/rebuild_index", {})
    assert (created(served, old), created(served, new)) == (old.stat().st_mtime, before)


def test_a_move_leaves_the_time_of_creation(serve, tmp_path):
    root = tmp_path / "library"
    (root / "to").mkdir(parents=True)
    path = write_png(root / "new.png")
    set_time(path, time.time() + 100)
    served = serve(root)
    served.post("/db/update_image_data", {})
    before = created(served, path)
    assert (
        served.post(
            "/move_files", {"file_paths": [str(path)], "dest": str(root / "to")}
        ).status_code
        == 200
    )
    assert created(served, root / "to" / "new.png") == before
    with served.core.db.write() as conn:  # as if it had been on another disk, whose file is older
        known = images.find_known(conn, [str(root / "to" / "new.png")])
        conn.exec_driver_sql("UPDATE image SET birth_ns = birth_ns - 1000000000000")
    assert created(served, root / "to" / "new.png") == pytest.approx(before - 1000)
    assert len(known) == 1
