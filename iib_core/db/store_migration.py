"""Copies the whole store from one engine to another, in batches, and compares the two at the end.

The tables are those of the schema. Rows go in the order of their keys, so the largest key of the
target says where to go on after the process was killed. While the copy is not whole its version says
so, and of which source it is. Text index and counts are made by the target's own means.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table

from iib_core.db import documents, new_database, shared_roots
from iib_core.db.bulk import insert_many
from iib_core.db.engine import SCHEMA
from iib_core.db.new_database import HALF
from iib_core.db.sqlite import read_change, write_change
from iib_core.db.stores import Store
from iib_core.db.tables import image, metadata
from iib_core.errors import Conflict, DatabaseError

# Tables that the target fills itself: by triggers, and with its text index.
MADE = {
    "folder_quarter",
    "image_block",
    "shared_document",
    "unmerged_documents",
    "server",
    "indexed_root",
}
# Images come last, because their names and texts are indexed with them.
_COPIED = sorted(
    (table for table in metadata.tables.values() if table.name not in MADE),
    key=lambda table: table is image,
)
_COMPARED = (*_COPIED, metadata.tables["folder_quarter"])
_ROWS_AT_ONCE = 1000
_SUMS = 1 << 128

Row = Sequence[Any]
# Called with a stage, and how many rows of how many it has done.
Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Migrated:
    """How many tables were copied, and the rows of all."""

    tables: int
    rows: int


def migrate(source: Store, target: Store, report: Report) -> Migrated:
    """Copy everything of ``source`` to ``target``, which is empty or holds a part of this copy.

    Raises Conflict for another target, and where the source has changed since the first part;
    DatabaseError for a source that is not whole, and for a copy that differs from it.
    """
    _require_whole(source)
    with source.read() as old:
        if not target.is_shared:
            _require_own_paths(old)
        counts = {table: _count(old, table) for table in _COPIED}
        total = sum(counts.values())
        _prepare(target, HALF + _state(old, counts))
        _copy(old, target, lambda done: report("copied", done, total))
        _compare(old, target, lambda done: report("compared", done, total))
        with target.write() as new:
            write_change(new, read_change(old))
            new_database.write_version(new, SCHEMA)
            target.settle(new)
    return Migrated(len(_COPIED), total)


def _require_whole(source: Store) -> None:
    version = source.find_version()
    if not version:
        raise DatabaseError(f"{source.name} holds no library: name the one that does.")
    new_database.require_whole(version, source.name)
    if version != SCHEMA:
        raise DatabaseError(
            f"{source.name} is of another version of this program: start the program on it once, "
            "which brings it up to date."
        )


def _require_own_paths(conn: Connection) -> None:
    """Raise Conflict for paths that a library of one machine cannot have."""
    names = sorted(shared_roots.list_names(conn))
    if names:
        raise Conflict(
            f"Folders of this library have names for several machines ({', '.join(names)}), and a file "
            f"has the paths of one: run 'iib roots unmap {names[0]} --for-all' first."
        )


def _prepare(target: Store, version: str) -> None:
    """Create the tables of an empty target, without any row.

    Raises Conflict for one that holds anything but a part of this copy.
    """
    found = target.find_version()
    if found == version:
        return
    if found is not None:
        is_half = found.startswith(HALF)
        why = "holds half of another library, or of this one as it was before" if is_half else ""
        raise Conflict(f"{target.name} {why or 'is not empty'}: name an empty one.")
    with target.write() as new:
        target.create(new, version)
        for table in _COPIED:
            new.execute(table.delete())


def _state(conn: Connection, counts: dict[Table, int]) -> str:
    """What another source, and this one after a change, has different."""
    tables = [(table.name, count, _find_last(conn, table)) for table, count in counts.items()]
    return _hash((read_change(conn), tables), 12).hex()


def _copy(old: Connection, target: Store, report: Callable[[int], None]) -> None:
    done = 0
    for table in _COPIED:
        with target.write() as new:
            last = _find_last(new, table)
            done += _count(new, table)
        for rows in _pages(old, table, last):
            with target.write() as new:
                _store(new, table, rows)
            done += len(rows)
            report(done)


def _store(conn: Connection, table: Table, rows: Sequence[Row]) -> None:
    insert_many(conn, f"INSERT INTO {table.name}({_names(table.columns)})", rows)
    if table is image:
        documents.add_stored(conn, [row[0] for row in rows])


def _compare(old: Connection, target: Store, report: Callable[[int], None]) -> None:
    """Raise DatabaseError if a table of the target differs from that of the source."""
    differing, done = [], 0
    with target.write() as new:
        for table in _COMPARED:
            count, checksum = _sum(new, table)
            if (count, checksum) != _sum(old, table):
                differing.append(table.name)
            done += count
            report(done)
    if differing:
        raise DatabaseError(
            f"{target.name} is no true copy, it differs in {', '.join(differing)}: empty it and begin "
            "again. The source is as it was."
        )


def _sum(conn: Connection, table: Table) -> tuple[int, int]:
    """The number of rows of a table, and a checksum of them that does not depend on their order."""
    count = checksum = 0
    for rows in _pages(conn, table, None):
        count += len(rows)
        checksum += sum(int.from_bytes(_hash([*map(_stored, row)], 16), "big") for row in rows)
    return count, checksum % _SUMS


def _stored(value: Any) -> Any:
    """A value as every engine stores it: a text of some has no NUL."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _hash(value: Any, size_bytes: int) -> bytes:
    return hashlib.blake2b(
        repr(value).encode("utf-8", "surrogatepass"), digest_size=size_bytes
    ).digest()


def _pages(conn: Connection, table: Table, last: Row | None) -> Iterator[Sequence[Row]]:
    """The rows behind the key ``last`` in the order of their keys, some at a time."""
    names = [column.name for column in table.columns]
    keys = [names.index(column.name) for column in table.primary_key]
    key = _names(table.primary_key)
    while True:
        behind = f"WHERE ({key}) > ({', '.join('?' * len(keys))})" if last else ""
        query = f"SELECT {_names(table.columns)} FROM {table.name} {behind} ORDER BY {key} LIMIT ?"
        rows = conn.exec_driver_sql(query, (*(last or ()), _ROWS_AT_ONCE)).all()
        if not rows:
            return
        yield rows
        last = [rows[-1][position] for position in keys]


def _find_last(conn: Connection, table: Table) -> Row | None:
    """The largest key of a table."""
    keys = [f'"{column.name}"' for column in table.primary_key]
    order = ", ".join(f"{key} DESC" for key in keys)
    query = f"SELECT {', '.join(keys)} FROM {table.name} ORDER BY {order} LIMIT 1"
    row = conn.exec_driver_sql(query).first()
    return None if row is None else tuple(row)


def _count(conn: Connection, table: Table) -> int:
    return int(conn.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar_one())


def _names(columns: Any) -> str:
    return ", ".join(f'"{column.name}"' for column in columns)
