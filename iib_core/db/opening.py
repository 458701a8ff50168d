"""Checks before a database is opened, so that an empty one never replaces one that was lost."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import tempfile

from iib_core.db import failures
from iib_core.db.sqlite import address
from iib_core.errors import ConfigError, DatabaseMissing

logger = logging.getLogger(__name__)

# A file beside the database that stays when the database is lost.
_MARK = ".begun"
_MARK_TEXT = (
    "A database was begun in this folder. "
    "If it gets lost, IIB says so at its start, instead of beginning an empty one.\n"
)
_MAGIC = b"SQLite format 3\0"
# The first page: after the file's header of 100 bytes the type of the page, and at byte 103 the
# number of its cells, one for each table or index.
_KIND_AT, _CELLS_AT = 100, 103
_LEAF = 13


def make_folder(path: str) -> None:
    """Create the folder of a database.

    Raises ConfigError if that fails, or if the folder is not writable.
    """
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"The data folder {folder} cannot be made ({error.strerror}): choose another one with --data-dir."
        ) from error
    if not _is_writable(folder):
        raise ConfigError(
            f"The data folder {folder} is not writable: choose another one with --data-dir."
        )


def fixed_address(path: str) -> str:
    """The SQLite address of a database that this user cannot write; "" if it is writable or
    missing.
    """
    folder = os.path.dirname(path)
    if not os.path.isfile(path) or (os.access(path, os.W_OK) and _is_writable(folder)):
        return ""
    return reading_address(path)


def reading_address(path: str) -> str:
    """The SQLite address of a database that is only read."""
    # Without a log and its index no process has it open; SQLite would create both, if it could.
    is_open = any(os.path.exists(path + end) for end in ("-wal", "-shm"))
    return address(path, "mode=ro" if is_open else "immutable=1")


def require_no_loss(path: str) -> None:
    """Raise DatabaseMissing if the database is missing or empty, and there are traces of an earlier
    one.
    """
    if _has_tables(path):
        return
    trace = _find_trace(path)
    if trace:
        state = "holds nothing any more" if os.path.exists(path) else "is not there any more"
        raise DatabaseMissing(
            f"The database {path} {state}, but {trace} shows that there was one: "
            f"{failures.way_back(path)}; {failures.UNTOUCHED}."
        )


def leave_mark(path: str) -> None:
    """Leave a trace that there is a database, for ``require_no_loss``."""
    if os.path.exists(path + _MARK):
        return
    try:
        with open(path + _MARK, "x", encoding="utf-8") as file:
            file.write(_MARK_TEXT)
    except OSError as exc:  # retried at the next start; backups are traces too
        logger.debug("no mark beside the database: %s", exc)


def _has_tables(path: str) -> bool:
    """Whether a database contains tables.

    True for a file that is no database: opening it reports that.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(_CELLS_AT + 2)
    except OSError:
        return os.path.exists(path)
    if not head:
        return False  # SQLite treats it as new, and deletes the log beside it
    if not head.startswith(_MAGIC) or len(head) <= _CELLS_AT + 1:
        return True
    if head[_KIND_AT] != _LEAF or head[_CELLS_AT:] != b"\0\0":
        return True
    return _size(path + "-wal") > 0 and _has_tables_in_log(path)


def _has_tables_in_log(path: str) -> bool:
    """Whether the log beside a database contains its tables.

    Reads a copy: SQLite would delete a log that it cannot read.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "copy.db")
        for end in ("", "-wal"):
            shutil.copyfile(path + end, copy + end)
        with (
            contextlib.closing(sqlite3.connect(copy)) as connection,
            contextlib.suppress(sqlite3.Error),
        ):
            return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    return False


def _find_trace(path: str) -> str:
    """The trace of an earlier database as text; "" if there is none."""
    folder = os.path.dirname(path)
    if not _size(path) and _size(path + "-wal"):
        return f"its log {os.path.basename(path)}-wal"
    if os.path.exists(path + _MARK):
        return f"the file {os.path.basename(path)}{_MARK}"
    for name in ("backups", os.path.join("cache", "thumbnails")):
        with contextlib.suppress(OSError):
            if os.listdir(os.path.join(folder, name)):
                return f"the folder {name}"
    return ""


def _is_writable(folder: str) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0
