"""Settings that the page and clients store under names of their own."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from iib_core.db.tables import setting


def get_all(conn: Connection) -> dict[str, Any]:
    """Every stored value by its name."""
    return {
        row.name: row.value
        for row in conn.execute(select(setting.c.name, setting.c.value).order_by(setting.c.name))
    }


def count_others(conn: Connection, name: str) -> int:
    """How many settings there are beside this one."""
    return int(conn.execute(select(func.count()).where(setting.c.name != name)).scalar_one())


def put(conn: Connection, name: str, value: Any) -> None:
    """Store a value over what was there."""
    values = {"value": value, "updated_ns": time.time_ns()}
    if not conn.execute(update(setting).where(setting.c.name == name).values(values)).rowcount:
        conn.execute(insert(setting).values({"name": name, **values}))


def remove(conn: Connection, name: str) -> None:
    """Forget a value."""
    conn.execute(delete(setting).where(setting.c.name == name))
