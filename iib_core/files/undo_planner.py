"""Undo planner: makes the plan that undoes an operation. Reads the disk, changes nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence

from iib_core.access import Access
from iib_core.db.journal import Step
from iib_core.errors import Conflict
from iib_core.files import plan
from iib_core.files.disk import Disk, Entry
from iib_core.files.missing_folders import add_missing_folders
from iib_core.files.plan import CLEAR, COPY, MAKE, MOVE, SWAP, TREE, Moved, Plan
from iib_core.files.taken_names import TakenNames
from iib_core.files.trash_paths import TrashPaths
from iib_core.paths import TRASH, to_text


def plan_undo(disk: Disk, access: Access, steps: Sequence[Step], operation_id: str) -> Plan:
    """The plan that undoes ``steps``, all that an operation did.

    ``operation_id``: of the undo; copies and edited files go to its trash.

    Raises Conflict with the reason if one step cannot be undone.
    """
    trash = TrashPaths(disk, access, operation_id)
    made = Plan()
    reverse = list(plan.reverse(steps, lambda step: trash.path_for(step.target)))
    recorded = {step.target: step for step in steps if step.target}
    taken = TakenNames()
    _add_preparation(made, reverse, trash, access)
    planned = {step.target for step in made.steps}
    group = made.open_group([])
    for kind, source, target in reverse:
        if kind == MAKE and target not in planned and not os.path.isdir(target):
            made.add_folder(MAKE, target, group)
        elif kind == CLEAR and os.path.basename(source) != TRASH:
            made.add_folder(CLEAR, source, group)
        elif kind == SWAP:
            _undo_edit(disk, made, recorded[target], trash.path_for(target), group)
        elif kind in (MOVE, TREE):
            entry = _get_moved(disk, source, target, recorded[source], taken)
            # What this file had replaced comes back to its name.
            taken.free(source)
            made.groups[group].append(Moved(source, target))
            made.add(kind, entry, target, group)
    return made


def _add_preparation(
    made: Plan, reverse: Sequence[tuple[str, str, str]], trash: TrashPaths, access: Access
) -> None:
    """Add the folders that files return to, except those that the undo itself makes."""
    restored = {target for kind, _, target in reverse if kind == MAKE}
    needed = [
        os.path.dirname(trash.path_for(target) if kind == SWAP else target)
        for kind, _, target in reverse
        if kind in (MOVE, TREE, SWAP)
    ]
    access.require_online(restored)
    add_missing_folders(made, [folder for folder in needed if folder not in restored], access)


def _undo_edit(disk: Disk, made: Plan, done: Step, in_trash: str, group: int) -> None:
    """Move the previous bytes from the trash back to the file, and the edited bytes to
    ``in_trash``.
    """
    previous, edited = disk.find(done.source), disk.find(done.target)
    if previous is None:
        raise Conflict(
            f"The previous content of '{to_text(done.target)}' is no longer in the trash."
        )
    if edited is None or not edited.is_same_file(done.size_bytes, done.mtime_ns, done.inode):
        raise Conflict(
            f"'{to_text(done.target)}' was changed, moved or replaced since: it stays as it is."
        )
    made.groups[group].append(Moved(done.target, done.target))
    made.add(SWAP, previous, done.target, group)
    made.steps.append(
        Step(MOVE, done.source, in_trash, edited.size_bytes, edited.mtime_ns, edited.inode, group)
    )


def _get_moved(disk: Disk, source: str, target: str, done: Step, taken: TakenNames) -> Entry:
    """The entry that step ``done`` moved to ``source``, if it can return to ``target``."""
    entry = disk.find(source)
    if entry is None:
        raise Conflict(
            f"'{to_text(source)}' is no longer there: undo what was done with it since, first."
        )
    if not entry.is_same_file(
        done.size_bytes, done.mtime_ns, 0 if done.kind == COPY else done.inode
    ):
        raise Conflict(f"'{to_text(source)}' was changed or replaced since: it stays where it is.")
    if taken.is_taken(target, source):
        raise Conflict(
            f"'{to_text(target)}' is taken by another file now: move that one away first."
        )
    return entry
