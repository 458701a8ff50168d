"""The lease of this server, one of several over one database.

A server has a row in the table ``server``, and renews the lease in it by the database's clock. What
names that row as its owner is the server's alone: operations, jobs, the folders that it indexes. A
lease that has run out can be ended by any other server, which deletes the row and takes over. The
server that lost it goes on under a new name, and what it began under the old one does nothing more.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from iib_core.db import server_failures
from iib_core.db.postgresql import CHANNEL, Address, lease_engine
from iib_core.errors import Conflict, DatabaseError, LeaseLost
from iib_core.process_lock import ProcessLock
from iib_core.workers import BackgroundThread

logger = logging.getLogger(__name__)

LEASE_S = 20.0
# This server itself trusts its lease for less long: between a look at the clock and what follows it
# may stand still for a moment.
_MARGIN_S = 5.0
_BEAT_S = 2.0
_AGAIN_S = 1.0
# An operation waits this long for a database that does not answer, then it is given up.
_PATIENCE_S = 60.0
# Rows of dead servers that left nothing unfinished.
_FORGOTTEN_S = 86_400.0
_NOW = "extract(epoch FROM clock_timestamp())::float8"
_STOOD_STILL = (
    "This server stood still, or without its database, for longer than its lease: what it was doing "
    "is finished or undone by a server that runs; look at the history."
)


@dataclass(eq=False)
class _Life:
    """The time of this server under one name."""

    name: str
    lock: ProcessLock
    trusted_until: float
    is_lost: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether no other server can have ended the lease."""
        return not self.is_lost and _now() < self.trusted_until


class ServerLease:
    """An ``Owner`` whose name lasts as long as its lease. ``read_only``: it has no lease, and only
    listens.
    """

    is_shared = True

    def __init__(self, address: Address, data_dir: str, *, read_only: bool) -> None:
        self._engine = lease_engine(address)
        self._data_dir = data_dir
        self._read_only = read_only
        self._changed = threading.Condition()
        self._joining = threading.Lock()
        self._acting = threading.local()
        self._life: _Life | None = None
        self._connected_at = float("inf")
        self._on_change: Callable[[], None] = lambda: None
        self._is_noticed = False
        self._is_ending = False
        self._waker, self._sleeper = socket.socketpair()
        self._thread: BackgroundThread | None = None

    @property
    def name(self) -> str:
        """The present name; within ``held`` that of the block."""
        held: _Life | None = getattr(self._acting, "life", None)
        return (held or self._present()).name

    def is_alive(self, name: str) -> bool:
        """Whether the lease of that name lasts. Just after this server has found its database again,
        that of each other one that has not given it up.
        """
        if self._life is not None and name == self._life.name:
            return True
        if self._has_died_here(name):
            return False
        with server_failures.translated(), self._engine.connect() as connection:
            lasts = connection.exec_driver_sql(
                f"SELECT lease_until_time > {_NOW} FROM server WHERE id = ?", (name,)
            ).scalar()
        return lasts is not None and (bool(lasts) or _now() - self._connected_at < LEASE_S)

    def is_of_this_folder(self, name: str) -> bool:
        """See ``Owner``."""
        return ProcessLock(self._data_dir).is_of_this_folder(name)

    def bury(self, connection: Connection, name: str) -> bool:
        """End the lease of that name if it has run out. Returns whether there is none now."""
        condition = "" if self._has_died_here(name) else f" AND lease_until_time < {_NOW}"
        connection.exec_driver_sql(f"DELETE FROM server WHERE id = ?{condition}", (name,))
        is_dead = not _is_there(connection, name)
        if is_dead:
            ProcessLock(self._data_dir).is_alive(name)  # removes its file
            connection.exec_driver_sql("DELETE FROM indexed_root WHERE server_id = ?", (name,))
        return is_dead

    @contextmanager
    def held(self) -> Iterator[None]:
        """A block that acts under the present name. Raises Conflict once that is lost."""
        if getattr(self._acting, "life", None) is not None:
            yield
            return
        self._acting.life = self._present()
        try:
            yield
        except LeaseLost as exc:
            raise Conflict(_STOOD_STILL) from exc
        finally:
            self._acting.life = None

    def check(self) -> None:
        """Raise LeaseLost if the name of ``held`` is lost. Waits while that is not known."""
        life: _Life | None = getattr(self._acting, "life", None)
        if life is not None and not life.is_sure:
            self._wait_until_sure(life)

    def require(self, connection: Connection) -> None:
        """The same by the database, within a transaction."""
        life: _Life | None = getattr(self._acting, "life", None)
        if life is not None and not _is_there(connection, life.name):
            raise LeaseLost

    def follow(self, on_change: Callable[[], None]) -> None:
        """See ``Database.follow``."""
        self._on_change = on_change
        self._start()

    def close(self) -> None:
        """Give up the lease, and end the thread. Does nothing the second time."""
        with self._changed:
            if self._is_ending:
                return
            self._is_ending = True
            self._changed.notify_all()
        self._waker.send(b".")
        if self._thread is not None:
            self._thread.close()
        if self._life is not None and not self._read_only:
            self._leave(self._life)
        if self._life is not None:
            self._life.lock.close()
        self._waker.close()
        self._sleeper.close()
        self._engine.dispose()

    def _has_died_here(self, name: str) -> bool:
        """Whether the system says that a process over this data folder is dead."""
        lock = ProcessLock(self._data_dir)
        return lock.is_of_this_folder(name) and not lock.is_locked(name)

    def _present(self) -> _Life:
        with self._joining:
            if self._life is None:
                self._life = self._join()
            life = self._life
        self._start()
        return life

    def _join(self) -> _Life:
        """A new life, whose row is written."""
        lock = ProcessLock(self._data_dir)
        life = _Life(lock.name, lock, _trusted_until(_now()))
        if not self._read_only:
            with server_failures.translated(), self._engine.connect() as connection:
                connection.exec_driver_sql(
                    f"DELETE FROM server WHERE lease_until_time < {_NOW} - ?", (_FORGOTTEN_S,)
                )
                connection.exec_driver_sql(
                    "INSERT INTO server(id, machine, process, heartbeat_time, lease_until_time) "
                    f"VALUES (?, ?, ?, {_NOW}, {_NOW} + ?)",
                    (life.name, socket.gethostname(), os.getpid(), LEASE_S),
                )
        return life

    def _leave(self, life: _Life) -> None:
        try:
            with server_failures.translated(), self._engine.connect() as connection:
                connection.exec_driver_sql("DELETE FROM server WHERE id = ?", (life.name,))
        except DatabaseError as exc:
            logger.debug("the lease of this server runs out by itself: %s", exc)

    def _start(self) -> None:
        with self._changed:
            if self._thread is None and not self._is_ending:
                self._thread = BackgroundThread("iib-lease", self._run, again_s=_AGAIN_S)

    def _run(self, ending: threading.Event) -> None:
        """Renew the lease and listen, also after the database was away."""
        is_told = False
        while not ending.is_set():
            try:
                with server_failures.translated(), self._engine.connect() as connection:
                    self._listen(connection, ending)
            except DatabaseError as exc:
                if not is_told or self._connected_at != float("inf"):
                    logger.warning("the lease of this server is not renewed: %s", exc)
                is_told, self._connected_at = True, float("inf")
                ending.wait(_AGAIN_S)

    def _listen(self, connection: Connection, ending: threading.Event) -> None:
        driver: Any = connection.connection.driver_connection
        driver.add_notify_handler(self._note_notice)
        connection.exec_driver_sql(f"LISTEN {CHANNEL}")
        # What was changed before is unknown.
        self._connected_at, self._is_noticed = _now(), True
        while not ending.is_set():
            self._renew(connection)
            if self._is_noticed:
                self._is_noticed = False
                self._on_change()
            select.select([driver.fileno(), self._sleeper], [], [], _BEAT_S)

    def _note_notice(self, _notice: object) -> None:
        self._is_noticed = True

    def _renew(self, connection: Connection) -> None:
        """Renew the lease; where another server has ended it, go on under a new name. Also has the
        driver read what was notified.
        """
        if self._read_only:
            connection.exec_driver_sql("SELECT 1")
            return
        life, asked_at = self._life, _now()
        renewed = connection.exec_driver_sql(
            f"UPDATE server SET heartbeat_time = {_NOW}, lease_until_time = {_NOW} + ? WHERE id = ?",
            (LEASE_S, life.name if life else ""),
        ).rowcount
        if life is None:
            return
        if renewed and not life.is_lost:
            with self._changed:
                life.trusted_until = _trusted_until(asked_at)
                self._changed.notify_all()
        else:
            self._lose(life)
            self._present()

    def _lose(self, life: _Life) -> None:
        with self._changed:
            is_first, life.is_lost = not life.is_lost, True
            self._changed.notify_all()
        with self._joining:
            if self._life is life:
                self._life = None
        if is_first:
            logger.warning("%s", _STOOD_STILL)
        life.lock.close()

    def _wait_until_sure(self, life: _Life) -> None:
        ends_at = _now() + _PATIENCE_S
        with self._changed:
            while not life.is_sure and not life.is_lost and _now() < ends_at:
                self._changed.wait(_AGAIN_S)
            if life.is_sure:
                return
        self._lose(life)
        raise LeaseLost


def count_others(connection: Connection) -> int:
    """How many servers run over this database, for a program that is none itself."""
    query = f"SELECT count(*) FROM server WHERE lease_until_time > {_NOW}"
    return int(connection.exec_driver_sql(query).scalar_one())


def _is_there(connection: Connection, name: str) -> bool:
    return (
        connection.exec_driver_sql("SELECT 1 FROM server WHERE id = ?", (name,)).first() is not None
    )


def _trusted_until(asked_at: float) -> float:
    return asked_at + LEASE_S - _MARGIN_S


def _now() -> float:
    """Seconds of a clock that also goes on while the machine sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
