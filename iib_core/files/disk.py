"""Disk: the system calls that change files. None of them can overwrite a file.

Each goes through ``Disk.call``, where tests simulate a full disk, a locked folder or a power
failure.
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
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from io import FileIO
from typing import Any, BinaryIO, NamedTuple, TypeVar

from iib_core import mounts, times, windows
from iib_core.access import Access
from iib_core.errors import Conflict
from iib_core.files.anchors import Anchors, path_of
from iib_core.paths import is_elsewhere, require_here, to_text
from iib_core.process_lock import Owner
from iib_core.reading import open_file

T = TypeVar("T")

_CHUNK_BYTES = 1 << 20
_PAUSES_S = (0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5)
_NOT_SUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_NO_HARD_LINKS = _NOT_SUPPORTED | {errno.EPERM, errno.EMLINK, errno.EACCES}


class Entry(NamedTuple):
    """The file, folder or link at a path; links are not followed. ``inode`` is 0 if the system has
    none.
    """

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
        """Whether this is the file that had this inode, or this size and time.

        Folders are not compared: for a folder it is always True.
        """
        if self.inode and self.inode == inode:
            return True
        return self.is_folder or (self.size_bytes == size_bytes and self.mtime_ns == mtime_ns)


class Disk:
    """Reads and changes files. All paths are absolute; failures are OSError.

    ``patience_s``: how long an operation waits in total for files that other programs hold open
    (about a second for each).
    """

    def __init__(self, patience_s: float = 10.0) -> None:
        self._anchors = Anchors()
        self._patience = _Patience(patience_s)
        self.longest_path = windows.longest_path()
        self._open: Callable[[str], BinaryIO] = open_file
        self._held: Callable[[], AbstractContextManager[None]] = nullcontext
        self._require_held: Callable[[], None] = lambda: None

    def restrict_to(self, access: Access) -> None:
        """Refuse, from now on, to read or change anything outside of what clients may access.

        This also holds if a link replaces a file or folder after it was checked.
        """
        self._open = access.open
        if access.restricted or access.data_dir:
            self._anchors.restrict_to(access.allows)

    def act_for(self, owner: Owner) -> None:
        """Change files, from now on, only while what is done inside of ``anchored`` is the owner's."""
        self._held, self._require_held = owner.held, owner.check

    @contextmanager
    def anchored(self) -> Iterator[None]:
        """Inside the context, calls work on folders that are open and checked, see ``Anchors``."""
        self._patience.refill()
        with self._held(), self._anchors.kept():
            yield

    def path_to(self, path: str) -> str:
        """A path at which a caller can write a new file itself, inside of ``anchored``."""
        return self._anchors.path_to(path)

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run one system call that changes something.

        On Windows virus scanners, the search index and ffmpeg hold a file open for a moment, so a
        call that fails because of that is repeated for a second.

        Raises LeaseLost, and does nothing, if another server may have taken over; RootElsewhere for a
        path that only other servers see.
        """
        for argument in arguments:
            if isinstance(argument, str):
                require_here(argument)
        self._require_held()
        try:
            return function(*arguments)
        except OSError as exc:
            if not windows.is_held(exc):
                raise
            return self._call_again(exc, function, *arguments)

    def _call_again(self, held: OSError, function: Callable[..., T], *arguments: Any) -> T:
        for pause_s in self._patience.pauses():
            time.sleep(pause_s)
            self._require_held()
            try:
                return function(*arguments)
            except OSError as exc:
                if not windows.is_held(exc):
                    raise
                held = exc
        raise held

    def find(self, path: str) -> Entry | None:
        """The entry at ``path``; None if there is none."""
        if is_elsewhere(path):
            return None
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        # A 64-bit inode may not fit into the database's signed integer.
        return Entry(
            path,
            status.st_mode,
            status.st_size,
            times.mtime_ns(status),
            status.st_ino & (2**63 - 1),
        )

    def device_of(self, folder: str) -> tuple[int, str]:
        """(device, mount point) of an existing folder. A file can be renamed between folders that
        have the same.
        """
        return os.stat(folder).st_dev, mounts.find(folder)

    def free_bytes(self, folder: str) -> int:
        """The free space on the disk of an existing folder."""
        return shutil.disk_usage(folder).free

    def rename(self, source: str, target: str) -> None:
        """Rename within a disk. Raises FileExistsError if ``target`` exists, OSError EXDEV between
        disks.
        """
        if self._anchors.rename_exclusively is not None:
            try:
                return self.call(self._anchors.rename_exclusively, source, target)
            except OSError as exc:
                if exc.errno == errno.EEXIST and is_same_entry(source, target):
                    return self.call(self._anchors.rename, source, target)
                if exc.errno not in _NOT_SUPPORTED:
                    raise
        return self._rename_checked(source, target)

    def _rename_checked(self, source: str, target: str) -> None:
        """Rename on a file system without an exclusive rename: by a hard link, which cannot
        overwrite.

        What cannot be linked is renamed after a check that the target is free.
        """
        if is_same_entry(source, target):
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
        """Copy a file with its times to ``target``, completely and flushed to the disk, or not at
        all.

        ``part``: a temporary path in the same folder. A link is copied as a link. Raises OSError
        also if the file changed meanwhile.
        """
        self.remove_part(part)
        try:
            if os.path.islink(source):
                # A relative link would lead elsewhere from another folder.
                leads_to = os.path.normpath(
                    os.path.join(os.path.dirname(source), os.readlink(source))
                )
                self.call(self._anchors.symlink, leads_to, part)
            else:
                self._copy_content(source, part)
            self.rename(part, target)
        except OSError:
            self.remove_part(part)
            raise
        self.sync_folder(os.path.dirname(target))

    def swap(self, one: str, other: str, kept: str) -> None:
        """Exchange two files on one disk; ``other`` is replaced in a single step.

        ``kept``: a temporary path beside ``one``. If it fails, both files are as before.
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
        """Give a file a second name by a hard link, or copy it if the disk has no hard links."""
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
                raise OSError(errno.EINVAL, "it is not a file any more", source)
            with self.call(self._anchors.create, part) as writer:
                while chunk := reader.read(_CHUNK_BYTES):
                    self.write(writer, chunk)
                copied = os.fstat(writer.fileno()).st_size
                after = os.fstat(reader.fileno())
                if copied != after.st_size or times.mtime_ns(after) != times.mtime_ns(before):
                    raise OSError(errno.EBUSY, "it changed while it was copied", source)
                self.call(os.fsync, writer.fileno())
            # Opened again: some network drives set the time when a written file is closed.
            with self._anchors.reopen(part) as copy:
                self._copy_status(path_of(reader, source), path_of(copy, part))

    def _copy_status(self, source: str, target: str) -> None:
        try:
            self.call(shutil.copystat, source, target)
        except (OSError, OverflowError):
            # A disk without permissions (FAT, some network shares) may refuse to set them. The time
            # is needed in any case: with another one the copy would count as another file.
            self.call(times.copy, os.stat(source), target)

    def create(self, path: str) -> FileIO:
        """A new file to write, inside of ``anchored``. Raises FileExistsError where the name is
        taken.
        """
        return self.call(self._anchors.create, path)

    def write(self, writer: FileIO, chunk: bytes) -> None:
        """Write all of a chunk to a file that is open."""
        written = self.call(writer.write, chunk)
        while written < len(chunk):
            written += self.call(writer.write, chunk[written:])

    def remove_part(self, part: str) -> None:
        """Remove the temporary file of an earlier attempt, if there is one."""
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
        """Clear the read-only flag, with which Windows refuses to remove or replace a file. Returns
        whether it was set.
        """
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
        """Hand a file to the trash of the operating system. Raises Conflict if its drive has none."""
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
        """Flush the names in a folder to the disk, on systems that need it and can do it."""
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
    """How long each thread may still wait for files that other programs hold open."""

    def __init__(self, total_s: float) -> None:
        self._total_s = self._left_s = total_s

    def refill(self) -> None:
        """Allow the whole time again, for a new operation."""
        self._left_s = self._total_s

    def pauses(self) -> Iterator[float]:
        """Seconds to wait before each retry."""
        for pause_s in _PAUSES_S:
            if self._left_s < pause_s:
                return
            self._left_s -= pause_s
            yield pause_s


def require_recycle_bin(path: str, drive_type: int) -> None:
    """Raise Conflict for a network drive or a USB stick, where Windows deletes permanently without
    a warning.
    """
    if drive_type != windows.FIXED:
        raise Conflict(
            f"'{to_text(path)}' is on a drive without a recycle bin and would be deleted permanently: "
            "set IIB_DELETE_MODE to trash."
        )


def is_same_entry(one: str, other: str) -> bool:
    """Whether two names that differ in case only are one entry, as on Windows and macOS."""
    if one == other or one.casefold() != other.casefold():
        return False
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other)) and not _are_both_listed(one, other)
    except OSError:
        return False


def _are_both_listed(one: str, other: str) -> bool:
    names = os.listdir(os.path.dirname(one))
    return os.path.basename(one) in names and os.path.basename(other) in names
