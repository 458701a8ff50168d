"""SQLite: how it is opened, and the SQL that other databases do not have. Another database would
need another module like this, and raw SQL of its own in the modules of the tables.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterable
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    LargeBinary,
    Select,
    String,
    TableValuedAlias,
    TextClause,
    UnaryExpression,
    and_,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    literal_column,
    select,
    text,
    util,
)
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.types import NullType

from iib_core.db import postgresql_own
from iib_core.db.bulk import json_ids
from iib_core.db.spelled import Spelled

# Memory for cached pages. The writer touches a page for each of a batch's thousands of tags; a
# reader reads a few.
_WRITER_CACHE_KIB = 65_536
_READER_CACHE_KIB = 4_096
# Collect this many changed pages in the log before a checkpoint: batches change the same pages
# again and again.
_CHECKPOINT_PAGES = 32_000

# Another process on the same data folder (the WebUI beside a standalone server) may hold the write
# lock for a batch.
BUSY_TIMEOUT_MS = 30_000

# The tables that results depend on. A write to any of them counts as a change of the index.
_COUNTED = frozenset(
    {
        "folder",
        "image",
        "image_tag",
        "tag",
        "album",
        "album_order",
        "stack_cover",
    }
)
_WRITE = re.compile(
    r'\s*(?:INSERT(?: OR \w+)? INTO|REPLACE INTO|UPDATE(?: OR \w+)?|DELETE FROM) "?(\w+)'
)
_TOUCHED = "iib_index_touched"
_NO_LIMIT = 2**63 - 1
# More than all statements of the program in the forms that they take.
_COMPILED = 1000


class _CompiledStatements(util.LRUCache[tuple[Any, ...], Any]):
    """What SQLAlchemy has compiled, for all engines over SQLite: a database that is opened again,
    by a host that reloads or by the next test, finds it here.

    Each engine has a dialect of its own, which compiles as those of the others; so the key is
    without it.
    """

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        super().__setitem__(key[1:], value)


_compiled = _CompiledStatements(_COMPILED)


def sqlite_engine(path: str, *, write: bool, fixed: str = "") -> Engine:
    """An engine over one SQLite file: one connection that writes, or a pool of connections that
    cannot.

    ``fixed``: the address of a database in a folder that is not writable.
    """
    pool_size, max_overflow = (1, 0) if write else (8, 56)
    engine = create_engine(
        "sqlite://",
        creator=partial(_connect, fixed or path, is_uri=bool(fixed)),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_use_lifo=True,  # the connection that was used last has the warmest cache
        execution_options={"compiled_cache": _compiled},
    )
    pragmas = _pragmas(write=write, is_fixed=bool(fixed))

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # IMMEDIATE: a transaction that writes takes the lock at its beginning, and cannot fail
        # half-way to get it.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
        connection.info.pop(_TOUCHED, None)

    if write:
        event.listen(engine, "after_cursor_execute", note_write)
    return engine


def _connect(path: str, *, is_uri: bool) -> sqlite3.Connection:
    return sqlite3.connect(
        path,
        uri=is_uri,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT_MS / 1000,
        isolation_level=None,
    )


def _pragmas(*, write: bool, is_fixed: bool) -> list[str]:
    cache_kib = _WRITER_CACHE_KIB if write else _READER_CACHE_KIB
    return [
        f"cache_size = -{cache_kib}",
        *([] if is_fixed else ["journal_mode = WAL"]),
        f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        f"query_only = {'OFF' if write else 'ON'}",
    ]


def checkpoint(path: str) -> None:
    """Write the log into the database file, and truncate it if no reader uses it.

    A log that stays does no harm until it is damaged: then SQLite would overwrite newer pages of
    the file with the older ones of its undamaged part.
    """
    # Without a timeout: waiting for readers and writers here would make others wait too.
    opened = sqlite3.connect(existing(path), uri=True, timeout=0, isolation_level=None)
    with contextlib.closing(opened) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # the slow part, while others write
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def existing(path: str) -> str:
    """The address of an existing database; if it is missing, opening fails instead of creating an
    empty one.
    """
    return address(path, "mode=rw")


def address(path: str, options: str) -> str:
    """A path as SQLite takes it with options.

    A network share keeps its two slashes after those of an empty host: SQLite refuses any other
    host.
    """
    plain = os.path.abspath(path).replace(os.sep, "/")
    return f"file://{'' if plain.startswith('/') else '/'}{quote(os.fsencode(plain))}?{options}"


def note_write(connection: Connection, cursor: sqlite3.Cursor, statement: str, *_: Any) -> None:
    if cursor.rowcount and (match := _WRITE.match(statement)) and match[1] in _COUNTED:
        connection.info[_TOUCHED] = True


def is_sqlite(connection: Connection) -> bool:
    """Whether a connection is one of this engine."""
    return connection.dialect.name == "sqlite"


def note_change(connection: Connection) -> None:
    """Let this transaction count as a change of the index: what many others have stored, which did
    not count, is whole.
    """
    connection.info[_TOUCHED] = True


def count_change(connection: Connection) -> None:
    """Increment the counter of changes, if this transaction has changed the index.

    It is in the header of the file, where every process sees it.
    """
    if connection.info.pop(_TOUCHED, False):
        write_change(connection, (read_change(connection) + 1) & 0x7FFFFFFF)


def write_change(connection: Connection, number: int) -> None:
    """Set the counter of changes."""
    connection.exec_driver_sql(f"PRAGMA user_version = {number}")


def forget_change(connection: Connection) -> None:
    """Let this transaction count as no change of the index: what it changed is undone, or the same in
    another form.
    """
    connection.info.pop(_TOUCHED, None)


def read_change(connection: Connection) -> int:
    """A number that changes with every transaction that changes the index."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def find_settled_change(connection: Connection) -> int | None:
    """As ``read_change``; None in a transaction that is about to change it."""
    return None if connection.info.get(_TOUCHED) else read_change(connection)


def in_one_row(query: Select[Any]) -> Select[Any]:
    """Each column of an ordered query as one JSON list: SQLite joins the rows outside of Python's
    lock, which a fetch would take for each row.
    """
    # The limit keeps the order: without one a sorted subquery may lose it.
    rows = (query.limit(_NO_LIMIT) if query._limit_clause is None else query).subquery()
    return select(*(func.json_group_array(column) for column in rows.c))


def ids_in(ids: Iterable[int]) -> TableValuedAlias:
    """``ids`` as a table of one column ``value``."""
    return func.json_each(json_ids(ids)).table_valued("value")


def values_of(ids: Iterable[int]) -> TextClause:
    """``ids`` as a subquery, for ``in_``."""
    return GIVEN_IDS.bindparams(bindparam("ids", json_ids(ids), unique=True))


# The ids that a statement is executed with as ``{"ids": json_ids(ids)}``, for ``in_``.
GIVEN_IDS = text("SELECT value FROM json_each(:ids)").bindparams(bindparam("ids", type_=String()))


def join_ids(table: str, column: str) -> str:
    """The FROM of raw SQL that reads ``table`` (with its alias) for each id of a ``json_ids``
    parameter, in their order: CROSS JOIN keeps SQLite from swapping the loops.
    """
    return f"json_each(?) x CROSS JOIN {table} ON {column} = x.value"


@lru_cache(maxsize=64)  # one search asks several times, and to spell it takes half a millisecond
def matches_text(expression: str) -> ColumnElement[bool]:
    """Whether a document of the text index matches an expression of ``fts.match_all``: FTS5's own
    operator, and on PostgreSQL conditions on the text.
    """
    own = literal_column("image_fts").op("MATCH")(expression)
    return Spelled(own, postgresql_own.condition(expression))


def is_ascii(text: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a text is ASCII without NUL, which ends a text for ``length``."""
    return Spelled(
        func.length(text) == func.length(cast(text, LargeBinary)),
        func.length(text) == func.octet_length(text),
    )


def has_ascii(text: ColumnElement[str], needle: str) -> ColumnElement[bool]:
    """Whether an ASCII text contains an ASCII needle, ignoring case.

    By LIKE, which takes a third of the time of ``instr(lower())``.
    """
    pattern = "%" + re.sub(r"([%_!])", r"!\1", needle) + "%"
    return Spelled(text.like(pattern, escape="!"), text.ilike(pattern, escape="!"))


def number_or_text(
    number: ColumnElement[Any], text: ColumnElement[Any] | None = None
) -> ColumnElement[Any]:
    """A value to sort by: a number, or where there is none a text. Numbers come first."""
    own = number if text is None else func.coalesce(number, text, type_=NullType())
    return Spelled(own, func.number_or_text(number, text, type_=NullType()))


def as_number_or_text(conn: Connection, value: Any) -> Any:
    """What a value of ``number_or_text`` that was read stands for."""
    return value if is_sqlite(conn) else postgresql_own.as_number_or_text(value)


def unindexed(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """``value`` with a unary plus, so that SQLite does not choose an index for it: it has no
    statistics of ours, we do.
    """
    return Spelled(UnaryExpression(value, operator=custom_op("+"), type_=value.type), value)


def is_one_of(value: ColumnElement[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether a column holds one of a few ids: of an array PostgreSQL knows how many these are."""
    ids = list(ids)
    return Spelled(value.in_(values_of(ids)), postgresql_own.is_in(value, ids))


def is_same_quarter(value: ColumnElement[int], quarter: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether an image is of the quarter of a row of its text's tags, which a query walks."""
    # With a plus, or SQLite looks for all quarters after the start in place of this one. PostgreSQL
    # would take an equal text and an equal quarter for two chances, expect one file, and sort all.
    is_between = and_(value >= quarter, value <= quarter)
    return Spelled(value == unindexed(quarter), is_between)


def row_by_row(condition: ColumnElement[bool], *tables: FromClause) -> ColumnElement[bool]:
    """A condition with subqueries about rows of ``tables``, which PostgreSQL asks for each row that a
    walk passes. It would first read the answers for all rows, because it does not know that a walk
    ends early.
    """
    return Spelled(condition, select(condition).correlate(*tables).scalar_subquery())


def greatest(*values: ColumnElement[Any]) -> ColumnElement[Any]:
    """The greatest of several values of a row, of which none is NULL."""
    return Spelled(func.max(*values), func.greatest(*values))
