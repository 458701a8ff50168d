"""Results that cost time or money, kept until what they were made from has changed; and the
settings of the language models.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from iib_core.db.tables import ai_result, ai_setting
from iib_core.db.text import as_text

# How many are kept of each kind.
_KEPT = {"topics": 50, "topics_last": 500, "graph": 50, "title": 50_000}


@dataclass(frozen=True)
class Result:
    """A stored result; ``state`` tells what it was made from, ``time_s`` when (epoch seconds)."""

    key: str
    state: str
    value: Any
    time_s: float


def find(conn: Connection, kind: str, key: str) -> Result | None:
    """The result of this kind and key."""
    row = conn.execute(
        select(ai_result).where(ai_result.c.kind == kind, ai_result.c.key == as_text(key))
    ).first()
    return Result(row.key, row.state, row.value, row.created_ns / 1e9) if row else None


def find_many(conn: Connection, kind: str, keys: Iterable[str]) -> dict[str, Any]:
    """Values by key, of those that are there."""
    wanted = list(keys)
    found: dict[str, Any] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        found |= {
            row.key: row.value
            for row in conn.execute(
                select(ai_result).where(ai_result.c.kind == kind, ai_result.c.key.in_(part))
            )
        }
    return found


def save(conn: Connection, kind: str, key: str, value: Any, state: str = "") -> None:
    """Store a result over that of before; the oldest of its kind make room."""
    conn.execute(delete(ai_result).where(ai_result.c.kind == kind, ai_result.c.key == key))
    conn.execute(
        insert(ai_result).values(kind=kind, key=key, state=state, value=value, created_ns=time.time_ns())
    )
    kept = (
        select(ai_result.c.created_ns)
        .where(ai_result.c.kind == kind)
        .order_by(ai_result.c.created_ns.desc())
        .offset(_KEPT[kind])
        .limit(1)
    )
    conn.execute(
        delete(ai_result).where(ai_result.c.kind == kind, ai_result.c.created_ns <= kept.scalar_subquery())
    )


def load_settings(conn: Connection) -> dict[str, str]:
    """The settings of the language models that were made in the page."""
    return {row.name: row.value for row in conn.execute(select(ai_setting))}


def save_settings(conn: Connection, values: Mapping[str, str]) -> None:
    """Store some of them; an empty value takes one back."""
    conn.execute(delete(ai_setting).where(ai_setting.c.name.in_(list(values))))
    rows = [{"name": name, "value": value} for name, value in values.items() if value]
    if rows:
        conn.execute(insert(ai_setting), rows)
