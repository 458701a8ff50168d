"""Anchors: system calls on a name relative to a folder that was opened and checked.

A link that replaces the folder meanwhile cannot lead such a call elsewhere. Linux and macOS have
these calls. On other systems, and outside of ``Anchors.kept``, names are looked up by their whole
path.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from typing import BinaryIO, NamedTuple

from iib_core import paths

_HAS_ANCHORS = {os.open, os.mkdir, os.rename, os.unlink} <= os.supports_dir_fd
_OPEN_FOLDER = (
    getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
)
_AT_FDCWD = -100 if sys.platform == "linux" else -2
_F_GETPATH = 50
# At most this many folders are open at a time, and two more for one call.
_MAX_OPEN = 32


class _Folder(NamedTuple):
    descriptor: int
    device: int
    inode: int


class _Folders(threading.local):
    """The open folders of one thread, by path.

    ``descriptors``: all that are open, also of folders that were replaced since.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.opened: dict[str, _Folder] = {}
        self.descriptors: list[int] = []


class Anchors:
    """The calls that change names, each under its name in ``os``.

    Paths are absolute; failures are OSError.
    """

    def __init__(self) -> None:
        self._allows: Callable[[str], bool] | None = None
        self._folders = _Folders()
        function = _find_exclusive_rename()
        self.rename_exclusively = self._make_exclusive(function) if function else None

    def restrict_to(self, allows: Callable[[str], bool]) -> None:
        """Refuse, from now on, to work in a folder that a link leads to, unless its real path is
        allowed.
        """
        self._allows = allows

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Inside the context, keep the folders that this thread uses open."""
        if not _HAS_ANCHORS or self._folders.is_on:
            yield
            return
        self._folders.is_on = True
        try:
            yield
        finally:
            self._close()
            self._folders.is_on = False

    def unlink(self, path: str) -> None:
        folder, name = self._find(path)
        os.unlink(name, dir_fd=folder)

    def mkdir(self, path: str) -> None:
        folder, name = self._find(path)
        os.mkdir(name, dir_fd=folder)

    def rmdir(self, path: str) -> None:
        folder, name = self._find(path)
        os.rmdir(name, dir_fd=folder)

    def symlink(self, leads_to: str, path: str) -> None:
        folder, name = self._find(path)
        os.symlink(leads_to, name, dir_fd=folder)

    def link(self, source: str, target: str) -> None:
        one, name, other, new = self._find_both(source, target)
        os.link(name, new, src_dir_fd=one, dst_dir_fd=other, follow_symlinks=one is None)

    def rename(self, source: str, target: str) -> None:
        one, name, other, new = self._find_both(source, target)
        os.rename(name, new, src_dir_fd=one, dst_dir_fd=other)

    def replace(self, source: str, target: str) -> None:
        one, name, other, new = self._find_both(source, target)
        os.replace(name, new, src_dir_fd=one, dst_dir_fd=other)

    def create(self, path: str) -> FileIO:
        """A new file, unbuffered, so that a full disk fails at the write."""
        folder, name = self._find(path)
        return FileIO(
            name, "x", opener=lambda name, flags: os.open(name, flags, 0o666, dir_fd=folder)
        )

    def is_there(self, path: str) -> bool:
        """Whether there is an entry of any kind, also a broken link."""
        try:
            folder, name = self._find(path)
            os.lstat(name, dir_fd=folder)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def reopen(self, path: str) -> FileIO:
        """Open an existing file for reading; a link is not followed."""
        folder, name = self._find(path)
        return FileIO(
            name,
            "r",
            opener=lambda name, flags: os.open(
                name, flags | getattr(os, "O_NOFOLLOW", 0), dir_fd=folder
            ),
        )

    def path_to(self, path: str) -> str:
        """Another path of the same entry, for code that opens by path.

        On Linux it leads through the open folder.
        """
        folder, name = self._find(path)
        open_path = f"/proc/self/fd/{folder}"
        if sys.platform == "linux" and folder is not None and os.path.exists(open_path):
            return os.path.join(open_path, name)
        return path

    def _close(self) -> None:
        """Close all folders."""
        while self._folders.descriptors:
            os.close(self._folders.descriptors.pop())
        self._folders.opened.clear()

    def _find(self, path: str) -> tuple[int | None, str]:
        """(descriptor of the open folder, name in it); (None, path) without anchors."""
        if not self._folders.is_on:
            return None, path
        if len(self._folders.descriptors) > _MAX_OPEN:
            self._close()
        top, _, name = path.rpartition(os.sep)
        return self._get(top), name

    def _find_both(self, source: str, target: str) -> tuple[int | None, str, int | None, str]:
        one, name = self._find(source)
        if one is None:
            return None, source, None, target
        top, _, new = target.rpartition(os.sep)
        return one, name, self._get(top), new

    def _get(self, top: str) -> int:
        folder = self._folders.opened.get(top)
        status = os.stat(top or os.sep)
        if folder is None or (status.st_ino, status.st_dev) != (folder.inode, folder.device):
            folder = self._open(top)
        return folder.descriptor

    def _open(self, top: str) -> _Folder:
        """Open a folder and check its real path. It stays open even if another folder replaces it."""
        descriptor = os.open(top or os.sep, _OPEN_FOLDER)
        self._folders.descriptors.append(descriptor)
        real = _path_of(descriptor, top)
        # If the path has not changed, the folder was checked before, even if its root was removed
        # since.
        if self._allows is not None and real != top and not self._allows(real):
            raise OSError(
                errno.ELOOP, "its folder changed meanwhile, and leads out of the library now", top
            )
        status = os.fstat(descriptor)
        folder = self._folders.opened[top] = _Folder(descriptor, status.st_dev, status.st_ino)
        return folder

    def _make_exclusive(
        self, function: Callable[[int, bytes, int, bytes], int]
    ) -> Callable[[str, str], None]:
        def rename_exclusively(source: str, target: str) -> None:
            one, name, other, new = self._find_both(source, target)
            if function(
                _AT_FDCWD if one is None else one,
                os.fsencode(name),
                _AT_FDCWD if other is None else other,
                os.fsencode(new),
            ):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), source, None, target)

        return os.rename if sys.platform == "win32" else rename_exclusively


def path_of(file: BinaryIO | FileIO, path: str) -> str:
    """Another path of an open file, for code that accepts paths only.

    On Linux it leads to exactly that file.
    """
    open_path = f"/proc/self/fd/{file.fileno()}"
    return open_path if sys.platform == "linux" and os.path.exists(open_path) else path


def _path_of(descriptor: int, top: str) -> str:
    """The real path of an open folder, as the system reports it."""
    if sys.platform == "darwin":
        import fcntl

        return os.fsdecode(fcntl.fcntl(descriptor, _F_GETPATH, bytes(1024)).rstrip(b"\0"))
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return paths.real(top)


def _find_exclusive_rename() -> Callable[[int, bytes, int, bytes], int] | None:
    """The system's rename that fails if the target exists; it returns 0 for success.

    None if the system has none.
    """
    if sys.platform == "win32":
        return lambda *_: 0  # not called: ``os.rename`` of Windows never overwrites
    name, flag = ("renameat2", 1) if sys.platform == "linux" else ("renameatx_np", 4)
    try:
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (OSError, AttributeError):
        return None
    function.argtypes = [
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_uint,
    ]
    return lambda one, source, other, target: int(function(one, source, other, target, flag))
