"""Updates: the index agrees with the disk, and marks stay with their files."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from iib_core import reading
from iib_core.config import Config
from iib_core.core import Core
from iib_core.db import images, looks
from iib_core.db.engine import Database
from iib_core.db.rows import ImageRow
from iib_core.index import reader
from iib_core.index.indexer import REBUILD, RULES_SETTING
from iib_core.jobs import Cancelled
from iib_core.media import signature
from tests.conftest import INFOTEXT, write_png
from tests.databases import write_empty
from tests.index.conftest import Library

pytestmark = pytest.mark.stack

DAY_S = 86_400


def rest(path: Path, age_s: float = DAY_S) -> Path:
    """Make a file old enough to count as finished."""
    at_ns = time.time_ns() - int(age_s * 10**9)
    os.utime(path, ns=(at_ns, at_ns))
    return path


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "pictures"
    (root / "day1").mkdir(parents=True)
    for number in range(3):
        rest(
            write_png(
                root / "day1" / f"{number}.png", infotext=INFOTEXT.replace("42", str(number))
            ),
            DAY_S + number,
        )
    return root


@pytest.fixture
def library(open_library, root) -> Library:
    library = open_library(root)
    library.update()
    return library


def test_everything_is_indexed_at_start_and_a_second_update_finds_nothing(library, root):
    assert set(library.rows()) == {str(root / "day1" / f"{number}.png") for number in range(3)}
    assert library.update() == {"skipped": 3}
    assert {
        ("model", "fox_v1"),
        ("size", "64x48"),
        ("prompt", "a red fox in the snow"),
        ("media", "image"),
    } <= library.auto_tags_of(root / "day1/0.png")


def test_a_file_that_is_touched_keeps_row_and_tags(library, root):
    path = root / "day1/1.png"
    image_id = library.id_of(path)
    library.give(path, "mine")
    rest(path, 5)
    assert library.update() == {"updated": 1, "skipped": 2}
    assert (library.id_of(path), library.tags_of(path)) == (image_id, {"mine"})


def test_a_file_overwritten_in_place_has_the_new_prompt_and_size(library, root):
    path = root / "day1/1.png"
    image_id = library.id_of(path)
    library.give(path, "mine")
    rest(
        write_png(
            path,
            size=(32, 32),
            infotext=INFOTEXT.replace("a red fox", "a blue whale").replace("fox_v1", "whale_v2"),
        ),
        60,
    )
    assert library.update() == {"updated": 1, "skipped": 2}
    assert (library.id_of(path), library.tags_of(path)) == (image_id, {"mine"})
    assert {
        ("model", "whale_v2"),
        ("size", "32x32"),
        ("prompt", "a blue whale in the snow"),
    } <= library.auto_tags_of(path)
    assert library.counts() | {"fox_v1": 2, "whale_v2": 1, "mine": 1} == library.counts()


def test_a_file_added_within_the_same_second_is_indexed(library, root):
    stamp = (root / "day1/0.png").stat()
    path = write_png(root / "day1/same.png")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert library.update() == {"added": 1, "skipped": 3}
    assert str(path) in library.rows()


@pytest.mark.parametrize("target", ["elsewhere/new.png", "day1/renamed.png", "a b/ü/0.png"])
def test_a_file_moved_outside_keeps_row_and_tags(library, root, target):
    image_id = library.id_of(root / "day1/0.png")
    library.give(root / "day1/0.png", "mine")
    before = library.counts()
    (root / target).parent.mkdir(parents=True, exist_ok=True)
    (root / "day1/0.png").rename(root / target)
    assert library.update() == {"moved": 1, "skipped": 2}
    assert (library.id_of(root / target), library.tags_of(root / target)) == (image_id, {"mine"})
    assert str(root / "day1/0.png") not in library.rows()
    assert library.counts() == before


def test_a_folder_renamed_keeps_all_of_its_rows(library, root):
    ids = {library.id_of(root / f"day1/{number}.png") for number in range(3)}
    (root / "day1").rename(root / "day2")
    assert library.update() == {"moved": 3}
    assert {library.id_of(root / f"day2/{number}.png") for number in range(3)} == ids


def test_a_copy_gets_its_own_row_and_one_of_two_copies_inherits(library, root):
    library.give(root / "day1/0.png", "mine")
    shutil.copy2(root / "day1/0.png", root / "copy.png")
    assert library.update() == {"added": 1, "skipped": 3}
    assert library.tags_of(root / "copy.png") == set()
    shutil.copy2(root / "day1/0.png", root / "one.png")
    (root / "day1/0.png").rename(root / "two.png")
    assert library.update() == {"added": 1, "moved": 1, "skipped": 3}
    assert sorted(len(library.tags_of(root / name)) for name in ("one.png", "two.png")) == [0, 1]


def test_a_moved_file_that_has_got_a_row_meanwhile_keeps_it(library, root, monkeypatch):
    """Another server may find the file while an operation moves it."""
    read = reader.read

    def find_first(path: str, *arguments: Any) -> ImageRow:
        row = read(path, *arguments)
        with library.core.db.write() as conn:
            images.upsert_many(conn, [row])
        return row

    (root / "day1/0.png").rename(root / "moved.png")
    monkeypatch.setattr(reader, "read", find_first)
    library.update()
    assert {path: missing for path, (_, missing) in library.rows().items()} == {
        str(root / "moved.png"): False,
        str(root / "day1/0.png"): True,
        str(root / "day1/1.png"): False,
        str(root / "day1/2.png"): False,
    }


def test_two_files_that_exchange_names_keep_their_rows(library, root):
    first, second, between = root / "day1/0.png", root / "day1/1.png", root / "day1/x.png"
    first.rename(between)
    second.rename(first)
    between.rename(second)
    library.update()
    assert len(library.rows()) == 3
    assert not any(missing for _, missing in library.rows().values())


def test_a_file_that_is_gone_is_kept_with_its_tags_and_comes_back(library, root, tmp_path):
    path = root / "day1/2.png"
    library.give(path, "mine")
    image_id = library.id_of(path)
    shutil.move(path, tmp_path / "away.png")
    assert library.update() == {"missing": 1, "skipped": 2}
    assert library.update() == {"skipped": 2}
    assert (library.is_missing(path), library.tags_of(path)) == (True, {"mine"})
    assert library.counts()["fox_v1"] == 2
    shutil.move(tmp_path / "away.png", path)
    assert library.update() == {"updated": 1, "skipped": 2}
    assert (library.is_missing(path), library.id_of(path), library.tags_of(path)) == (
        False,
        image_id,
        {"mine"},
    )
    assert library.counts()["fox_v1"] == 3


def test_an_unplugged_root_is_marked_missing_and_comes_back(open_library, root, tmp_path):
    library = open_library(root)
    library.update()
    library.give(root / "day1/0.png", "mine")
    before = library.rows()
    root.rename(tmp_path / "unplugged")
    assert library.update() == {"missing": 3}
    assert all(missing for _, missing in library.rows().values())
    (tmp_path / "unplugged").rename(root)
    assert library.update() == {"updated": 3}
    assert library.rows() == before
    assert library.tags_of(root / "day1/0.png") == {"mine"}


def test_a_copy_of_a_file_on_an_offline_drive_gets_its_tags_and_the_original_keeps_them(
    open_library, root, tmp_path
):
    stick = tmp_path / "stick"
    shutil.copytree(root / "day1", stick)
    (
        root / "day1/0.png"
    ).unlink()  # before anything is indexed: it would be the same file too, and nearer
    library = open_library(root, stick)
    library.update()
    library.give(stick / "0.png", "mine")
    stick.rename(tmp_path / "pocket")
    shutil.copy2(tmp_path / "pocket/0.png", root / "saved.png")
    library.update()
    assert library.tags_of(root / "saved.png") == {"mine"}
    (tmp_path / "pocket").rename(stick)
    library.update()
    assert (library.tags_of(stick / "0.png"), library.is_missing(stick / "0.png")) == (
        {"mine"},
        False,
    )


def test_a_missing_file_that_appears_elsewhere_later_keeps_its_row(library, root, tmp_path):
    library.give(root / "day1/0.png", "mine")
    image_id = library.id_of(root / "day1/0.png")
    shutil.move(root / "day1/0.png", tmp_path / "x.png")
    library.update()
    shutil.move(tmp_path / "x.png", root / "back.png")
    assert library.update() == {"moved": 1, "skipped": 2}
    assert (library.id_of(root / "back.png"), library.tags_of(root / "back.png")) == (
        image_id,
        {"mine"},
    )


@pytest.mark.posix_only("users who may not read a folder")
def test_a_folder_that_cannot_be_read_loses_nothing(unprivileged):
    folder, drop_rights = unprivileged
    shut = folder / "pictures/shut/inner"
    shut.mkdir(parents=True)
    rest(write_png(shut / "1.png"))
    write_empty(folder / "data/iib.db")
    core = Core(
        Config(data_dir=str(folder / "data"), roots=(str(folder / "pictures"),), watch=False)
    )
    library = Library(core)
    library.update()
    drop_rights()
    shut.parent.chmod(0)
    assert library.update() == {"errors": 1}
    shut.parent.chmod(0o700)
    assert not library.is_missing(shut / "1.png")
    (shut / "1.png").chmod(0)
    os.utime(shut / "1.png", (1, 1))
    assert library.update() == {"errors": 1}
    core.close()


@pytest.mark.posix_only("users who may not read a folder")
def test_what_may_be_read_beside_what_may_not_is_whole(unprivileged):
    folder, drop_rights = unprivileged
    pictures = folder / "pictures"
    for name in ("a/1.png", "b/1.png", ".x/1.png", "c/1.png", "listed/1.png", "c/shut.png"):
        (pictures / name).parent.mkdir(parents=True, exist_ok=True)
        rest(write_png(pictures / name))
    write_empty(folder / "data/iib.db")
    config = Config(data_dir=str(folder / "data"), roots=(str(pictures),), watch=False)
    library = Library(Core(config))
    library.update()
    library.give(pictures / "b/1.png", "mine")
    drop_rights()
    for name, mode in (("b", 0), (".x", 0), ("listed", 0o444), ("c/shut.png", 0)):
        (pictures / name).chmod(mode)
    os.utime(pictures / "c/shut.png", (1, 1))
    for _ in range(2):
        assert library.update() == {"errors": 3, "skipped": 2}
        assert {os.path.relpath(one.path, pictures) for one in library.index.problems} == {
            "b",
            "listed/1.png",
            "c/shut.png",
        }
    assert not any(is_missing for _, is_missing in library.rows().values())
    for name in ("b", "listed"):
        (pictures / name).chmod(0o755)
    library.update()
    assert library.tags_of(pictures / "b/1.png") == {"mine"}
    assert not any(is_missing for _, is_missing in library.rows().values())
    library.core.close()


def test_a_file_that_is_only_online_is_not_downloaded(library, root, monkeypatch):
    library.give(root / "day1/0.png", "mine")
    new = rest(write_png(root / "new.png", colour="blue", size=(70, 70)))
    # Not by inode: what Windows lists of a folder has none.
    away = {os.stat(path).st_mtime_ns for path in (new, root / "day1/0.png")}
    monkeypatch.setattr(reading, "is_online_only", lambda status: status.st_mtime_ns in away)
    assert library.update() == {"errors": 2, "skipped": 2}
    assert {one.reason for one in library.index.problems} == {reading.ONLINE_ONLY}
    library.index.update_files([str(new)])
    assert not library.is_missing(root / "day1/0.png") and str(new) not in library.rows()
    assert library.core.looks.look_at_all(threading.Event())
    with library.core.db.read() as conn:
        seen = {one.path for one in looks.list_unseen(conn, signature.VERSION, 2**62, 9)}
    assert seen == {str(root / "day1/0.png")}
    away.clear()
    assert library.update() == {"added": 1, "skipped": 3}
    assert library.tags_of(root / "day1/0.png") == {"mine"}


def test_nothing_looks_at_pictures_while_the_index_is_updated(library, monkeypatch):
    library.update()
    looks, index = library.core.looks, type(library.core.index)
    looks_again = threading.Event()
    monkeypatch.setattr(index, "is_updating", property(lambda _: not looks_again.is_set()))
    looking = threading.Thread(target=looks.look_at_all, args=(threading.Event(),))
    looking.start()
    looking.join(timeout=0.3)
    assert looking.is_alive() and looks.how_far().done == 0 < looks.how_far().total
    looks_again.set()
    looking.join(timeout=30)
    assert not looking.is_alive() and looks.how_far().done == looks.how_far().total


@pytest.mark.needs_links
def test_roots_within_roots_and_links_index_each_file_once(open_library, root, tmp_path):
    (root / "loop").symlink_to(root)
    (tmp_path / "link").symlink_to(root)
    library = open_library(root, root / "day1", tmp_path / "link")
    library.update()
    assert len(library.rows()) == 3


def test_the_data_folder_and_the_trash_are_not_indexed(open_library, root, tmp_path):
    for folder in (root / ".iib-trash", tmp_path / "data/cache"):
        folder.mkdir(parents=True)
        rest(write_png(folder / "no.png"))
    shutil.copytree(tmp_path / "data", root / "ours")
    write_empty(root / "ours/iib.db")
    library = Library(Core(Config(data_dir=str(root / "ours"), roots=(str(root),), watch=False)))
    library.update()
    assert len(library.rows()) == 3
    library.core.close()


POSIX_NAMES = [b"caf\xe9.png".decode("utf-8", "surrogateescape"), "new\nline.png", "quote'\".png"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            pytest.param(name, marks=pytest.mark.posix_only("names that Windows does not have"))
            for name in POSIX_NAMES
        ),
        "emoji \U0001f98a.png",
        "%_.PNG",
    ],
)
def test_odd_names_are_indexed_once(open_library, root, name):
    rest(write_png(root / name))
    library = open_library(root)
    library.update()
    assert len(library.rows()) == 4
    assert library.update() == {"skipped": 4}


def test_a_rebuild_reads_everything_again_and_keeps_ids_and_tags(library, root):
    library.give(root / "day1/0.png", "mine")
    before, counts = library.rows(), library.counts()
    assert library.update(REBUILD) == {"updated": 3}
    assert (library.rows(), library.counts(), library.tags_of(root / "day1/0.png")) == (
        before,
        counts,
        {"mine"},
    )


@pytest.mark.posix_only("tzset")
def test_another_time_zone_changes_nothing(open_library, root, monkeypatch):
    for zone in ("UTC", "Asia/Shanghai", "America/St_Johns"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        library = open_library(root)
        library.update()
        if zone == "UTC":
            library.give(root / "day1/0.png", "mine")
        else:
            assert library.update() == {"skipped": 3}
        assert library.tags_of(root / "day1/0.png") == {"mine"}
        library.core.close()
    monkeypatch.undo()
    time.tzset()


def test_broken_and_empty_files_are_indexed_by_name_once_they_are_finished(open_library, root):
    whole = (root / "day1/0.png").read_bytes()
    (root / "cut.png").write_bytes(whole[: len(whole) // 2])
    (root / "empty.png").write_bytes(b"")
    (root / "text.jpg").write_text("no picture at all")
    for name in ("cut.png", "empty.png", "text.jpg"):
        rest(root / name)
    library = open_library(root)
    library.update()
    assert {Path(path).name for path in library.rows()} >= {"cut.png", "empty.png", "text.jpg"}


def test_a_file_that_is_being_written_waits(library, root):
    whole = (root / "day1/0.png").read_bytes()
    path = root / "growing.png"
    path.write_bytes(b"")
    threading.Timer(1.2, path.write_bytes, [whole]).start()
    assert library.update() == {"added": 1, "skipped": 3}
    assert ("model", "fox_v1") in library.auto_tags_of(path)


def test_pictures_of_every_kind_have_their_size(open_library, tmp_path):
    for name in ("a.jpg", "b.webp", "c.gif", "d.png"):
        (tmp_path / "kinds").mkdir(exist_ok=True)
        Image.new("RGB", (40, 30)).save(tmp_path / "kinds" / name)
        rest(tmp_path / "kinds" / name)
    library = open_library(tmp_path / "kinds")
    library.update()
    assert all(("size", "40x30") in library.auto_tags_of(Path(path)) for path in library.rows())


def store_rules(library: Library, rules: object) -> None:
    import json

    with library.core.db.write() as conn:
        conn.exec_driver_sql(
            "INSERT OR REPLACE INTO setting VALUES (?, ?, 1)", (RULES_SETTING, json.dumps(rules))
        )


@pytest.mark.windows
def test_rules_tag_new_files_and_a_rebuild_tags_all(library, root):
    store_rules(
        library,
        [
            {"tag": "Foxes", "match": {"model": "fox*", "path": "*/day1/*"}},
            {"tag": "never", "match": {"prompt": "whale"}},
        ],
    )
    rest(write_png(root / "day1/3.png"))
    assert library.update() == {"added": 1, "skipped": 3}
    assert (library.tags_of(root / "day1/3.png"), library.tags_of(root / "day1/0.png")) == (
        {"Foxes"},
        set(),
    )
    library.update(REBUILD)
    assert library.tags_of(root / "day1/0.png") == {"Foxes"}
    assert library.counts()["Foxes"] == 4


def test_rules_with_a_mistake_do_not_stop_the_index(library, root):
    store_rules(library, [{"tag": "x", "match": {"nothing": "such"}}])
    rest(write_png(root / "new.png"))
    assert library.update() == {"added": 1, "skipped": 3}


def test_a_cancelled_update_keeps_its_results_and_the_next_continues(
    open_library, tmp_path, monkeypatch
):
    root = tmp_path / "many"
    root.mkdir()
    picture = rest(write_png(root / "0.png"))
    for number in range(1, 3000):
        shutil.copy2(picture, root / f"{number}.png")
    goes_on, numbers, read = threading.Event(), itertools.count(), reader.read

    def read_most(*arguments: Any) -> ImageRow:
        if next(numbers) >= 2500:
            goes_on.wait(30)
        return read(*arguments)

    monkeypatch.setattr(reader, "read", read_most)
    library = open_library(root)
    while not library.rows():
        time.sleep(0.01)
    assert library.index.cancel()
    goes_on.set()
    while library.index.job_id:
        time.sleep(0.01)
    kept = len(library.rows())
    assert 0 < kept < 3000
    assert library.update() == {"added": 3000 - kept, "skipped": kept}
    assert not library.index.cancel()


def test_waiting_updates_are_merged(library):
    jobs = {library.index.start().job_id for _ in range(20)}
    assert len(jobs) < 20
    for job_id in jobs:
        assert library.core.jobs.wait(job_id, 20).status == "completed"


def test_after_a_waiting_update_was_cancelled_the_next_one_works(library):
    with library.core.db.write():  # nothing else can be written, so that the first one cannot end
        first, rebuild, second = (
            library.index.start(),
            library.index.start(REBUILD),
            library.index.start(),
        )
        assert library.index.cancel()
    for job in (first, rebuild, second):
        assert library.core.jobs.wait(job.job_id, 20).status in ("cancelled", "completed")
    assert library.update() == {"skipped": 3}
    assert library.update(REBUILD) == {"updated": 3}


@pytest.mark.needs_links
def test_a_link_to_a_picture_has_a_row_and_marks_of_its_own(library, root):
    link = root / "link.png"
    link.symlink_to("day1/0.png")
    library.index.update_files([str(link)])
    library.give(link, "mine")
    assert library.update() == {"skipped": 4}
    assert library.tags_of(root / "day1/0.png") == set()
    (root / "day1/0.png").unlink()
    library.update()
    assert library.is_missing(link)
    rest(write_png(root / "day1/0.png"))
    library.update()
    assert not library.is_missing(link) and library.tags_of(link) == {"mine"}


@pytest.mark.needs_links
def test_a_link_that_leads_out_of_a_held_library_is_not_read(open_library, root, tmp_path):
    outside = tmp_path / "store/secret.png"
    outside.parent.mkdir()
    rest(write_png(outside))
    (root / "link.png").symlink_to(outside)
    free = open_library(root)
    free.update()
    assert str(root / "link.png") in free.rows()
    free.core.close()
    held = open_library(root, access_control="on")
    held.update()
    assert held.is_missing(root / "link.png")
    held.index.update_files([str(root / "link.png")], forced=frozenset([str(root / "link.png")]))
    assert held.is_missing(root / "link.png")


def test_no_transaction_stays_open_and_others_can_write(library):
    import sqlite3

    library.update()
    # Retried, because a checkpoint of the log holds the writer's lock for a moment. An open
    # transaction would hold it permanently.
    with sqlite3.connect(library.core.db.path, timeout=20) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM setting")
    other.close()


def test_a_walk_and_a_comparison_can_be_cancelled_between_two_entries(library, root):
    checks = []

    def check() -> None:
        checks.append(1)
        if len(checks) == 3:
            raise Cancelled

    files = frozenset(str(root / "day1" / f"{number}.png") for number in range(3))
    for work in (
        lambda: library.index.update_folders([str(root)], check),
        lambda: library.index.update_files(files, forced=files, raise_if_cancelled=check),
    ):
        checks.clear()
        with pytest.raises(Cancelled):
            work()
        assert len(checks) == 3


def test_an_update_ends_with_the_program_and_continues_at_the_next_start(
    open_library, root, tmp_path
):
    data = (root / "day1/0.png").read_bytes()
    for number in range(3000):
        (root / f"{number}.png").write_bytes(data + str(number).encode())
    library = open_library(root)
    library.index.start()
    while not library.index.status.done:
        time.sleep(0.005)
    library.core.close()
    db = Database(str(tmp_path / "data/iib.db"))
    with db.read() as conn:
        assert images.count(conn) < 3003
    db.close()
    again = open_library(root)
    again.update()
    assert len(again.rows()) == 3003
