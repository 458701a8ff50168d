"""Many rows in few statements.

A statement a row would let go of Python's lock and take it again for each: beside threads that read
pictures every turn may cost milliseconds. One statement for hundreds of rows runs outside of the
lock from its first row to its last.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, exc

from iib_core.errors import IIBError

Item = TypeVar("Item")

# SQLite takes 32,766 parameters.
_MAX_PARAMETERS = 32_000
# A write that fails so fails whatever the values are: no room, a lock, a broken file.
_NOT_FOR_A_VALUE = (exc.OperationalError, exc.InternalError, IIBError, OSError, MemoryError)
_MAX_REASON_CHARS = 200


def store_each(
    items: Sequence[Item], store: Callable[[Sequence[Item]], None], refuse: Callable[[Item, str], None]
) -> None:
    """``store`` all items, in one transaction of its own.

    Where a value of one item cannot be stored, ``refuse`` hears of that item and why, and all
    others are stored: the two halves apart, and again, down to the item. What fails whatever the
    values are is raised.
    """
    try:
        store(items)
    except Exception as error:
        if isinstance(error, _NOT_FOR_A_VALUE) or type(error) is exc.DatabaseError or not items:
            raise
        if len(items) == 1:
            refuse(items[0], _reason(error))
            return
    else:
        return
    half = len(items) // 2
    store_each(items[:half], store, refuse)
    store_each(items[half:], store, refuse)


def _reason(error: Exception) -> str:
    """The failure in one line; without the statement and all its values, which the library's own
    failures quote.
    """
    cause = error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error
    return f"it holds a value that cannot be stored ({type(cause).__name__}: {cause})".replace("\n", " ")[
        :_MAX_REASON_CHARS
    ]


def insert_many(conn: Connection, insert: str, rows: Sequence[Sequence[Any]], tail: str = "") -> None:
    """``insert`` (up to, without VALUES) all ``rows``, which are of one length; ``tail`` is what
    follows the values.
    """
    if not rows:
        return
    width = len(rows[0])
    step = max(1, _MAX_PARAMETERS // width)
    mark = f"({', '.join('?' * width)})"
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        statement = f"{insert} VALUES {', '.join([mark] * len(part))} {tail}"
        conn.exec_driver_sql(statement, tuple(value for row in part for value in row))


def json_ids(ids: Iterable[int]) -> str:
    """Ids as one parameter, for ``json_each(?)``."""
    return "[" + ",".join(map(str, ids)) + "]"


def json_rows(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as one parameter; each is a JSON list of its own in ``json_each(?).value``."""
    return json.dumps(list(rows), ensure_ascii=True, separators=(",", ":"))
