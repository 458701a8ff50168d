"""Copies of the database, and what is said when it is damaged."""

from __future__ import annotations

import os
import sqlite3
import threading
import time

import pytest

from iib_core import cli
from iib_core.db import backup, images, restoring
from iib_core.db.engine import Database
from iib_core.db.search import pages
from iib_core.errors import DatabaseError, NotFound
from iib_core.search.criteria import And


def fill(database, make_row, *names):
    with database.write() as conn:
        images.upsert_many(conn, [make_row(f"/lib/{name}", infotext="fox " * 50) for name in names])


def names(path):
    database = Database(path)
    with database.read() as conn:
        found = {result.name for result in pages.find(conn, And()).results}
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
    assert [
        name for name in os.listdir(os.path.dirname(copy.path)) if not name.endswith(".db")
    ] == []


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
    bad = os.path.join(
        os.path.dirname(good.path), os.path.basename(good.path).replace("iib-", "iib-9")
    )
    with open(bad, "wb") as file:
        file.write(b"no database" * 1000)
    database.close()
    damage(database.path)
    with pytest.raises(
        DatabaseError,
        match=f"iib restore {os.path.basename(good.path)}.*your pictures are not touched",
    ):
        Database(database.path)
    data_dir = os.path.dirname(database.path)
    assert cli.main(["restore", os.path.basename(bad), "--data-dir", data_dir]) == 2
    assert (
        cli.main(["restore", "--data-dir", data_dir]) == 0
        and os.path.basename(good.path) in capsys.readouterr().out
    )
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


def put_copies(database, *copies: tuple[str, float]) -> str:
    """Files under these names with these times, in seconds from now."""
    folder = os.path.join(os.path.dirname(database.path), "backups")
    os.makedirs(folder, exist_ok=True)
    for name, age_s in copies:
        path = os.path.join(folder, name)
        sqlite3.connect(path).close()
        os.utime(path, (time.time() + age_s,) * 2)
    return folder


YEAR_S = 365 * 24 * 3600


@pytest.mark.parametrize("count", [1, 3, 7, 9])
def test_a_clock_that_was_ahead_ruins_no_copies(database, count):
    days = range(1, count + 1)
    put_copies(
        database, *((f"iib-2030010{day}-000000-00000{day}.db", 4 * YEAR_S + day) for day in days)
    )
    made = backup.make(database.path)
    kept = backup.list_backups(database.path)
    assert made is not None and kept[0] == made and len(kept) == min(backup.KEPT, count + 1)
    # The next one is due in a day, looked at again in an hour, and not in a minute.
    assert backup.seconds_left(kept, time.time()) == 3600


def test_copies_of_earlier_versions_from_the_future_go_first(database):
    put_copies(
        database, *((f"iib-203001{day:02}-000000.db", 4 * YEAR_S + day) for day in range(1, 10))
    )
    assert [made.number for made in (backup.make(database.path) for _ in range(2)) if made] == [
        1,
        2,
    ]
    kept = backup.list_backups(database.path)  # two of one day count as one
    assert [copy.number for copy in kept] == [2, *[0] * 6] and kept[-1].day == "20300104"


def test_many_copies_of_one_day_leave_those_of_the_days_before(database):
    days = [f"iib-2025010{day}-000000-{day:06}.db" for day in range(1, 8)]
    put_copies(database, *((name, -YEAR_S) for name in days))
    for _ in range(9):
        assert backup.make(database.path)
    kept = [os.path.basename(copy.path) for copy in backup.list_backups(database.path)]
    assert kept[1:] == days[:0:-1]


@pytest.mark.parametrize(
    ("ages_s", "due_s"),
    [
        ((), 60),
        ((-10,), 3600),
        ((-86400 + 100,), 100),
        ((-86400 + 5,), 60),
        ((-90000,), 60),
        ((YEAR_S, -10), 3600),
        ((YEAR_S, YEAR_S), 60),
    ],
)
def test_the_next_copy_is_due_a_day_after_the_last_one_whose_time_can_be(ages_s, due_s):
    copies = [backup.Backup(f"{at}.db", 1e9 + age_s, 1, at) for at, age_s in enumerate(ages_s)]
    assert backup.seconds_left(copies, 1e9) == due_s


def test_a_file_in_the_place_of_the_copies_is_told_and_is_none(database, tmp_path):
    with open(os.path.join(os.path.dirname(database.path), "backups"), "w") as file:
        file.write("in the way")
    assert backup.list_backups(database.path) == []
    with pytest.raises(OSError, match=r"exists|Invalid name"):
        backup.make(database.path)


def test_what_a_killed_process_left_unfinished_is_removed(database):
    old, new = (
        "iib-20250101-000000-000001.db-77.partial",
        "iib-20250101-000000-000001.db-78.partial",
    )
    folder = put_copies(database, (old, -7200), (new, -60))
    assert backup.make(database.path)
    assert [name for name in os.listdir(folder) if name.endswith(".partial")] == [new]


def test_a_database_that_is_away_is_not_made_by_looking_for_it(database):
    database.close()
    os.unlink(database.path)
    assert not backup.is_good(database.path) and not os.path.exists(database.path)
    with pytest.raises(sqlite3.OperationalError):
        backup.make(database.path)
    assert not os.path.exists(database.path) and backup.list_backups(database.path) == []


def test_a_copy_is_found_by_a_path_from_here_and_under_any_name(
    database, make_row, tmp_path, monkeypatch
):
    fill(database, make_row, "then.png")
    copy = backup.make(database.path)
    assert copy is not None
    database.close()
    folder = tmp_path / ("a #% folder" if os.name == "nt" else "a #?% folder")
    folder.mkdir()
    os.rename(copy.path, folder / "kept ä.db")
    monkeypatch.chdir(folder)
    restoring.restore(database.path, "./kept ä.db")
    assert names(database.path) == {"then.png"}
