"""Files that are known by their sha256: where each is found, and how one is downloaded.

A file counts only once its sha256 is that of the table. A package that carries one is never
imported.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata

from iib_core import times, windows
from iib_core.errors import ServiceFailed
from iib_core.jobs import Progress

FOLDER = "models"
_READ_BYTES = 1 << 20
_DOWNLOAD_BYTES = 1 << 16
_TIMEOUT_S = 30.0
# How often an address is asked in vain, without a byte of the file, before a download fails.
_TRIES = 3


@dataclass(frozen=True)
class ModelFile:
    """A file by its content.

    ``name``: its path below the folder of all models. ``package`` and ``inside``: a distribution
    that carries it, and its path there.
    """

    name: str
    sha256: str
    size_bytes: int
    address: str = ""
    package: str = ""
    inside: str = ""


class FileStore:
    """The model files of one data folder."""

    def __init__(self, data_dir: str) -> None:
        self.folder = os.path.join(data_dir, FOLDER)
        self._lock = threading.Lock()
        self._hashes: dict[tuple[str, int, int], str] = {}

    def find_file(self, file: ModelFile) -> str | None:
        """The path of a file whose content is that of the table."""
        return next((path for path in self._candidates(file) if self._matches(path, file)), None)

    def find_other(self, files: Sequence[ModelFile]) -> str:
        """The path of a file that has the name of one of these and another content, or ""."""
        for file in files:
            for path in self._candidates(file):
                if not self._matches(path, file):
                    return path
        return ""

    def count_received(self, file: ModelFile) -> int:
        """The bytes that are there of a file, whole or of a download that broke off."""
        whole = _size(self.path_of(file))
        return min(whole or _size(_part(self.path_of(file))), file.size_bytes)

    def path_of(self, file: ModelFile) -> str:
        """Where a download puts a file, and where one may be put by hand."""
        return os.path.join(self.folder, *file.name.split("/"))

    def hash_of(self, path: str) -> str:
        """The sha256 of a file, read again only where its time or size differ. Raises OSError."""
        status = os.stat(path)
        key = path, status.st_size, times.mtime_ns(status)
        with self._lock:
            if key not in self._hashes:
                self._hashes[key] = _hash(path)
            return self._hashes[key]

    def fetch(
        self,
        progress: Progress,
        files: Sequence[ModelFile],
        on_progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Download files, which have addresses. What a download that broke off left is continued.
        ``on_progress`` is called with the bytes that are there of all of them.

        Raises ServiceFailed where an address does not answer, or answers with another file than
        that of the table.
        """
        progress.begin("downloading", 0.0, 1.0, sum(file.size_bytes for file in files))
        before = 0

        def note(done: int) -> None:
            progress.update(done=before + done)
            on_progress(before + done)

        for file in files:
            self._fetch(progress, file, note)
            before += file.size_bytes

    def _candidates(self, file: ModelFile) -> Iterator[str]:
        paths = [self.path_of(file)]
        if file.package:
            paths.append(_find_in_package(file.package, file.inside))
        return (path for path in paths if path and os.path.isfile(path))

    def _matches(self, path: str, file: ModelFile) -> bool:
        try:
            return _size(path) == file.size_bytes and self.hash_of(path) == file.sha256
        except OSError:
            return False

    def _fetch(
        self, progress: Progress, file: ModelFile, on_progress: Callable[[int], None]
    ) -> None:
        target = self.path_of(file)
        part = _part(target)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        problem, left = "", _TRIES
        while left:
            progress.check()
            there = _size(part)
            try:
                with progress.waiting(f"the download of {file.name}"):
                    _receive(file, part, progress.check, on_progress)
            except (OSError, urllib.error.URLError, ValueError) as exc:
                problem = str(getattr(exc, "reason", "") or exc)
                left = _TRIES if _size(part) > there else left - 1
                progress.sleep(0.2)
                continue
            if _size(part) == file.size_bytes and _hash(part) == file.sha256:
                windows.replace(part, target)
                return
            problem = "what came is another file than the one that is known"
            left -= 1
            with contextlib.suppress(OSError):
                os.remove(part)
        raise ServiceFailed(
            f"{file.name} could not be downloaded from {file.address} ({problem}): try again, or put the "
            f"file into {os.path.dirname(target)}."
        )


def _part(path: str) -> str:
    """Where a download is collected until it is whole."""
    return f"{path}.part"


def _receive(
    file: ModelFile, part: str, check: Callable[[], None], on_progress: Callable[[int], None]
) -> None:
    """Append to ``part`` what is missing of it. Raises OSError and URLError."""
    there = _size(part)
    if there >= file.size_bytes:
        return
    if not file.address.startswith(("https://", "http://")):
        raise ValueError("its address is none of the web")
    request = urllib.request.Request(
        file.address, headers={"Range": f"bytes={there}-"} if there else {}
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        goes_on = answer.status == 206
        done = there if goes_on else 0
        with open(part, "ab" if goes_on else "wb") as output:
            while done < file.size_bytes and (data := answer.read(_DOWNLOAD_BYTES)):
                check()
                done += len(data)
                output.write(data[: max(0, len(data) - max(0, done - file.size_bytes))])
                on_progress(min(done, file.size_bytes))
    if done < file.size_bytes:
        raise OSError("the connection ended early")


def _find_in_package(package: str, inside: str) -> str:
    """The path of a file that an installed distribution lists; "" where it is not there."""
    try:
        path = metadata.distribution(package).locate_file(inside)
    except metadata.PackageNotFoundError:
        return ""
    return str(path)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _hash(path: str) -> str:
    made = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(_READ_BYTES):
            made.update(data)
    return made.hexdigest()
