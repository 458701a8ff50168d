"""What differs between the database engines, and nothing else."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Select,
    TableValuedAlias,
    UnaryExpression,
    cast,
    column,
    create_engine,
    event,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.operators import custom_op

# Pages kept in memory. The writer touches a page for each of a batch's thousands of tags; a reader
# walks a few.
_WRITER_CACHE_KIB = 65_536
_READER_CACHE_KIB = 4_096
# Batches touch the same pages again and again; so many changed ones are gathered before they are
# written to their places.
_CHECKPOINT_PAGES = 32_000

# Another process over the same data folder (the WebUI and a standalone server) may hold the write
# lock for a batch.
BUSY_TIMEOUT_MS = 30_000

# Tables that what is found and shown depends on. A change of any of them counts as a change of the index.
_COUNTED = frozenset({"folder", "image", "image_text", "image_tag", "tag", "album", "album_order"})
_WRITE = re.compile(r'\s*(?:INSERT(?: OR \w+)? INTO|REPLACE INTO|UPDATE(?: OR \w+)?|DELETE FROM) "?(\w+)')
_TOUCHED = "iib_index_touched"


def sqlite_engine(path: str, *, write: bool, fixed: str = "") -> Engine:
    """An engine over one SQLite file: one connection that writes, or a pool of connections that cannot.

    ``fixed`` is the address of one in a place where nothing can be written.
    """

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            fixed or path,
            uri=bool(fixed),
            check_same_thread=False,
            timeout=BUSY_TIMEOUT_MS / 1000,
            isolation_level=None,
        )

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=1 if write else 8,
        max_overflow=0 if write else 56,
        pool_use_lifo=True,  # the connection used last knows most
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in (
            f"cache_size = -{_WRITER_CACHE_KIB if write else _READER_CACHE_KIB}",
            *([] if fixed else ["journal_mode = WAL"]),
            f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
            "synchronous = NORMAL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            f"query_only = {'OFF' if write else 'ON'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # IMMEDIATE: a transaction that will write takes the lock first, so it can never fail
        # half-way for want of it.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
        connection.info.pop(_TOUCHED, None)

    if write:
        event.listen(engine, "after_cursor_execute", _note_write)
    return engine


def checkpoint(path: str) -> None:
    """Bring what stands in the log to its place in the file, and empty the log where nobody needs it.

    A log that is kept is no harm until it is damaged: then SQLite would put the older pages of its
    sound part over the newer ones of the file.
    """
    # Without a timeout: whoever reads or writes is not waited for, and so nobody waits for those
    # who would have to wait.
    opened = sqlite3.connect(existing(path), uri=True, timeout=0, isolation_level=None)
    with contextlib.closing(opened) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # all that takes its time, while others write
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def existing(path: str) -> str:
    """Address of a database that is there; where it is not, opening it fails, instead of making an
    empty one.
    """
    return address(path, "mode=rw")


def address(path: str, options: str) -> str:
    """A path as SQLite takes it with options.

    A share of a network keeps its two slashes behind those of an empty host: SQLite refuses any other
    host.
    """
    plain = os.path.abspath(path).replace(os.sep, "/")
    return f"file://{'' if plain.startswith('/') else '/'}{quote(os.fsencode(plain))}?{options}"


def _note_write(connection: Connection, cursor: sqlite3.Cursor, statement: str, *_: Any) -> None:
    if cursor.rowcount and (match := _WRITE.match(statement)) and match[1] in _COUNTED:
        connection.info[_TOUCHED] = True


def count_change(connection: Connection) -> None:
    """Move the counter of changes, if this transaction has changed the index.

    It stands in the file's head, where every process over it sees it.
    """
    if connection.info.pop(_TOUCHED, False):
        connection.exec_driver_sql(f"PRAGMA user_version = {(read_change(connection) + 1) & 0x7FFFFFFF}")


def read_change(connection: Connection) -> int:
    """A number that moves with every transaction that changes the index."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def find_settled_change(connection: Connection) -> int | None:
    """The same; None in a transaction that is about to change it."""
    return None if connection.info.get(_TOUCHED) else read_change(connection)


def in_one_row(query: Select[Any]) -> Select[Any]:
    """Each column of an ordered query as one JSON list: the rows are put together outside of
    Python's lock, which a fetch would take for each of them.
    """
    # The limit keeps the order: without one a sorted subquery may lose it.
    rows = (query.limit(-1) if query._limit_clause is None else query).subquery()
    return select(*(func.json_group_array(column) for column in rows.c))


def ids_in(ids: Iterable[int]) -> TableValuedAlias:
    """``ids`` as a table of one column ``value``: one parameter, however many they are."""
    return func.json_each("[" + ",".join(map(str, ids)) + "]").table_valued("value")


def values_of(ids: Iterable[int]) -> Select[Any]:
    """``ids`` as a subquery, for ``in_``."""
    return select(ids_in(ids).c.value)


def join_ids(table: str, column: str) -> str:
    """The FROM of raw SQL that reads ``table`` (with its alias) by a parameter of ``json_ids``, in the
    order of the ids: CROSS JOIN keeps SQLite from turning the loops around.
    """
    return f"json_each(?) x CROSS JOIN {table} ON {column} = x.value"


def text_matches(expression: str, low: int | None = None, high: int | None = None) -> Select[Any]:
    """Ids that the text index names for an expression of ``text.match_all`` or
    ``text.match_short``; with bounds only those between.
    """
    index = table("image_fts", column("rowid"))
    query = select(index.c.rowid).where(literal_column("image_fts").op("MATCH")(expression))
    return query if low is None or high is None else query.where(index.c.rowid >= low, index.c.rowid <= high)


def is_ascii(text: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a text is ASCII and has no NUL, which ends a text for ``length``."""
    return func.length(text) == func.length(cast(text, LargeBinary))


def has_ascii(text: ColumnElement[str], needle: str) -> ColumnElement[bool]:
    """Whether an ASCII text contains an ASCII needle, without regard to case.

    By LIKE, which takes a third of the time of ``instr(lower())``.
    """
    return text.like("%" + re.sub(r"([%_!])", r"!\1", needle) + "%", escape="!")


def unindexed(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """``value``, out of reach of the planner's choice of an index: SQLite has no statistics of ours
    to choose well, we do.
    """
    return UnaryExpression(value, operator=custom_op("+"), type_=value.type)
