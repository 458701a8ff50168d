"""Uploads: files that a client sends, written to the disk as they arrive.

They are written into the trash of their operation first, on the disk that they are meant for, and
moved from there when they are whole: so half a file is never seen, and undoing puts them back into
the trash.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import FileIO

from iib_core.access import Access
from iib_core.errors import AccessDenied, IIBError, InvalidRequest, TooLarge, UnreadableMedia
from iib_core.files import names, trash_paths
from iib_core.files.disk import Disk
from iib_core.files.disk_errors import explain
from iib_core.mediatypes import media_type
from iib_core.metadata import containers
from iib_core.paths import TRASH, to_text
from iib_core.reading import open_file

_IMAGES = ("png", "jpeg", "webp", "gif", "avif", "heif", "jxl", "exr", "svg")
# Which media a container, told by the bytes, may hold.
_HOLDS: dict[str, set[str]] = {
    **{name: {"image"} for name in _IMAGES},
    **{name: {"video", "audio"} for name in ("mp4", "mov", "webm", "mkv", "ogg")},
    "avi": {"video"},
    **{name: {"audio"} for name in ("flac", "mp3", "wav")},
}
# How files of those formats begin that are listed and have no reader of their own.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"BM", "image"),
    (b"II*\0", "image"),
    (b"MM\0*", "image"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "audio"),
    (b"FLV\x01", "video"),
    (b"\0\0\x01\xba", "video"),
    (b"\0\0\x01\xb3", "video"),
    (b"\x47", "video"),
    (b"\xff\xf1", "audio"),
    (b"\xff\xf9", "audio"),
)


@dataclass(frozen=True)
class Refused:
    """A file that was not taken, by the name that the client gave it."""

    name: str
    error: IIBError


@dataclass
class Staged:
    """What has arrived: the place of each whole file in ``folder`` and the name that it is to get."""

    operation_id: str
    folder: str
    files: list[tuple[str, str]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def check_name(raw: str) -> str:
    """The name of a media file as it may stand on the disk. Raises InvalidRequest."""
    name = names.validate(raw)
    if name.startswith(".") or media_type(name) is None:
        raise InvalidRequest(f"'{raw[:80]}' has no name of a picture, video or sound.")
    return name


def require_media(path: str, name: str) -> None:
    """Raise UnreadableMedia where the bytes at a path are not of the kind that the name says."""
    embedded = containers.read(path)
    holds = _HOLDS.get(embedded.container) or _told_by_signature(path)
    if media_type(name) not in holds:
        raise UnreadableMedia(f"'{to_text(name)[:80]}' does not hold what its name says.")


def _told_by_signature(path: str) -> set[str]:
    with open_file(path) as file:
        head = file.read(16)
    return {kind for signature, kind in _SIGNATURES if head.startswith(signature)}


class Stage:
    """Takes the files of one upload. Every method but ``begin`` is about the file that was begun
    last.
    """

    def __init__(self, disk: Disk, staged: Staged, max_bytes: int) -> None:
        self._disk = disk
        self._max_bytes = max_bytes
        self.staged = staged
        self._name = ""
        self._path = ""
        self._writer: FileIO | None = None
        self._size_bytes = 0

    def begin(self, name: str | None) -> None:
        """A file of this name comes now; None for what is no file, and is dropped."""
        self._name, self._size_bytes = name or "", 0
        if name is None:
            return
        try:
            check_name(name)
            self._path = os.path.join(self.staged.folder, str(len(self.staged.files)))
            with self._disk.anchored():
                self._writer = self._disk.create(self._path)
        except IIBError as exc:
            self._refuse(exc)

    def write(self, piece: bytes) -> None:
        """Its next bytes; those of a file that was refused are dropped, up to the limit once more."""
        self._size_bytes += len(piece)
        if self._size_bytes > 2 * self._max_bytes:
            raise TooLarge(f"'{self._name[:80]}' is larger than {self._max_bytes >> 20} MiB.")
        if self._writer is None:
            return
        if self._size_bytes > self._max_bytes:
            self._refuse(
                TooLarge(f"'{self._name[:80]}' is larger than {self._max_bytes >> 20} MiB.")
            )
            return
        self._disk.write(self._writer, piece)

    def end(self) -> None:
        """It is whole."""
        if self._writer is None:
            return
        self._disk.call(os.fsync, self._writer.fileno())
        self._writer.close()
        self._writer = None
        try:
            require_media(self._path, self._name)
        except IIBError as exc:
            self._refuse(exc)
            return
        self.staged.files.append((self._path, names.validate(self._name)))

    def _refuse(self, error: IIBError) -> None:
        self.staged.refused.append(Refused(self._name, error))
        self.close()

    def close(self) -> None:
        """Give up the file that is not whole."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._path and self._path not in [path for path, _ in self.staged.files]:
            self._disk.remove_part(self._path)


@contextmanager
def staging(
    disk: Disk, access: Access, dest: str, operation_id: str, max_bytes: int
) -> Iterator[Stage]:
    """A place for the files of an upload into a resolved folder of the library. What is still in it
    in the end is removed.

    Raises AccessDenied for a folder outside of the library, Conflict if its drive is offline.
    """
    trash_paths.require_outside_trash(dest)
    if not access.is_under_root(dest):
        raise AccessDenied("Files can be uploaded into the folders of the library only.")
    access.require_online([dest])
    top = trash_paths.trash_top(disk, dest, access)
    staged = Staged(operation_id, os.path.join(top, TRASH, operation_id))
    made: list[str] = []
    stage = Stage(disk, staged, max_bytes)
    try:
        with disk.anchored():
            for folder in (os.path.dirname(staged.folder), staged.folder):
                if not os.path.isdir(folder):
                    disk.make_folder(folder)
                    made.append(folder)
        yield stage
    except OSError as exc:
        raise explain(exc, dest) from exc
    finally:
        with disk.anchored():
            _clear(disk, stage, made)


def _clear(disk: Disk, stage: Stage, made: list[str]) -> None:
    """Remove the files that were not moved on, and the folders that are empty then."""
    stage.close()
    for path, _ in stage.staged.files:
        with suppress(OSError):
            disk.remove_part(path)
    for folder in reversed(made):
        with suppress(OSError):
            disk.remove_folder(folder)
