"""The process is killed at every system call of every operation and started again: no file is lost
or duplicated, and the index agrees with the disk.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from iib_core.access import Access
from iib_core.db.engine import Database
from iib_core.files.operations import Operations
from tests.files.lives import ACTIONS, FILES, REPLACING, Lives, files_of, prepare
from tests.files.worlds import DyingDisk, FailingDisk, World
from tests.searches import IS_BRIEF

pytestmark = pytest.mark.posix_only("fork and SIGKILL")

# Every point is tried, in brief every fourth; with a second death during the recovery, without
# IIB_EXHAUSTIVE=1 every eighth.
STRIDES = {
    False: 4 if IS_BRIEF else 1,
    True: 1 if os.environ.get("IIB_EXHAUSTIVE") else 8,
}
ADDED = {
    "copy": ["this is a/p.png", "this is a/p.txt", "this is b/r.png"],
    "replace by a copy": ["this is b/p.png", "this is b/q.png"],
    "edit": ["edited"],
}
UNDONE_REPLACING = [f"undo: {name}" for name in REPLACING]
# What makes rows, or shows again what was in the trash.
SHOWING = ("copy", "replace by a copy", "undo: delete", "undo: resolve", *UNDONE_REPLACING)


@pytest.fixture(scope="module")
def lives():
    made = Lives()
    yield made
    made.close()


def contents(world: World, *, with_trash: bool) -> list[str]:
    return sorted(text for text, _ in world.files(with_trash=with_trash).values())


@pytest.fixture
def top(tmp_path):
    """A folder in memory if the system has one: hundreds of runs would wait for the disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.mark.parametrize("dies_again", [False, True], ids=["", "and again while recovering"])
@pytest.mark.parametrize("action", ACTIONS)
def test_a_kill_at_any_point_loses_and_duplicates_nothing(lives, top, action, dies_again):
    (top / "now").mkdir()
    prepare(top / "now", action)
    shutil.copytree(top / "now", top / "before", symlinks=True)
    world = World(top / "now")
    begun = world.files(with_trash=True), world.rows()
    world.close()
    point, has_died, seen = 1, True, set()
    while has_died:
        # Under the same path each time, because index and journal hold full paths.
        shutil.rmtree(top / "now")
        shutil.copytree(top / "before", top / "now", symlinks=True)
        has_died = lives.run(top / "now", action, point)
        if dies_again:
            lives.run(top / "now", "", 1 + point % 5)
        world = World(top / "now")
        world.operations.recover()
        seen.add(check(world, action, *begun))
        assert world.operations.recover() == 0
        world.close()
        point += STRIDES[dies_again]
    assert point > 6 and seen == {
        False,
        True,
    }  # some lives ended before anything was done, others after


def check(world: World, action: str, files: dict, rows: dict) -> bool:
    """Check that everything is consistent. Returns whether the operation was done."""
    operation = world.operations.list_newest(1)
    assert not operation or operation[0].state != "running"
    now = world.files(with_trash=True)
    is_done = now != files
    assert not [name for name in now if ".part" in name]
    # After an undo the previous files are in the trash, so the contents are the same; only a copy
    # and an edit add some.
    added = ADDED.get(action, []) if is_done else []
    assert contents(world, with_trash=True) == sorted([text for text, _ in files.values()] + added)
    world.assert_index_is_disk()
    known = world.rows()
    assert {number for number, _ in known.values()} <= {
        number for number, _ in rows.values()
    } or action in SHOWING
    assert all("mine" in names for _, names in known.values())
    check_marks(action, known)
    if is_done and action.startswith("undo: "):
        assert sorted(world.files()) == sorted(files_of(action))
    if is_done and not action.startswith("undo") and operation[0].undoable:
        world.operations.undo(operation[0].id)
        check_marks(action, world.rows())
        assert {name: text for name, (text, _) in world.files().items()} == {
            name: f"this is {name}" for name in files_of(action)
        }
        world.assert_index_is_disk()
    return is_done


def check_marks(action: str, known: dict) -> None:
    """The file that is kept has the marks of one that is gone, and none of one that is there."""
    if "resolve" in action:
        assert ("theirs" in known["a/q.png"][1]) == ("a/p.png" not in known)


def test_after_a_crash_too_only_files_of_equal_bytes_go(lives, top):
    has_died, point = True, 1
    while has_died:
        folder = top / str(point)
        folder.mkdir()
        prepare(folder, "resolve exactly")
        has_died = lives.run(folder, "resolve exactly", point)
        world = World(folder)
        world.operations.recover()
        assert sorted(world.files()) == sorted(FILES)
        check_marks("resolve", world.rows())
        world.close()
        point += 1
    assert point > 4


def test_a_living_process_is_left_alone(tmp_path):
    world = World(tmp_path)
    world.put("a.png")
    other = World(tmp_path)

    class Looking(DyingDisk):
        def reach(self):
            assert other.operations.recover() == 0

    busy = World(tmp_path, Looking(0))
    busy.operations.move(busy.paths("a.png"), busy.path("far"))
    for each in (world, other, busy):
        each.close()
    assert not list((tmp_path / "processes").iterdir())


@pytest.fixture
def half_moved(lives, tmp_path):
    """A library in which the program died during a move: p.png was moved, q.png and q.jpg were not."""
    for point in range(1, 100):
        prepare(tmp_path, "move")
        assert lives.run(tmp_path, "move", point)
        if (tmp_path / "library/c/d/p.png").exists():
            break
        shutil.rmtree(tmp_path / "library")
        for name in os.listdir(tmp_path):
            if name.startswith("iib.db"):
                (tmp_path / name).unlink()
    assert (tmp_path / "library/a/q.png").exists()
    return tmp_path


def test_an_operation_that_cannot_be_finished_is_undone_and_reported(half_moved):
    world = World(
        half_moved,
        FailingDisk(
            errno.EACCES,
            lambda _, arguments: any("q.png" in str(argument) for argument in arguments),
        ),
    )
    assert world.operations.recover() == 1
    assert sorted(world.files()) == sorted(FILES)
    (operation,) = world.operations.list_newest(1)
    assert operation.state == "failed" and "could not be finished" in operation.message
    world.assert_index_is_disk()
    world.close()


def test_recovery_waits_for_a_drive_that_is_offline_at_the_start(half_moved):
    os.rename(half_moved / "library", half_moved / "unplugged")
    db = Database(str(half_moved / "iib.db"))
    operations = Operations(
        db, Access([str(half_moved / "library")], restricted=True), str(half_moved)
    )
    operations.recover()
    assert operations.list_newest(1)[0].state == "running"
    os.rename(half_moved / "unplugged", half_moved / "library")
    operations.recover()
    assert operations.list_newest(1)[0].state == "done"
    assert sorted(path.name for path in (half_moved / "library/c/d").iterdir()) == [
        "p.png",
        "p.txt",
        "q.jpg",
        "q.png",
        "q.txt",
    ]
    operations.close()
    db.close()
