"""Database over a PostgreSQL server, with the contract of the one over a file."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, delete, insert, inspect, select, text

from iib_core import paths
from iib_core.db import new_database, places, postgresql, server_failures
from iib_core.db.engine import SCHEMA, Database
from iib_core.db.fairlock import FairLock
from iib_core.db.places import Places
from iib_core.db.postgresql import Address
from iib_core.db.server_lease import ServerLease
from iib_core.db.sqlite import count_change
from iib_core.db.tables import indexed_root
from iib_core.errors import (
    DatabaseDamaged,
    DatabaseError,
    DatabaseReadOnly,
    LeaseLost,
)
from iib_core.root_map import MappedRoot

logger = logging.getLogger(__name__)


class ServerDatabase(Database):
    """The database of ``url``, opened and brought up to date.

    ``path``: where the one over a file would be; nothing is written there. ``mapped``: where shared
    folders are on this machine (``root_map``); None gives paths as they are stored. Raises ConfigError for
    an address that is none and for a missing driver; DatabaseUnreachable; DatabaseError.
    """

    is_file = False
    lease: ServerLease

    def __init__(
        self,
        url: str,
        path: str = "",
        *,
        read_only: bool = False,
        mapped: Sequence[MappedRoot] | None = (),
    ) -> None:
        self.path = path
        self.mapped = mapped or ()
        self._address = address = Address(url)
        self._places = None if mapped is None else Places(mapped)
        self._writer = postgresql.postgresql_engine(address, write=True, places=self._places)
        self._readers = postgresql.postgresql_engine(address, write=False, places=self._places)
        self._write_lock = FairLock()
        self.lease = ServerLease(address, os.path.dirname(path), read_only=read_only)
        try:
            with server_failures.translated_at_start():
                self._require_current() if read_only else self._bring_up_to_date()
                if self._places is not None:
                    with self._readers.connect() as connection:
                        self._places.find_columns(connection)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state and cannot write."""
        with (
            server_failures.translated(may_write=False),
            self._readers.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def write(self, *, is_patient: bool = False) -> Iterator[Connection]:
        """The connection that writes: committed at the end, rolled back on an exception. One at a
        time over all servers. ``is_patient``: as of ``Database``.

        Raises LeaseLost within ``lease.held``.
        """
        self.lease.check()
        lock = self._write_lock.patiently() if is_patient else self._write_lock
        with server_failures.translated(), lock, self._writer.begin() as connection:
            self.lease.require(connection)
            yield connection
            count_change(connection)
            postgresql.notify(connection)

    @contextmanager
    def indexing(self, roots: Sequence[str], wait: Callable[[], None]) -> Iterator[None]:
        """See ``Database``. A server that stood still for longer than its lease writes nothing more
        in the block.
        """
        with self.lease.held():
            while not self._take_roots(roots):
                wait()
            try:
                yield
            finally:
                # Otherwise the folders are free when the lease ends.
                with suppress(LeaseLost, DatabaseError), self.write() as connection:
                    self._leave_roots(connection)

    def follow(self, on_change: Callable[[], None]) -> None:
        """See ``Database``. Also called when the database was away, and changes may have been missed."""
        self.lease.follow(on_change)

    def index_vectors(self, model_id: int, check: Callable[[], None]) -> None:
        """See ``Database``. Where it fails, vectors are compared in memory."""
        from iib_core.db import vector_index  # which imports numpy

        engine = postgresql.lease_engine(self._address)
        try:
            with server_failures.translated_at_start():
                vector_index.bring_up_to_date(engine, model_id, check)
        except DatabaseError as exc:
            logger.warning("vectors are compared in memory, because they have no index: %s", exc)
        finally:
            engine.dispose()

    def close(self) -> None:
        """Close every connection, and give up the lease."""
        self.lease.close()
        super().close()

    def find_damage(self) -> DatabaseDamaged | None:
        """None: the server looks after its files."""
        return None

    def keep_in_place(self, ending: threading.Event) -> None:
        """Wait for ``ending``: the server looks after its log."""
        ending.wait()

    def _take_roots(self, roots: Sequence[str]) -> bool:
        with self.read() as connection:
            others = _servers_indexing(connection, roots) - {self.lease.name}
        if any(map(self.lease.is_alive, others)):
            return False
        with self.write(is_patient=True) as connection:
            self._leave_roots(connection)
            others = _servers_indexing(connection, roots)
            if not all(self.lease.bury(connection, server_id) for server_id in others):
                return False
            connection.execute(
                insert(indexed_root),
                [
                    {"path": places.stored(connection, root), "server_id": self.lease.name}
                    for root in dict.fromkeys(roots)
                ],
            )
        return True

    def _leave_roots(self, connection: Connection) -> None:
        connection.execute(delete(indexed_root).where(indexed_root.c.server_id == self.lease.name))

    def _require_current(self) -> None:
        with self._readers.connect() as connection:
            postgresql.require_fit(connection)
            schema = _find_schema(connection)
        if schema != SCHEMA:
            raise DatabaseReadOnly(
                "The database of IIB_DATABASE_URL is of another version and cannot be written here: "
                "start once without IIB_READ_ONLY."
            )

    def _bring_up_to_date(self) -> None:
        """Create the schema, or migrate it; another server that starts meanwhile waits."""
        with self._writer.begin() as connection:
            postgresql.require_fit(connection)
            schema = _find_schema(connection)
            if schema is None:
                postgresql.create(connection, SCHEMA)
            elif schema != SCHEMA:
                from iib_core.db.migrations import upgrade

                upgrade(connection)
            postgresql.add_vector_extension(connection)
            postgresql.warn_of_letters(connection)


def _servers_indexing(connection: Connection, roots: Sequence[str]) -> set[str]:
    """The servers that index these folders, what is in them, or what they are in."""
    return {
        row.server_id
        for row in connection.execute(select(indexed_root))
        if any(paths.is_under(row.path, root) or paths.is_under(root, row.path) for root in roots)
    }


def _find_schema(connection: Connection) -> str | None:
    """The number of the newest migration; None for a database that holds nothing of ours.

    Raises DatabaseError for one of a newer version.
    """
    if not inspect(connection).has_table("alembic_version", schema="iib"):
        return None
    query = text("SELECT version_num FROM iib.alembic_version")
    schema = str(connection.execute(query).scalar_one())
    new_database.require_whole(schema, "The database of IIB_DATABASE_URL")
    if schema > SCHEMA:
        raise DatabaseError(
            "The database of IIB_DATABASE_URL was written by a newer version of this program: update "
            "the program to use it."
        )
    return schema
