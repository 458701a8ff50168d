"""Taken names: which names are in use in the folders that files move to."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from iib_core.files.disk import is_same_entry


@dataclass
class _Folder:
    """The names of one folder.

    ``ignores_case``: whether ``A`` and ``a`` are the same name there. ``listed``: the names on the
    disk; None if the disk is asked for each. ``claimed``: the names that the plan reserved.
    ``freed``: those whose files the plan moves away.
    """

    ignores_case: bool
    listed: set[str] | None
    claimed: set[str] = field(default_factory=set)
    freed: set[str] = field(default_factory=set)

    def key(self, name: str) -> str:
        return name.casefold() if self.ignores_case else name


class TakenNames:
    """Knows which names are taken, on the disk and by a plan.

    ``is_large``: many names of one folder will be asked for, so each folder is listed once.
    """

    def __init__(self, *, is_large: bool = False) -> None:
        self._is_large = is_large
        self._folders: dict[str, _Folder] = {}

    def is_taken(self, path: str, mover: str) -> bool:
        """Whether ``mover`` cannot get the name ``path``. An entry is never in conflict with itself
        under another spelling.
        """
        folder, key = self._find(path)
        if key in folder.claimed or key in folder.freed:
            return key in folder.claimed
        exists = os.path.lexists(path) if folder.listed is None else key in folder.listed
        return exists and not is_same_entry(mover, path)

    def claim(self, path: str) -> None:
        """Reserve a name for this plan."""
        folder, key = self._find(path)
        folder.claimed.add(key)

    def free(self, path: str) -> None:
        """Give a name up: this plan moves its file away."""
        folder, key = self._find(path)
        folder.freed.add(key)

    def find_holder(self, path: str) -> str | None:
        """The path of the entry on the disk that has this name, as it is spelled there. None where
        the plan has reserved the name.
        """
        folder, key = self._find(path)
        if key in folder.claimed:
            return None
        parent, name = os.path.split(path)
        if not folder.ignores_case:
            return path
        listed = os.listdir(parent)
        spelled = (
            name if name in listed else next((n for n in listed if folder.key(n) == key), name)
        )
        return os.path.join(parent, spelled)

    def _find(self, path: str) -> tuple[_Folder, str]:
        """The folder, and the name in the form in which it is compared there."""
        parent, name = os.path.split(path)
        folder = self._folders.get(parent)
        if folder is None:
            folder = self._folders[parent] = self._read(parent)
        return folder, folder.key(name)

    def _read(self, path: str) -> _Folder:
        folder = _Folder(ignores_case(path), None)
        if self._is_large:
            try:
                folder.listed = {folder.key(name) for name in os.listdir(path)}
            except FileNotFoundError:
                folder.listed = set()
        return folder


def ignores_case(folder: str) -> bool:
    """Whether ``A`` and ``a`` are the same name in a folder.

    Tested with the folder's own name, or that of the nearest parent that has a letter in its name.
    """
    while True:
        parent, name = os.path.split(folder)
        other = os.path.join(parent, name.swapcase())
        if other != folder and os.path.exists(folder):
            try:
                return os.path.samestat(os.stat(folder), os.stat(other))
            except OSError:
                return False
        if parent == folder:
            return os.name == "nt"
        folder = parent
