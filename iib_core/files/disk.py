"""Disk: the few system calls by which files change, none of which can overwrite a file.

Every one of them goes through ``Disk.call``, the seam where tests let a disk be full, a folder be
locked or the power fail.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from io import FileIO
from typing import Any, BinaryIO, NamedTuple, TypeVar

from iib_core import mounts, times, windows
from iib_core.access import Access
from iib_core.errors import (
    AccessDenied,
    Conflict,
    DiskFull,
    IIBError,
    InvalidRequest,
    NameTaken,
    NotFound,
    is_full,
)
from iib_core.files.anchors import Anchors, path_of
from iib_core.paths import to_text
from iib_core.reading import open_file

T = TypeVar("T")

_CHUNK_BYTES = 1 << 20
# What Windows says of a file that a program holds open, of one that is being deleted, and of a
# folder in which something is open.
_HELD = {windows.ACCESS_DENIED, windows.SHARING_VIOLATION, windows.LOCK_VIOLATION}
# Of a file and of a folder, which must have room for a name.
_LONGEST, _LONGEST_FOLDER = 259, 247
_PAUSES_S = (0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5)
_NOT_SUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_NO_HARD_LINKS = _NOT_SUPPORTED | {errno.EPERM, errno.EMLINK, errno.EACCES}


class Entry(NamedTuple):
    """What stands at a path, links not followed. ``inode`` is 0 where the system has none."""

    path: str
    mode: int
    size_bytes: int
    mtime_ns: int
    inode: int

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)

    @property
    def is_file(self) -> bool:
        """Whether it is a plain file."""
        return stat.S_ISREG(self.mode)

    def is_same_file(self, size_bytes: int, mtime_ns: int, inode: int) -> bool:
        """Whether this is the file that had this size and time or this inode; of a folder nothing
        but the inode is compared.
        """
        if self.inode and self.inode == inode:
            return True
        return self.is_folder or (self.size_bytes == size_bytes and self.mtime_ns == mtime_ns)


class Disk:
    """Looks at files and changes them. All paths are absolute; failures are OSError.

    ``patience_s``: how long an operation waits in all for files that other programs hold, for one
    of them about a second.
    """

    def __init__(self, patience_s: float = 10.0) -> None:
        self._anchors = Anchors()
        self._patience = _Patience(patience_s)
        self.longest_path = windows.longest_path()
        self._open: Callable[[str], BinaryIO] = open_file

    def hold_to(self, access: Access) -> None:
        """From now on nothing is read or changed where a client may not go.

        That holds whatever takes the place of a file or folder after it was looked at.
        """
        self._open = access.open
        if access.restricted or access.own:
            self._anchors.hold_to(access.allows)

    def anchored(self) -> AbstractContextManager[None]:
        """What is done inside is done in folders that are opened and looked at, see ``Anchors``."""
        self._patience.refill()
        return self._anchors.kept()

    def path_to(self, path: str) -> str:
        """A path for those who write a new file themselves, inside of ``anchored``."""
        return self._anchors.path_to(path)

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run one system call that changes something.

        On Windows virus scanners, the search index and ffmpeg keep a file to themselves for a
        moment: then it is tried again for a second.
        """
        try:
            return function(*arguments)
        except OSError as exc:
            if not is_held(exc):
                raise
            return self._call_again(exc, function, *arguments)

    def _call_again(self, held: OSError, function: Callable[..., T], *arguments: Any) -> T:
        for pause_s in self._patience.pauses():
            time.sleep(pause_s)
            try:
                return function(*arguments)
            except OSError as exc:
                if not is_held(exc):
                    raise
                held = exc
        raise held

    def find(self, path: str) -> Entry | None:
        """The entry at ``path``; None where nothing is there."""
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        # A 64-bit inode may not fit into the database's signed integer.
        return Entry(
            path, status.st_mode, status.st_size, times.mtime_ns(status), status.st_ino & (2**63 - 1)
        )

    def device_of(self, folder: str) -> tuple[int, str]:
        """What two existing folders have in common where a rename leads from one to the other: the
        disk, and the place where it is mounted.
        """
        return os.stat(folder).st_dev, mounts.find(folder)

    def free_bytes(self, folder: str) -> int:
        """Space left for us on the disk of an existing folder."""
        return shutil.disk_usage(folder).free

    def rename(self, source: str, target: str) -> None:
        """Rename within a disk. FileExistsError where ``target`` is there, EXDEV where it is on another disk."""
        if self._anchors.rename_exclusively is not None:
            try:
                return self.call(self._anchors.rename_exclusively, source, target)
            except OSError as exc:
                if exc.errno == errno.EEXIST and is_same_place(source, target):
                    return self.call(self._anchors.rename, source, target)
                if exc.errno not in _NOT_SUPPORTED:
                    raise
        return self._rename_checked(source, target)

    def _rename_checked(self, source: str, target: str) -> None:
        """For file systems that know no exclusive rename: a hard link cannot overwrite either.

        What cannot be linked is checked, then renamed.
        """
        if is_same_place(source, target):
            return self.call(self._anchors.rename, source, target)
        try:
            if os.path.isdir(source) or os.path.islink(source):
                raise OSError(errno.EPERM, "no hard link of this", source)
            self.call(self._anchors.link, source, target)
        except OSError as exc:
            if exc.errno not in _NO_HARD_LINKS:
                raise
            if self._anchors.is_there(target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target) from exc
            return self.call(self._anchors.rename, source, target)
        return self.unlink(source)

    def copy(self, source: str, part: str, target: str) -> None:
        """Copy a file with its times to ``target`` by way of ``part``, a name of ours in the same
        folder; whole and on the disk, or not at all.

        A link is copied as a link. Raises OSError also where the file changed meanwhile.
        """
        self.remove_part(part)
        try:
            if os.path.islink(source):
                # A relative link would lead elsewhere from another folder.
                leads_to = os.path.normpath(os.path.join(os.path.dirname(source), os.readlink(source)))
                self.call(self._anchors.symlink, leads_to, part)
            else:
                self._copy_content(source, part)
            self.rename(part, target)
        except OSError:
            self.remove_part(part)
            raise
        self.sync_folder(os.path.dirname(target))

    def swap(self, one: str, other: str, kept: str) -> None:
        """Put the file ``one`` in place of the file ``other``, in a single step, and what stood
        there in place of ``one``, on one disk.

        ``kept`` is a name of ours beside ``one``. Where it fails both are as they were.
        """
        self.remove_part(kept)
        was_read_only = self._make_writable(other)
        try:
            self._keep(other, kept)
            self.call(self._anchors.replace, one, other)
        except OSError:
            self.remove_part(kept)
            if was_read_only:
                self._make_read_only(other)
            raise
        try:
            self.rename(kept, one)
        except OSError:
            self.call(self._anchors.replace, kept, other)
            raise
        if was_read_only:
            self._make_read_only(one)
        self.sync_folder(os.path.dirname(one))
        self.sync_folder(os.path.dirname(other))

    def _keep(self, path: str, kept: str) -> None:
        """Give a file a second name, or, on a disk that knows no such thing, a copy."""
        try:
            self.call(self._anchors.link, path, kept)
        except OSError as exc:
            if exc.errno not in _NO_HARD_LINKS:
                raise
            self._copy_content(path, kept)

    def _copy_content(self, source: str, part: str) -> None:
        with self._open(source) as reader:
            before = os.fstat(reader.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise OSError(errno.EINVAL, "it is no file now", source)
            with self.call(self._anchors.create, part) as writer:
                while chunk := reader.read(_CHUNK_BYTES):
                    self.write(writer, chunk)
                copied = os.fstat(writer.fileno()).st_size
                after = os.fstat(reader.fileno())
                if copied != after.st_size or times.mtime_ns(after) != times.mtime_ns(before):
                    raise OSError(errno.EBUSY, "it changed while it was copied", source)
                self.call(os.fsync, writer.fileno())
            # Opened once more: some network drives set the time again when a file that was written is closed.
            with self._anchors.reopen(part) as copy:
                self._copy_status(path_of(reader, source), path_of(copy, part))

    def _copy_status(self, source: str, target: str) -> None:
        try:
            self.call(shutil.copystat, source, target)
        except (OSError, OverflowError):
            # A disk that knows no permissions (FAT, some network shares) may refuse to set them;
            # without the time it would be another file.
            self.call(times.copy, os.stat(source), target)

    def create(self, path: str) -> FileIO:
        """A new file to write, inside of ``anchored``. Raises FileExistsError where the name is taken."""
        return self.call(self._anchors.create, path)

    def write(self, writer: FileIO, chunk: bytes) -> None:
        """Write all of a chunk to a file that is open."""
        written = self.call(writer.write, chunk)
        while written < len(chunk):
            written += self.call(writer.write, chunk[written:])

    def remove_part(self, part: str) -> None:
        """Remove what an earlier attempt left under a temporary name."""
        if self._anchors.is_there(part):
            self.unlink(part)

    def unlink(self, path: str) -> None:
        """Remove a file or link."""
        was_read_only = self._make_writable(path)
        try:
            self.call(self._anchors.unlink, path)
        except OSError:
            if was_read_only:
                self._make_read_only(path)
            raise

    def _make_writable(self, path: str) -> bool:
        """Let Windows remove or replace a file that is marked as read-only. Returns whether it was."""
        if not windows.is_read_only(path):
            return False
        self.call(os.chmod, path, stat.S_IWRITE)
        return True

    def _make_read_only(self, path: str) -> None:
        with suppress(OSError):
            self.call(os.chmod, path, stat.S_IREAD)

    def make_folder(self, path: str) -> None:
        """Make one folder; its parent must be there."""
        self.call(self._anchors.mkdir, path)

    def remove_folder(self, path: str) -> None:
        """Remove an empty folder."""
        self.call(self._anchors.rmdir, path)

    def send_to_trash(self, path: str) -> None:
        """Hand a file to the trash of the operating system. Raises Conflict where its drive has none."""
        try:
            from send2trash import send2trash
        except ImportError as exc:
            raise Conflict(
                "The package Send2Trash is not installed: install it, or set IIB_DELETE_MODE to trash."
            ) from exc
        if sys.platform == "win32":
            require_recycle_bin(path, windows.drive_type(path))
        self.call(send2trash, path)

    def sync_folder(self, folder: str) -> None:
        """Bring the names in a folder to the disk; systems that cannot do so do it by themselves."""
        if os.name == "nt":
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            self.call(os.fsync, descriptor)
        except OSError as exc:
            if exc.errno not in _NOT_SUPPORTED:
                raise
        finally:
            os.close(descriptor)


class _Patience(threading.local):
    """How long each thread may still wait for files that other programs hold."""

    def __init__(self, all_s: float) -> None:
        self._all_s = self._left_s = all_s

    def refill(self) -> None:
        """A new operation begins."""
        self._left_s = self._all_s

    def pauses(self) -> Iterator[float]:
        """Seconds to wait before each further try."""
        for pause_s in _PAUSES_S:
            if self._left_s < pause_s:
                return
            self._left_s -= pause_s
            yield pause_s


def require_recycle_bin(path: str, drive_type: int) -> None:
    """Raise Conflict for a network drive or a stick: what is deleted there Windows removes at once,
    and tells nobody.
    """
    if drive_type != windows.FIXED:
        raise Conflict(
            f"'{to_text(path)}' is on a drive without a recycle bin, where it would be removed for good: "
            "set IIB_DELETE_MODE to trash."
        )


def is_held(exc: OSError) -> bool:
    """Whether a system call may have failed because another program has the file open (Windows)."""
    return getattr(exc, "winerror", None) in _HELD


def is_same_place(one: str, other: str) -> bool:
    """Whether two names that differ in case only lead to one entry, as on Windows and macOS."""
    if one == other or one.casefold() != other.casefold():
        return False
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other)) and not _are_both_listed(one, other)
    except OSError:
        return False


def _are_both_listed(one: str, other: str) -> bool:
    names = os.listdir(os.path.dirname(one))
    return os.path.basename(one) in names and os.path.basename(other) in names


def _length_if_too_long(exc: OSError) -> int | None:
    """The length of the path by which a call of Windows failed.

    It says of a path that is too long that something is not there.
    """
    if getattr(exc, "winerror", None) not in (windows.PATH_NOT_FOUND, windows.NAME_TOO_LONG):
        return None
    length = max(len(str(name or "")) for name in (exc.filename, exc.filename2))
    return length if length > _LONGEST_FOLDER else None


def explain(exc: OSError, path: str) -> IIBError:
    """What a system call's failure means for a person."""
    shown = "'" + to_text(path) + "'"
    if (length := _length_if_too_long(exc)) is not None:
        return InvalidRequest(
            f"{shown}: its new path would have {length} characters, and Windows permits {_LONGEST}: "
            "choose a shorter one."
        )
    if exc.errno == errno.EEXIST or exc.errno == errno.ENOTEMPTY:
        return NameTaken(f"{shown}: something of that name is there already.")
    if exc.errno == errno.ENOENT:
        return NotFound(f"{shown} is no longer there.")
    if exc.errno == errno.EROFS:
        return AccessDenied(f"{shown}: the disk is read-only.")
    if getattr(exc, "winerror", 0) in (windows.SHARING_VIOLATION, windows.LOCK_VIOLATION):
        return Conflict(f"{shown} is in use by another program.")
    if getattr(exc, "winerror", 0) == windows.ACCESS_DENIED:
        return AccessDenied(
            f"{shown}: Windows does not permit it. Another program may have it open, or something in it."
        )
    if exc.errno in (errno.EACCES, errno.EPERM):
        return AccessDenied(f"{shown}: the system does not permit it.")
    if is_full(exc):
        return DiskFull(f"{shown}: the disk is full.")
    if exc.errno == errno.ENAMETOOLONG:
        return InvalidRequest(f"{shown}: the name is too long for this disk.")
    return Conflict(f"{shown}: {exc.strerror or exc}.")
