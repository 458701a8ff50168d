"""Scope: the part of the library that a request is about, and its folders in the index."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iib_core import paths
from iib_core.db import images, prompts
from iib_core.db.prompts import FolderScope
from iib_core.paths import DiskPath, PathText


@dataclass(frozen=True)
class Scope:
    """Folders and files of a request, all resolved. No folder and no ``files`` is the whole
    library.

    ``recursive``: the folders include their subfolders. ``files``: only these files, beside those
    of the folders.
    """

    folders: tuple[DiskPath, ...] = ()
    recursive: bool = True
    files: tuple[DiskPath, ...] | None = None


@dataclass(frozen=True)
class IndexedScope:
    """A scope as the index knows it: its folders, and the only files of them that count (None:
    all).
    """

    folders: FolderScope
    files: frozenset[PathText] | None = None

    def holds(self, path: str) -> bool:
        """Whether a file of the folders is in the scope."""
        return self.files is None or path in self.files


def find_indexed(conn: Any, scope: Scope, visible: Sequence[str] | None) -> IndexedScope:
    """The scope as the index knows it now. ``visible``: see ``Access.visible``."""
    shown = None if visible is None else [paths.to_text(folder) for folder in visible]
    folders = [paths.to_text(folder) for folder in scope.folders]
    if scope.files is None:
        return IndexedScope(prompts.find_scope(conn, folders, shown, recursive=scope.recursive))
    files = set(map(paths.to_text, scope.files))
    for folder in folders:
        known = (
            PathText(file.path) for file in images.load_known(conn, folder) if not file.missing
        )
        files.update(path for path in known if scope.recursive or os.path.dirname(path) == folder)
    around = sorted({os.path.dirname(path) for path in files})
    return IndexedScope(prompts.find_scope(conn, around, shown, recursive=False), frozenset(files))
