"""Windows: system calls that Python itself does not make. Other systems need none of them."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from typing import Any

# Error numbers of Windows that become an OSError's ``winerror``.
PATH_NOT_FOUND, ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION, NAME_TOO_LONG = 3, 5, 32, 33, 206

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
    kernel.CloseHandle.argtypes = [handle]
    return kernel
