"""Restoring a backup of the database, or beginning anew. No process may have the database open."""

from __future__ import annotations

import contextlib
import os
import time

from iib_core import windows
from iib_core.db import backup, failures
from iib_core.db.engine import Database
from iib_core.errors import DatabaseError, of_disk

# The file itself is moved first: if this is interrupted, the rest counts as a lost database, and
# never as a whole one.
_PARTS = ("", "-wal", "-shm")


def restore(database: str, name: str) -> str:
    """Replace the database by a backup. Returns the path to which the database was moved, "" if
    there was none.

    ``name``: the backup's path or file name. Raises NotFound if there is none, DatabaseDamaged if
    it is damaged.
    """
    partial = database + ".partial"
    with failures.translated_at_start(database):
        source = backup.find(database, name)
        try:
            backup.copy_pages(source, partial)
            aside = _move_aside(database)
            windows.replace(partial, database)
        except OSError as exc:
            raise _failure(database, exc) from exc
        finally:
            with contextlib.suppress(OSError):
                os.unlink(partial)
    return aside


def begin_anew(database: str) -> str:
    """Create an empty database.

    Returns the path to which the earlier one was moved, "" if there was none; the backups stay.
    """
    try:
        aside = _move_aside(database)
    except OSError as exc:
        raise _failure(database, exc) from exc
    Database(database, is_new=True).close()
    return aside


def _move_aside(database: str) -> str:
    """Rename the database together with its log. Nothing is overwritten."""
    there = [end for end in _PARTS if os.path.exists(database + end)]
    if not there:
        return ""
    stem = time.strftime(f"{database}.%Y%m%d-%H%M%S")
    names = (
        f"{stem}{number}.before-restore"
        for number in ("", *(f"-{attempt}" for attempt in range(2, 1000)))
    )
    aside = next(name for name in names if not any(os.path.exists(name + end) for end in _PARTS))
    for end in there:
        windows.replace(database + end, aside + end)
    return aside


def _failure(database: str, exc: OSError) -> Exception:
    return of_disk(exc) or DatabaseError(
        f"The database {database} cannot be replaced ({exc.strerror or exc}): end every program that "
        "uses it, then try again."
    )
