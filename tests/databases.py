"""An empty database, to copy: making a new one takes several times as long as
opening a copy.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from iib_core.db.engine import Database
from iib_core.db.server_database import ServerDatabase
from tests import postgresql

ENGINES = ("sqlite", "postgresql")


def write_empty(path: Path) -> Path:
    """Write an empty database to ``path``, and create its folder. Returns ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_make_one())
    return path


def open_database(path: Path, engine: str = "sqlite") -> Database:
    """A database that was made as a copy of the empty one: the file at ``path``, or one of the
    tests' PostgreSQL, which skips the test where there is none.
    """
    if engine == "postgresql":
        return ServerDatabase(new_url(), str(path))
    if not path.exists():
        write_empty(path)
    return Database(str(path))


def new_url() -> str:
    """The address of a new database of the tests' PostgreSQL, with the empty schema."""
    return postgresql.require_server().create(_make_template())


@functools.cache
def _make_template() -> str:
    """The name of the database that others are copies of; it is made once a process."""
    server = postgresql.require_server()
    server.run(f"CREATE DATABASE {postgresql.TEMPLATE}")
    ServerDatabase(server.url(postgresql.TEMPLATE)).close()
    return postgresql.TEMPLATE


@functools.cache
def _make_one() -> bytes:
    """The bytes of the file; it is made once a process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "iib.db")
        Database(str(path)).close()
        return path.read_bytes()
