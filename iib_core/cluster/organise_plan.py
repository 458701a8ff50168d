"""The plan of an organise operation: the destination of each file, as JSON that can be stored.

Paths in a plan have the form of ``paths.to_text``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from iib_core import paths
from iib_core.cluster import foldernames
from iib_core.cluster.grouping import NOISE_ID, FolderGroup, Grouping
from iib_core.cluster.organise_options import OrganiseOptions
from iib_core.files.operations import Operations
from iib_core.files.plan import COPY, MOVE, Plan
from iib_core.files.trash_paths import nearest_folder

# The key of the groups in a stored plan. Plans of earlier versions have it too.
GROUPS = "heaps"


def draft(operations: Operations, options: OrganiseOptions, grouping: Grouping) -> dict[str, Any]:
    """The plan. Looks at the disk and changes nothing."""
    groups = list(grouping.groups)
    if grouping.noise and options.handle_noise == "unsorted":
        name = options.noise_folder_name
        folder = foldernames.clean(name, options.max_chars)
        groups.append(FolderGroup(NOISE_ID, (folder,), name, grouping.noise))
    pairs, in_place = _pairs(groups, options.dest)
    planned = operations.plan_pairs(pairs, on_conflict="rename", is_move=options.action == "move")
    stored = [group for group in _stored_groups(groups, planned) if group["files"]]
    if grouping.noise and options.handle_noise == "leave":
        stored.append(_staying(grouping.noise))
    copied_bytes = sum(step.size_bytes for step in planned.steps if step.kind == COPY)
    return {
        "dest": paths.to_text(options.dest),
        "action": options.action,
        "by": options.by,
        GROUPS: stored,
        "problems": [
            {"path": paths.to_text(failure.path), "error": str(failure.error)}
            for failure in planned.problems
        ],
        "in_place": in_place,
        "bytes_needed": copied_bytes + _bytes_across(planned.steps, options.dest),
        "bytes_free": _free_bytes(options.dest),
    }


def _pairs(groups: Iterable[FolderGroup], dest: str) -> tuple[list[tuple[str, str]], int]:
    """((file, folder) of each file that is in another folder, number of the other files)."""
    pairs: list[tuple[str, str]] = []
    in_place = 0
    for group in groups:
        folder = os.path.join(dest, *map(paths.from_text, group.folder))
        sources = [paths.from_text(path) for path in group.files]
        moved = [source for source in sources if os.path.dirname(source) != folder]
        in_place += len(sources) - len(moved)
        pairs += [(source, folder) for source in moved]
    return pairs, in_place


def _stored_groups(groups: Iterable[FolderGroup], planned: Plan) -> Iterable[dict[str, Any]]:
    """Each group with the planned destination, size and time of its files."""
    targets = {moved.source: moved.target for group in planned.groups.values() for moved in group}
    steps = {step.source: step for step in planned.steps if step.kind in (MOVE, COPY)}
    for group in groups:
        files = []
        for path in group.files:
            source = paths.from_text(path)
            if source in targets:
                step = steps[source]
                dest = paths.to_text(targets[source])
                files.append(
                    {"src": path, "dest": dest, "size": step.size_bytes, "mtime_ns": step.mtime_ns}
                )
        yield {
            "id": group.id,
            "folder": list(group.folder),
            "title": group.title,
            "keywords": list(group.keywords),
            "files": files,
        }


def _staying(noise: Iterable[str]) -> dict[str, Any]:
    """The noise, which is shown and not moved."""
    files = [{"src": path, "dest": path} for path in noise]
    return {
        "id": NOISE_ID,
        "folder": [],
        "title": "",
        "keywords": [],
        "files": files,
        "stays": True,
    }


def choose_moves(
    plan: Mapping[str, Any], names: Mapping[str, Sequence[str]], skipped: set[str]
) -> tuple[list[tuple[str, str]], dict[str, tuple[int, int]], list[str]]:
    """((file, folder) of each move, planned (size, mtime) by file, folders that have to be
    created).

    ``names``: other folder names by group id; ``skipped``: ids of groups to leave out.
    """
    dest = paths.from_text(plan["dest"])
    spell = spelling_below(dest)
    moves: list[tuple[str, str]] = []
    expected: dict[str, tuple[int, int]] = {}
    for group in plan[GROUPS]:
        if group["id"] in skipped or group.get("stays"):
            continue
        parts = names.get(group["id"], group["folder"])
        if parts != group["folder"]:
            parts = [spell(parts[0]), *parts[1:]]
        folder = os.path.join(dest, *map(paths.from_text, parts))
        for file in group["files"]:
            source = paths.from_text(file["src"])
            if source.rpartition(os.sep)[0] != folder:
                moves.append((source, folder))
                expected[source] = file["size"], file["mtime_ns"]
    folders = {folder for _, folder in moves}
    return moves, expected, sorted(folder for folder in folders if not os.path.isdir(folder))


def spelling_below(dest: str) -> Callable[[str], str]:
    """A function from a folder name to its spelling directly below ``dest``.

    An existing folder is found without regard to case. A name that a file has gets a number.
    """
    try:
        with os.scandir(dest) as entries:
            found = [(paths.to_text(entry.name), entry.is_dir()) for entry in entries]
    except OSError:
        found = []
    existing = sorted((name for name, is_folder in found if is_folder), reverse=True)
    folders = {foldernames.key(name): name for name in existing}
    files = {foldernames.key(name) for name, is_folder in found if not is_folder}

    def spell(name: str) -> str:
        number, tried = 1, name
        while foldernames.key(tried) in files:
            tried = f"{name} ({number})"
            number += 1
        return folders.get(foldernames.key(tried), tried)

    return spell


def _bytes_across(steps: Iterable[Any], dest: str) -> int:
    """The space that files from other disks need on the destination's disk."""
    device = _device_of(nearest_folder(dest))
    if device is None:
        return 0
    devices: dict[str, int | None] = {}
    needed = 0
    for step in steps:
        if step.kind != MOVE:
            continue
        folder = os.path.dirname(step.source)
        if folder not in devices:
            devices[folder] = _device_of(folder)
        if devices[folder] != device:
            needed += step.size_bytes
    return needed


def _device_of(folder: str) -> int | None:
    """The number of a folder's disk; None if it cannot be read."""
    try:
        return os.stat(folder).st_dev
    except OSError:
        return None


def _free_bytes(dest: str) -> int:
    try:
        return shutil.disk_usage(nearest_folder(dest)).free
    except OSError:
        return 0
