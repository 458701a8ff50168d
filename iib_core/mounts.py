"""Mounts: where drives are mounted now, and where those of the library were when its files were
last seen.

After an unmount, the mount point is still there, and empty. Its stored mount distinguishes it from
a folder that was emptied.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Mapping

from iib_core import windows
from iib_core.paths import from_text, is_under, to_text

logger = logging.getLogger(__name__)

_OCTAL = re.compile(r"\\([0-7]{3})")


def find(path: str) -> str:
    """The mount point of a real path; "" on Windows, where the folder of an offline drive is gone."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
            points = [
                _OCTAL.sub(lambda found: chr(int(found[1], 8)), line.split(" ")[4])
                for line in table
            ]
    except OSError:
        return "" if os.name == "nt" else _find_by_device(path)
    return max((point for point in points if is_under(path, point)), key=len, default="")


def _find_by_device(path: str) -> str:
    while not os.path.ismount(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


class SeenMounts:
    """Mount points by the real path of a folder, in a file of this machine: another machine may
    mount the same library elsewhere. Without a ``file`` they are in memory only.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._mounts = _load(file) if file else {}

    def get(self, folder: str) -> str:
        """Where the drive of this folder was mounted; "" if that is not known."""
        return self._mounts.get(folder, "")

    def put(self, mounts: Mapping[str, str]) -> None:
        """Store these mounts in place of the old ones."""
        if dict(mounts) == self._mounts:
            return
        self._mounts = dict(mounts)
        if self._file:
            self._save()

    def _save(self) -> None:
        part = f"{self._file}.{os.getpid()}.part"
        try:
            with open(part, "w", encoding="utf-8") as file:
                json.dump(
                    {to_text(folder): to_text(mount) for folder, mount in self._mounts.items()},
                    file,
                )
            windows.replace(part, self._file)
        except OSError as exc:
            logger.warning("the mounts of the library's drives cannot be stored: %s", exc)


def _load(file: str) -> dict[str, str]:
    try:
        with open(file, encoding="utf-8") as text:
            stored = json.load(text)
    except (OSError, ValueError):
        return {}  # the next update of the index stores it again
    if not isinstance(stored, dict):
        return {}
    return {
        from_text(folder): from_text(mount)
        for folder, mount in stored.items()
        if isinstance(mount, str)
    }
