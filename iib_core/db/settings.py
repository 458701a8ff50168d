"""Settings that are stored: those of the page and of clients, and those of the language models."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from iib_core.db import places
from iib_core.db.tables import ai_setting, setting


def get_all(conn: Connection) -> dict[str, Any]:
    """Every stored value by its name."""
    return {
        row.name: row.value
        for row in conn.execute(select(setting.c.name, setting.c.value).order_by(setting.c.name))
    }


def find(conn: Connection, name: str) -> Any:
    """The stored value of this name, or None."""
    return conn.execute(select(setting.c.value).where(setting.c.name == name)).scalar()


def count_others(conn: Connection, name: str) -> int:
    """The number of settings other than ``name``."""
    return int(conn.execute(select(func.count()).where(setting.c.name != name)).scalar_one())


def put(conn: Connection, name: str, value: Any) -> None:
    """Insert or replace a value."""
    values = {"value": places.stored_value(conn, value), "updated_ns": time.time_ns()}
    if not conn.execute(update(setting).where(setting.c.name == name).values(values)).rowcount:
        conn.execute(insert(setting).values({"name": name, **values}))


def remove(conn: Connection, name: str) -> None:
    """Delete a value."""
    conn.execute(delete(setting).where(setting.c.name == name))


def load_ai(conn: Connection) -> dict[str, str]:
    """The settings of the language models that were made in the page."""
    return {row.name: row.value for row in conn.execute(select(ai_setting))}


def save_ai(conn: Connection, values: Mapping[str, str]) -> None:
    """Store settings of the language models; an empty value deletes one."""
    conn.execute(delete(ai_setting).where(ai_setting.c.name.in_(list(values))))
    rows = [{"name": name, "value": value} for name, value in values.items() if value]
    if rows:
        conn.execute(insert(ai_setting), rows)
