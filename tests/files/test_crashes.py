"""The process is killed at every system call of every operation, and started again: no file is lost or doubled, and the index agrees with the disk."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from iib_core.access import Access
from iib_core.db.engine import Database
from iib_core.files.operations import Operations
from tests.files.worlds import DyingDisk, FailingDisk, World

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")

# Lives are forked off a process of their own, because this one may have threads; what it imports once they need not.
LIVES = multiprocessing.get_context("forkserver" if hasattr(os, "fork") else "spawn")
LIVES.set_forkserver_preload(["tests.files.worlds", "iib_core.db.migrations", "sqlalchemy.dialects.sqlite"])

# How many points are passed over; none with IIB_EXHAUSTIVE=1, which takes some minutes.
STRIDES = {False: 1, True: 1} if os.environ.get("IIB_EXHAUSTIVE") else {False: 3, True: 11}

ACTIONS = {
    "move": lambda w: w.operations.move(w.paths("a/p.png", "a/q.png", "a/q.jpg"), w.path("c/d"), create=True),
    "move a folder": lambda w: w.operations.move(w.paths("a"), w.path("b")),
    "move to another disk": lambda w: w.operations.move(w.paths("a/p.png", "b/r.png"), w.path("far/x"), create=True, lenient=True),
    "move a folder to another disk": lambda w: w.operations.move(w.paths("a"), w.path("far")),
    "copy": lambda w: w.operations.copy(w.paths("a/p.png", "b"), w.path("far")),
    "rename": lambda w: w.operations.rename(w.path("a/p.png"), "z.png"),
    "flatten": lambda w: w.operations.flatten(w.path("")),
    "delete": lambda w: w.operations.delete(w.paths("a/p.png", "b/r.png")),
    "organise": lambda w: w.operations.move_pairs([(w.path("a/p.png"), w.path("t/one")), (w.path("b/r.png"), w.path("far/two"))], kind="organise"),
    "edit": lambda w: w.operations.edit(w.path("a/p.png"), lambda draft: Path(draft).write_text("edited")),
    "undo a edit": lambda w: w.operations.undo(newest(w)),
    "undo a move": lambda w: w.operations.undo(newest(w)),
    "undo a move to another disk": lambda w: w.operations.undo(newest(w)),
    "undo a delete": lambda w: w.operations.undo(newest(w)),
    "undo a copy": lambda w: w.operations.undo(newest(w)),
    "undo a flatten": lambda w: w.operations.undo(newest(w)),
}
ADDED = {"copy": ["this is a/p.png", "this is a/p.txt", "this is b/r.png"], "edit": ["edited"]}
FILES = ("a/p.png", "a/p.txt", "a/q.png", "a/q.jpg", "a/q.txt", "b/r.png")


def newest(world: World) -> str:
    return world.operations.list_newest(1)[0].id


def prepare(top: Path, action: str) -> None:
    world = World(top)
    world.put(*FILES, tag="mine")
    if action.startswith("undo a "):
        ACTIONS[action.removeprefix("undo a ")](world)
    world.close()


def live(top: Path, action: str, point: int) -> None:
    """One life of the program, which dies at its ``point``; exits with 0 where it got to the end."""
    disk = DyingDisk(point)
    world = World(top, disk)
    event.listen(Engine, "commit", lambda _: disk.reach())
    world.operations.recover()
    if action:
        ACTIONS[action](world)
        disk.reach()
    os._exit(0)


def run_and_die(top: Path, action: str, point: int) -> bool:
    """Whether it died."""
    process = LIVES.Process(target=live, args=(top, action, point))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def contents(world: World, *, with_trash: bool) -> list[str]:
    return sorted(text for text, _ in world.files(with_trash=with_trash).values())


@pytest.fixture
def top(tmp_path):
    """In memory where the system has a place for that: hundreds of lives wait for the disk otherwise."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.mark.parametrize("dies_again", [False, True], ids=["", "and again while recovering"])
@pytest.mark.parametrize("action", ACTIONS)
def test_a_kill_at_any_point_loses_and_doubles_nothing(top, action, dies_again):
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
        has_died = run_and_die(top / "now", action, point)
        if dies_again:
            run_and_die(top / "now", "", 1 + point % 5)
        world = World(top / "now")
        world.operations.recover()
        seen.add(check(world, action, *begun))
        assert world.operations.recover() == 0
        world.close()
        point += STRIDES[dies_again]
    assert point > 6 and seen == {False, True}  # some lives ended before anything was done, others after


def check(world: World, action: str, files: dict, rows: dict) -> bool:
    """Whether the operation was done; that everything is all right in any case."""
    operation = world.operations.list_newest(1)
    assert not operation or operation[0].state != "running"
    now = world.files(with_trash=True)
    is_done = now != files
    assert not [name for name in now if ".part" in name]
    # Copies of before are in the trash after an undo, so that contents are the same; only a copy and an edit add any.
    added = ADDED.get(action, []) if is_done else []
    assert contents(world, with_trash=True) == sorted([text for text, _ in files.values()] + added)
    world.assert_index_is_disk()
    known = world.rows()
    assert {number for number, _ in known.values()} <= {number for number, _ in rows.values()} or action in ("copy", "undo a delete")
    assert all("mine" in names for _, names in known.values())
    if is_done and action.startswith("undo a "):
        assert sorted(world.files()) == sorted(FILES)
    if is_done and not action.startswith("undo") and operation[0].undoable:
        world.operations.undo(operation[0].id)
        assert {name: text for name, (text, _) in world.files().items()} == {name: f"this is {name}" for name in FILES}
        world.assert_index_is_disk()
    return is_done


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


def test_what_cannot_be_finished_is_taken_back_and_told(tmp_path):
    world = World(tmp_path)
    world.put("a/p.png", "a/q.png")
    world.close()
    assert die_moving(tmp_path)
    world = World(tmp_path, FailingDisk(errno.EACCES, lambda _, arguments: any("q.png" in str(argument) for argument in arguments)))
    assert world.operations.recover() == 1
    assert sorted(world.files()) == ["a/p.png", "a/q.png"]
    (operation,) = world.operations.list_newest(1)
    assert operation.state == "failed" and "could not be finished" in operation.message
    world.assert_index_is_disk()
    world.close()


def die_moving(top: Path) -> bool:
    """Begin to move p.png and q.png to the folder b, and die after the first."""
    process = LIVES.Process(target=_move_and_die, args=(top,))
    process.start()
    process.join()
    return process.exitcode == -signal.SIGKILL


def _move_and_die(top: Path) -> None:
    world = World(top, DyingDisk(4))
    world.operations.move(world.paths("a/p.png", "a/q.png"), world.path("b"), create=True)


def test_a_drive_that_is_away_at_the_start_is_waited_for(tmp_path):
    world = World(tmp_path)
    world.put("a/p.png", "a/q.png")
    world.close()
    assert die_moving(tmp_path)
    os.rename(tmp_path / "library", tmp_path / "unplugged")
    db = Database(str(tmp_path / "iib.db"))
    operations = Operations(db, Access([str(tmp_path / "library")], restricted=True), str(tmp_path))
    operations.recover()
    assert operations.list_newest(1)[0].state == "running"
    os.rename(tmp_path / "unplugged", tmp_path / "library")
    operations.recover()
    assert operations.list_newest(1)[0].state == "done"
    assert sorted(path.name for path in (tmp_path / "library/b").iterdir()) == ["p.png", "q.png"]
    operations.close()
    db.close()
