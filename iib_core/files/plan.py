"""Plan: what an operation will do, as a list of steps, before anything is done.

Pure: what the disk holds is told by the caller.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from iib_core.db.journal import Step
from iib_core.errors import IIBError, NameTaken
from iib_core.files import names
from iib_core.files.disk import Entry
from iib_core.paths import to_text

# What a step does: make a folder, move a file, move a folder whole, copy a file, remove an empty
# folder, remove a file, hand it to the system's trash, and let two files trade their bytes: what
# stands at ``source``, in the trash, gets the name ``target``, and what had that name its place.
MAKE, MOVE, TREE, COPY, CLEAR, REMOVE, RECYCLE, SWAP = (
    "make",
    "move",
    "tree",
    "copy",
    "clear",
    "remove",
    "recycle",
    "swap",
)

# The size of a file that is yet to be written, as part of its step.
UNWRITTEN = -1

ON_CONFLICT = ("error", "rename", "skip")


class Moved(NamedTuple):
    """What was asked for, and where it goes."""

    source: str
    target: str


@dataclass(frozen=True)
class Failure:
    """A path that could not be done, and why; ``target`` where a name was taken."""

    path: str
    error: IIBError
    target: str = ""


class Bundle(NamedTuple):
    """Entries of one folder that go together, and the names they get in ``folder``.

    ``asked``: those the client named itself, sidecars left out.
    """

    entries: Sequence[Entry]
    names: Sequence[str]
    folder: str
    asked: frozenset[str]


@dataclass
class Plan:
    """Steps in their order, and what they do for each group.

    Grows while it is made, stays as it is afterwards.
    """

    steps: list[Step] = field(default_factory=list)
    groups: dict[int, list[Moved]] = field(default_factory=dict)
    problems: list[Failure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def open_group(self, asked: list[Moved]) -> int:
        """Begin the group that does what was asked."""
        number = len(self.groups) + 1
        self.groups[number] = asked
        return number

    def add(self, kind: str, entry: Entry, target: str, group: int) -> None:
        """Append a step for what stands at ``entry``."""
        self.steps.append(
            Step(kind, entry.path, target, entry.size_bytes, entry.mtime_ns, entry.inode, group)
        )

    def add_folder(self, kind: str, path: str, group: int) -> None:
        """Append a step that makes (MAKE) or removes (CLEAR) a folder."""
        source, target = (path, "") if kind == CLEAR else ("", path)
        self.steps.append(Step(kind, source, target, 0, 0, 0, group))


class Places(Protocol):
    """Which names are taken, on the disk and by this plan."""

    def is_taken(self, path: str, mover: str) -> bool:
        """Whether ``mover`` cannot get the name ``path``."""

    def claim(self, path: str) -> None:
        """Take a name for this plan."""


def place(
    plan: Plan,
    bundles: Iterable[Bundle],
    places: Places,
    on_conflict: str,
    add: Callable[[Plan, Entry, str, int], None],
    *,
    is_move: bool = True,
) -> None:
    """Give every bundle its place, all of it or none: what collides becomes a problem, is skipped,
    or gets free names.

    ``add(plan, entry, target, group)`` appends the steps that bring one entry there.
    """
    for bundle in bundles:
        entries, folder = bundle.entries, bundle.folder
        prefix = folder if folder.endswith(os.sep) else folder + os.sep
        targets = [prefix + name for name in bundle.names]
        taken = ""
        for entry, target in zip(entries, targets):
            if is_move and entry.path == target:
                _refuse(plan, bundle, on_conflict != "error", f"'{to_text(target)}' is there already.")
                break
            if not taken and places.is_taken(target, entry.path):
                taken = target
        else:
            if taken and on_conflict != "rename":
                _refuse(
                    plan,
                    bundle,
                    on_conflict == "skip",
                    f"'{to_text(taken)}' exists already: nothing is ever overwritten.",
                )
                continue
            if taken:
                targets = [prefix + name for name in _rename(bundle, places)]
            group = plan.open_group(
                [
                    Moved(entry.path, target)
                    for entry, target in zip(entries, targets)
                    if entry.path in bundle.asked
                ]
            )
            for entry, target in zip(entries, targets):
                places.claim(target)
                add(plan, entry, target, group)


def _rename(bundle: Bundle, places: Places) -> list[str]:
    mover = bundle.entries[0]
    return names.find_free(
        bundle.names,
        lambda name: places.is_taken(os.path.join(bundle.folder, name), mover.path),
        is_folder=mover.is_folder,
    )


def _refuse(plan: Plan, bundle: Bundle, is_skipped: bool, reason: str) -> None:
    for entry, name in zip(bundle.entries, bundle.names):
        if entry.path in bundle.asked and is_skipped:
            plan.skipped.append(entry.path)
        elif entry.path in bundle.asked:
            plan.problems.append(Failure(entry.path, NameTaken(reason), os.path.join(bundle.folder, name)))


def missing_folders(folder: str, is_there: Callable[[str], bool]) -> list[str]:
    """``folder`` and those above it that are not there, from the top down."""
    missing: list[str] = []
    while not is_there(folder):
        missing.append(folder)
        parent = os.path.dirname(folder)
        if parent == folder:
            break
        folder = parent
    return missing[::-1]


def reverse(steps: Sequence[Step], trash: Callable[[Step], str]) -> Iterator[tuple[str, str, str]]:
    """(kind, source, target) of the steps that take ``steps`` back, last first; a copy goes to the
    place that ``trash`` names.

    What a step removed for good is no step of an operation that can be undone.
    """
    for step in reversed(steps):
        if step.kind in (MOVE, TREE):
            yield step.kind, step.target, step.source
        elif step.kind == COPY:
            yield MOVE, step.target, trash(step)
        elif step.kind == SWAP:
            yield SWAP, step.source, step.target
        elif step.kind == MAKE:
            yield CLEAR, step.target, ""
        elif step.kind == CLEAR:
            yield MAKE, "", step.source


def without_nested(paths: Iterable[str], is_folder: Callable[[str], bool]) -> list[str]:
    """``paths`` without repetitions and without what lies below another of them that is a folder."""
    unique = list(dict.fromkeys(paths))
    folders = {path for path in unique if is_folder(path)}
    return [path for path in unique if not _has_parent(path, folders)] if folders else unique


def _has_parent(path: str, folders: set[str]) -> bool:
    parent = os.path.dirname(path)
    while parent != path:
        if parent in folders:
            return True
        path, parent = parent, os.path.dirname(parent)
    return False
