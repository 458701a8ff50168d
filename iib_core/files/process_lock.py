"""Process lock: shows other processes that this one is alive.

It is a lock on a file in the data folder. The system releases it when the process ends, even after
a crash.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from typing import BinaryIO

from iib_core import locks

_FOLDER, _SUFFIX = "processes", ".alive"


class ProcessLock:
    """The name of this process in a data folder, valid until ``close()``.

    The locked file is made at the first use of ``name``.
    """

    def __init__(self, data_dir: str) -> None:
        self._folder = os.path.join(data_dir, _FOLDER)
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._name = secrets.token_hex(8)

    @property
    def name(self) -> str:
        """The name. From now on ``is_alive`` of it is True in every process."""
        with self._lock:
            if self._file is None:
                os.makedirs(self._folder, exist_ok=True)
                file = open(os.path.join(self._folder, self._name + _SUFFIX), "wb")  # noqa: SIM115  held open
                locks.lock(file)
                self._file = file
        return self._name

    def is_alive(self, name: str) -> bool:
        """Whether the process of that name (or this one) still runs. Removes the file of a dead
        one.
        """
        if name == self._name:
            return self._file is not None
        path = os.path.join(self._folder, name + _SUFFIX)
        try:
            with open(path, "r+b") as file:
                locks.lock(file)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        _remove(path)
        return False

    def is_any_alive(self) -> bool:
        """Whether any process uses the data folder."""
        try:
            names = os.listdir(self._folder)
        except OSError:
            return False
        return any(
            self.is_alive(name.removesuffix(_SUFFIX)) for name in names if name.endswith(_SUFFIX)
        )

    def close(self) -> None:
        """Release the lock and remove its file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
                _remove(os.path.join(self._folder, self._name + _SUFFIX))


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):  # another process removed it first
        os.unlink(path)
