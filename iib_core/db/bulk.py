"""Many rows in few statements.

A statement a row would let go of Python's lock and take it again for each: beside threads that read pictures every turn may cost milliseconds.
One statement for hundreds of rows runs outside of the lock from its first row to its last.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

# SQLite takes 32,766 parameters.
_MAX_PARAMETERS = 32_000


def insert_many(conn: Connection, insert: str, rows: Sequence[Sequence[Any]], tail: str = "") -> None:
    """``insert`` (up to, without VALUES) all ``rows``, which are of one length; ``tail`` is what follows the values."""
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
