"""Anchors: system calls on a name in a folder that was opened and looked at.

No link that is put in the folder's place meanwhile leads them elsewhere. Linux and macOS know such
calls. On other systems, and outside of ``Anchors.kept``, names are looked up along their whole
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
# So many folders, and two more for one call, are open at a time.
_MOST = 32


class _Folder(NamedTuple):
    number: int
    device: int
    inode: int


class _Folders(threading.local):
    """The open folders of one thread, by path."""

    def __init__(self) -> None:
        self.is_on = False
        self.opened: dict[str, _Folder] = {}
        self.numbers: list[int] = []


class Anchors:
    """The calls by which names change, each under its name in ``os``.

    Paths are absolute; failures are OSError.
    """

    def __init__(self) -> None:
        self._allows: Callable[[str], bool] | None = None
        self._folders = _Folders()
        function = _find_exclusive_rename()
        self.rename_exclusively = self._make_exclusive(function) if function else None

    def hold_to(self, allows: Callable[[str], bool]) -> None:
        """From now on nothing happens in a folder to which a link leads, unless its real path is allowed."""
        self._allows = allows

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the folders that this thread needs inside open."""
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
        """A new file, unbuffered, so that a full disk is met while writing."""
        folder, name = self._find(path)
        return FileIO(name, "x", opener=lambda name, flags: os.open(name, flags, 0o666, dir_fd=folder))

    def is_there(self, path: str) -> bool:
        """Whether there is anything at all, be it a link that leads nowhere."""
        try:
            folder, name = self._find(path)
            os.lstat(name, dir_fd=folder)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def reopen(self, path: str) -> FileIO:
        """A file that is there, not followed."""
        folder, name = self._find(path)
        return FileIO(
            name,
            "r",
            opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NOFOLLOW", 0), dir_fd=folder),
        )

    def path_to(self, path: str) -> str:
        """Another path of the same place, for those who open by path.

        On Linux it leads through the open folder.
        """
        folder, name = self._find(path)
        open_path = f"/proc/self/fd/{folder}"
        return (
            os.path.join(open_path, name)
            if sys.platform == "linux" and folder is not None and os.path.exists(open_path)
            else path
        )

    def _close(self) -> None:
        """Close all folders."""
        while self._folders.numbers:
            os.close(self._folders.numbers.pop())
        self._folders.opened.clear()

    def _find(self, path: str) -> tuple[int | None, str]:
        """The open folder, and the name in it; None and the path where there are no anchors."""
        if not self._folders.is_on:
            return None, path
        if len(self._folders.numbers) > _MOST:
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
        return folder.number

    def _open(self, top: str) -> _Folder:
        """Open a folder and look at where it is. It stays open, also where another one takes its place."""
        number = os.open(top or os.sep, _OPEN_FOLDER)
        self._folders.numbers.append(number)
        real = _path_of(number, top)
        # What is where it was is what was looked at, also in a folder that is of the library no more.
        if self._allows is not None and real != top and not self._allows(real):
            raise OSError(errno.ELOOP, "its folder changed meanwhile, and leads out of the library now", top)
        status = os.fstat(number)
        folder = self._folders.opened[top] = _Folder(number, status.st_dev, status.st_ino)
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
    """Another path of an open file, for those who take paths only.

    On Linux it leads to that file and no other.
    """
    open_path = f"/proc/self/fd/{file.fileno()}"
    return open_path if sys.platform == "linux" and os.path.exists(open_path) else path


def _path_of(number: int, top: str) -> str:
    """Where an open folder really is, in the system's own words."""
    if sys.platform == "darwin":
        import fcntl

        return os.fsdecode(fcntl.fcntl(number, _F_GETPATH, bytes(1024)).rstrip(b"\0"))
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return paths.real(top)


def _find_exclusive_rename() -> Callable[[int, bytes, int, bytes], int] | None:
    """The system's rename that fails where the target is there; it gives 0 for success.

    None where there is none.
    """
    if sys.platform == "win32":
        return lambda *_: 0  # its ordinary one does
    name, flag = ("renameat2", 1) if sys.platform == "linux" else ("renameatx_np", 4)
    try:
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (OSError, AttributeError):
        return None
    function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return lambda one, source, other, target: int(function(one, source, other, target, flag))
