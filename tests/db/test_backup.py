"""Copies of the database, and what is said when it is damaged."""

from __future__ import annotations

import os
import sqlite3
import threading

import pytest

from iib_core import cli
from iib_core.db import backup, images, restoring, search
from iib_core.db.criteria import And
from iib_core.db.engine import Database
from iib_core.errors import DatabaseError, NotFound


def fill(database, make_row, *names):
    with database.write() as conn:
        images.upsert_many(conn, [make_row(f"/lib/{name}", infotext="fox " * 50) for name in names])


def names(path):
    database = Database(path)
    with database.read() as conn:
        found = {hit.name for hit in search.find(conn, And()).hits}
    database.close()
    return found


def damage(path):
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(os.urandom(4000))


def test_a_copy_is_whole_while_another_writes(database, make_row):
    fill(database, make_row, *(f"{at}.png" for at in range(500)))
    done = threading.Event()

    def write():
        at = 0
        while not done.is_set():
            fill(database, make_row, *(f"new{at}-{number}.png" for number in range(10)))
            at += 1

    writer = threading.Thread(target=write)
    writer.start()
    copy = backup.make(database.path)
    done.set()
    writer.join()
    assert copy is not None and backup.is_good(copy.path)
    found = sqlite3.connect(copy.path)
    assert found.execute("SELECT count(*) % 10 FROM image").fetchone() == (0,)
    found.close()
    assert [name for name in os.listdir(os.path.dirname(copy.path)) if not name.endswith(".db")] == []


def test_seven_copies_are_kept(database):
    folder = os.path.join(os.path.dirname(database.path), "backups")
    os.makedirs(folder)
    for day in range(9):
        copy = os.path.join(folder, f"iib-2025010{day}-000000.db")
        sqlite3.connect(copy).close()
        os.utime(copy, (day, day))
    made = backup.make(database.path)
    kept = backup.list_backups(database.path)
    assert len(kept) == backup.KEPT and kept[0] == made and kept[-1].path.endswith("03-000000.db")


def test_a_restored_copy_is_the_database_of_then(database, make_row):
    fill(database, make_row, "then.png")
    copy = backup.make(database.path)
    fill(database, make_row, "later.png")
    database.close()
    assert copy is not None
    aside = restoring.restore(database.path, os.path.basename(copy.path))
    assert names(database.path) == {"then.png"} and names(aside) == {"then.png", "later.png"}


def test_a_damaged_database_offers_its_newest_good_copy(database, make_row, capsys):
    fill(database, make_row, "then.png")
    good = backup.make(database.path)
    assert good is not None
    bad = good.path.replace("iib-", "iib-9")
    with open(bad, "wb") as file:
        file.write(b"no database" * 1000)
    database.close()
    damage(database.path)
    with pytest.raises(DatabaseError, match=f"iib restore {os.path.basename(good.path)}.*your pictures are not touched"):
        Database(database.path)
    data_dir = os.path.dirname(database.path)
    assert cli.main(["restore", os.path.basename(bad), "--data-dir", data_dir]) == 2
    assert cli.main(["restore", "--data-dir", data_dir]) == 0 and os.path.basename(good.path) in capsys.readouterr().out
    assert cli.main(["restore", os.path.basename(good.path), "--data-dir", data_dir]) == 0
    assert names(database.path) == {"then.png"}


def test_damage_met_while_reading_is_told_too(database, make_row):
    fill(database, make_row, *(f"{at}.png" for at in range(2000)))
    database.close()
    with open(database.path, "r+b") as file:
        for page in range(8, os.path.getsize(database.path) // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
    with pytest.raises(DatabaseError, match="damaged"):
        names(database.path)


def test_of_a_damaged_database_no_copy_is_kept(database, make_row):
    fill(database, make_row, *(f"{at}.png" for at in range(2000)))
    good = backup.make(database.path)
    database.close()
    with open(database.path, "r+b") as file:
        file.seek(os.path.getsize(database.path) // 8192 * 4096)
        file.write(b"\xff" * 40960)
    with pytest.raises((DatabaseError, sqlite3.DatabaseError)):
        backup.make(database.path)
    assert backup.list_backups(database.path) == [good]


def test_a_copy_that_there_is_not_is_told(database):
    with pytest.raises(NotFound):
        restoring.restore(database.path, "iib-x.db")


def test_copying_ends_when_the_program_does(database, make_row):
    fill(database, make_row, "a.png")
    ending = threading.Event()
    ending.set()
    assert backup.make(database.path, ending) is None and backup.list_backups(database.path) == []
    backup.keep(database.path, ending)
