"""Windows: system calls that Python itself does not make. Other systems need none of them."""

from __future__ import annotations

import ctypes
import functools
import os
import stat
import sys
from typing import Any

# Error numbers of Windows that become an OSError's ``winerror``.
PATH_NOT_FOUND, ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION, NAME_TOO_LONG = 3, 5, 32, 33, 206

# Kinds of drives.
FIXED, REMOTE = 3, 4

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
    handle = kernel.CreateFileW(path, _GENERIC_READ, _SHARE_READ_WRITE_DELETE, None, _OPEN_EXISTING, _ATTRIBUTE_NORMAL, None)
    if handle == ctypes.c_void_p(-1).value:
        raise _last_error(path)
    try:
        return msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY | os.O_NOINHERIT)
    except OSError:
        kernel.CloseHandle(handle)
        raise


def is_read_only(path: str) -> bool:
    """Whether a file has the attribute that keeps Windows from removing it. False elsewhere, where it says nothing about a name."""
    if sys.platform != "win32":
        return False
    try:
        attributes = os.lstat(path).st_file_attributes
    except OSError:
        return False
    return bool(attributes & stat.FILE_ATTRIBUTE_READONLY) and not attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT


def longest_path() -> int:
    """So many UTF-16 units a path may have: 259, unless this Windows was told to take longer ones. Elsewhere a name alone has a limit."""
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
    kernel.GetDriveTypeW.argtypes = [text]
    kernel.CloseHandle.argtypes = [handle]
    return kernel
