"""What differs between the database engines, and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, UnaryExpression, column, create_engine, event, func, literal_column, select, table
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.operators import custom_op

# Pages kept in memory. The writer touches a page for each of a batch's thousands of tags; a reader walks a few.
_WRITER_CACHE_KIB = 65_536
_READER_CACHE_KIB = 4_096
# Batches touch the same pages again and again; so many changed ones are gathered before they are written to their places.
_CHECKPOINT_PAGES = 32_000

# Another process over the same data folder (the WebUI and a standalone server) may hold the write lock for a batch.
BUSY_TIMEOUT_MS = 30_000


def sqlite_engine(path: str, *, write: bool) -> Engine:
    """An engine over one SQLite file: one connection that writes, or a pool of connections that cannot."""
    engine = create_engine(
        URL.create("sqlite", database=path),
        poolclass=QueuePool,
        pool_size=1 if write else 8,
        max_overflow=0 if write else 56,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in (
            f"cache_size = -{_WRITER_CACHE_KIB if write else _READER_CACHE_KIB}",
            "journal_mode = WAL",
            f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
            "synchronous = NORMAL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            f"query_only = {'OFF' if write else 'ON'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # IMMEDIATE: a transaction that will write takes the lock first, so it can never fail half-way for want of it.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def values_of(items: Iterable[int]) -> Select[Any]:
    """``items`` as a subquery: one parameter however many they are."""
    listed = func.json_each("[" + ",".join(map(str, items)) + "]").table_valued("value")
    return select(listed.c.value)


def text_matches(expression: str, low: int | None = None, high: int | None = None) -> Select[Any]:
    """Ids that the text index names for an expression of ``text.match_all`` or ``text.match_short``; with bounds only those between."""
    index = table("image_fts", column("rowid"))
    query = select(index.c.rowid).where(literal_column("image_fts").op("MATCH")(expression))
    return query if low is None or high is None else query.where(index.c.rowid >= low, index.c.rowid <= high)


def unindexed(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """``value``, out of reach of the planner's choice of an index: SQLite has no statistics of ours to choose well, we do."""
    return UnaryExpression(value, operator=custom_op("+"), type_=value.type)
