"""Where a server over a data folder can be reached, in a file that only its user can read.

The server holds a lock on the file, so that one which a killed server left behind is known.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from typing import BinaryIO

from iib_core import locks, reading

logger = logging.getLogger(__name__)

NAME = "server.json"


class Announcement:
    """The address of this server, in the data folder until ``close()``.

    The newest of several servers over one data folder is the one that is found. Where the file
    cannot be written, the server runs all the same.
    """

    def __init__(self, data_dir: str, url: str) -> None:
        self._path = os.path.join(data_dir, NAME)
        self._file: BinaryIO | None = None
        try:
            self._file = _write(self._path, {"url": url, "pid": os.getpid()})
        except OSError as exc:
            logger.debug("the address of this server is not in %s: %s", self._path, exc)

    def close(self) -> None:
        """Take the file away, unless it is that of a later server."""
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            # Both are in the same folder, so that the number is enough.
            is_ours = os.fstat(self._file.fileno()).st_ino == os.stat(self._path).st_ino
            self._file.close()
            if is_ours:
                os.unlink(self._path)
        self._file.close()
        self._file = None


def find_url(data_dir: str) -> str | None:
    """The address of the server that runs over a data folder; None where there is none that this
    user could ask. What a killed server left is removed.
    """
    path = os.path.join(data_dir, NAME)
    try:
        with reading.open_file(path) as file:
            if locks.is_locked(file, locks.BEHIND):
                return str(json.loads(file.read())["url"])
        os.unlink(path)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _write(path: str, told: object) -> BinaryIO:
    """A new file in place of the one before, open and locked."""
    partial = f"{path}.{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(partial)
    number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as written:
        written.write(json.dumps(told))
    # Windows renames no file that is open for writing.
    file = reading.open_file(partial)
    try:
        locks.lock(file, locks.BEHIND)
        _replace(partial, path)
    except BaseException:
        file.close()
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise
    return file


def _replace(new: str, path: str) -> None:
    try:
        os.replace(new, path)
    except PermissionError:  # on Windows, while an earlier server has it open
        aside = f"{new}.earlier"
        os.replace(path, aside)
        os.unlink(aside)
        os.replace(new, path)
