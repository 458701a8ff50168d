"""Mounts: where drives are mounted now, and where those of the library were when its files were last seen.

After an unmount the folder that a drive was mounted on is still there, empty. By its mount point it
can be told from a folder that was emptied.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Mapping

from iib_core.paths import from_text, is_under, to_text

logger = logging.getLogger(__name__)

_OCTAL = re.compile(r"\\([0-7]{3})")


def find(path: str) -> str:
    """The mount point that holds a real path; "" on Windows, where the folder of a drive that is
    away is gone.
    """
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
            places = [_OCTAL.sub(lambda found: chr(int(found[1], 8)), line.split(" ")[4]) for line in table]
    except OSError:
        return "" if os.name == "nt" else _find_by_device(path)
    return max((place for place in places if is_under(path, place)), key=len, default="")


def _find_by_device(path: str) -> str:
    while not os.path.ismount(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


class SeenMounts:
    """Mount points by the real path of a folder, in a file of this machine: others may mount the
    same library elsewhere.

    ``file``: "" keeps nothing.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._places = _load(file) if file else {}

    def get(self, folder: str) -> str:
        """Where the drive of this folder was mounted; "" where that is not known."""
        return self._places.get(folder, "")

    def put(self, places: Mapping[str, str]) -> None:
        """Keep these, and no others."""
        if dict(places) == self._places:
            return
        self._places = dict(places)
        if self._file:
            self._save()

    def _save(self) -> None:
        part = f"{self._file}.{os.getpid()}.part"
        try:
            with open(part, "w", encoding="utf-8") as file:
                json.dump({to_text(folder): to_text(place) for folder, place in self._places.items()}, file)
            os.replace(part, self._file)
        except OSError as exc:
            logger.warning("where the library's drives are mounted cannot be written down: %s", exc)


def _load(file: str) -> dict[str, str]:
    try:
        with open(file, encoding="utf-8") as text:
            stored = json.load(text)
    except (OSError, ValueError):
        return {}  # it is written again by the next update of the index
    if not isinstance(stored, dict):
        return {}
    return {from_text(folder): from_text(place) for folder, place in stored.items() if isinstance(place, str)}
