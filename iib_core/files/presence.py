"""Presence: how another process tells that we are alive.

A lock held on a file of ours is let go of by the system, however the process ends.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from typing import BinaryIO

from iib_core import locks

_FOLDER, _SUFFIX = "processes", ".alive"


class Presence:
    """A name of this process in a data folder, valid until ``close()``.

    The file is made when the name is first asked for.
    """

    def __init__(self, data_dir: str) -> None:
        self._folder = os.path.join(data_dir, _FOLDER)
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._name = secrets.token_hex(8)

    @property
    def name(self) -> str:
        """The name; whoever asks ``is_alive`` for it gets True from now on."""
        with self._lock:
            if self._file is None:
                os.makedirs(self._folder, exist_ok=True)
                file = open(os.path.join(self._folder, self._name + _SUFFIX), "wb")  # noqa: SIM115  held open
                locks.lock(file)
                self._file = file
        return self._name

    def is_alive(self, name: str) -> bool:
        """Whether the process of that name still runs, this one included. What dead ones left is removed."""
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

    def is_anybody_there(self) -> bool:
        """Whether any process runs over the data folder."""
        try:
            names = os.listdir(self._folder)
        except OSError:
            return False
        return any(self.is_alive(name.removesuffix(_SUFFIX)) for name in names if name.endswith(_SUFFIX))

    def close(self) -> None:
        """Let go of the name."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
                _remove(os.path.join(self._folder, self._name + _SUFFIX))


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):  # the other side was faster
        os.unlink(path)
