"""Reading: opens files of the library so that they can be renamed and deleted meanwhile.

On Windows that needs a flag: no program can rename or delete a file that Python's ``open`` has
opened.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import BinaryIO

from iib_core import windows

# O_NONBLOCK: opening a pipe that has replaced a file must not wait for its other end.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def open_file(path: str) -> BinaryIO:
    """The file at ``path`` for reading. Raises OSError."""
    return open(path, "rb", opener=lambda path, _: open_number(path))


def open_number(path: str | os.PathLike[str], *, follow: bool = True) -> int:
    """The descriptor of the file at ``path``, for reading.

    Without ``follow``, a link is an OSError. Raises OSError, and ValueError for a NUL in the path.
    """
    if sys.platform != "win32":
        return os.open(path, _FLAGS if follow else _FLAGS | os.O_NOFOLLOW)
    if not follow and os.path.islink(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))
    return windows.open_shared(os.fspath(path))
