"""Database: one writer, many readers, over one SQLite file in the data folder."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Connection as Connection  # for annotations elsewhere
from sqlalchemy import inspect, text

from iib_core import linux, times
from iib_core.db import backup, failures, new_database, opening
from iib_core.db.fairlock import FairLock
from iib_core.db.sqlite import checkpoint, count_change, forget_change, sqlite_engine
from iib_core.errors import DatabaseDamaged, DatabaseError, DatabaseReadOnly
from iib_core.process_lock import Owner
from iib_core.root_map import MappedRoot

if TYPE_CHECKING:
    from iib_core.db.search.packed_orders import PackedOrders
    from iib_core.db.search.packed_texts import PackedTexts

logger = logging.getLogger(__name__)

# The newest migration. Compared with the file's own number, so that Alembic is imported only when
# there is something to do.
SCHEMA = "0031"
_NUMBER = re.compile(r"\d{4}", re.ASCII)
# The log is checkpointed when nothing was written for a moment; while writes never pause, now and
# then.
_QUIET_S, _AT_LATEST_S = 1.0, 60.0


class Database:
    """The open database. ``read()`` and ``write()`` give a connection inside a transaction of its
    own.

    ``read_only``: nothing will be written, so that a database in a folder without write permission
    opens too. ``is_new``: the database may be empty. Raises DatabaseError; ConfigError for the
    folder; DatabaseMissing if there was a database and it is gone.
    """

    # Whether it is a file of the data folder, which is backed up and restored by us.
    is_file = True
    # Under which name this server changes files, where several may share the database.
    lease: Owner | None = None
    # Where shared folders are on this machine.
    mapped: Sequence[MappedRoot] = ()

    def __init__(self, path: str, *, read_only: bool = False, is_new: bool = False) -> None:
        self.path = path
        fixed = opening.fixed_address(path) if read_only else ""
        if not fixed:
            opening.make_folder(path)
            if not is_new:
                opening.require_no_loss(path)
        self._writer = sqlite_engine(path, write=True, fixed=fixed)
        self._readers = sqlite_engine(path, write=False, fixed=fixed)
        self._write_lock = FairLock()
        try:
            with failures.translated_at_start(path):
                self._require_current() if fixed else self._migrate()
        except BaseException:
            self.close()
            raise
        if not fixed:
            opening.leave_mark(path)

    @cached_property
    def orders(self) -> PackedOrders:
        """The orders of a large library that no index has."""
        # Only here, because numpy takes longer to import than all that opens a database.
        from iib_core.db.search.packed_orders import PackedOrders

        return PackedOrders()

    @cached_property
    def texts(self) -> PackedTexts:
        """The texts of the images of a large library."""
        from iib_core.db.search.packed_texts import PackedTexts

        return PackedTexts()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state and cannot write."""
        with (
            failures.translated(self.path, may_write=False),
            self._readers.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def write(self, *, is_patient: bool = False) -> Iterator[Connection]:
        """The connection that writes: committed at the end, rolled back on an exception. One at a
        time, in the order in which threads asked for it.

        ``is_patient``: no user waits for this, so ``is_busy`` says nothing of it.
        """
        lock = self._write_lock.patiently() if is_patient else self._write_lock
        with failures.translated(self.path), lock, self._writer.begin() as connection:
            yield connection
            count_change(connection)

    @contextmanager
    def trial(self) -> Iterator[Connection]:
        """As ``write``, to see what a change would do: it is undone at the end."""
        with self.write() as connection, connection.begin_nested() as savepoint:
            yield connection
            savepoint.rollback()
            forget_change(connection)

    def indexing(
        self,
        roots: Sequence[str],  # noqa: ARG002
        wait: Callable[[], None],  # noqa: ARG002
    ) -> AbstractContextManager[None]:
        """A block in which no other server indexes these folders, given as text, or what is in
        them; ``wait`` is called until this one may, and can raise.
        """
        return nullcontext()

    def follow(self, on_change: Callable[[], None]) -> None:
        """Call ``on_change``, in a thread, when another server has changed the folders of the
        library, settings or sessions.
        """

    def index_vectors(
        self,
        model_id: int,
        check: Callable[[], None],
    ) -> None:
        """Bring the index of a model's vectors up to date, where the engine has one; the work of a
        job. ``check`` is called now and then, and can raise.
        """

    @property
    def is_busy(self) -> bool:
        """Whether a user had to wait to write lately: then long series of writes should pause."""
        return self._write_lock.was_wanted

    def close(self) -> None:
        """Close every connection; closing the last one checkpoints the file."""
        self._readers.dispose()
        self._writer.dispose()

    def find_damage(self) -> DatabaseDamaged | None:
        """The damage of the file, if it is broken; reads all of it."""
        return (
            None
            if backup.is_good(self.path)
            else failures.damaged(self.path, "it does not hold what it should")
        )

    def keep_in_place(self, ending: threading.Event) -> None:
        """Checkpoint the write-ahead log until ``ending`` is set, and give back the memory that
        writing took; the work of a background thread.

        Begins with what an earlier run left there. Readers and writers never wait for it.
        """
        seen = None
        done_at = time.monotonic()
        while not ending.wait(_QUIET_S):
            before, seen = seen, self._find_log_state()
            if seen and (seen == before or time.monotonic() - done_at > _AT_LATEST_S):
                done_at = time.monotonic()
                with failures.translated(self.path):
                    checkpoint(self.path)
                    self._release_memory()

    def _release_memory(self) -> None:
        """Close the connection that writes: its pages and the largest of its statements take some
        100 MB after a first index. The next write opens another one.
        """
        with self._write_lock:
            self._writer.dispose()
        linux.release_memory()

    def _find_log_state(self) -> tuple[int, int] | None:
        """A value that changes with every write, also of another process; None if the log is
        missing or empty.
        """
        try:
            status = os.stat(self.path + "-wal")
        except OSError:
            return None
        return (status.st_size, times.mtime_ns(status)) if status.st_size else None

    def _require_current(self) -> None:
        if self._find_schema() != SCHEMA:
            raise DatabaseReadOnly(
                f"The database {self.path} is of an older version and cannot be written here: start "
                "once where it can be, without IIB_READ_ONLY."
            )

    def _migrate(self) -> None:
        schema = self._find_schema()
        if schema == SCHEMA:
            return
        if schema is None:
            with self._writer.begin() as connection:
                new_database.create(connection, SCHEMA)
            return
        self._copy_first(schema)
        from iib_core.db.migrations import upgrade

        with self._writer.begin() as connection:
            upgrade(connection)

    def _find_schema(self) -> str | None:
        """The number of the file's newest migration; None for a new file.

        Raises DatabaseError for a database of a newer version, or of another program.
        """
        with self._readers.connect() as connection, connection.begin():
            tables = inspect(connection).get_table_names()
            has_version = "alembic_version" in tables
            schema = (
                connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
                if has_version
                else None
            )
        if not tables:
            return None
        if not has_version:
            raise DatabaseError(
                f"The file {self.path} is not a database of this program: {failures.way_back(self.path)}; "
                f"{failures.UNTOUCHED}."
            )
        new_database.require_whole(str(schema), f"The database {self.path}")
        if not _NUMBER.fullmatch(str(schema)):
            raise failures.damaged(self.path, "it has lost the number of its version")
        if str(schema) > SCHEMA:
            raise DatabaseError(
                f"The database {self.path} was written by a newer version of this program: update the "
                "program to use it."
            )
        return str(schema)

    def _copy_first(self, schema: str) -> None:
        """Back up the database before a migration, so that the user can go back to an older
        version.
        """
        try:
            copy = backup.make(self.path)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise DatabaseError(
                f"The database {self.path} is not brought up to date, because it cannot be copied first "
                f"({reason}): make room."
            ) from error
        if copy is not None:
            logger.info(
                "the database is brought from version %s to %s; its copy of before is %s",
                schema,
                SCHEMA,
                copy.path,
            )
