"""What is looked at before a database is opened, so that an empty one never takes the place of one
that there was.
"""

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
# The first page: behind the file's header of 100 bytes the kind of the page, and at byte 103 the number
# of its cells, one a table or index.
_KIND_AT, _CELLS_AT = 100, 103
_LEAF = 13


def make_folder(path: str) -> None:
    """Make the folder of a database.

    Raises ConfigError where that is not possible, or where nothing can be written to it.
    """
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"The data folder {folder} cannot be made ({error.strerror}): choose another one with --data-dir."
        ) from error
    if not _is_writable(folder):
        raise ConfigError(f"The data folder {folder} is not writable: choose another one with --data-dir.")


def fixed_address(path: str) -> str:
    """How to open a database that this user cannot write: an address for SQLite; "" for one that
    can be written, and where there is none.
    """
    folder = os.path.dirname(path)
    if not os.path.isfile(path) or (os.access(path, os.W_OK) and _is_writable(folder)):
        return ""
    # Nobody has it open where neither is there, and SQLite could make neither here.
    is_open = any(os.path.exists(path + end) for end in ("-wal", "-shm"))
    return address(path, "mode=ro" if is_open else "immutable=1")


def require_no_loss(path: str) -> None:
    """Raise DatabaseMissing where there is no database, or an empty one, beside traces of one that
    there was.
    """
    if _has_tables(path):
        return
    trace = _find_trace(path)
    if trace:
        state = "holds nothing any more" if os.path.exists(path) else "is not there any more"
        raise DatabaseMissing(
            f"The database {path} {state}, but {trace} tells that there was one: "
            f"{failures.way_back(path)}; {failures.UNTOUCHED}."
        )


def leave_mark(path: str) -> None:
    """Leave a trace that there is a database, for ``require_no_loss``."""
    if os.path.exists(path + _MARK):
        return
    try:
        with open(path + _MARK, "x", encoding="utf-8") as file:
            file.write(_MARK_TEXT)
    except OSError as exc:  # at the next start then; the copies are traces too
        logger.debug("no mark beside the database: %s", exc)


def _has_tables(path: str) -> bool:
    """Whether something is in a database.

    True for what is no database at all: that is told when it is opened.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(_CELLS_AT + 2)
    except OSError:
        return os.path.exists(path)
    if not head:
        return False  # SQLite takes it for a new one, and removes what is in the log beside it
    if not head.startswith(_MAGIC) or len(head) <= _CELLS_AT + 1:
        return True
    if head[_KIND_AT] != _LEAF or head[_CELLS_AT:] != b"\0\0":
        return True
    return _size(path + "-wal") > 0 and _has_tables_in_log(path)


def _has_tables_in_log(path: str) -> bool:
    """Whether the log beside a database holds its tables.

    Asked of a copy: SQLite would remove a log that it cannot read.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "copy.db")
        for end in ("", "-wal"):
            shutil.copyfile(path + end, copy + end)
        with contextlib.closing(sqlite3.connect(copy)) as connection, contextlib.suppress(sqlite3.Error):
            return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    return False


def _find_trace(path: str) -> str:
    """What tells that there was a database; "" where nothing does."""
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
