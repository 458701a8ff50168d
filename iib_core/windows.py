"""Windows: system calls that Python itself does not make. Other systems need none of them."""

from __future__ import annotations

import ctypes
import functools
import os
import stat
import sys
from collections.abc import Callable
from typing import Any

# Error numbers of Windows that become an OSError's ``winerror``.
PATH_NOT_FOUND, ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION, NAME_TOO_LONG = 3, 5, 32, 33, 206

# Kinds of drives.
FIXED, REMOTE = 3, 4

# A priority of threads, one below that of most.
BELOW_NORMAL = -1

_SYNCHRONIZE, _WAIT_TIMEOUT = 0x100000, 0x102
_ENDING_EVENTS = {2, 5, 6}  # CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT
_kept: list[object] = []
_GENERIC_READ = 0x80000000
_SHARE_READ_WRITE_DELETE = 7
_OPEN_EXISTING = 3
_ATTRIBUTE_NORMAL = 0x80


def open_shared(path: str) -> int:
    """A descriptor to read the file at ``path``, which others and we may write, rename and delete meanwhile.

    Python's own ``open`` forbids the two last. Raises OSError, ValueError for a NUL in the path.
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


def is_read_only(path: str) -> bool:
    """Whether a file has the attribute that keeps Windows from removing it.

    False elsewhere, where it says nothing about a name.
    """
    if sys.platform != "win32":
        return False
    try:
        attributes = os.lstat(path).st_file_attributes
    except OSError:
        return False
    return (
        bool(attributes & stat.FILE_ATTRIBUTE_READONLY) and not attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT
    )


def longest_path() -> int:
    """So many UTF-16 units a path may have: 259, unless this Windows was told to take longer ones.

    Elsewhere a name alone has a limit.
    """
    if sys.platform != "win32":
        return sys.maxsize
    try:
        return 32_000 if ctypes.WinDLL("ntdll").RtlAreLongPathsEnabled() else 259
    except (OSError, AttributeError):  # before Windows 10
        return 259


def drive_type(path: str) -> int:
    """The kind of a path's drive: ``FIXED``, ``REMOTE``, or another number of ``GetDriveTypeW``."""
    if sys.platform != "win32":
        raise NotImplementedError
    drive = os.path.splitdrive(path)[0]
    return int(_kernel().GetDriveTypeW(drive + "\\"))


def is_running(pid: int) -> bool:
    """Whether there is a process of that number."""
    if sys.platform != "win32":
        raise NotImplementedError
    process = _kernel().OpenProcess(_SYNCHRONIZE, False, pid)
    if not process:
        return ctypes.get_last_error() == ACCESS_DENIED  # it is another user's
    try:
        return bool(_kernel().WaitForSingleObject(process, 0) == _WAIT_TIMEOUT)
    finally:
        _kernel().CloseHandle(process)


def lower_priority() -> None:
    """Let this thread come after those of other programs.

    One step only: one that never comes would keep Python's lock from all others.
    """
    if sys.platform == "win32":
        _kernel().SetThreadPriority(_kernel().GetCurrentThread(), BELOW_NORMAL)


def priority() -> int:
    """The priority of this thread, 0 for that of most."""
    if sys.platform != "win32":
        raise NotImplementedError
    return int(_kernel().GetThreadPriority(_kernel().GetCurrentThread()))


def when_console_closes(end: Callable[[], object]) -> None:
    """Call ``end``, in a thread of the system's, when the user closes our console window, logs off
    or shuts down; afterwards the process is gone.

    Windows waits about five seconds for it.
    """
    if sys.platform == "win32":
        handler = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint32)(make_console_handler(end))
        _kept.append(handler)  # the system keeps an address only
        _kernel().SetConsoleCtrlHandler(handler, True)


def make_console_handler(end: Callable[[], object]) -> Callable[[int], bool]:
    """What Windows calls with an event of the console: of those that end the process it is ours to
    take; Ctrl-C and Ctrl-Break are Python's.
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
    """kernel32 with the types of those calls that take or give a handle, which is wider than an int."""
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
