"""System calls that change the disk, on systems that sometimes refuse them."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from iib_core.errors import AccessDenied, Conflict, InvalidRequest, NotFound
from iib_core.files.disk import Disk, require_recycle_bin
from iib_core.files.disk_errors import explain
from iib_core.files.taken_names import TakenNames
from tests.files.worlds import TwoDisks, World

pytestmark = pytest.mark.windows

SHARING, LOCKED, DENIED, GONE = 32, 33, 5, 2


def refusal(winerror: int) -> OSError:
    """An OSError as Windows raises it."""
    if os.name == "nt":
        return OSError(0, "refused", "a.png", winerror)
    exc = OSError(errno.ENOENT if winerror == GONE else errno.EACCES, "refused", "a.png")
    exc.winerror = winerror  # type: ignore[attr-defined]
    return exc


class Held:
    """A system call that another program makes fail ``times`` times."""

    def __init__(self, winerror: int, times: int) -> None:
        self.calls = 0
        self._winerror = winerror
        self._times = times

    def __call__(self, path: str) -> str:
        self.calls += 1
        if self.calls <= self._times:
            raise refusal(self._winerror)
        return path


@pytest.mark.parametrize("winerror", [SHARING, LOCKED, DENIED])
def test_a_file_that_another_program_holds_for_a_moment_is_changed_all_the_same(winerror):
    call = Held(winerror, 3)
    assert Disk().call(call, "a.png") == "a.png"
    assert call.calls == 4


def test_other_failures_are_not_retried():
    call = Held(GONE, 99)
    with pytest.raises(OSError):
        Disk().call(call, "a.png")
    assert call.calls == 1


def test_a_file_that_stays_held_is_reported_and_the_total_wait_is_limited():
    disk, calls = Disk(patience_s=0.1), 0
    with disk.anchored():
        for _ in range(100):
            call = Held(SHARING, 99)
            with pytest.raises(OSError) as failure:
                disk.call(call, "a.png")
            calls += call.calls
    assert calls < 110
    assert isinstance(explain(failure.value, "a.png"), Conflict)


def test_a_denial_of_windows_is_reported_with_its_probable_cause():
    error = explain(refusal(DENIED), "a.png")
    assert isinstance(error, AccessDenied)
    assert "may have it open" in str(error)


@pytest.mark.parametrize(("winerror", "length"), [(206, 300), (3, 300), (3, 250)])
def test_a_path_that_is_too_long_for_windows_is_reported_as_that(winerror, length):
    exc = refusal(winerror)
    exc.filename, exc.filename2 = "C:\\a.png", "C:\\" + "x" * (length - 3)
    error = explain(exc, "C:\\a.png")
    assert isinstance(error, InvalidRequest)
    assert f"would have {length} characters" in str(error)


def test_a_missing_path_is_reported_as_that():
    assert isinstance(explain(refusal(GONE), "C:\\a.png"), NotFound)


@pytest.mark.parametrize(("drive_type", "has_bin"), [(3, True), (2, False), (4, False), (6, False)])
def test_a_drive_without_a_recycle_bin_is_refused(drive_type, has_bin):
    if has_bin:
        require_recycle_bin("C:\\a.png", drive_type)
        return
    with pytest.raises(Conflict, match="deleted permanently"):
        require_recycle_bin("Z:\\a.png", drive_type)


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    for path in world.root.rglob("*.png"):
        path.chmod(0o666)
    world.close()


def protect(path: str) -> None:
    os.chmod(path, stat.S_IREAD)


def test_a_read_only_file_can_be_deleted_and_its_trash_emptied(world):
    world.put("p.png", "q.png")
    for path in world.paths("p.png", "q.png"):
        protect(path)
    deleted = world.operations.delete(world.paths("p.png"))
    world.operations.undo(str(deleted.operation_id))
    assert set(world.files()) == {"p.png", "q.png"}
    world.operations.delete(world.paths("p.png", "q.png"))
    emptied = world.operations.trash.empty()
    assert (emptied.files, emptied.errors) == (2, [])
    assert world.files(with_trash=True) == {}


def test_a_read_only_file_moves_to_another_disk_and_back(world):
    world.put("p.png", tag="kept")
    protect(world.path("p.png"))
    before = world.files()["p.png"]
    moved = world.operations.move(world.paths("p.png"), world.path("far"), create=False)
    assert world.files() == {"far/p.png": before}
    assert not os.access(world.path("far/p.png"), os.W_OK) or os.name != "nt"
    world.operations.undo(str(moved.operation_id))
    assert world.files() == {"p.png": before}
    world.assert_index_is_disk()


def test_a_read_only_file_is_deleted_permanently_with_that_setting(tmp_path):
    world = World(tmp_path, delete_mode="permanent")
    world.put("p.png")
    protect(world.path("p.png"))
    world.operations.delete(world.paths("p.png"))
    assert world.files() == {}
    world.close()


def test_taken_names_are_found_at_the_top_of_a_drive(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "only here.png").touch()
    top = tmp_path.anchor
    for is_busy in (True, False):
        places = TakenNames(is_large=is_busy)
        assert places.is_taken(top + os.listdir(top)[0], str(tmp_path))
        assert not places.is_taken(top + "only here.png", str(tmp_path))


@pytest.mark.parametrize("room", [90, 70])
def test_files_with_long_paths_have_short_ones_in_the_trash(tmp_path, room):
    disk = TwoDisks()
    world = World(tmp_path, disk)
    disk.longest_path = len(str(world.root)) + room
    folder = "2026-11-29/a long name of a folder that holds few"
    world.put(
        f"{folder}/a fox in snow.png", f"{folder}/a fox in snow.txt", f"{folder}/b.png", tag="kept"
    )
    before = world.files()
    deleted = world.operations.delete(world.paths(f"{folder}/a fox in snow.png", f"{folder}/b.png"))
    assert world.files() == {}
    assert all(
        len(str(world.root / name)) <= disk.longest_path for name in world.files(with_trash=True)
    )
    world.operations.undo(str(deleted.operation_id))
    assert world.files() == before
    world.assert_index_is_disk()
    world.close()


@pytest.mark.skipif(os.name != "nt", reason="drives have letters on Windows")
def test_a_folder_on_a_missing_drive_is_reported(world):
    letter = next(letter for letter in "QRSTUVW" if not os.path.exists(f"{letter}:\\"))
    with pytest.raises(NotFound, match="connect its drive"):
        world.operations.make_folder(f"{letter}:\\nowhere\\sub")
