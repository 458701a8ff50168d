"""Where a model's vectors are compared: by PostgreSQL, where it has the extension ``vector`` and has made
an index of them; otherwise in memory.

The table ``embedding`` is what everything is made from, on every engine. Beside it each model can have
a table ``vectors_N`` of its own, N being when the model was made: the same vectors as ``halfvec``, with
an HNSW index. The comment of that index is the ``changes`` of the model up to which it is complete. So
the extension may come, and go with all that was made by it: what is there is asked for each search.
"""

from __future__ import annotations

import select
import struct
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, exc

from iib_core.db.embeddings import Model
from iib_core.db.postgresql_own import Halfvec
from iib_core.db.prompts import FolderScope
from iib_core.db.sqlite import is_sqlite

# What an index of ``halfvec`` can hold.
_MAX_DIM = 4000
# With more vectors than these behind its index, all are compared in memory.
_MAX_BEHIND = 2000
# In folders of at most this many files all vectors are compared: an index would be asked for long
# until it had found enough of so few.
_FEW_FILES = 5000
# How many candidates the index keeps while it searches: more find more of the nearest.
_LEAST_EFFORT, _MOST_EFFORT = 200, 1000
_BATCH = 500
# Where no more room is needed, an index is made some times as fast.
_MOST_MEMORY_MIB = 2048
_INDEXING_KEY = 0x11C
_WAIT_S = 0.3
# The version of the extension that goes on searching until a filter has let enough through.
_GOES_ON = (0, 8)
# A text has a shown file. The OFFSETs keep PostgreSQL from finding the files first: the index comes
# first, and each text that it finds is looked up.
_HAS_A_FILE = (
    "EXISTS (SELECT 1 FROM image_prompt p WHERE p.prompt_id = n.prompt_id AND p.rules = ? AND EXISTS ("
    "SELECT 1 FROM image i WHERE i.id = p.image_id AND {files} OFFSET 0) OFFSET 0)"
)
_TEXTS_OF_FILES = (
    "SELECT p.prompt_id FROM image_prompt p JOIN image i ON i.id = p.image_id "
    "WHERE p.rules = ? AND {files}"
)
_SHOWN = "i.indexed_ns = p.indexed_ns AND i.shown = 1"
_OF_FOLDERS = " AND i.folder_id = ANY(?)"


@dataclass(frozen=True)
class Among:
    """Which texts are wanted: those that a shown file of ``folders`` has by ``rules``, and that are
    no more similar than ``most``, a cosine.
    """

    folders: FolderScope
    rules: str
    most: float = 2.0


@dataclass(frozen=True)
class Candidates:
    """Texts that may be the nearest. All that are more similar than ``least``, a cosine, are among
    them, as far as the index finds them.
    """

    ids: list[int]
    least: float


@dataclass(frozen=True)
class VectorIndex:
    """The index of a model's vectors. ``changes``: up to which it is complete; ``goes_on``: whether
    it can be asked until a filter has let enough through.
    """

    model: Model
    table: str
    changes: int
    goes_on: bool

    def find(
        self, conn: Connection, query: NDArray[np.float32], among: Among, limit: int
    ) -> Candidates:
        """At least ``limit`` of the nearest texts, if there are as many.

        query: (dim,) of unit length.
        """
        asked = _as_halfvec(query.astype(np.float16))
        found: Sequence[Any] = ()
        if not _is_narrow(conn, among.folders):
            found = self._ask_index(conn, asked, among, limit)
        if len(found) < limit:
            found = self._compare_all(conn, asked, among, limit)
        least = 1 - max(row[1] for row in found) if len(found) == limit else -2.0
        behind = self._list_behind(conn)
        return Candidates(list({row[0] for row in found}.union(behind)), least)

    def _ask_index(
        self, conn: Connection, asked: Halfvec, among: Among, limit: int
    ) -> Sequence[Any]:
        effort = min(max(_LEAST_EFFORT, 2 * limit), _MOST_EFFORT)
        settings = {
            "hnsw.ef_search": str(effort),
            "enable_seqscan": "off",
            "plan_cache_mode": "force_custom_plan",
            **({"hnsw.iterative_scan": "relaxed_order"} if self.goes_on else {}),
        }
        _set(conn, settings)
        files, parameters = _files(among)
        return conn.exec_driver_sql(
            f"SELECT n.prompt_id, n.vector <=> ? FROM {self.table} n "
            f"WHERE {_HAS_A_FILE.format(files=files)} AND n.vector <=> ? >= ? "
            f"ORDER BY n.vector <=> ? LIMIT {limit}",
            (asked, *parameters, asked, 1 - among.most, asked),
        ).all()

    def _compare_all(
        self, conn: Connection, asked: Halfvec, among: Among, limit: int
    ) -> Sequence[Any]:
        _set(conn, {"enable_seqscan": "on"})
        files, parameters = _files(among)
        return conn.exec_driver_sql(
            f"WITH compared AS MATERIALIZED (SELECT n.prompt_id, n.vector <=> ? AS distance "
            f"FROM {self.table} n WHERE n.prompt_id IN ({_TEXTS_OF_FILES.format(files=files)})) "
            f"SELECT prompt_id, distance FROM compared WHERE distance BETWEEN ? AND 2 "
            f"ORDER BY distance LIMIT {limit}",
            (asked, *parameters, 1 - among.most),
        ).all()

    def _list_behind(self, conn: Connection) -> Sequence[int]:
        """The texts whose vectors were written since."""
        if self.changes == self.model.changes:
            return ()
        return _list_behind(conn, self.model.id, self.changes)


def find_index(conn: Connection, model: Model) -> VectorIndex | None:
    """The index of a model's vectors; None where they are to be compared in memory."""
    if is_sqlite(conn) or not model.dim:
        return None
    table, changes, version = conn.exec_driver_sql(
        "SELECT 'vectors_' || m.created_ns, "
        "obj_description(to_regclass('iib.vectors_' || m.created_ns || '_nearest'), 'pg_class'), "
        "(SELECT extversion FROM pg_extension WHERE extname = 'vector') "
        "FROM embedding_model m WHERE m.id = ?",
        (model.id,),
    ).one()
    if changes is None or version is None:
        return None
    index = VectorIndex(model, table, int(changes), _number(version) >= _GOES_ON)
    return None if len(index._list_behind(conn)) > _MAX_BEHIND else index


def bring_up_to_date(engine: Engine, model_id: int, check: Callable[[], None]) -> None:
    """Make the index of a model's vectors, or add what was written since; remove those of models that
    are no more. ``check`` is called now and then, and can raise.

    ``engine``: its statements are transactions of their own, so that no writer waits. Does nothing
    without the extension, or while another server does it. Raises SQLAlchemyError.
    """
    with engine.connect() as conn:
        if not conn.exec_driver_sql("SELECT to_regtype('halfvec') IS NOT NULL").scalar_one():
            return
        taken = conn.exec_driver_sql("SELECT pg_try_advisory_lock(?)", (_INDEXING_KEY,))
        if taken.scalar_one():  # until the connection is closed
            _remove_abandoned(conn)
            _index(conn, model_id, check)


def _index(conn: Connection, model_id: int, check: Callable[[], None]) -> None:
    row = conn.exec_driver_sql(
        "SELECT 'vectors_' || created_ns, dim, changes FROM embedding_model WHERE id = ?",
        (model_id,),
    ).first()
    if row is None or not 0 < row.dim <= _MAX_DIM:
        return
    table, dim, changes = row
    done = conn.exec_driver_sql(
        "SELECT obj_description(to_regclass(?), 'pg_class')", (f"iib.{table}_nearest",)
    ).scalar()
    if done is None:
        _create(conn, table, dim)
        _copy(conn, table, model_id, -1, check)
        _make_index(conn, table, dim, check)
    elif int(done) < changes:
        _copy(conn, table, model_id, int(done), check)
    else:
        return
    conn.exec_driver_sql(f"COMMENT ON INDEX {table}_nearest IS '{changes}'")


def _create(conn: Connection, table: str, dim: int) -> None:
    conn.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
    # Within the row: a vector that is stored apart takes several times as long to read.
    conn.exec_driver_sql(
        f"CREATE TABLE {table} (prompt_id bigint PRIMARY KEY, vector halfvec({dim}) NOT NULL)"
    )
    conn.exec_driver_sql(f"ALTER TABLE {table} ALTER COLUMN vector SET STORAGE PLAIN")


def _copy(
    conn: Connection, table: str, model_id: int, changes: int, check: Callable[[], None]
) -> None:
    """Copy the vectors that were written after ``changes``, and remove those of texts that are gone."""
    ids = _list_behind(conn, model_id, changes, limit=None)
    for start in range(0, len(ids), _BATCH):
        check()
        rows = conn.exec_driver_sql(
            "SELECT prompt_id, vector FROM embedding WHERE model_id = ? AND prompt_id = ANY(?)",
            (model_id, ids[start : start + _BATCH]),
        ).all()
        values = [(row[0], _as_halfvec(np.frombuffer(row[1], np.float16))) for row in rows]
        if values:
            marks = ", ".join(["(?, ?)"] * len(values))
            conn.exec_driver_sql(
                f"INSERT INTO {table}(prompt_id, vector) VALUES {marks} "
                "ON CONFLICT (prompt_id) DO UPDATE SET vector = excluded.vector",
                tuple(part for value in values for part in value),
            )
    conn.exec_driver_sql(
        f"DELETE FROM {table} n WHERE NOT EXISTS (SELECT 1 FROM embedding e WHERE e.model_id = ? "
        "AND e.prompt_id = n.prompt_id)",
        (model_id,),
    )


def _make_index(conn: Connection, table: str, dim: int, check: Callable[[], None]) -> None:
    count = conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
    memory_mib = 64 + count * (2 * dim + 700) // 1_000_000
    # Without parallel workers: they share memory, of which a container has little.
    settings = {
        "maintenance_work_mem": f"{min(memory_mib, _MOST_MEMORY_MIB)}MB",
        "max_parallel_maintenance_workers": "0",
    }
    _set(conn, settings, lasts=True)
    conn.exec_driver_sql(f"ANALYZE {table}")
    _run(
        conn,
        f"CREATE INDEX {table}_nearest ON iib.{table} USING hnsw (vector halfvec_cosine_ops)",
        check,
    )


def _run(conn: Connection, statement: str, check: Callable[[], None]) -> None:
    """Execute a statement that takes minutes, and cancel it where ``check`` raises."""
    from psycopg import pq
    from psycopg.errors import error_from_result

    driver: Any = conn.connection.driver_connection
    sent = driver.pgconn
    sent.send_query(statement.encode())
    sent.flush()
    with _cancelling(driver):
        while sent.is_busy():
            select.select([sent.socket], [], [], _WAIT_S)
            sent.consume_input()
            check()
    while (result := sent.get_result()) is not None:
        if result.status != pq.ExecStatus.COMMAND_OK:
            error = error_from_result(result)
            raise exc.DBAPIError(statement, (), error)


@contextmanager
def _cancelling(driver: Any) -> Any:
    """A block that is about a statement of the driver, which is cancelled where it raises."""
    try:
        yield
    except BaseException:
        with suppress(Exception):  # what the block raised is what counts
            driver.cancel()
        while driver.pgconn.get_result() is not None:
            pass
        raise


def _remove_abandoned(conn: Connection) -> None:
    """Remove the tables of models that are no more."""
    tables = conn.exec_driver_sql(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'iib'::regnamespace "
        "AND c.relkind = 'r' AND c.relname ~ '^vectors_[0-9]+$' AND NOT EXISTS ("
        "SELECT 1 FROM embedding_model m WHERE 'vectors_' || m.created_ns = c.relname)"
    )
    for table in tables.scalars().all():
        conn.exec_driver_sql(f"DROP TABLE {table}")


def _list_behind(
    conn: Connection, model_id: int, changes: int, *, limit: int | None = _MAX_BEHIND + 1
) -> Sequence[int]:
    rows = conn.exec_driver_sql(
        "SELECT prompt_id FROM embedding WHERE model_id = ? AND changes > ?"
        + (f" LIMIT {limit}" if limit else " ORDER BY prompt_id"),
        (model_id, changes),
    )
    return rows.scalars().all()


def _is_narrow(conn: Connection, folders: FolderScope) -> bool:
    if folders.folder_ids is None:
        return False
    files = conn.exec_driver_sql(
        "SELECT coalesce(sum(files), 0) FROM folder_quarter WHERE folder_id = ANY(?)",
        (list(folders.folder_ids),),
    ).scalar_one()
    return int(files) <= _FEW_FILES


def _files(among: Among) -> tuple[str, tuple[Any, ...]]:
    """The condition of a file, and the parameters of the texts that have one."""
    folder_ids = among.folders.folder_ids
    if folder_ids is None:
        return _SHOWN, (among.rules,)
    return _SHOWN + _OF_FOLDERS, (among.rules, list(folder_ids))


def _set(conn: Connection, settings: dict[str, str], *, lasts: bool = False) -> None:
    """Settings for the open transaction, or if it ``lasts`` for the connection."""
    parts = ", ".join(f"set_config('{name}', ?, {str(not lasts).lower()})" for name in settings)
    conn.exec_driver_sql(f"SELECT {parts}", tuple(settings.values()))


def _as_halfvec(vector: NDArray[np.float16]) -> Halfvec:
    """A vector as the extension reads it in binary form."""
    return Halfvec(struct.pack(">HH", len(vector), 0) + vector.astype(">f2").tobytes())


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
