"""Folders that contain indexed files. They contain by component: ``/a/b`` contains ``/a/b/c``, not
``/a/bc``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import cached_property

from sqlalchemy import ColumnElement, Connection, func, select

from iib_core.db import natural, places
from iib_core.db.bulk import insert_many
from iib_core.db.fts import fold
from iib_core.db.places import NOT_ON_DISK
from iib_core.db.sqlite import find_settled_change, join_ids
from iib_core.db.tables import folder
from iib_core.paths import ELSEWHERE
from iib_core.search.criteria import HERE

_NOT_HERE = (*NOT_ON_DISK, ELSEWHERE)
_KEPT = "iib_prefixes"


def ensure_locations(conn: Connection, paths: Iterable[str]) -> dict[str, tuple[int, str]]:
    """The location (folder id, name) of each file path; unknown folders are inserted."""
    parts = {path: os.path.split(path) for path in paths}
    wanted = {head for head, _ in parts.values()}
    ids = _find_ids(conn, wanted)
    new = sorted(wanted - ids.keys())
    if new:
        first = (conn.execute(select(func.max(folder.c.id))).scalar() or 0) + 1
        stored = enumerate(places.stored_all(conn, new), first)
        rows = [(number, path, natural.key(path)) for number, path in stored]
        insert_many(conn, "INSERT INTO folder(id, path, sort_key)", rows)
        ids.update(zip(new, range(first, first + len(new))))
    return {path: (ids[head], name) for path, (head, name) in parts.items()}


def find_locations(conn: Connection, paths: Iterable[str]) -> dict[str, tuple[int, str]]:
    """The location (folder id, name) of each file path whose folder is known."""
    heads: dict[str, str] = {}
    parts = {path: _split(path, heads) for path in paths}
    ids = _find_ids(conn, set(heads.values()))
    return {path: (ids[head], name) for path, (head, name) in parts.items() if head in ids}


def _split(path: str, heads: dict[str, str]) -> tuple[str, str]:
    """Folder and name of a file.

    ``heads`` caches the folders, by the part of the path before the last separator.
    """
    front, separator, name = path.rpartition(os.sep)
    head = heads.get(front)
    if head is None:
        head = heads[front] = os.path.split(front + separator + "x")[0]
    return head, name


def load_prefixes(conn: Connection, under: str | None = None) -> dict[int, str]:
    """The folder's path with a separator at its end, by folder id; of all folders, or of ``under``
    and those below.
    """
    rows = conn.execute(
        select(folder.c.id, folder.c.path)
        if under is None
        else select(folder.c.id, folder.c.path).where(_is_under(conn, under))
    )
    return {row.id: os.path.join(row.path, "") for row in rows}


class Prefixes:
    """The paths of all folders with a separator at their end, by folder id."""

    def __init__(self, plain: dict[int, str]) -> None:
        self.plain = plain

    @cached_property
    def folded(self) -> dict[int, str]:
        """The same, folded for comparison."""
        return {folder_id: fold(prefix) for folder_id, prefix in self.plain.items()}


def get_prefixes(conn: Connection) -> Prefixes:
    """The prefixes of all folders, cached in the connection until the index changes: a library may
    have as many folders as files.
    """
    change = find_settled_change(conn)
    cached: tuple[int, Prefixes] | None = conn.info.get(_KEPT)
    if cached is not None and cached[0] == change:
        return cached[1]
    prefixes = Prefixes(load_prefixes(conn))
    if change is not None:
        conn.info[_KEPT] = change, prefixes
    return prefixes


def list_real(conn: Connection) -> list[str]:
    """The paths of the folders that are on the disk."""
    return [
        path
        for path in conn.execute(select(folder.c.path)).scalars()
        if not path.startswith(NOT_ON_DISK)
    ]


def find_under(conn: Connection, folder_paths: Iterable[str]) -> set[int]:
    """Ids of the folders that are one of ``folder_paths`` or below one. HERE stands for all that are
    on the disks of this machine.
    """
    ids: set[int] = set()
    for path in folder_paths:
        if path == HERE:
            prefixes = get_prefixes(conn).plain.items()
            ids.update(number for number, prefix in prefixes if not prefix.startswith(_NOT_HERE))
        else:
            ids.update(conn.execute(select(folder.c.id).where(_is_under(conn, path))).scalars())
    return ids


def find_holding(conn: Connection, paths: Iterable[str]) -> set[str]:
    """Those of ``paths`` that are a known folder, or contain one at any depth."""
    # Each is a range of the sorted index; one condition with OR would read all folders for each
    # path.
    known = "EXISTS (SELECT 1 FROM folder f WHERE f.path = x.value)"
    below = "EXISTS (SELECT 1 FROM folder f WHERE f.path > x.value || ? AND f.path < x.value || ?)"
    asked = {places.stored(conn, path): path for path in paths}
    by_separator: dict[str, list[str]] = {}
    for path in asked:
        by_separator.setdefault(places.separator(conn, path), []).append(path)
    rows = [
        row
        for separator, stored in by_separator.items()
        for row in conn.exec_driver_sql(
            f"SELECT x.value FROM json_each(?) x WHERE {known} OR {below}",
            (json.dumps(stored), separator, chr(ord(separator) + 1)),
        )
    ]
    return {asked[row[0]] for row in rows}


def _is_under(conn: Connection, folder_path: str) -> ColumnElement[bool]:
    start, end = places.below(conn, folder_path)
    return (folder.c.path == places.stored(conn, folder_path)) | (
        (folder.c.path >= start) & (folder.c.path < end)
    )


def _find_ids(conn: Connection, paths: Iterable[str]) -> dict[str, int]:
    rows = conn.exec_driver_sql(
        f"SELECT f.path, f.id FROM {join_ids('folder f', 'f.path')}",
        (json.dumps(places.stored_all(conn, paths)),),
    )
    return {row[0]: row[1] for row in rows}
