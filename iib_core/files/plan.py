"""Plan: the steps of an operation, made before anything is changed.

Pure functions and data: the caller passes in what the disk holds.
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

# The kinds of steps: make a folder, move a file, move a whole folder, copy a file, remove an empty
# folder, remove a file, send a file to the system's trash, and swap two files: the one at
# ``source``, in the trash, gets the name ``target``, and the one at ``target`` the name ``source``.
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

# The size in a step whose file is not written yet.
UNWRITTEN = -1


class Moved(NamedTuple):
    """A path that was asked for, and its new path."""

    source: str
    target: str


@dataclass(frozen=True)
class Failure:
    """A path that failed, with its error; ``target`` is the name that was taken, if that was the
    reason.
    """

    path: str
    error: IIBError
    target: str = ""


class Bundle(NamedTuple):
    """Entries of one folder that move together, and their names in the destination ``folder``.

    ``asked``: the paths that the client named, without companions.
    """

    entries: Sequence[Entry]
    names: Sequence[str]
    folder: str
    asked: frozenset[str]


@dataclass
class Plan:
    """Steps in order, and the paths that each group moves.

    It grows while it is made and does not change afterwards.
    """

    steps: list[Step] = field(default_factory=list)
    groups: dict[int, list[Moved]] = field(default_factory=dict)
    problems: list[Failure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    # Paths of the files that each group moves to the trash, because it takes their names.
    replaced: dict[int, list[str]] = field(default_factory=dict)

    def open_group(self, asked: list[Moved]) -> int:
        """Begin a group that moves ``asked``. Returns its number."""
        number = len(self.groups) + 1
        self.groups[number] = asked
        return number

    def add(self, kind: str, entry: Entry, target: str, group: int) -> None:
        """Append a step for the file or folder ``entry``."""
        self.steps.append(
            Step(kind, entry.path, target, entry.size_bytes, entry.mtime_ns, entry.inode, group)
        )

    def add_folder(self, kind: str, path: str, group: int) -> None:
        """Append a step that makes (MAKE) or removes (CLEAR) a folder."""
        source, target = (path, "") if kind == CLEAR else ("", path)
        self.steps.append(Step(kind, source, target, 0, 0, 0, group))


class NameRegistry(Protocol):
    """Knows which names are taken, on the disk and by this plan."""

    def is_taken(self, path: str, mover: str) -> bool:
        """Whether ``mover`` cannot get the name ``path``."""

    def claim(self, path: str) -> None:
        """Reserve a name for this plan."""


class InTheWay(NamedTuple):
    """How a conflict ends: "replace" with the entries that give way, "rename", "skip", or "error"
    with its reason.
    """

    ending: str
    entries: Sequence[Entry] = ()
    reason: str = ""


class Replacement(Protocol):
    """Clears the way for bundles that may replace what has their names."""

    def is_for(self, bundle: Bundle) -> bool:
        """Whether the user chose to replace what has the names of this bundle."""

    def find(self, bundle: Bundle, targets: Sequence[str]) -> InTheWay:
        """What has the names ``targets``, at least one of which is taken."""

    def add_steps(self, plan: Plan, entries: Sequence[Entry], group: int) -> None:
        """Append the steps that move ``entries`` to the trash."""


# (plan, entry, target, group): appends the steps that bring one entry to its target.
AddSteps = Callable[[Plan, Entry, str, int], None]


def add_bundles(
    plan: Plan,
    bundles: Iterable[Bundle],
    registry: NameRegistry,
    on_conflict: str,
    add: AddSteps,
    *,
    is_move: bool = True,
    replacement: Replacement | None = None,
) -> None:
    """Add every bundle to the plan as one group.

    A bundle with a conflict becomes a problem (``on_conflict`` error), is skipped (skip), gets
    free names (rename), or moves what has its names to the trash first (``replacement``).
    """
    for bundle in bundles:
        targets = [_join(bundle.folder, name) for name in bundle.names]
        present = _first_present(bundle, targets) if is_move else None
        if present is not None:
            reason = f"'{to_text(present)}' is already there."
            _refuse(plan, bundle, is_skipped=on_conflict != "error", reason=reason)
            continue
        taken = _first_taken(bundle, targets, registry)
        conflict = InTheWay("")
        if taken is not None:
            reason = f"'{to_text(taken)}' already exists: files are never overwritten."
            conflict = InTheWay(on_conflict, reason=reason)
            if replacement is not None and replacement.is_for(bundle):
                conflict = replacement.find(bundle, targets)
        if conflict.ending in ("error", "skip"):
            is_skipped = conflict.ending == "skip"
            _refuse(plan, bundle, is_skipped=is_skipped, reason=conflict.reason)
            continue
        if conflict.ending == "rename":
            targets = [_join(bundle.folder, name) for name in _find_free(bundle, registry)]
        pairs = list(zip(bundle.entries, targets))
        asked = [Moved(entry.path, target) for entry, target in pairs if entry.path in bundle.asked]
        group = plan.open_group(asked)
        if replacement is not None and conflict.entries:
            replacement.add_steps(plan, conflict.entries, group)
        for entry, target in pairs:
            registry.claim(target)
            add(plan, entry, target, group)


def _join(folder: str, name: str) -> str:
    return folder + name if folder.endswith(os.sep) else folder + os.sep + name


def _first_present(bundle: Bundle, targets: Sequence[str]) -> str | None:
    """The first entry of the bundle that is at its target already."""
    return next(
        (target for entry, target in zip(bundle.entries, targets) if entry.path == target), None
    )


def _first_taken(bundle: Bundle, targets: Sequence[str], registry: NameRegistry) -> str | None:
    for entry, target in zip(bundle.entries, targets):
        if registry.is_taken(target, entry.path):
            return target
    return None


def _find_free(bundle: Bundle, registry: NameRegistry) -> list[str]:
    mover = bundle.entries[0]
    return names.find_free(
        bundle.names,
        lambda name: registry.is_taken(os.path.join(bundle.folder, name), mover.path),
        is_folder=mover.is_folder,
    )


def _refuse(plan: Plan, bundle: Bundle, *, is_skipped: bool, reason: str) -> None:
    for entry, name in zip(bundle.entries, bundle.names):
        if entry.path in bundle.asked and is_skipped:
            plan.skipped.append(entry.path)
        elif entry.path in bundle.asked:
            plan.problems.append(
                Failure(entry.path, NameTaken(reason), os.path.join(bundle.folder, name))
            )


def missing_folders(folder: str, is_there: Callable[[str], bool]) -> list[str]:
    """``folder`` and its parents, as far as they do not exist, topmost first."""
    missing: list[str] = []
    while not is_there(folder):
        missing.append(folder)
        parent = os.path.dirname(folder)
        if parent == folder:
            break
        folder = parent
    return missing[::-1]


def reverse(steps: Sequence[Step], trash: Callable[[Step], str]) -> Iterator[tuple[str, str, str]]:
    """(kind, source, target) of the steps that undo ``steps``, in reverse order; a copy goes to the
    path that ``trash(step)`` returns.

    Operations that deleted files permanently cannot be undone, so their kinds are not handled here.
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
    """``paths`` without duplicates and without paths below another of them that is a folder."""
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
