"""Disk errors: turns failures of system calls into errors with a message for the user."""

from __future__ import annotations

import errno

from iib_core import windows
from iib_core.errors import (
    AccessDenied,
    Conflict,
    DiskFull,
    IIBError,
    InvalidRequest,
    NameTaken,
    NotFound,
    is_full,
)
from iib_core.paths import to_text

# The longest paths of a file and of a folder on Windows; a folder must leave room for a name.
_LONGEST, _LONGEST_FOLDER = 259, 247


def _length_if_too_long(exc: OSError) -> int | None:
    """The length of a path that was too long for a call of Windows; None for other failures.

    Windows reports such a path as missing.
    """
    if getattr(exc, "winerror", None) not in (windows.PATH_NOT_FOUND, windows.NAME_TOO_LONG):
        return None
    length = max(len(str(name or "")) for name in (exc.filename, exc.filename2))
    return length if length > _LONGEST_FOLDER else None


def explain(exc: OSError, path: str) -> IIBError:
    """The failure of a system call as an error with a message for the user."""
    shown = "'" + to_text(path) + "'"
    return _explain_windows(exc, shown) or _explain_errno(exc, shown)


def _explain_windows(exc: OSError, shown: str) -> IIBError | None:
    length = _length_if_too_long(exc)
    if length is not None:
        return InvalidRequest(
            f"{shown}: its new path would have {length} characters, and Windows permits {_LONGEST}: "
            "choose a shorter one."
        )
    code = getattr(exc, "winerror", 0)
    if code in (windows.SHARING_VIOLATION, windows.LOCK_VIOLATION):
        return Conflict(f"{shown} is in use by another program.")
    if code == windows.ACCESS_DENIED:
        return AccessDenied(
            f"{shown}: Windows does not permit it. Another program may have it open, or something in it."
        )
    return None


def _explain_errno(exc: OSError, shown: str) -> IIBError:
    if exc.errno == errno.EEXIST or exc.errno == errno.ENOTEMPTY:
        return NameTaken(f"{shown}: a file or folder of that name already exists.")
    if exc.errno == errno.ENOENT:
        return NotFound(f"{shown} is no longer there.")
    if exc.errno == errno.EROFS:
        return AccessDenied(f"{shown}: the disk is read-only.")
    if exc.errno in (errno.EACCES, errno.EPERM):
        return AccessDenied(f"{shown}: the system does not permit it.")
    if is_full(exc):
        return DiskFull(f"{shown}: the disk is full.")
    if exc.errno == errno.ENAMETOOLONG:
        return InvalidRequest(f"{shown}: the name is too long for this disk.")
    return Conflict(f"{shown}: {exc.strerror or exc}.")
