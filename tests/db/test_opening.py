"""What a start does with a database that is damaged, empty or gone: it works with all marks there,
or it says what to do and loses nothing.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from iib_core import core, offline
from iib_core.config import Config
from iib_core.db import backup
from iib_core.db.engine import Database
from iib_core.errors import DatabaseDamaged, DatabaseError, DatabaseMissing, IIBError
from iib_core.index import import_export

NAMES = [f"tag of row {at}" for at in range(300)]


# What a new database holds.
NOTHING = ['{"kind": "tag", "name": "like", "color": ""}\n']


def start(data_dir: Path, **settings) -> list[str]:
    """What a server finds at its start."""
    running = core.Core(Config(data_dir=str(data_dir), watch=False, **settings))
    try:
        with running.db.read() as conn:
            conn.exec_driver_sql("SELECT count(*) FROM image").scalar()
        return sorted(import_export.export_lines(running.db, running.access))
    finally:
        running.close()


def write_marks(data_dir: Path, names: list[str]) -> None:
    lines = [{"kind": "tag", "name": name, "color": "#0000ff"} for name in names]
    lines += [
        {"kind": "file", "path": f"/lib/{at}.png", "tags": [name], "rating": 1 + at % 5}
        for at, name in enumerate(names)
    ]
    file = data_dir / "marks.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    offline.import_marks(Config(data_dir=str(data_dir)), str(file))
    file.unlink()


def is_in_place(database: str, folder: Path) -> bool:
    """Whether the file alone, without its log, holds all marks."""
    shutil.copy(database, folder / "alone.db")
    alone = sqlite3.connect(folder / "alone.db")
    try:
        return alone.execute("SELECT count(*) FROM kept").fetchone()[0] >= len(NAMES)
    except sqlite3.Error:
        return False
    finally:
        alone.close()


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> Path:
    """The data folder of a server that was killed when it had been idle for a moment, and that had
    made a copy.
    """
    folder = tmp_path_factory.mktemp("killed")
    live = folder / "live"
    running = core.Core(Config(data_dir=str(live), watch=False))
    write_marks(live, NAMES)
    backup.make(running.db.path)
    while os.path.getsize(running.db.path + "-wal"):
        threading.Event().wait(0.1)
    shutil.copytree(live, folder / "dead")
    running.close()
    marks = sorted(offline.export_marks(Config(data_dir=str(live))))
    (folder / "marks.json").write_text(json.dumps(marks))
    shutil.rmtree(folder / "dead" / "processes", ignore_errors=True)
    return folder / "dead"


@pytest.fixture(scope="module")
def marks(killed) -> list[str]:
    """What users had put onto their pictures there."""
    found = json.loads((killed.parent / "marks.json").read_text())
    assert len(found) > 2 * len(NAMES) - 1
    return found


@pytest.fixture
def data_dir(killed, tmp_path) -> Path:
    return Path(shutil.copytree(killed, tmp_path / "data"))


def test_what_was_written_is_in_its_place_a_moment_later(tmp_path):
    running = core.Core(Config(data_dir=str(tmp_path / "data"), watch=False))
    try:
        write_marks(tmp_path / "data", NAMES)
        deadline = time.monotonic() + 60
        while not is_in_place(running.db.path, tmp_path):
            assert time.monotonic() < deadline
            threading.Event().wait(0.1)
    finally:
        running.close()


@pytest.mark.parametrize("lost", [("iib.db",), ("iib.db", "iib.db-wal", "iib.db-shm")])
@pytest.mark.parametrize("how", ["removed", "emptied"])
def test_a_lost_database_is_told_and_its_copy_brings_all_back(data_dir, marks, lost, how):
    for name in lost:
        path = data_dir / name
        path.unlink() if how == "removed" else path.write_bytes(b"")
    there = {path.name: path.read_bytes() for path in data_dir.iterdir() if path.is_file()}
    for _ in range(2):  # the second start is no braver than the first
        with pytest.raises(
            DatabaseMissing,
            match=r"there was one: end the program and run 'iib restore iib-\S+\.db --data-dir",
        ):
            start(data_dir)
    assert {path.name: path.read_bytes() for path in data_dir.iterdir() if path.is_file()} == there
    (copy,) = offline.list_copies(str(data_dir))
    offline.restore_copy(str(data_dir), os.path.basename(copy.path))
    assert start(data_dir) == marks


@pytest.mark.parametrize("end", ["-wal", "-shm"])
@pytest.mark.parametrize("how", ["removed", "emptied", "changed"])
def test_what_was_written_a_moment_ago_needs_no_log(data_dir, marks, end, how):
    path = data_dir / ("iib.db" + end)
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(b"" if how == "emptied" else b"x" * 5000)
    assert start(data_dir) == marks


@pytest.mark.parametrize("trace", ["log", "mark", "copies", "thumbnails"])
def test_each_trace_of_a_database_is_enough(tmp_path, trace):
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    if trace == "log":
        (data_dir / "iib.db-wal").write_bytes(b"x" * 5000)
    elif trace == "mark":
        Database(str(data_dir / "iib.db")).close()
        (data_dir / "iib.db").unlink()
    else:
        folder = data_dir / {"copies": "backups", "thumbnails": "cache/thumbnails"}[trace] / "ab"
        folder.mkdir(parents=True)
    with pytest.raises(
        DatabaseMissing,
        match="there is no good copy of it, so end the program and run 'iib restore --new-database",
    ):
        start(data_dir)
    assert offline.begin_anew(str(data_dir)) == (
        str(next(data_dir.glob("*.before-restore*"))).removesuffix("-wal") if trace == "log" else ""
    )
    assert start(data_dir) == NOTHING


def test_a_first_start_that_was_killed_in_the_middle_is_no_loss(tmp_path):
    (tmp_path / "data").mkdir()
    half = sqlite3.connect(tmp_path / "data" / "iib.db")
    half.execute("PRAGMA journal_mode = WAL")
    half.close()
    assert start(tmp_path / "data") == NOTHING


def test_beginning_anew_keeps_the_old_one_beside_it(data_dir, marks):
    aside = Path(offline.begin_anew(str(data_dir)))
    assert start(data_dir) == NOTHING
    assert len(offline.list_copies(str(data_dir))) == 1
    (data_dir / "iib.db").unlink()
    aside.rename(data_dir / "iib.db")
    assert start(data_dir) == marks


@pytest.mark.posix_only("a database that is open can be removed")
def test_a_log_without_its_database_is_not_played_into_the_copy(data_dir, marks):
    still_open = sqlite3.connect(data_dir / "iib.db")
    still_open.execute("INSERT INTO setting VALUES ('last', '1', 1)")
    still_open.commit()
    (data_dir / "iib.db").unlink()
    still_open.close()
    assert (data_dir / "iib.db-wal").stat().st_size
    (copy,) = offline.list_copies(str(data_dir))
    aside = offline.restore_copy(str(data_dir), copy.path)
    assert Path(aside + "-wal").stat().st_size
    assert start(data_dir) == marks


@pytest.mark.parametrize("kind", ["another program's", "no version", "a strange version"])
def test_a_database_that_is_not_ours_names_the_copy(data_dir, kind):
    with sqlite3.connect(data_dir / "iib.db") as database:
        if kind == "another program's":
            database.execute("DROP TABLE alembic_version")
        elif kind == "no version":
            database.execute("DELETE FROM alembic_version")
        else:
            database.execute("UPDATE alembic_version SET version_num = 'x'")
    database.close()
    with pytest.raises(DatabaseError, match=r"run 'iib restore iib-\S+\.db --data-dir"):
        start(data_dir)


def test_an_empty_copy_is_not_offered(data_dir):
    (copy,) = offline.list_copies(str(data_dir))
    Path(copy.path).write_bytes(b"")
    (data_dir / "iib.db").unlink()
    with pytest.raises(DatabaseMissing, match="no good copy"):
        start(data_dir)
    with pytest.raises(DatabaseDamaged, match="choose another"):
        offline.restore_copy(str(data_dir), copy.path)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_to_the_files_nothing_is_lost_in_silence(data_dir, marks, seed):
    """Random bytes changed, files cut or removed: what a start then does."""
    chance = random.Random(seed)
    changed = set()
    for name in chance.sample(
        ["iib.db", "iib.db-wal", "iib.db-shm", "backups"], chance.randint(1, 3)
    ):
        path = data_dir / name
        if name == "backups":
            path = next(path.iterdir())
        if not path.exists():
            continue
        content = bytearray(path.read_bytes())
        how = chance.choice(["removed", "cut", "changed"]) if content else "removed"
        if how == "removed":
            path.unlink()
        elif how == "cut":
            path.write_bytes(content[: chance.randrange(len(content) + 1)])
        else:
            changed.add(name)
            start_at = chance.choice([0, 0, chance.randrange(len(content))])
            for _ in range(20):
                content[min(len(content) - 1, start_at + chance.randrange(200))] = chance.randrange(
                    256
                )
            path.write_bytes(content)
    good = [copy for copy in offline.list_copies(str(data_dir)) if backup.is_good(copy.path)]
    try:
        found = start(data_dir)
    except IIBError as exc:
        assert str(exc).endswith(".") and "\n" not in str(exc)
        assert not good or f"iib restore {os.path.basename(good[0].path)} " in str(exc)
    else:
        # A text of a row whose bytes are others now is still a text: nothing in the file could
        # tell.
        assert found == marks or "iib.db" in changed
    assert [copy.path for copy in good] == [
        copy.path for copy in offline.list_copies(str(data_dir)) if backup.is_good(copy.path)
    ]
    if good:
        offline.restore_copy(str(data_dir), good[0].path)
        try:
            restored = start(data_dir)
        except IIBError:  # or is no text any more, which only reading it tells
            assert "backups" in changed
        else:
            assert restored == marks or "backups" in changed
