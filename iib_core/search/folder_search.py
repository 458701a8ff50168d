"""Folders of the library, found by words of their paths, and what each holds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from iib_core import paths
from iib_core.access import Access, Root
from iib_core.db import folder_counts, folders
from iib_core.db.engine import Database
from iib_core.db.fts import fold

MOST_FOUND = 50


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
    return [_add_up(seen, paths.to_text(root.real)) for root in roots]


def _add_up(counted: Iterable[folder_counts.FolderCount], top: str) -> RootCount:
    own = [one for one in counted if paths.is_under(one.path, top)]
    return RootCount(sum(one.shown for one in own), sum(one.missing for one in own))


def find_folders(db: Database, access: Access, text: str, limit: int) -> list[FoundFolder]:
    """Folders of connected roots whose paths contain all words of ``text``, those with the most
    files first. A folder without files is found where one below it has some.
    """
    words = [fold(word) for word in text.split()]
    tops = [paths.to_text(root.real) for root in access.roots if root.online]
    with db.read() as conn:
        known = folders.load_prefixes(conn)
        named = _named(((path[:-1] or path, number) for number, path in known.items()), tops, words)
        counts = folder_counts.count_shown(conn, filter(None, named.values()))
    found = [
        FoundFolder(path, os.path.basename(path) or path, counts.get(number or 0, 0))
        for path, number in named.items()
        if access.allows(paths.from_text(path))
    ]
    return sorted(found, key=lambda one: (-one.count, len(one.path), one.path))[:limit]


def _named(
    known: Iterable[tuple[str, int]], tops: Sequence[str], words: Sequence[str]
) -> dict[str, int | None]:
    """Ids of the folders that match, by path; None for a folder that only has others below it."""
    ids: dict[str, int | None] = {}
    for path, number in known:
        top = next((top for top in tops if paths.is_under(path, top)), None)
        if top is None:
            continue
        _add(ids, path, number, top)
    above = {top: len(os.path.dirname(top)) for top in tops}
    return {
        path: number
        for path, number in ids.items()
        if _matches(path[min(above[top] for top in tops if paths.is_under(path, top)) :], words)
    }


def _add(ids: dict[str, int | None], path: str, number: int, top: str) -> None:
    """Add a folder and those between it and its root."""
    ids[path] = number
    parent = path
    while parent != top:
        parent = os.path.dirname(parent)
        if parent in ids:
            break
        ids[parent] = None


def _matches(path: str, words: Sequence[str]) -> bool:
    folded = fold(path)
    return all(word in folded for word in words)
