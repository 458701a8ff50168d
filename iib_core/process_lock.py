"""Process lock: shows other processes that this one is alive.

It is a lock on a file in the data folder. The system releases it when the process ends, even after
a crash.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, Protocol

from iib_core import locks

_FOLDER, _SUFFIX = "processes", ".alive"


class Owner(Protocol):
    """Under whose name this process changes files: its own, or as one of several servers over one
    database that of its lease.
    """

    @property
    def is_shared(self) -> bool:
        """Whether others on other machines may change the same files."""

    @property
    def name(self) -> str:
        """The present name. From now on ``is_alive`` of it is True in every process."""

    def is_alive(self, name: str) -> bool:
        """Whether the owner of that name may still change files."""

    def is_of_this_folder(self, name: str) -> bool:
        """Whether a process over this data folder has, or had, that name."""

    def bury(self, connection: Any, name: str) -> bool:
        """End a dead owner for good, within a transaction. Returns False if it is alive after all."""

    def held(self) -> AbstractContextManager[None]:
        """A block in which this thread acts under the present name, and ``check`` looks after it."""

    def check(self) -> None:
        """Raise LeaseLost if the name of ``held`` is no longer that of this process."""

    def close(self) -> None:
        """Give up the name."""


class ProcessLock:
    """The name of this process in a data folder, valid until ``close()``.

    The locked file is made at the first use of ``name``.
    """

    is_shared = False

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

    def is_of_this_folder(self, name: str) -> bool:
        """Whether a process over this data folder has that name, or had it and is not buried."""
        return os.path.exists(os.path.join(self._folder, name + _SUFFIX))

    def is_locked(self, name: str) -> bool:
        """Whether a process over this data folder has that name now."""
        try:
            with open(os.path.join(self._folder, name + _SUFFIX), "r+b") as file:
                return locks.is_locked(file)
        except FileNotFoundError:
            return False
        except OSError:
            return True

    def bury(self, _connection: object, name: str) -> bool:
        """Whether it is dead. The system has ended it for good."""
        return not self.is_alive(name)

    def held(self) -> AbstractContextManager[None]:
        """A block like any other: no process loses its name."""
        return contextlib.nullcontext()

    def check(self) -> None:
        """Nothing: as ``held``."""

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
