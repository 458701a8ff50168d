"""Copies of the database: one a day, seven kept, each consistent and checked before it counts.

A copy is made while the program writes on: it holds the state of one moment. The pictures are no part of it, and no copy is ever needed for them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from iib_core.errors import DatabaseError, NotFound

logger = logging.getLogger(__name__)

KEPT = 7
EVERY_S = 24 * 3600
_LOOK_EVERY_S = 600
_PAGES_AT_ONCE = 2000
_PREFIX, _SUFFIX = "iib-", ".db"


@dataclass(frozen=True)
class Backup:
    """A copy: its file, when it was made (epoch seconds), and its size."""

    path: str
    time_s: float
    size_bytes: int

    @property
    def when(self) -> str:
        """Its time for people."""
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(self.time_s))


def list_backups(database: str) -> list[Backup]:
    """The copies of a database file, newest first."""
    found = []
    with contextlib.suppress(FileNotFoundError), os.scandir(_folder(database)) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX):
                status = entry.stat()
                found.append(Backup(entry.path, status.st_mtime, status.st_size))
    return sorted(found, key=lambda backup: (backup.time_s, backup.path), reverse=True)


def keep(database: str, ending: threading.Event) -> None:
    """Make a copy a day until ``ending`` is set; the work of a background thread."""
    while not ending.wait(_seconds_left(database)):
        try:
            make(database, ending)
        except (OSError, sqlite3.Error, DatabaseError) as exc:
            # No space, no permission, a damaged file: told, and tried again later. The library goes on.
            logger.error("no copy of the database was made: %s", exc)
            if ending.wait(_LOOK_EVERY_S):
                return


def make(database: str, ending: threading.Event | None = None) -> Backup | None:
    """Copy the database now and forget the oldest copies. None where ``ending`` was set meanwhile.

    Raises DatabaseError where the copy is damaged, because the database is: then the older copies stay.
    """
    folder = _folder(database)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, time.strftime(f"{_PREFIX}%Y%m%d-%H%M%S{_SUFFIX}"))
    partial = path + ".partial"
    try:
        if not _copy(database, partial, ending):
            return None
        if not is_good(partial):
            raise DatabaseError(f"The database {database} is damaged: stop the program and run 'iib restore' to go back to an older copy.")
        os.replace(partial, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)
    for old in list_backups(database)[KEPT:]:
        os.unlink(old.path)
    return next(backup for backup in list_backups(database) if backup.path == path)


def is_good(path: str) -> bool:
    """Whether a file is a database without damage."""
    try:
        with _opened(path) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.Error:
        return False


def find_newest_good(database: str) -> Backup | None:
    """The newest copy without damage."""
    return next((backup for backup in list_backups(database) if is_good(backup.path)), None)


def restore(database: str, name: str) -> str:
    """Put a copy in the place of the database, which nothing may have open. Returns where the database was moved to, "" where there was none.

    name: the copy's path or file name. Raises NotFound for a copy that there is not, DatabaseError for a damaged one.
    """
    source = name if os.path.dirname(name) else os.path.join(_folder(database), name)
    if not os.path.isfile(source):
        raise NotFound(f"There is no copy '{name}': 'iib restore' lists those that there are.")
    if not is_good(source):
        raise DatabaseError(f"The copy '{name}' is damaged: choose another one.")
    partial = database + ".partial"
    _copy(source, partial, None)
    aside = _move_aside(database)
    os.replace(partial, database)
    return aside


def _move_aside(database: str) -> str:
    """The database under another name, with what was not yet written into its file."""
    if not os.path.exists(database):
        return ""
    aside = time.strftime(f"{database}.%Y%m%d-%H%M%S.before-restore")
    for end in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            os.replace(database + end, aside + end)
    return aside


def _copy(source: str, target: str, ending: threading.Event | None) -> bool:
    """Copy page by page in one view of the source, so that writing goes on and does not make it begin again. False where ``ending`` was set."""

    class Ended(Exception):
        """Leaves the copying."""

    def look(*_: int) -> None:
        if ending is not None and ending.is_set():
            raise Ended

    with contextlib.suppress(FileNotFoundError):
        os.unlink(target)
    try:
        with _opened(source) as old, contextlib.closing(sqlite3.connect(target, isolation_level=None)) as new:
            old.execute("BEGIN")
            old.execute("SELECT count(*) FROM sqlite_master").fetchone()
            old.backup(new, pages=_PAGES_AT_ONCE, progress=look)
            new.execute("PRAGMA journal_mode = DELETE")  # one file, without companions
    except Ended:
        return False
    return True


@contextlib.contextmanager
def _opened(path: str) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only = ON")
        yield connection


def _folder(database: str) -> str:
    return os.path.join(os.path.dirname(database), "backups")


def _seconds_left(database: str) -> float:
    """Until the next copy is due; a while after a start, when there is other work. A clock that was set back makes it due at once."""
    newest = next(iter(list_backups(database)), None)
    age_s = time.time() - newest.time_s if newest else EVERY_S
    return max(60.0, min(EVERY_S - age_s, _LOOK_EVERY_S * 6)) if 0 <= age_s < EVERY_S else 60.0
