"""System calls of Windows that Python does not offer. Other systems do not need them."""

from __future__ import annotations

import ctypes
import functools
import os
import stat
import sys
import time
from collections.abc import Callable
from typing import Any

# Error numbers of Windows that become an OSError's ``winerror``.
PATH_NOT_FOUND, ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION, NAME_TOO_LONG = 3, 5, 32, 33, 206

# Those for a file that a program holds open, for one that is being deleted, and for a folder in
# which a file is open.
_HELD = {ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION}
# Virus scanners and the search index hold a new file open for a moment.
_PAUSES_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)

# Drive types.
FIXED, REMOTE = 3, 4

# The thread priority one step below the normal one.
BELOW_NORMAL = -1

_SYNCHRONIZE, _WAIT_TIMEOUT = 0x100000, 0x102
_ENDING_EVENTS = {2, 5, 6}  # CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT
_kept: list[object] = []
_GENERIC_READ = 0x80000000
_SHARE_READ_WRITE_DELETE = 7
_OPEN_EXISTING = 3
_ATTRIBUTE_NORMAL = 0x80


def is_held(exc: OSError) -> bool:
    """Whether a system call may have failed because another program has the file open."""
    return getattr(exc, "winerror", None) in _HELD


def replace(source: str, target: str) -> None:
    """``os.replace``, repeated for a moment while another program has one of the files open."""
    for pause_s in _PAUSES_S:
        try:
            os.replace(source, target)
            return
        except OSError as exc:
            if not is_held(exc):
                raise
            time.sleep(pause_s)
    os.replace(source, target)


def open_shared(path: str) -> int:
    """A descriptor to read the file at ``path``, which can be written, renamed and deleted
    meanwhile.

    Python's ``open`` prevents renaming and deleting. Raises OSError, ValueError for a NUL in the
    path.
    """
    if sys.platform != "win32":
        raise NotImplementedError
    import msvcrt

    kernel = _kernel()
    handle = kernel.CreateFileW(
        path, _GENERIC_READ, _SHARE_READ_WRITE_DELETE, None, _OPEN_EXISTING, _ATTRIBUTE_NORMAL, None
    )
    if handle == ctypes.c_void_p(-1).value:
        raise _last_error(path)
    try:
        return msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY | os.O_NOINHERIT)
    except OSError:
        kernel.CloseHandle(handle)
        raise


def list_drives() -> list[str]:
    """The tops of the drives that have a letter, without asking any of them. None on other systems."""
    if sys.platform != "win32":
        return []
    letters = int(_kernel().GetLogicalDrives())
    return [f"{chr(ord('A') + bit)}:\\" for bit in range(26) if letters >> bit & 1]


def is_read_only(path: str) -> bool:
    """Whether a file has the attribute that prevents its deletion on Windows. False on other
    systems.
    """
    if sys.platform != "win32":
        return False
    try:
        attributes = os.lstat(path).st_file_attributes
    except OSError:
        return False
    is_link = bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)
    return bool(attributes & stat.FILE_ATTRIBUTE_READONLY) and not is_link


def longest_path() -> int:
    """The maximum length of a path in UTF-16 units: 259, unless long paths are enabled in Windows.

    Other systems limit only the length of a name.
    """
    if sys.platform != "win32":
        return sys.maxsize
    try:
        return 32_000 if ctypes.WinDLL("ntdll").RtlAreLongPathsEnabled() else 259
    except (OSError, AttributeError):  # before Windows 10
        return 259


def drive_type(path: str) -> int:
    """The type of a path's drive: ``FIXED``, ``REMOTE``, or another number of ``GetDriveTypeW``."""
    if sys.platform != "win32":
        raise NotImplementedError
    drive = os.path.splitdrive(path)[0]
    return int(_kernel().GetDriveTypeW(drive + "\\"))


def is_running(pid: int) -> bool:
    """Whether a process with this id is running."""
    if sys.platform != "win32":
        raise NotImplementedError
    process = _kernel().OpenProcess(_SYNCHRONIZE, False, pid)
    if not process:
        return ctypes.get_last_error() == ACCESS_DENIED  # it belongs to another user
    try:
        return bool(_kernel().WaitForSingleObject(process, 0) == _WAIT_TIMEOUT)
    finally:
        _kernel().CloseHandle(process)


def lower_priority() -> None:
    """Lower the priority of this thread by one step.

    A lower one could starve it, and it would block all other threads while it holds Python's lock.
    """
    if sys.platform == "win32":
        _kernel().SetThreadPriority(_kernel().GetCurrentThread(), BELOW_NORMAL)


def priority() -> int:
    """The priority of this thread; 0 is the normal one."""
    if sys.platform != "win32":
        raise NotImplementedError
    return int(_kernel().GetThreadPriority(_kernel().GetCurrentThread()))


def when_console_closes(end: Callable[[], object]) -> None:
    """Call ``end`` when the user closes the console window, logs off or shuts down.

    The system calls it in a thread of its own, waits about five seconds, and then ends the process.
    """
    if sys.platform == "win32":
        handler = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint32)(make_console_handler(end))
        _kept.append(handler)  # the system stores only its address
        _kernel().SetConsoleCtrlHandler(handler, True)


def make_console_handler(end: Callable[[], object]) -> Callable[[int], bool]:
    """The handler of console events. It handles those that end the process; Python handles Ctrl-C
    and Ctrl-Break.
    """

    def handle(event: int) -> bool:
        if event not in _ENDING_EVENTS:
            return False
        end()
        return True

    return handle


def _last_error(path: str | None = None) -> OSError:
    if sys.platform != "win32":
        raise NotImplementedError
    code = ctypes.get_last_error()
    return OSError(0, ctypes.FormatError(code).strip(), path, code)


@functools.cache
def _kernel() -> Any:
    """kernel32, with the types of all calls with a handle, which is wider than an int."""
    if sys.platform != "win32":
        raise NotImplementedError
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    handle, number, text = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_wchar_p
    kernel.CreateFileW.restype = handle
    kernel.CreateFileW.argtypes = [text, number, number, handle, number, number, handle]
    kernel.OpenProcess.restype = kernel.GetCurrentThread.restype = handle
    kernel.OpenProcess.argtypes = [number, ctypes.c_int, number]
    kernel.WaitForSingleObject.argtypes = [handle, number]
    kernel.WaitForSingleObject.restype = number
    kernel.SetThreadPriority.argtypes = [handle, ctypes.c_int]
    kernel.GetThreadPriority.argtypes = [handle]
    kernel.SetConsoleCtrlHandler.argtypes = [handle, ctypes.c_int]
    kernel.GetDriveTypeW.argtypes = [text]
    kernel.CloseHandle.argtypes = [handle]
    return kernel
