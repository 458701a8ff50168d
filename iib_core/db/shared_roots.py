"""Gives the files of a folder the name under which several servers see it, or takes it from them.

The connections of this module read and write paths as they are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, select, update

from iib_core.db import extra_paths, relocate_library, settings
from iib_core.db.places import Places, split_mark
from iib_core.db.relocate_library import Relocated
from iib_core.db.server_lease import count_others
from iib_core.db.tables import extra_path, folder, kept, operation
from iib_core.errors import Conflict
from iib_core.paths import to_text
from iib_core.root_map import MappedRoot, RootMap, name_of

NOTHING = Relocated(0, 0, 0, 0, 0, 0)


def list_names(conn: Connection) -> set[str]:
    """The names of shared folders that the database has files, marks or roots of."""
    queries = (select(table.c.path) for table in (extra_path, folder, kept))
    found = (path for query in queries for path in conn.execute(query).scalars())
    names = (name_of(split_mark(path)[1]) for path in found)
    return {name for name in names if name}


def join(conn: Connection, root: MappedRoot, others: Iterable[MappedRoot]) -> Relocated:
    """Let a folder be a root of the library under its name. Files that are known under its path get
    the name, and so do they in settings and in the history. ``others``: the folders that are mapped on
    this machine already.

    Raises Conflict if that changes something while another server runs.
    """
    before = RootMap(MappedRoot(one.name, to_text(one.path), to_text(one.real)) for one in others)
    top = f"{root.name}:"
    prefixes = dict.fromkeys(before.stored(to_text(path)) for path in (root.real, root.path))
    moved = [_relocate(conn, prefix, top) for prefix in prefixes if prefix != top]
    _convert_values(conn, Places([root]).stored_value)
    _convert_summaries(conn, Places([root]).stored_summary)
    added = extra_paths.find(conn, top)
    if added is None or added.is_removed:
        extra_paths.put(conn, top, ("scan",))
    return _sum(moved)


def leave(conn: Connection, root: MappedRoot) -> Relocated:
    """Let the files of a shared folder, and the settings that name one, have the path of this machine
    again.

    Raises Conflict if that changes something while another server runs.
    """
    moved = _relocate(conn, f"{root.name}:", to_text(root.real))
    _convert_values(conn, Places([root]).local_value)
    _convert_summaries(conn, Places([root]).local_summary)
    return moved


def _relocate(conn: Connection, old: str, new: str) -> Relocated:
    moved = relocate_library.relocate(conn, old, new)
    running = count_others(conn)
    if running and moved != NOTHING:
        raise Conflict(
            f"{running} other {'server runs' if running == 1 else 'servers run'} over this database, "
            "and would not know where the files are: end them first. One that was killed counts for "
            "20 seconds."
        )
    return moved


def _convert_summaries(conn: Connection, convert: Callable[[str], str]) -> None:
    columns = operation.c
    for operation_id, summary in conn.execute(select(columns.id, columns.summary)).all():
        converted = convert(summary)
        if converted != summary:
            is_this = columns.id == operation_id
            conn.execute(update(operation).where(is_this).values(summary=converted))


def _convert_values(conn: Connection, convert: Callable[[Any], Any]) -> None:
    for name, value in settings.get_all(conn).items():
        converted = convert(value)
        if converted != value:
            settings.put(conn, name, converted)


def _sum(moved: Iterable[Relocated]) -> Relocated:
    counts = [tuple(vars(one).values()) for one in (*moved, NOTHING)]
    return Relocated(*map(sum, zip(*counts)))
