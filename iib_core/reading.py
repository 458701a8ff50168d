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
from iib_core.paths import is_elsewhere

# Why a file is not read in the background.
ONLINE_ONLY = (
    "only its name is on this machine, its content is online: open it once, or let its folder be "
    "kept on this machine"
)
# On Windows FILE_ATTRIBUTE_OFFLINE, RECALL_ON_OPEN and RECALL_ON_DATA_ACCESS, which OneDrive and
# others give; on macOS SF_DATALESS of iCloud.
_ONLINE_ATTRIBUTES, _ONLINE_FLAGS = 0x1000 | 0x40000 | 0x400000, 0x40000000
# O_NONBLOCK: opening a pipe that has replaced a file must not wait for its other end.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def is_online_only(status: os.stat_result) -> bool:
    """Whether reading a file would download it: it is stored online, with its name here."""
    attributes = getattr(status, "st_file_attributes", 0)
    return bool(attributes & _ONLINE_ATTRIBUTES or getattr(status, "st_flags", 0) & _ONLINE_FLAGS)


def is_here(path: str) -> bool:
    """Whether the file at ``path`` exists and can be read without a download."""
    try:
        return not is_elsewhere(path) and not is_online_only(os.stat(path))
    except OSError:
        return False


def open_file(path: str) -> BinaryIO:
    """The file at ``path`` for reading. Raises OSError."""
    return open(path, "rb", opener=lambda path, _: open_number(path))


def open_number(path: str | os.PathLike[str], *, follow: bool = True) -> int:
    """The descriptor of the file at ``path``, for reading.

    Without ``follow``, a link is an OSError. Raises OSError, and ValueError for a NUL in the path.
    """
    if is_elsewhere(os.fspath(path)):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
    if sys.platform != "win32":
        return os.open(path, _FLAGS if follow else _FLAGS | os.O_NOFOLLOW)
    if not follow and os.path.islink(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))
    return windows.open_shared(os.fspath(path))
