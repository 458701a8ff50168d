"""Reading: opens files of the library so that others, and we, can rename and delete them meanwhile.

On Windows that has to be asked for: what Python's ``open`` holds can be neither renamed nor
deleted, by no program.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import BinaryIO

from iib_core import windows

# O_NONBLOCK: a pipe that took the place of a file must not wait for its other end.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def open_file(path: str) -> BinaryIO:
    """The file at ``path`` for reading. Raises OSError."""
    return open(path, "rb", opener=lambda path, _: open_number(path))


def open_number(path: str | os.PathLike[str], *, follow: bool = True) -> int:
    """The same as a descriptor.

    Without ``follow`` a link is no file: OSError. Raises ValueError for a NUL in the path.
    """
    if sys.platform != "win32":
        return os.open(path, _FLAGS if follow else _FLAGS | os.O_NOFOLLOW)
    if not follow and os.path.islink(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))
    return windows.open_shared(os.fspath(path))
