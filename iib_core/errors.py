"""Exceptions, one class for each kind of failure.

The message is one sentence that says what to do. Routes turn the class into an HTTP status.
"""

from __future__ import annotations

import errno

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


class IIBError(Exception):
    """Base of all expected failures."""

    @property
    def code(self) -> str:
        """The machine-readable error code."""
        return type(self).__name__


class InvalidRequest(IIBError):
    """The input is invalid."""


class LoginRequired(IIBError):
    """The client is not logged in, or its login is wrong or expired."""


class TooManyAttempts(IIBError):
    """Too many failed logins of one client."""

    def __init__(self, message: str, wait_s: int) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class AccessDenied(IIBError):
    """The path is outside the library, or the action is not permitted."""


class ReadOnly(AccessDenied):
    """The server is read-only."""


class NotFound(IIBError):
    """The file, folder or row does not exist."""


class MethodNotAllowed(IIBError):
    """The route exists, but does not take this method."""


class Conflict(IIBError):
    """The change conflicts with the current state."""


class RootElsewhere(Conflict):
    """The file is in a folder that other servers of this library see, and this one does not."""


class NameTaken(Conflict):
    """The name is taken at the destination. No file is ever overwritten."""


class DiskFull(Conflict):
    """The disk is full."""


class DiskFailed(IIBError):
    """A disk cannot be read or written: it is read-only, damaged or gone."""


class RangeNotSatisfiable(IIBError):
    """A byte range starts behind the end of the file."""

    def __init__(self, message: str, size_bytes: int) -> None:
        super().__init__(message)
        self.size_bytes = size_bytes


class UnreadableMedia(InvalidRequest):
    """The file exists, but it is no picture or video that can be decoded."""


class TooLarge(InvalidRequest):
    """The input is above a limit that protects the machine."""


class BodyTooLarge(IIBError):
    """The body of a request is above the limit, and was not read."""


class BodyTooSlow(IIBError):
    """The body of a request did not arrive in time."""


class BatchTooLarge(IIBError):
    """A list in a request has more items than one request may have."""


class ConfigError(IIBError):
    """The program cannot start with these settings."""


class DatabaseError(IIBError):
    """The database cannot be opened or used."""


class DatabaseDamaged(DatabaseError):
    """The bytes of the database are broken."""


class DatabaseMissing(DatabaseError):
    """The database is gone, or empty, although there was one before."""


class DatabaseLocked(DatabaseError):
    """Another program has locked the database for too long."""


class DatabaseUnreachable(DatabaseError):
    """The server of the database cannot be reached, or refuses us; a later try may succeed."""


class DatabaseReadOnly(DatabaseError):
    """The database cannot be written by the user that runs this program."""


class InternalError(IIBError):
    """An unexpected error; its traceback is in the log."""


class ServiceFailed(IIBError):
    """The language model service did not answer, or its answer cannot be used.

    ``is_lasting``: whether a retry is useless; ``wait_s``: the time before a retry that the service
    asks for.
    """

    def __init__(
        self, message: str, *, is_lasting: bool = False, wait_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.is_lasting = is_lasting
        self.wait_s = wait_s


def is_full(exc: OSError) -> bool:
    """Whether a system call failed because the disk or the user's quota is full."""
    return exc.errno in _FULL


def of_disk(exc: OSError) -> IIBError | None:
    """The exception for a failed system call if the disk is the cause, otherwise None."""
    if is_full(exc):
        return DiskFull("The disk is full: make room on it, then try again.")
    if exc.errno == errno.EROFS:
        return DiskFailed(
            "The disk is read-only, so nothing is written: make it writable, then try again."
        )
    if exc.errno == errno.EIO:
        return DiskFailed(
            "The disk answered with an error: check it and its connection, then try again."
        )
    return None


class LeaseLost(Exception):
    """This server stood still for longer than its lease, and another one may have taken over what it
    was doing: nothing more of that may be done here. No IIBError, so that no step that fails because
    of it is undone.
    """
