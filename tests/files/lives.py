"""Runs the program until it is killed at a given point, each time in a fork of one process that has
imported everything, because starting Python takes ten times as long.

``python -m tests.files.lives`` reads a line ``[folder, action, point]`` and answers with the exit
status of the run, negative for a signal.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sqlalchemy import Engine, event

from iib_core.db.resolved import Pair
from iib_core.files.spec import OnFailure, OperationSpec
from tests.files.worlds import DyingDisk, World

TOP = Path(__file__).parent.parent.parent

ACTIONS = {
    "move": lambda w: w.operations.move(
        w.paths("a/p.png", "a/q.png", "a/q.jpg"), w.path("c/d"), create=True
    ),
    "move a folder": lambda w: w.operations.move(w.paths("a"), w.path("b")),
    "move to another disk": lambda w: w.operations.move(
        w.paths("a/p.png", "b/r.png"), w.path("far/x"), create=True, on_failure=OnFailure.SKIP
    ),
    "move a folder to another disk": lambda w: w.operations.move(w.paths("a"), w.path("far")),
    "replace": lambda w: w.operations.move(
        w.paths("b/p.png", "b/q.png"), w.path("a"), on_conflict="replace"
    ),
    "replace on another disk": lambda w: w.operations.move(
        w.paths("one/p.png", "b/r.png"), w.path("far"), on_conflict="replace"
    ),
    "replace by a copy": lambda w: w.operations.copy(
        w.paths("b/p.png", "b/q.png"), w.path("a"), on_conflict="replace"
    ),
    "copy": lambda w: w.operations.copy(w.paths("a/p.png", "b"), w.path("far")),
    "rename": lambda w: w.operations.rename(w.path("a/p.png"), "z.png"),
    "flatten": lambda w: w.operations.flatten(w.path("")),
    "delete": lambda w: w.operations.delete(w.paths("a/p.png", "b/r.png")),
    "organise": lambda w: w.operations.move_pairs(
        OperationSpec("organise"),
        [(w.path("a/p.png"), w.path("t/one")), (w.path("b/r.png"), w.path("far/two"))],
    ),
    "edit": lambda w: w.operations.edit(
        w.path("a/p.png"), lambda draft: Path(draft).write_text("edited")
    ),
    "resolve": lambda w: resolve(w, is_exact=False),
}
REPLACING = ("replace", "replace on another disk", "replace by a copy")
UNDONE = (
    "move",
    "move to another disk",
    "delete",
    "copy",
    "flatten",
    "edit",
    "resolve",
    *REPLACING,
)
ACTIONS.update({f"undo: {name}": lambda w: w.operations.undo(newest(w)) for name in UNDONE})
# What does nothing, because no two files hold the same bytes.
IDLE = {"resolve exactly": lambda w: resolve(w, is_exact=True)}
FILES = ("a/p.png", "a/p.txt", "a/q.png", "a/q.jpg", "a/q.txt", "b/r.png")
# Further files, of names that are taken, and which of them is of the size and time of which other.
TAKEN = {
    "replace": ("b/p.png", "b/p.txt", "b/q.png"),
    "replace on another disk": ("one/p.png", "one/p.txt", "far/p.png", "far/p.json", "far/r.png"),
    "replace by a copy": ("b/p.png", "b/q.png"),
}
ALIKE = {"b/p.png": "a/p.png", "one/p.png": "far/p.png"}


def resolve(world: World, *, is_exact: bool) -> None:
    """Resolve two files as duplicates of a third one."""
    victims, keeper = world.paths("a/p.png", "b/r.png"), world.path("a/q.png")
    world.operations.resolve([Pair(victim, keeper, is_exact) for victim in victims])


def files_of(action: str) -> tuple[str, ...]:
    """The files that there are before an action."""
    return FILES + TAKEN.get(action.removeprefix("undo: "), ())


def newest(world: World) -> str:
    """The operation that started last."""
    return world.operations.list_newest(1)[0].id


def prepare(top: Path, action: str) -> None:
    """A world in which the action can be done."""
    world = World(top)
    world.put(*FILES, tag="mine")
    taken = TAKEN.get(action.removeprefix("undo: "), ())
    world.put(*taken, tag="mine")
    for name in set(taken) & ALIKE.keys():
        os.utime(world.root / name, ns=(0, (world.root / ALIKE[name]).stat().st_mtime_ns))
        world.index(name)
        world.tag("mine", name)
    if "resolve" in action:
        world.tag("theirs", "a/p.png")
    if action.startswith("undo: "):
        ACTIONS[action.removeprefix("undo: ")](world)
    world.close()


class Lives:
    """The process that forks."""

    def __init__(self) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "tests.files.lives"]
        self._process = subprocess.Popen(
            command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, top: Path, action: str, point: int) -> bool:
        """Recover, perform the action (none: ""), and die at the point. Returns whether it was
        reached.
        """
        assert self._process.stdin and self._process.stdout
        print(json.dumps([str(top), action, point]), file=self._process.stdin, flush=True)
        status = int(self._process.stdout.readline())
        assert status in (0, -9)
        return status != 0

    def close(self) -> None:
        self._process.communicate()


def _live(top: Path, action: str, point: int) -> None:
    disk = DyingDisk(point)
    world = World(top, disk)
    event.listen(Engine, "commit", lambda _: disk.reach())
    world.operations.recover()
    if action:
        (ACTIONS | IDLE)[action](world)
        disk.reach()


def _serve() -> None:
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), "undo: move")  # what is worked out once is there in every fork
    for line in sys.stdin:
        top, action, point = json.loads(line)
        child = os.fork()
        if not child:
            status = 1
            try:
                _live(Path(top), action, point)
                status = 0
            finally:
                os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
