"""Vectors of texts, by the model that made them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, select, update

from iib_core.db.bulk import insert_many, json_ids
from iib_core.db.sqlite import join_ids
from iib_core.db.tables import embedding, embedding_failure, embedding_model

_FETCHED = 4000


@dataclass(frozen=True)
class Model:
    """A model that made vectors. ``dim`` is 0 before its first vector; ``changes`` grows with every
    write.
    """

    id: int
    name: str
    endpoint: str
    rules: str
    dim: int
    fitted: int
    changes: int


_COLUMNS = [
    embedding_model.c[name]
    for name in ("id", "name", "endpoint", "rules", "dim", "fitted", "changes")
]


def find_model(conn: Connection, name: str, endpoint: str, rules: str) -> Model | None:
    """The newest model of this name at this endpoint."""
    query = select(*_COLUMNS).where(
        embedding_model.c.name == name,
        embedding_model.c.endpoint == endpoint,
        embedding_model.c.rules == rules,
    )
    row = conn.execute(query.order_by(embedding_model.c.id.desc()).limit(1)).first()
    return Model(*row) if row else None


def add_model(
    conn: Connection,
    name: str,
    endpoint: str,
    rules: str,
    *,
    dim: int = 0,
    fitted: int = 0,
    data: bytes | None = None,
) -> Model:
    """Insert a model without vectors."""
    values = {
        "name": name,
        "endpoint": endpoint,
        "rules": rules,
        "dim": dim,
        "fitted": fitted,
        "changes": 0,
        "data": data,
        "created_ns": time.time_ns(),
    }
    (model_id,) = conn.execute(insert(embedding_model).values(**values)).inserted_primary_key or (
        0,
    )
    return Model(int(model_id), name, endpoint, rules, dim, fitted, 0)


def load_data(conn: Connection, model_id: int) -> bytes:
    """The stored state of a built-in model."""
    return bytes(
        conn.execute(
            select(embedding_model.c.data).where(embedding_model.c.id == model_id)
        ).scalar()
        or b""
    )


def remove_older(conn: Connection, model: Model) -> None:
    """Delete the models of the same name that ``model`` replaces, with their vectors."""
    older = select(embedding_model.c.id).where(
        embedding_model.c.name == model.name,
        embedding_model.c.endpoint == model.endpoint,
        embedding_model.c.id < model.id,
    )
    _remove(conn, list(conn.execute(older).scalars()))


def remove_outdated(conn: Connection, model: Model, endpoint_start: str) -> None:
    """Delete the other models of the same name whose endpoint begins with ``endpoint_start``, with
    their vectors.
    """
    outdated = select(embedding_model.c.id).where(
        embedding_model.c.name == model.name,
        embedding_model.c.endpoint.startswith(endpoint_start, autoescape=True),
        embedding_model.c.endpoint != model.endpoint,
    )
    _remove(conn, list(conn.execute(outdated).scalars()))


def _remove(conn: Connection, ids: Sequence[int]) -> None:
    for table, column in (
        (embedding, embedding.c.model_id),
        (embedding_failure, embedding_failure.c.model_id),
        (embedding_model, embedding_model.c.id),
    ):
        conn.execute(delete(table).where(column.in_(ids)))


def save(
    conn: Connection, model_id: int, rows: Sequence[tuple[int, int]], vectors: NDArray[np.float32]
) -> None:
    """Insert or replace the vectors of texts, (text id, characters used), and delete their recorded
    failures.

    vectors: (n, d) float32, rows of unit length, in the order of ``rows``.
    """
    small = vectors.astype(np.float16)
    changes = 1 + int(
        conn.exec_driver_sql(
            "SELECT changes FROM embedding_model WHERE id = ?", (model_id,)
        ).scalar_one()
    )
    values = [
        (model_id, prompt_id, chars, small[position].tobytes(), changes)
        for position, (prompt_id, chars) in enumerate(rows)
    ]
    insert_many(
        conn,
        "INSERT INTO embedding(model_id, prompt_id, chars, vector, changes)",
        values,
        "ON CONFLICT(model_id, prompt_id) DO UPDATE SET chars = excluded.chars, "
        "vector = excluded.vector, changes = excluded.changes",
    )
    conn.exec_driver_sql(
        "DELETE FROM embedding_failure WHERE model_id = ? AND prompt_id IN (SELECT value FROM json_each(?))",
        (model_id, json_ids(row[0] for row in rows)),
    )
    own = embedding_model.c.id == model_id
    conn.execute(update(embedding_model).where(own).values(dim=vectors.shape[1], changes=changes))


def load_chars(conn: Connection, model_id: int) -> dict[int, int]:
    """The number of characters that each vector was made from, by text id."""
    return {
        row[0]: row[1]
        for row in conn.exec_driver_sql(
            "SELECT prompt_id, chars FROM embedding WHERE model_id = ?", (model_id,)
        )
    }


def load_all(conn: Connection, model: Model) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Every vector of a model, by ascending text id: ids (n,) and unit rows (n, d)."""
    count = int(
        conn.exec_driver_sql(
            "SELECT count(*) FROM embedding WHERE model_id = ?", (model.id,)
        ).scalar_one()
    )
    ids = np.empty(count, dtype=np.int64)
    vectors = np.empty((count, model.dim), dtype=np.float32)
    result = conn.exec_driver_sql(
        "SELECT prompt_id, vector FROM embedding WHERE model_id = ? ORDER BY prompt_id", (model.id,)
    )
    start = 0
    for rows in result.partitions(_FETCHED):
        end = start + len(rows)
        ids[start:end], vectors[start:end] = _decoded(rows, model.dim)
        start = end
    return ids, vectors


def load_some(
    conn: Connection, model: Model, prompt_ids: Iterable[int]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """As ``load_all``, of those texts that have a vector; the ids in any order."""
    rows = conn.exec_driver_sql(
        f"SELECT e.prompt_id, e.vector FROM {join_ids('embedding e', 'e.prompt_id')} "
        "WHERE e.model_id = ?",
        (json_ids(prompt_ids), model.id),
    ).all()
    return _decoded(rows, model.dim)


def _decoded(
    rows: Sequence[Sequence[Any]], dim: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    stored = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float16)
    vectors = stored.reshape(len(rows), dim).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return np.fromiter((row[0] for row in rows), np.int64, len(rows)), vectors


def note_failures(
    conn: Connection, model_id: int, prompt_ids: Iterable[int], reason: str, *, is_lasting: bool
) -> None:
    """Record texts that could not be embedded; after a temporary failure a text may be tried again
    at once.
    """
    now = time.time_ns() if is_lasting else 0
    insert_many(
        conn,
        "INSERT INTO embedding_failure(model_id, prompt_id, reason, tries, failed_ns)",
        [(model_id, prompt_id, reason[:500], 1, now) for prompt_id in prompt_ids],
        "ON CONFLICT(model_id, prompt_id) DO UPDATE SET reason = excluded.reason, "
        "tries = embedding_failure.tries + 1, "
        "failed_ns = excluded.failed_ns",
    )


def list_failures(conn: Connection, model_id: int) -> dict[int, tuple[str, int, int]]:
    """(reason, tries, time of the last try) by text id."""
    rows = conn.exec_driver_sql(
        "SELECT prompt_id, reason, tries, failed_ns FROM embedding_failure WHERE model_id = ?",
        (model_id,),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def count(conn: Connection, model_id: int) -> int:
    """The number of vectors of a model."""
    return int(
        conn.exec_driver_sql(
            "SELECT count(*) FROM embedding WHERE model_id = ?", (model_id,)
        ).scalar_one()
    )
