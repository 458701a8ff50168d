"""Locks on open files, which the system lets go of however the process ends."""

from __future__ import annotations

import os
import sys
from typing import IO, Any

# Behind the end of a file: on Windows no other process can read the byte that is locked.
BEHIND = 1 << 30

if sys.platform == "win32":
    import msvcrt

    def lock(file: IO[Any], at: int = 0) -> None:
        """Lock the byte at a position for as long as the file is open.

        Raises OSError at once if another process has locked it.
        """
        os.lseek(file.fileno(), at, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    def is_locked(file: IO[Any], at: int = 0) -> bool:
        """Whether another has locked it."""
        try:
            lock(file, at)
        except OSError:
            return True
        else:
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        finally:
            os.lseek(file.fileno(), 0, os.SEEK_SET)
        return False

else:
    import fcntl

    def lock(file: IO[Any], at: int = 0) -> None:  # noqa: ARG001  one lock for the whole file
        """Lock the byte at a position for as long as the file is open.

        Raises OSError at once if another process has locked it.
        """
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)

    def is_locked(file: IO[Any], at: int = 0) -> bool:  # noqa: ARG001
        """Whether another has locked it."""
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
        return False
