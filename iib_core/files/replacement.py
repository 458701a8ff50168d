"""Replacement: files whose names others take go to the trash first, in the same operation.

They are moved there by steps of the group that takes their names, so that either all of it is done
or nothing, and one undo reverses both.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from iib_core import paths
from iib_core.access import Access
from iib_core.files import bundles, disk_lookup
from iib_core.files.disk import Disk, Entry
from iib_core.files.missing_folders import add_missing_folders
from iib_core.files.plan import MOVE, Bundle, InTheWay, Plan
from iib_core.files.taken_names import TakenNames
from iib_core.files.trash_paths import TrashPaths
from iib_core.paths import to_text


class FileReplacement:
    """Moves the files that have the names of bundles to our own trash, with their companions.

    ``chosen``: the paths of the files that may replace others; None for all. ``asked``: all paths
    of the request, none of which is ever replaced.
    """

    def __init__(
        self,
        disk: Disk,
        access: Access,
        operation_id: str,
        registry: TakenNames,
        *,
        chosen: Collection[str] | None,
        asked: Collection[str],
    ) -> None:
        self._disk = disk
        self._access = access
        self._trash = TrashPaths(disk, access, operation_id)
        self._registry = registry
        self._chosen = chosen
        self._asked = asked
        self._listings = bundles.FolderListings()
        self._folders: set[str] = set()

    def is_for(self, bundle: Bundle) -> bool:
        """Whether the user chose to replace what has the names of this bundle."""
        return self._chosen is None or any(path in self._chosen for path in bundle.asked)

    def find(self, bundle: Bundle, targets: Sequence[str]) -> InTheWay:
        """What has the names ``targets``.

        A file does not replace itself, and gets a free name where the request names the other file
        too. Folders are neither replaced nor replace.
        """
        standing: list[Entry] = []
        for entry, target in zip(bundle.entries, targets):
            if not self._registry.is_taken(target, entry.path):
                continue
            path = self._registry.find_holder(target)
            if path is None:
                return InTheWay("rename")
            if _is_one_file(entry.path, path):
                return InTheWay("skip")
            other = disk_lookup.get_entry(self._disk, self._access, path)
            if entry.is_folder or other.is_folder:
                reason = f"'{to_text(path)}' already exists: only files are replaced, by files."
                return InTheWay("error", reason=reason)
            standing.append(other)
        together = bundles.bundle(
            self._disk, standing, "", is_leaving=True, listings=self._listings
        )
        leaving = [entry for one in together for entry in one.entries]
        if any(entry.path in self._asked for entry in leaving):
            return InTheWay("rename")
        return InTheWay("replace", leaving)

    def add_steps(self, plan: Plan, entries: Sequence[Entry], group: int) -> None:
        """Append the steps that move ``entries`` to the trash."""
        for entry in entries:
            folder, name = os.path.split(entry.path)
            in_trash = self._trash.folder_for(folder, paths.length(name))
            if in_trash not in self._folders:
                self._folders.add(in_trash)
                add_missing_folders(plan, [in_trash], self._access)
            plan.add(MOVE, entry, os.path.join(in_trash, name), group)
            self._registry.free(entry.path)
            self._listings.remove(entry.path)
        plan.replaced[group] = [entry.path for entry in entries]


def _is_one_file(one: str, other: str) -> bool:
    """Whether both are names of one file, also by a link."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False  # a link that leads nowhere
