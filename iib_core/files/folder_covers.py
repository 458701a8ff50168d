"""Folder covers: the pictures that are shown for a folder."""

from __future__ import annotations

import heapq
import os
from contextlib import suppress

from iib_core import mediatypes, paths, times
from iib_core.access import Access
from iib_core.files.listing import FileInfo, describe
from iib_core.lru import LRU

COUNT = 4
# A folder without pictures shows those of its subfolders, down to this depth.
_MAX_DEPTH = 3
_MAX_FOLDERS = 64
_CACHED_FOLDERS = 4096


class FolderCovers:
    """The newest pictures and videos of folders, cached until the folder changes."""

    def __init__(self) -> None:
        # (mtime_ns of the folder, paths of its newest files)
        self._cache: LRU[str, tuple[int, list[str]]] = LRU(_CACHED_FOLDERS)

    def find(self, folder: str, access: Access) -> list[FileInfo]:
        """The newest media files of a resolved folder, at most ``COUNT``, newest first; those of
        its subfolders if it has none itself.
        """
        covers: list[FileInfo] = []
        waiting = [(folder, 0)]
        for _ in range(_MAX_FOLDERS):
            if not waiting or len(covers) >= COUNT:
                break
            current, depth = waiting.pop(0)
            newest, folders = self._read(current)
            covers += filter(
                None, (describe(path, access) for path in newest if access.allows_link(path))
            )
            if depth < _MAX_DEPTH:
                waiting += [(path, depth + 1) for path in folders if not access.is_own(path)]
        return sorted(covers, key=lambda info: -info["date"])[:COUNT]

    def _read(self, folder: str) -> tuple[list[str], list[str]]:
        """(newest media files, subfolders) of one folder; no subfolders if it has files."""
        try:
            changed_ns = times.mtime_ns(os.stat(folder))
        except OSError:
            return [], []
        cached = self._cache.get(folder)
        if cached and cached[0] == changed_ns and cached[1]:
            return cached[1], []
        files, folders = _scan(folder)
        self._cache.put(folder, (changed_ns, files))
        return files, folders


def _scan(folder: str) -> tuple[list[str], list[str]]:
    files: list[tuple[int, str]] = []
    folders: list[tuple[int, str]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):  # it vanished
                    if _is_subfolder(entry):
                        folders.append((-times.mtime_ns(entry.stat()), entry.path))
                    elif _is_cover(entry):
                        files.append((times.mtime_ns(entry.stat()), entry.path))
    except OSError:
        return [], []
    if files:
        return [path for _, path in heapq.nlargest(COUNT, files)], []
    return [], [path for _, path in sorted(folders)]


def _is_subfolder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and entry.name != paths.TRASH


def _is_cover(entry: os.DirEntry[str]) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return False
    return mediatypes.media_type(entry.name) in ("image", "video")
