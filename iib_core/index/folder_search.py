"""Folders of the library, found by words of their paths, and what each holds."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from iib_core import paths
from iib_core.access import Access, Root
from iib_core.db import folder_counts, folder_quarters, folders
from iib_core.db.engine import Connection, Database
from iib_core.db.fts import fold
from iib_core.index import scan
from iib_core.paths import DiskPath

MOST_FOUND = 50
# How long the disk is looked through for folders that the index does not have.
_WALK_S = 1.0


@dataclass(frozen=True)
class FoundFolder:
    """A folder, and the number of files directly in it."""

    path: str
    name: str
    count: int


@dataclass(frozen=True)
class RootCount:
    """The files of a root that are shown, and those that are missing."""

    count: int
    missing: int


def count_roots(db: Database, access: Access, roots: Sequence[Root]) -> list[RootCount]:
    """The files in and below each root, as far as a client may see them."""
    with db.read() as conn:
        counted = folder_counts.count_all(conn)
    visible = None if access.visible is None else list(map(paths.to_text, access.visible))
    seen = [
        one
        for one in counted
        if visible is None or any(paths.is_under(one.path, top) for top in visible)
    ]
    return [_count(seen, paths.to_text(root.real)) for root in roots]


def _count(counted: Iterable[folder_counts.FolderCount], top: str) -> RootCount:
    own = [one for one in counted if paths.is_under(one.path, top)]
    shown, missing = sum(one.shown for one in own), sum(one.missing for one in own)
    # What only other servers see is not shown here.
    return RootCount(0, shown + missing) if paths.is_elsewhere(top) else RootCount(shown, missing)


def find_folders(db: Database, access: Access, text: str, limit: int) -> list[FoundFolder]:
    """Folders of connected roots whose paths contain all words of ``text``, those with the most
    files first: those of the index and, as far as they are met within a second, of the disk.
    """
    words = [fold(word) for word in text.split()]
    tops = list(dict.fromkeys(root.real for root in access.roots if root.online))
    texts = list(map(paths.to_text, tops))
    met = map(paths.to_text, _walk(tops, access, time.monotonic() + _WALK_S))
    ids: dict[str, int] = dict.fromkeys(met, 0)
    with db.read() as conn:
        ids |= _indexed(conn, texts)
        named = _named(ids, texts, words)
        counts = folder_quarters.count_in(conn, filter(None, named.values()))
    found = [
        FoundFolder(path, os.path.basename(path) or path, counts.get(folder_id, 0))
        for path, folder_id in named.items()
        if access.allows(paths.from_text(path))
    ]
    return sorted(found, key=lambda one: (-one.count, len(one.path), one.path))[:limit]


def _indexed(conn: Connection, tops: Sequence[str]) -> dict[str, int]:
    """Ids of the folders of the index below ``tops``, by path; 0 for those above them, which have
    no files.
    """
    ids: dict[str, int] = {}
    for path in folders.list_real(conn):
        top = next((top for top in tops if paths.is_under(path, top)), None)
        while top is not None and path not in ids:
            ids[path] = 0
            if path == top:
                break
            path = os.path.dirname(path)
    for number, prefix in folders.load_prefixes(conn).items():
        bare = prefix[:-1] or prefix
        if bare in ids:
            ids[bare] = number
    return ids


def _walk(tops: Sequence[DiskPath], access: Access, deadline: float) -> Iterator[str]:
    """Folders in and below ``tops``, level by level, until ``deadline``. Links are not followed."""
    level: list[str] = list(tops)
    while level:
        below: list[str] = []
        for folder in level:
            if time.monotonic() > deadline:
                return
            yield folder
            below += _subfolders(folder, access)
        level = below


def _subfolders(folder: str, access: Access) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [
                entry.path
                for entry in entries
                if entry.is_dir(follow_symlinks=False)
                and not scan.is_excluded(entry.name)
                and not access.is_own(entry.path)
            ]
    except OSError:
        return []  # it has gone, or may not be read: what it holds is not found


def _named(ids: Mapping[str, int], tops: Sequence[str], words: Sequence[str]) -> dict[str, int]:
    """Those of the folders that match. What leads to a root says nothing about what is in it."""
    above = {top: len(os.path.dirname(top)) for top in tops}

    def tail(path: str) -> str:
        return path[min((above[top] for top in tops if paths.is_under(path, top)), default=0) :]

    return {path: number for path, number in ids.items() if _matches(tail(path), words)}


def _matches(path: str, words: Sequence[str]) -> bool:
    folded = fold(path)
    return all(word in folded for word in words)
