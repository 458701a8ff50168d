"""The two ends of a migration of the whole store: the file of a data folder, and the database of a
server. Neither is brought up to date here, and the one that is read is not changed.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, Engine, inspect

from iib_core.db import failures, new_database, opening, postgresql, server_failures
from iib_core.db.sqlite import sqlite_engine


class Store(ABC):
    """A store that may be empty, whole, or half of one. ``name``: as users read it."""

    name: str
    # Whether several machines may use it.
    is_shared = False
    _schema: str | None = None

    def __init__(self) -> None:
        self._engines: dict[bool, Engine] = {}

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """A connection that sees one state and cannot write."""

    @abstractmethod
    def write(self) -> AbstractContextManager[Connection]:
        """A connection that writes: committed at the end, rolled back on an exception."""

    @abstractmethod
    def create(self, connection: Connection, version: str) -> None:
        """Make the tables of a new database."""

    def settle(self, connection: Connection) -> None:  # noqa: B027  most need nothing
        """Do what the engine needs after it has got all rows at once."""

    def find_version(self) -> str | None:
        """The number of the newest migration, "" if it says none; None for an empty store."""
        with self.read() as connection:
            tables = inspect(connection).get_table_names(schema=self._schema)
            if "alembic_version" not in tables:
                return "" if tables else None
            return new_database.read_version(connection)

    def close(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            engine.dispose()

    @contextmanager
    def _transaction(
        self, make: Callable[[], Engine], translated: AbstractContextManager[None], *, write: bool
    ) -> Iterator[Connection]:
        """A transaction of an engine that is made at its first use."""
        with translated:
            if write not in self._engines:
                self._engines[write] = make()
            with self._engines[write].begin() as connection:
                yield connection


class FileStore(Store):
    """The database at ``path``."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.name = path

    def find_version(self) -> str | None:
        """See ``Store``."""
        return super().find_version() if os.path.exists(self.name) else None

    def read(self) -> AbstractContextManager[Connection]:
        """See ``Store``. Where no log is beside the file, none is made."""
        return self._open(write=False)

    def write(self) -> AbstractContextManager[Connection]:
        """See ``Store``."""
        return self._open(write=True)

    def create(self, connection: Connection, version: str) -> None:
        """See ``Store``."""
        new_database.create(connection, version)

    def _open(self, *, write: bool) -> AbstractContextManager[Connection]:
        def make() -> Engine:
            if write:
                opening.make_folder(self.name)
            fixed = "" if write else opening.reading_address(self.name)
            return sqlite_engine(self.name, write=write, fixed=fixed)

        return self._transaction(make, failures.translated_at_start(self.name), write=write)


class ServerStore(Store):
    """The database at an address, which is said nowhere."""

    name = "The database of the server"
    is_shared = True
    _schema = "iib"

    def __init__(self, url: str) -> None:
        super().__init__()
        self._address = postgresql.Address(url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """See ``Store``. No server writes meanwhile."""
        with self.write() as connection:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """See ``Store``. The transaction may stand still while the other store works."""

        def make() -> Engine:
            return postgresql.postgresql_engine(self._address, write=True)

        failures = server_failures.translated_at_start()
        with self._transaction(make, failures, write=True) as connection:
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            yield connection

    def create(self, connection: Connection, version: str) -> None:
        """See ``Store``."""
        postgresql.require_fit(connection)
        postgresql.create(connection, version)

    def settle(self, connection: Connection) -> None:
        """Gather the statistics that queries are planned by."""
        connection.exec_driver_sql("ANALYZE")
