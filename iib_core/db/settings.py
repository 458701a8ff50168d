"""Settings that the page and clients store under names of their own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from iib_core.db.tables import setting


def get_all(conn: Connection) -> dict[str, Any]:
    """Every stored value by its name."""
    return {row.name: row.value for row in conn.execute(select(setting.c.name, setting.c.value).order_by(setting.c.name))}
