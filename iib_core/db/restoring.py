"""Going back to a copy of the database, or beginning anew. No program may have the database open."""

from __future__ import annotations

import contextlib
import os
import time

from iib_core.db import backup, failures
from iib_core.db.engine import Database
from iib_core.errors import DatabaseError, of_disk

# The file itself goes first: what is left of it when this is interrupted is taken for a database that
# is lost, and never for one that is whole.
_PARTS = ("", "-wal", "-shm")


def restore(database: str, name: str) -> str:
    """Put a copy in the place of the database. Returns where that was moved to, "" where there was none.

    name: the copy's path or file name. Raises NotFound for a copy that there is not, DatabaseDamaged
    for a damaged one.
    """
    partial = database + ".partial"
    with failures.told_at_start(database):
        source = backup.find(database, name)
        try:
            backup.copy_pages(source, partial)
            aside = _move_aside(database)
            os.replace(partial, database)
        except OSError as exc:
            raise _failure(database, exc) from exc
        finally:
            with contextlib.suppress(OSError):
                os.unlink(partial)
    return aside


def begin_anew(database: str) -> str:
    """Begin an empty database.

    Returns where the one that was there is now, "" where there was none; the copies stay.
    """
    try:
        aside = _move_aside(database)
    except OSError as exc:
        raise _failure(database, exc) from exc
    Database(database, is_new=True).close()
    return aside


def _move_aside(database: str) -> str:
    """Give the database another name, with what was not yet written into its file. Nothing is overwritten."""
    there = [end for end in _PARTS if os.path.exists(database + end)]
    if not there:
        return ""
    stem = time.strftime(f"{database}.%Y%m%d-%H%M%S")
    names = (f"{stem}{number}.before-restore" for number in ("", *(f"-{at}" for at in range(2, 1000))))
    aside = next(name for name in names if not any(os.path.exists(name + end) for end in _PARTS))
    for end in there:
        os.replace(database + end, aside + end)
    return aside


def _failure(database: str, exc: OSError) -> Exception:
    return of_disk(exc) or DatabaseError(
        f"The database {database} cannot be replaced ({exc.strerror or exc}): end every program that "
        "uses it, then try again."
    )
