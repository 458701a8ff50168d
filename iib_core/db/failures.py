"""Failures of the database as sentences for users: the one place that interprets the driver's
messages.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from sqlalchemy import exc

from iib_core.db import backup
from iib_core.errors import (
    DatabaseDamaged,
    DatabaseError,
    DatabaseLocked,
    DatabaseReadOnly,
    DiskFailed,
    DiskFull,
    IIBError,
)

UNTOUCHED = "your pictures are not touched"
# The errors that a text or a JSON value with broken bytes raises.
_BROKEN_VALUES = (UnicodeDecodeError, json.JSONDecodeError)
_DAMAGE = (
    "image is malformed",
    "malformed database schema",
    "not a database",
    "corrupt",
    "Could not decode to UTF-8",
    "no such table",
)
# The driver's message when a read-only connection is asked to write.
_CHANGE = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER)\b")
# A full disk is reported as an I/O error if a file that SQLite maps into memory cannot grow.
_FULL_BELOW_BYTES = 1 << 20


@contextmanager
def translated(path: str, *, may_write: bool = True) -> Iterator[None]:
    """Raise our own errors in place of what the driver raises in the block.

    Programming errors pass unchanged, and so does a write without ``may_write``.
    """
    try:
        yield
    except (exc.SQLAlchemyError, sqlite3.Error, *_BROKEN_VALUES) as error:
        failure = explain(path, error)
        is_ours = (
            not may_write
            and isinstance(failure, DatabaseReadOnly)
            and _CHANGE.match(getattr(error, "statement", None) or "")
        )
        if failure is None or is_ours:
            raise
        raise failure from error


@contextmanager
def translated_at_start(path: str) -> Iterator[None]:
    """As ``translated``, for opening the database: every driver error is translated."""
    try:
        with translated(path):
            yield
    except (exc.SQLAlchemyError, sqlite3.Error) as error:
        raise DatabaseError(
            f"The database {path} cannot be used ({_words(error)}): {way_back(path)}; {UNTOUCHED}."
        ) from error


def explain(path: str, error: Exception) -> IIBError | None:
    """Our error for an exception of the driver; None if it is not about the database."""
    if isinstance(error, exc.TimeoutError):
        return DatabaseLocked("Too much is going on at once: try again in a moment.")
    words = _words(error)
    if isinstance(error, _BROKEN_VALUES) or any(sign in words for sign in _DAMAGE):
        return damaged(path, words)
    if "is full" in words or ("disk I/O error" in words and _is_full(path)):
        return DiskFull(
            "The disk of the data folder is full, so nothing was stored: make room on it, then try again."
        )
    if "disk I/O error" in words:
        return DiskFailed(
            f"The disk that holds the database {path} answered with an error: check the disk and its "
            "connection, then try again."
        )
    if "locked" in words or "busy" in words:
        return DatabaseLocked(
            f"Another program keeps the database {path} locked: try again, or end that program."
        )
    if "readonly database" in words:
        return DatabaseReadOnly(
            f"The database {path} cannot be written: let the user that runs this program write it, or "
            "set IIB_READ_ONLY=1."
        )
    if "unable to open database file" in words:
        return DatabaseError(
            f"The database {path} cannot be opened: check that its folder is there and that this user "
            "may write there."
        )
    return None


def damaged(path: str, words: str) -> DatabaseDamaged:
    """The error for a damaged database, with advice."""
    return DatabaseDamaged(
        f"The database {path} is damaged and cannot be used ({words}): {way_back(path)}; {UNTOUCHED}."
    )


def way_back(path: str) -> str:
    """How to restore the newest undamaged backup, or to begin anew without one."""
    folder = os.path.dirname(path)
    copy = next(
        (copy for copy in backup.list_backups(path) if _is_good(copy.path, copy.time_s)), None
    )
    if copy is None:
        return (
            "there is no good copy of it, so end the program and run 'iib restore --new-database "
            f'--data-dir "{folder}"\' to begin a new one'
        )
    name = os.path.basename(copy.path)
    return (
        f"end the program and run 'iib restore {name} --data-dir \"{folder}\"' to go back to its copy "
        f"of {copy.when}"
    )


@lru_cache(maxsize=64)
def _is_good(path: str, _time_s: float) -> bool:
    # The check reads the whole backup, and every request that meets the damage asks for it.
    return backup.is_good(path)


def _words(error: Exception) -> str:
    """The driver's message in one line."""
    return " ".join(str(getattr(error, "orig", None) or error).split())[:200]


def _is_full(path: str) -> bool:
    try:
        return shutil.disk_usage(os.path.dirname(path)).free < _FULL_BELOW_BYTES
    except OSError:
        return False
