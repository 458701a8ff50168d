"""Trash paths: where deleted files go.

Each root has the folder ``.iib-trash`` at its top (one a disk), in it one folder an operation,
which repeats the folders that the files were in.
"""

from __future__ import annotations

import hashlib
import os

from iib_core import paths
from iib_core.access import Access
from iib_core.errors import InvalidRequest
from iib_core.files.disk import Disk
from iib_core.paths import TRASH, to_text

# The length of the hash that replaces folder names where the path would be too long for the disk.
_DIGITS = 6


class TrashPaths:
    """The paths in the trash that files of one operation get."""

    def __init__(self, disk: Disk, access: Access, operation_id: str) -> None:
        self._disk = disk
        self._access = access
        self._operation_id = operation_id
        self._tops: dict[str, str] = {}

    def folder_for(self, folder: str, name_length: int) -> str:
        """The folder in the trash for files of ``folder``.

        ``name_length``: of the longest name, in UTF-16 units. Where the path would be longer than
        the disk can take, a hash of ``folder`` replaces its name.
        """
        top = self._tops.get(folder)
        if top is None:
            top = self._tops[folder] = trash_top(self._disk, folder, self._access)
        in_trash = os.path.normpath(
            os.path.join(top, TRASH, self._operation_id, os.path.relpath(folder, top))
        )
        if paths.length(in_trash) + 1 + name_length <= self._disk.longest_path:
            return in_trash
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:_DIGITS]
        return os.path.join(top, TRASH, self._operation_id, digest)

    def path_for(self, path: str) -> str:
        """The path in the trash of one file."""
        folder, name = os.path.split(path)
        return os.path.join(self.folder_for(folder, paths.length(name)), name)


def require_outside_trash(path: str) -> None:
    """Raise InvalidRequest for a path in the trash, which only undo and emptying may change."""
    if paths.is_in_trash(path):
        raise InvalidRequest(
            f"'{to_text(path)}' is in the trash: undo the operation that put it there."
        )


def trash_top(disk: Disk, folder: str, access: Access) -> str:
    """The folder whose ``.iib-trash`` receives what is deleted from ``folder``: the topmost folder
    of its root that is on the same disk. Outside of every root, ``folder`` itself.
    """
    root = next((root.real for root in access.roots if paths.is_under(folder, root.real)), folder)
    top = nearest_folder(folder)  # the folder may be deleted, or its whole root offline
    if not paths.is_under(top, root):
        return root
    device = disk.device_of(top)
    # Not "!=": on Windows names that differ in case only are the same.
    while (
        not paths.is_under(root, top)
        and os.path.dirname(top) != top
        and disk.device_of(os.path.dirname(top)) == device
    ):
        top = os.path.dirname(top)
    return top


def nearest_folder(path: str) -> str:
    """The folder at ``path``, or its nearest parent that exists."""
    while not os.path.isdir(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path
