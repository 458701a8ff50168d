"""Cache of answers that cost time or money to make: topics, graphs, titles."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from iib_core.db import places
from iib_core.db.fts import as_text
from iib_core.db.tables import ai_result

# Results to keep of each kind; the oldest make room.
_KEPT = {"topics": 50, "topics_last": 500, "graph": 50, "title": 50_000}


@dataclass(frozen=True)
class CachedResult:
    """A stored result. ``state``: a digest of what it was made from; ``time_s``: when, in epoch
    seconds.
    """

    key: str
    state: str
    value: Any
    time_s: float


def find(conn: Connection, kind: str, key: str) -> CachedResult | None:
    """The result of this kind and key."""
    row = conn.execute(
        select(ai_result).where(ai_result.c.kind == kind, ai_result.c.key == as_text(key))
    ).first()
    return CachedResult(row.key, row.state, row.value, row.created_ns / 1e9) if row else None


def find_many(conn: Connection, kind: str, keys: Iterable[str]) -> dict[str, Any]:
    """The stored values by key; keys without a value are left out."""
    wanted = list(keys)
    values: dict[str, Any] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        values |= {
            row.key: row.value
            for row in conn.execute(
                select(ai_result).where(ai_result.c.kind == kind, ai_result.c.key.in_(part))
            )
        }
    return values


def save(conn: Connection, kind: str, key: str, value: Any, state: str = "") -> None:
    """Insert or replace a result; beyond ``_KEPT`` the oldest of its kind are deleted."""
    conn.execute(delete(ai_result).where(ai_result.c.kind == kind, ai_result.c.key == key))
    conn.execute(
        insert(ai_result).values(
            kind=kind,
            key=key,
            state=state,
            value=places.stored_value(conn, value),
            created_ns=time.time_ns(),
        )
    )
    kept = (
        select(ai_result.c.created_ns)
        .where(ai_result.c.kind == kind)
        .order_by(ai_result.c.created_ns.desc())
        .offset(_KEPT[kind])
        .limit(1)
    )
    conn.execute(
        delete(ai_result).where(
            ai_result.c.kind == kind, ai_result.c.created_ns <= kept.scalar_subquery()
        )
    )
