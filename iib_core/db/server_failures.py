"""Failures of a database server as sentences for users.

The driver's own messages name host, user and database: none of them reaches an answer or a log.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from iib_core.errors import (
    DatabaseError,
    DatabaseLocked,
    DatabaseReadOnly,
    DatabaseUnreachable,
    DiskFull,
    IIBError,
)

_PASSWORD = (
    "The database server refuses the user or the password of IIB_DATABASE_URL: correct them."
)
_NO_DATABASE = "The database that IIB_DATABASE_URL names does not exist: create it."
_FULL = "The database server has no connection left: allow it more, or use fewer servers."
_NOT_ALLOWED = "The user of IIB_DATABASE_URL may not create tables in its database: allow it."
_UNREACHABLE = (
    "The database server cannot be reached: start it, or correct IIB_DATABASE_URL; the next request "
    "tries again."
)
_REFUSALS = {"28P01": _PASSWORD, "28000": _PASSWORD, "3D000": _NO_DATABASE, "53300": _FULL}
# While a connection is made the driver passes on words, and no code.
_WORDS = {
    "password authentication failed": _PASSWORD,
    "no password supplied": _PASSWORD,
    "does not exist": _NO_DATABASE,
    "too many clients": _FULL,
    "remaining connection slots": _FULL,
}
# The last: a transaction in which the program stood still for too long.
_STARTING_OR_ENDING = {"57P01", "57P02", "57P03", "25P03"}


@contextmanager
def translated(*, may_write: bool = True) -> Iterator[None]:
    """Raise our own errors in place of what the driver raises in the block.

    Programming errors pass unchanged, and so does a write without ``may_write``.
    """
    try:
        yield
    except exc.SQLAlchemyError as error:
        failure = explain(error)
        if failure is None or (not may_write and isinstance(failure, DatabaseReadOnly)):
            raise
        raise failure from None


@contextmanager
def translated_at_start() -> Iterator[None]:
    """As ``translated``, for opening the database: every driver error is translated."""
    try:
        with translated():
            yield
    except exc.SQLAlchemyError as error:
        raise DatabaseError(
            f"The database of IIB_DATABASE_URL cannot be used (SQL state {_state(error) or 'unknown'})."
        ) from None


def explain(error: exc.SQLAlchemyError) -> IIBError | None:
    """Our error for an exception of the driver; None if it is not about the server."""
    if isinstance(error, exc.TimeoutError):
        return DatabaseLocked("Too much is going on at once: try again in a moment.")
    if not isinstance(error, exc.DBAPIError):
        return None
    state = _state(error)
    if state == "55P03":
        return DatabaseLocked("Another server keeps the database locked: try again.")
    if state == "25006":
        return DatabaseReadOnly("The database cannot be written: set IIB_READ_ONLY=1.")
    if state == "53100":
        return DiskFull(
            "The disk of the database server is full, so nothing was stored: make room on it, then "
            "try again."
        )
    if state == "42501":
        return DatabaseError(_NOT_ALLOWED)
    if state in _REFUSALS:
        return DatabaseUnreachable(_REFUSALS[state])
    is_gone = error.connection_invalidated or state[:2] == "08" or state in _STARTING_OR_ENDING
    if is_gone or (isinstance(error, exc.OperationalError) and not state):
        return DatabaseUnreachable(_words(error))
    return None


def _words(error: exc.DBAPIError) -> str:
    said = str(error.orig)
    return next((sentence for sign, sentence in _WORDS.items() if sign in said), _UNREACHABLE)


def _state(error: exc.SQLAlchemyError) -> str:
    """The code of SQL for an error, "" if the server gave none."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""
