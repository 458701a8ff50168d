"""Backups of the database: one a day, seven kept by default, each consistent and checked before it
counts.

A backup is a snapshot of one moment; writing goes on meanwhile. It does not contain the pictures,
and they never need one. The machine's clock may have been wrong: backups are numbered in the order
in which they were made.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from iib_core import times, windows
from iib_core.db.sqlite import existing
from iib_core.errors import DatabaseDamaged, DatabaseError, NotFound

logger = logging.getLogger(__name__)

KEPT = 7
EVERY_S = 24 * 3600
_LOOK_EVERY_S = 600
_FIRST_AFTER_S = 60.0
_PAGES_AT_ONCE = 2000
_PREFIX, _SUFFIX, _PARTIAL = "iib-", ".db", ".partial"
# iib-20260131-120000-000012.db; those of earlier versions have no number.
_NAME = re.compile(r"iib-(\d{8})-\d{6}(?:-(\d{6,12}))?\.db", re.ASCII)
# An unfinished backup that is older was left by a process that was killed.
_LEFTOVER_AFTER_S = 3600


@dataclass(frozen=True)
class Backup:
    """A backup: its file, its time by the clock of that moment (epoch seconds), and its size.

    ``number``: its ordinal number, 0 if unknown.
    """

    path: str
    time_s: float
    size_bytes: int
    number: int = 0

    @property
    def when(self) -> str:
        """Its time as text for users."""
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(self.time_s))

    @property
    def day(self) -> str:
        """The day on which it was made, from its file name."""
        named = _NAME.fullmatch(os.path.basename(self.path))
        return named[1] if named else self.path


def list_backups(database: str) -> list[Backup]:
    """The backups of a database file, the newest first."""
    backups: list[Backup] = []
    folder = _folder(database)
    if not os.path.isdir(folder):
        return backups
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX):
                named = _NAME.fullmatch(entry.name)
                status = entry.stat()
                backups.append(
                    Backup(
                        entry.path,
                        times.mtime_s(status),
                        status.st_size,
                        int(named[2] or 0) if named else 0,
                    )
                )
    return sorted(
        backups, key=lambda backup: (backup.number, backup.time_s, backup.path), reverse=True
    )


def keep(database: str, ending: threading.Event, copies: int = KEPT) -> None:
    """Make a backup a day until ``ending`` is set; the work of a background thread."""
    while not ending.wait(seconds_left(list_backups(database), time.time())):
        try:
            make(database, ending, copies)
        except (OSError, sqlite3.Error, DatabaseError) as exc:
            # No space, no permission, a damaged file: logged and retried later. The library stays
            # usable.
            logger.error("no copy of the database was made: %s", exc)
            if ending.wait(_LOOK_EVERY_S):
                return


def make(database: str, ending: threading.Event | None = None, copies: int = KEPT) -> Backup | None:
    """Back up the database now and delete the backups that exceed the number to keep. None if
    ``ending`` was set meanwhile.

    Raises DatabaseDamaged if the copy is damaged, because the database is: then the older backups
    stay.
    """
    folder = _folder(database)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    _remove_leftovers(folder)
    number = max((backup.number for backup in list_backups(database)), default=0) + 1
    path = os.path.join(folder, time.strftime(f"{_PREFIX}%Y%m%d-%H%M%S-{number:06}{_SUFFIX}"))
    partial = f"{path}-{os.getpid()}{_PARTIAL}"
    try:
        if not copy_pages(database, partial, ending):
            return None
        if not is_good(partial):
            raise DatabaseDamaged(
                f"The database {database} is damaged: end the program and run 'iib restore' to go back "
                "to an older copy."
            )
        windows.replace(partial, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)
    kept = list_backups(database)
    for old in too_many(kept, copies):
        os.unlink(old.path)
    return next((backup for backup in kept if backup.path == path), None)


def too_many(backups: list[Backup], copies: int = KEPT) -> list[Backup]:
    """The backups to delete, of ``backups`` from the newest to the oldest: first those of a day
    that has a later one, then the oldest.
    """
    victims: list[Backup] = []
    left = list(backups)
    while len(left) > copies:
        days = [backup.day for backup in left]
        oldest_first = range(len(left) - 1, 0, -1)  # never the one that was made last
        doubled = (index for index in oldest_first if left[index].day in days[:index])
        victims.append(left.pop(next(doubled, len(left) - 1)))
    return victims


def seconds_left(backups: list[Backup], now_s: float) -> float:
    """Seconds until the next backup is due; a while after a start, when there is other work.

    A backup from the future is ignored: the clock was wrong then.
    """
    age_s = next(
        (now_s - backup.time_s for backup in backups if backup.time_s <= now_s), float(EVERY_S)
    )
    return max(_FIRST_AFTER_S, min(EVERY_S - age_s, _LOOK_EVERY_S * 6))


def is_good(path: str) -> bool:
    """Whether a file is an undamaged database of this program."""
    try:
        with _opened(path) as connection:
            is_ours = connection.execute(
                "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
            ).fetchone()[0]
            return bool(
                is_ours and connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            )
    except (sqlite3.Error, UnicodeDecodeError):
        return False


def find(database: str, name: str) -> str:
    """The file of a backup.

    ``name``: its path or file name. Raises NotFound if there is none, DatabaseDamaged if it is
    damaged.
    """
    path = name if os.path.dirname(name) else os.path.join(_folder(database), name)
    if not os.path.isfile(path):
        raise NotFound(f"There is no backup '{name}': 'iib restore' lists all backups.")
    if not is_good(path):
        raise DatabaseDamaged(f"The copy '{name}' is damaged: choose another one.")
    return path


def copy_pages(source: str, target: str, ending: threading.Event | None = None) -> bool:
    """Copy a database page by page in one read transaction, so that a write does not restart the
    copy.

    False if ``ending`` was set.
    """

    class Ended(Exception):
        """Ends the copy."""

    def look(*_: int) -> None:
        if ending is not None and ending.is_set():
            raise Ended

    with contextlib.suppress(FileNotFoundError):
        os.unlink(target)
    try:
        with (
            _opened(source) as old,
            contextlib.closing(sqlite3.connect(target, isolation_level=None)) as new,
        ):
            old.execute("BEGIN")
            old.execute("SELECT count(*) FROM sqlite_master").fetchone()
            old.backup(new, pages=_PAGES_AT_ONCE, progress=look)
            new.execute("PRAGMA journal_mode = DELETE")  # one file, without companions
    except Ended:
        return False
    return True


@contextlib.contextmanager
def _opened(path: str) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(
        sqlite3.connect(existing(path), uri=True, timeout=30, isolation_level=None)
    ) as connection:
        connection.execute("PRAGMA query_only = ON")
        yield connection


def _folder(database: str) -> str:
    return os.path.join(os.path.dirname(database), "backups")


def _remove_leftovers(folder: str) -> None:
    """Delete the unfinished backups of processes that were killed."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        with contextlib.suppress(OSError):  # another process has just finished it
            if (
                name.endswith(_PARTIAL)
                and abs(time.time() - times.mtime_s(os.stat(path))) > _LEFTOVER_AFTER_S
            ):
                os.unlink(path)
