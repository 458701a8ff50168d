"""The few pictures that stand for a folder."""

from __future__ import annotations

import heapq
import os
import threading
from collections import OrderedDict

from iib_core import mediatypes, paths, times
from iib_core.access import Access
from iib_core.files.listing import FileInfo, describe

COUNT = 4
# A folder of folders shows what is in them; below that, looking costs more than it tells.
_MAX_DEPTH = 3
_MAX_FOLDERS = 64
_KEPT = 4096


class FolderCovers:
    """The newest pictures and videos of folders, remembered for as long as the folder stays as it is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[int, list[str]]] = OrderedDict()

    def find(self, folder: str, access: Access) -> list[FileInfo]:
        """Up to four newest media files of a resolved folder, or of the folders in it where it has
        none itself; newest first.
        """
        found: list[FileInfo] = []
        waiting = [(folder, 0)]
        for _ in range(_MAX_FOLDERS):
            if not waiting or len(found) >= COUNT:
                break
            current, depth = waiting.pop(0)
            newest, folders = self._look(current)
            found += filter(None, (describe(path, access) for path in newest if access.allows_link(path)))
            if depth < _MAX_DEPTH:
                waiting += [(path, depth + 1) for path in folders if not access.is_own(path)]
        return sorted(found, key=lambda info: -info["date"])[:COUNT]

    def _look(self, folder: str) -> tuple[list[str], list[str]]:
        """The newest media files of one folder and its subfolders; subfolders only where there is no file."""
        try:
            changed_ns = times.mtime_ns(os.stat(folder))
        except OSError:
            return [], []
        with self._lock:
            known = self._known.get(folder)
        if known and known[0] == changed_ns and known[1]:
            return known[1], []
        files, folders = _scan(folder)
        with self._lock:
            self._known[folder] = (changed_ns, files)
            self._known.move_to_end(folder)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return files, folders


def _scan(folder: str) -> tuple[list[str], list[str]]:
    files: list[tuple[int, str]] = []
    folders: list[tuple[int, str]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name != paths.TRASH:
                            folders.append((-times.mtime_ns(entry.stat()), entry.path))
                    elif mediatypes.media_type(entry.name) in ("image", "video"):
                        files.append((times.mtime_ns(entry.stat()), entry.path))
                except OSError:
                    continue
    except OSError:
        return [], []
    return [path for _, path in heapq.nlargest(COUNT, files)], [] if files else [
        path for _, path in sorted(folders)
    ]
