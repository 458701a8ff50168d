"""Watching folders: changes of finished files are in the index within two seconds."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from iib_core.index import watcher
from iib_core.index.changed_files import ChangedFiles, read_state
from iib_core.jobs import Cancelled
from tests.conftest import INFOTEXT, write_png
from tests.index.conftest import Library
from tests.index.test_indexer import rest

pytestmark = pytest.mark.stack

WITHIN_S = 10.0  # two seconds are promised; a machine that runs all tests at once may be late


def wait_for(condition, within_s: float = WITHIN_S) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "the change did not reach the index"
        time.sleep(0.02)


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "pictures"
    (root / "day1").mkdir(parents=True)
    rest(write_png(root / "day1/0.png"))
    return root


@pytest.fixture
def library(open_library, root) -> Library:
    library = open_library(root, watch=True)
    wait_for(lambda: library.index.last is not None)
    return library


def test_new_changed_moved_and_deleted_files_are_seen(library, root):
    path = write_png(root / "day1/1.png")
    wait_for(lambda: str(path) in library.rows())
    image_id = library.id_of(path)
    write_png(path, infotext=INFOTEXT.replace("fox_v1", "whale_v2"))
    wait_for(lambda: ("model", "whale_v2") in library.auto_tags_of(path))
    path.rename(root / "2.png")
    wait_for(lambda: str(root / "2.png") in library.rows() and str(path) not in library.rows())
    (root / "2.png").unlink()
    wait_for(lambda: library.is_missing(root / "2.png"))
    assert library.id_of(root / "2.png") == image_id


def test_folders_that_are_added_moved_and_removed_are_seen(library, root, tmp_path):
    shutil.copytree(root / "day1", tmp_path / "ready")
    (tmp_path / "ready").rename(root / "day2")
    wait_for(lambda: str(root / "day2/0.png") in library.rows())
    image_id = library.id_of(root / "day2/0.png")
    (root / "day2").rename(root / "day3")
    wait_for(lambda: str(root / "day3/0.png") in library.rows())
    assert library.id_of(root / "day3/0.png") == image_id
    shutil.rmtree(root / "day3")
    wait_for(lambda: library.is_missing(root / "day3/0.png"))


def test_a_companion_that_is_added_later_is_read(library, root):
    from PIL import Image

    path = root / "plain.png"
    Image.new("RGB", (8, 8)).save(path)
    wait_for(lambda: str(path) in library.rows())
    (root / "plain.txt").write_text(INFOTEXT)
    wait_for(lambda: ("model", "fox_v1") in library.auto_tags_of(path))


def test_hidden_files_and_the_trash_are_ignored(library, root):
    (root / ".iib-trash").mkdir()
    for path in (root / ".iib-trash/1.png", root / ".hidden.png"):
        write_png(path)
    write_png(root / "seen.png")
    wait_for(lambda: str(root / "seen.png") in library.rows())
    assert len(library.rows()) == 2


def test_a_root_that_is_plugged_in_later_is_indexed_and_watched(open_library, tmp_path):
    stick = tmp_path / "stick"
    library = open_library(stick, watch=True)
    (tmp_path / "ready").mkdir()
    rest(write_png(tmp_path / "ready/1.png"))
    (tmp_path / "ready").rename(stick)
    wait_for(lambda: str(stick / "1.png") in library.rows())
    wait_for(lambda: library.core.watcher.watched == (str(stick),))
    write_png(stick / "2.png")
    wait_for(lambda: str(stick / "2.png") in library.rows())
    stick.rename(tmp_path / "pocket")
    wait_for(lambda: library.is_missing(stick / "1.png"))


def test_folders_that_cannot_be_watched_are_compared_at_intervals(open_library, root, monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    library = open_library(root, watch=True)
    wait_for(lambda: library.core.watcher.polled == (str(root),))
    path = write_png(root / "1.png")
    wait_for(lambda: str(path) in library.rows())
    assert library.core.watcher.watched == ()


def test_files_are_finished_when_they_stop_changing(tmp_path):
    clock = [0.0]
    path = tmp_path / "a.png"
    waiting = ChangedFiles(read_state, lambda: clock[0])

    def at(seconds: float) -> list[str]:
        clock[0] = seconds
        return waiting.take_finished()

    path.write_bytes(b"")
    waiting.add(str(path))
    assert (at(0), at(30)) == ([], [])
    path.write_bytes(b"half")
    assert (at(31), at(31.3)) == ([], [])
    path.write_bytes(b"all of it")
    assert (at(31.5), at(31.8), at(32.0), at(33)) == ([], [], [str(path)], [])
    waiting.add(str(path))
    path.unlink()
    assert at(33.1) == [str(path)]
    path.write_bytes(b"")
    waiting.add(str(path))
    assert (at(90), at(94)) == ([], [str(path)])
    assert len(waiting) == 0


def test_only_the_outer_of_nested_folders_remain():
    folders = [
        os.path.join(os.sep, *parts)
        for parts in (["a", "b"], ["a"], ["ab"], ["a", "b", "c"], ["c"])
    ]
    assert watcher._topmost(folders) == tuple(
        os.path.join(os.sep, name) for name in ("a", "ab", "c")
    )
    beside = [
        os.path.join(os.sep, *parts)
        for parts in (
            ["a"],
            ["a b"],
            ["a b", "x"],
            ["a", "b"],
            ["a-c"],
            ["a", "z", "z"],
            ["a", "z"],
        )
    ]
    assert set(watcher._topmost(beside)) == {
        os.path.join(os.sep, name) for name in ("a", "a b", "a-c")
    }


def test_the_outer_of_very_many_folders_are_found_quickly():
    folders = [
        os.path.join(os.sep, "library", f"{number:06}.npz") for number in range(300_000)
    ]  # each with each would take an hour
    assert len(watcher._topmost(folders)) == len(folders)
    assert watcher._topmost([*folders, os.path.join(os.sep, "library")]) == (
        os.path.join(os.sep, "library"),
    )


@pytest.mark.not_on_wine("make so many files in any time")
def test_very_many_vanishing_files_of_other_types_cause_no_delay(library, root):
    latents = root / "latents"
    latents.mkdir()
    for number in range(15_000):
        (latents / f"{number}.npz").touch()
    for path in latents.iterdir():
        path.unlink()
    path = write_png(root / "1.png")
    wait_for(lambda: str(path) in library.rows(), 60)
    shutil.rmtree(root / "day1")
    wait_for(lambda: library.is_missing(root / "day1/0.png"), 60)


def test_the_pictures_of_a_vanished_folder_of_folders_are_missing(library, root, tmp_path):
    (tmp_path / "ready/inner.v2").mkdir(parents=True)
    shutil.copy(root / "day1/0.png", tmp_path / "ready/inner.v2/1.png")
    (tmp_path / "ready").rename(root / "outer.v1")
    path = root / "outer.v1/inner.v2/1.png"
    wait_for(lambda: str(path) in library.rows())
    (root / "outer.v1").rename(tmp_path / "away")
    wait_for(lambda: library.is_missing(path))


def test_the_watcher_can_be_closed_during_very_many_changes(tmp_path):
    looks = []

    def look(path: str) -> tuple[int, int]:
        looks.append(path)
        return 1, 1

    waiting = ChangedFiles(look)
    for number in range(1000):
        waiting.add(str(number))
    looks.clear()

    def check() -> None:
        if len(looks) > 10:
            raise Cancelled

    with pytest.raises(Cancelled):
        waiting.take_finished(check)
    assert len(looks) == 11


@pytest.fixture
def odd(root) -> Callable[[str], Path]:
    """A path below the root with a byte that is not UTF-8."""
    try:
        (root / os.fsdecode(b"test-\xff")).mkdir()
    except OSError:
        pytest.skip("this disk has no such names")
    (root / os.fsdecode(b"test-\xff")).rmdir()
    return lambda name: root / (name + os.fsdecode(b"\xe9"))


@pytest.mark.posix_only("names are bytes")
def test_an_invalid_unicode_name_does_not_end_the_watch(root, odd, library):
    watching = library.core.watcher
    wait_for(lambda: watching.watched == (str(root),))
    assert watching.polled == ()
    odd("latin").mkdir()
    wait_for(lambda: watching.polled == (str(root),))  # where no change is announced it is compared
    wait_for(lambda: watching.watched == (str(root),))  # and goes on being watched
    path = write_png(root / "1.png")
    wait_for(lambda: str(path) in library.rows())
    write_png(odd("latin") / "2.png")
    wait_for(lambda: any(known.endswith("2.png") for known in library.rows()), 30)
    for number in range(20):
        odd(f"{number}").touch()
    path = write_png(root / "3.png")
    wait_for(lambda: str(path) in library.rows(), 30)


@pytest.mark.posix_only("names are bytes")
def test_a_root_with_an_invalid_unicode_name_is_compared_and_the_others_are_watched(
    open_library, root, odd
):
    odd("other").mkdir()
    write_png(odd("other") / "1.png")
    (root / "day1").rename(root.parent / "day1")
    library = open_library(root.parent / "day1", odd("other"), watch=True)
    wait_for(lambda: library.core.watcher.watched == (str(root.parent / "day1"),))
    assert library.core.watcher.polled == (str(odd("other")),)
    wait_for(lambda: len(library.rows()) == 2)


def test_pictures_of_a_companion(tmp_path):
    for name in ("a.png", "a.mp4", "b.txt", "c.png"):
        (tmp_path / name).touch()
    names = {Path(path).name for path in watcher._pictures_of(str(tmp_path / "a.txt"))}
    assert names == {"a.png", "a.mp4"}
    assert watcher._pictures_of(str(tmp_path / "c.png.json")) == [str(tmp_path / "c.png")]
