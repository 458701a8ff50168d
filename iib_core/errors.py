"""What can go wrong, one class a failure.

The message is one sentence a person can act on; HTTP is none of this module's business.
"""

from __future__ import annotations

import errno

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


class IIBError(Exception):
    """Base of every failure that we foresee."""

    @property
    def code(self) -> str:
        """Its name for a program."""
        return type(self).__name__


class InvalidRequest(IIBError):
    """The caller's input cannot be used as it is."""


class LoginRequired(IIBError):
    """Nobody is logged in, or the login is wrong or expired."""


class TooManyAttempts(IIBError):
    """Too many wrong logins from one client."""

    def __init__(self, message: str, wait_s: int) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class AccessDenied(IIBError):
    """The path lies outside every folder the server may touch, or the action is not permitted."""


class ReadOnly(AccessDenied):
    """The server runs read-only, so nothing may change."""


class NotFound(IIBError):
    """The file, folder or row that was named does not exist."""


class Conflict(IIBError):
    """The change cannot be made as things stand."""


class NameTaken(Conflict):
    """The name is taken where the file was to go; nothing is ever overwritten."""


class DiskFull(Conflict):
    """There is no room left on the disk where something was to be written."""


class DiskFailed(IIBError):
    """A disk cannot be read or written: it is read-only, damaged, or not there any more."""


class RangeNotSatisfiable(IIBError):
    """A byte range starts behind the end of the file."""

    def __init__(self, message: str, size_bytes: int) -> None:
        super().__init__(message)
        self.size_bytes = size_bytes


class UnreadableMedia(InvalidRequest):
    """The file is there, but its bytes are no picture or video that can be decoded."""


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
    """There was a database, and now there is none, or an empty one."""


class DatabaseLocked(DatabaseError):
    """Another program has kept the database to itself for too long."""


class DatabaseReadOnly(DatabaseError):
    """The database cannot be written by the user that runs this program."""


class InternalError(IIBError):
    """Something that we did not foresee; the log has its traceback."""


class ServiceFailed(IIBError):
    """The service for language models did not answer, or with what cannot be used.

    ``is_lasting``: asking again would not help; ``wait_s``: when it may.
    """

    def __init__(self, message: str, *, is_lasting: bool = False, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.is_lasting = is_lasting
        self.wait_s = wait_s


def is_full(exc: OSError) -> bool:
    """Whether a system call failed because there is no room left, or no more for this user."""
    return exc.errno in _FULL


def of_disk(exc: OSError) -> IIBError | None:
    """What a system call's failure means where it is the disk's fault, whatever was to be done; else None."""
    if is_full(exc):
        return DiskFull("The disk is full: make room on it, then try again.")
    if exc.errno == errno.EROFS:
        return DiskFailed("The disk is read-only, so nothing is written: make it writable, then try again.")
    if exc.errno == errno.EIO:
        return DiskFailed("The disk answered with an error: check it and its connection, then try again.")
    return None
