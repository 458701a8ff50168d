"""Database: one writer, many readers, over one SQLite file in the data folder."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from sqlalchemy import Connection, exc, inspect, text

from iib_core.db.dialect import count_change, sqlite_engine
from iib_core.errors import ConfigError, DatabaseError

logger = logging.getLogger(__name__)

# The newest migration. Compared with the file's own number, so that Alembic is imported only when there is something to do.
SCHEMA = "0008"


class Database:
    """The open database. ``read()`` and ``write()`` give a connection inside a transaction of their own."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._create_folder()
        self._writer = sqlite_engine(path, write=True)
        self._readers = sqlite_engine(path, write=False)
        self._write_lock = threading.RLock()
        try:
            self._migrate()
        except exc.DBAPIError as error:
            self.close()
            _fail(path, error)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state and cannot write."""
        with self._damage_told(), self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The connection that writes; committed at the end, rolled back on an exception. One at a time."""
        with self._damage_told(), self._write_lock, self._writer.begin() as connection:
            yield connection
            count_change(connection)

    @contextmanager
    def _damage_told(self) -> Iterator[None]:
        """A damaged page may be met long after the file was opened: then too a sentence says what to do."""
        try:
            yield
        except exc.DBAPIError as error:
            if _is_damage(error):
                _fail(self.path, error)
            raise

    def close(self) -> None:
        """Close every connection; the file is checkpointed by the last one."""
        self._readers.dispose()
        self._writer.dispose()

    def _create_folder(self) -> None:
        folder = os.path.dirname(self.path)
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"The data folder {folder} cannot be made ({error.strerror}): choose another one with --data-dir.") from error
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ConfigError(f"The data folder {folder} is not writable: choose another one with --data-dir.")

    def _migrate(self) -> None:
        found = self._find_schema()
        if found == SCHEMA:
            return
        if found is not None:
            self._copy_first(found)
        from iib_core.db.migrations import upgrade

        with self._writer.begin() as connection:
            upgrade(connection)

    def _find_schema(self) -> str | None:
        """The number of the file's newest migration; None for a new file. Raises DatabaseError for one that this program does not know yet."""
        with self._writer.connect() as connection, connection.begin():
            has_version = inspect(connection).has_table("alembic_version")
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if has_version else None
        if found is not None and found > SCHEMA:
            raise DatabaseError(f"The database {self.path} was written by a newer version of this program: update the program to use it.")
        return None if found is None else str(found)

    def _copy_first(self, found: str) -> None:
        """A copy of the database before its tables are changed, so that an older program can be gone back to."""
        from iib_core.db import backup

        try:
            copy = backup.make(self.path)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise DatabaseError(f"The database {self.path} is not brought up to date, because it cannot be copied first ({reason}): make room.") from error
        if copy is not None:
            logger.info("the database is brought from version %s to %s; its copy of before is %s", found, SCHEMA, copy.path)


def _fail(path: str, error: exc.DBAPIError) -> NoReturn:
    if not _is_damage(error):
        raise DatabaseError(f"The database {path} cannot be used ({error.orig}): check that nothing else holds it and that the disk has room.") from error
    from iib_core.db import backup

    copy = backup.find_newest_good(path)
    way = f"run 'iib restore {os.path.basename(copy.path)}' to go back to its copy of {copy.when}" if copy else "move it away to start with a new one"
    raise DatabaseError(f"The database {path} is damaged and cannot be used ({error.orig}): {way}; your pictures are not touched.") from error


def _is_damage(error: exc.DBAPIError) -> bool:
    """Whether the file is broken, and not only locked or out of space."""
    return any(sign in str(error.orig) for sign in ("malformed", "not a database", "disk image", "corrupt"))
