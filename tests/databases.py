"""Empty databases of each engine. They are copies, because making a new one takes several times as
long as opening a copy.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from iib_core.db.engine import Database
from iib_core.db.server_database import ServerDatabase
from iib_core.db.tables import metadata
from tests import postgresql

ENGINES = ("sqlite", "postgresql")
_EMPTY = "; ".join(
    [
        *(f"DELETE FROM iib.{name}" for name in [*metadata.tables, "image_fts"]),
        "INSERT INTO iib.tag TABLE first_tag",
        "UPDATE iib.index_change SET number = 0",
    ]
)
# Names of databases: by the files that they stand for, and those that are empty.
_used: dict[Path, str] = {}
_free: list[str] = []


def write_empty(path: Path) -> Path:
    """Write an empty database to ``path``, and create its folder. Returns ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_make_one())
    return path


def open_database(path: Path, engine: str = "sqlite") -> Database:
    """A database that was made as a copy of the empty one: the file at ``path``, or what stands for
    it (``url_of``).
    """
    if engine == "postgresql":
        return ServerDatabase(url_of(path), str(path))
    if not path.exists():
        write_empty(path)
    return Database(str(path))


def engine_settings(data_dir: Path | str, engine: str) -> dict[str, str]:
    """The fields of Config that put the store of a data folder on an engine."""
    return {"database_url": url_of(Path(data_dir, "iib.db"))} if engine == "postgresql" else {}


def url_of(path: Path) -> str:
    """The address of the database of the tests' PostgreSQL that stands for the file at ``path``, until
    ``empty_all``. Skips the test where there is no PostgreSQL.
    """
    server = postgresql.require_server()
    if path not in _used:
        _used[path] = _free.pop() if _free else server.create(_make_template())
    return server.url(_used[path])


def empty_all() -> None:
    """Empty the databases that ``url_of`` gave: the next ones that are asked for are these, because
    making one takes ten times as long.
    """
    while _used:
        _, name = _used.popitem()
        postgresql.require_server().run(_EMPTY, name)
        _free.append(name)


def new_url() -> str:
    """The address of a new database of the tests' PostgreSQL, with the empty schema."""
    server = postgresql.require_server()
    return server.url(server.create(_make_template()))


@functools.cache
def _make_template() -> str:
    """The name of the database that others are copies of; it is made once a process."""
    server = postgresql.require_server()
    server.run(f"CREATE DATABASE {postgresql.TEMPLATE}")
    ServerDatabase(server.url(postgresql.TEMPLATE)).close()
    server.run("CREATE TABLE first_tag AS TABLE iib.tag", postgresql.TEMPLATE)
    return postgresql.TEMPLATE


@functools.cache
def _make_one() -> bytes:
    """The bytes of the file; it is made once a process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "iib.db")
        Database(str(path)).close()
        return path.read_bytes()
