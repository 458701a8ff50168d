"""A link replaces a file or folder after it was checked: nothing outside of the library is read or
changed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from iib_core.access import Access
from iib_core.errors import IIBError
from iib_core.files.operations import Operations
from iib_core.files.spec import OperationSpec
from tests.files.worlds import TwoDisks, World

pytestmark = [pytest.mark.needs_links, pytest.mark.posix_only("calls on names in an open folder")]

SECRET = "CANARY"


class SwappingDisk(TwoDisks):
    """Calls ``swap`` once, just before its method ``name`` runs."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.swap_now: Callable[[], None] = lambda: None
        self._name = name

    def __getattribute__(self, name: str) -> object:
        if not name.startswith("_") and name == self._name:
            swap, self.swap_now = self.swap_now, lambda: None
            swap()
        return super().__getattribute__(name)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder outside of the library with the same names."""
    folder = tmp_path / "outside"
    folder.mkdir()
    for name in ("p.png", "p.txt", "q.png"):
        (folder / name).write_text(SECRET)
    (folder / "empty").mkdir()
    return folder


def state(folder: Path) -> dict[str, tuple[str, int, int]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found[str(path)] = (
            path.read_text() if path.is_file() else "",
            status.st_mode,
            status.st_mtime_ns if path.is_file() else 0,
        )
    return found


def edit(world: World) -> None:
    world.operations.edit(
        world.path("d/p.png"), lambda draft: Path(draft).write_text("edited") and None
    )


ACTIONS: dict[str, tuple[str, Callable[[World], object]]] = {
    "copy out of the folder": (
        "copy",
        lambda w: w.operations.copy(w.paths("d/p.png", "d/q.png"), w.path("b")),
    ),
    "copy into the folder": (
        "copy",
        lambda w: w.operations.copy(w.paths("a/other.png"), w.path("d")),
    ),
    "move out of the folder": (
        "rename",
        lambda w: w.operations.move(w.paths("d/p.png"), w.path("b")),
    ),
    "move into the folder": (
        "rename",
        lambda w: w.operations.move(w.paths("a/other.png"), w.path("d")),
    ),
    "move to another disk": (
        "copy",
        lambda w: w.operations.move(w.paths("d/p.png"), w.path("far")),
    ),
    "rename": ("rename", lambda w: w.operations.rename(w.path("d/p.png"), "z.png")),
    "mkdirs": ("make_folder", lambda w: w.operations.make_folder(w.path("d/new/deep"))),
    "organise": (
        "make_folder",
        lambda w: w.operations.move_pairs(
            OperationSpec("organise"), [(w.path("a/other.png"), w.path("d/new"))]
        ),
    ),
    "delete": ("rename", lambda w: w.operations.delete(w.paths("d/p.png", "d/q.png"))),
    "delete a folder": ("rename", lambda w: w.operations.delete(w.paths("d/empty"))),
    "flatten": ("rename", lambda w: w.operations.flatten(w.path(""))),
    "edit before the new file is written": ("path_to", edit),
    "edit before the files trade places": ("swap", edit),
}


@pytest.fixture
def made(tmp_path: Path):
    worlds: list[World] = []

    def make(method: str) -> tuple[World, SwappingDisk]:
        disk = SwappingDisk(method)
        world = World(tmp_path, disk)
        worlds.append(world)
        world.put("d/p.png", "d/p.txt", "d/q.png", "a/other.png", "b/one.png")
        (world.root / "d/empty").mkdir()
        return world, disk

    yield make
    for world in worlds:
        world.close()


def assert_untouched(world: World, outside: Path, before: dict[str, tuple[str, int, int]]) -> None:
    assert state(outside) == before
    for path in world.root.rglob("*"):
        assert path.is_symlink() or not path.is_file() or SECRET not in path.read_text(), path


@pytest.mark.parametrize("action", ACTIONS)
def test_a_folder_that_becomes_a_link_is_not_followed(made, outside, action):
    method, act = ACTIONS[action]
    world, disk = made(method)
    before, own = state(outside), sorted(text for text, _ in world.files().values())
    swapped = []

    def swap() -> None:
        swapped.append(True)
        os.rename(world.root / "d", world.root / "d.real")
        (world.root / "d").symlink_to(outside)

    disk.swap_now = swap
    try:
        act(world)
    except IIBError as exc:
        assert str(exc)
    assert swapped
    (world.root / "d").unlink()
    assert_untouched(world, outside, before)
    kept = sorted(text for text, _ in world.files(with_trash=True).values())
    assert set(own) <= {*kept, "edited"} and not list(world.root.rglob("*.part"))


FILE_ACTIONS = {
    name: ACTIONS[name]
    for name in ACTIONS
    if "out of" in name or "edit" in name or name in ("rename", "delete", "move to another disk")
}


@pytest.mark.parametrize("action", FILE_ACTIONS)
def test_a_file_that_becomes_a_link_is_not_followed(made, outside, action):
    method, act = ACTIONS[action]
    world, disk = made(method)
    before = state(outside)

    def swap() -> None:
        os.rename(world.root / "d/p.png", world.root / "d/p.real")
        (world.root / "d/p.png").symlink_to(outside / "p.png")

    disk.swap_now = swap
    try:
        act(world)
    except IIBError as exc:
        assert str(exc)
    assert_untouched(world, outside, before)
    assert (world.root / "d/p.real").read_text() == "this is d/p.png"


def test_emptying_the_trash_removes_nothing_elsewhere(made, outside):
    world, _ = made("")
    result = world.operations.delete(world.paths("d/p.png"))
    (kept,) = (world.root / ".iib-trash").rglob("p.png")
    before = state(outside)
    os.rename(kept.parent, kept.parent.with_name("moved"))
    kept.parent.symlink_to(outside)
    emptied = world.operations.trash.empty()
    assert emptied.files == 0 and "leads out of the library" in str(emptied.errors[0].error)
    assert_untouched(world, outside, before)
    assert world.operations.find(result.operation_id).state == "done"


def test_the_trash_of_a_folder_that_left_the_library_is_still_emptied(tmp_path):
    world = World(tmp_path)
    world.put("p.png")
    world.operations.delete(world.paths("p.png"))
    world.close()
    (tmp_path / "other").mkdir()
    operations = Operations(
        world.db, Access([str(tmp_path / "other")], restricted=True), str(tmp_path / "data")
    )
    assert operations.trash.empty().files == 1 and not world.files(with_trash=True)
    operations.close()


def test_a_pipe_that_replaced_a_file_does_not_block(made, outside):
    world, disk = made("copy")

    def swap() -> None:
        (world.root / "d/p.png").unlink()
        os.mkfifo(world.root / "d/p.png")

    disk.swap_now = swap
    with pytest.raises(IIBError, match="not a file"):
        world.operations.copy(world.paths("d/p.png"), world.path("b"))
    assert not (world.root / "b/p.png").exists()


def test_open_folders_are_closed_afterwards(made):
    world, _ = made("")
    before = len(os.listdir("/proc/self/fd"))
    for number in range(3):
        world.operations.copy(
            world.paths("d/p.png", "d/q.png"), world.path(f"c{number}"), create=True
        )
    assert len(os.listdir("/proc/self/fd")) <= before + 1
