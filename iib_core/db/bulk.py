"""Many rows in few statements.

A statement for each row releases Python's lock and takes it again: beside threads that read
pictures, each time may cost milliseconds. One statement for hundreds of rows runs outside of the
lock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import Connection, exc

from iib_core.errors import IIBError

Item = TypeVar("Item")

# SQLite takes 32,766 parameters.
_MAX_PARAMETERS = 32_000
# Errors that do not depend on the values: no space, a lock, a broken file.
_NOT_FOR_A_VALUE = (exc.OperationalError, exc.InternalError, IIBError, OSError, MemoryError)
_MAX_REASON_CHARS = 200


def store_each(
    items: Sequence[Item],
    store: Callable[[Sequence[Item]], None],
    refuse: Callable[[Item, str], None],
) -> None:
    """``store`` all items, in a transaction of its own.

    If a value of one item cannot be stored, ``refuse(item, reason)`` is called for it and all
    others are stored: each half apart, and again, down to the item. Raises errors that do not
    depend on the values.
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
    """The error in one line, without the statement and its values, which SQLAlchemy's own message
    quotes.
    """
    cause = error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error
    return f"it holds a value that cannot be stored ({type(cause).__name__}: {cause})".replace(
        "\n", " "
    )[:_MAX_REASON_CHARS]


def insert_many(
    conn: Connection, insert: str, rows: Sequence[Sequence[Any]], tail: str = ""
) -> None:
    """``insert`` (the statement up to VALUES) for all ``rows``, which have one length; ``tail``
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
        conn.exec_driver_sql(statement, tuple(chain.from_iterable(part)))


def json_ids(ids: Iterable[int]) -> str:
    """Ids as one parameter, for ``join_ids``."""
    return "[" + ",".join(map(str, ids)) + "]"


def json_rows(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as one parameter; each is a JSON list in ``json_each(?).value``."""
    return json.dumps(list(rows), ensure_ascii=True, separators=(",", ":"))
