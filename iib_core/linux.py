"""System calls of Linux that Python does not offer. Other systems do not need them."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Callable
from functools import lru_cache

_CURRENT_FOLDER = -100
_EMPTY_PATH, _NO_SYNC = 0x1000, 0x4000
_BIRTH = 0x800
# ``struct statx``: a mask of what is known, and the time of birth as seconds and nanoseconds.
_STATX_BYTES, _MASK_AT, _BIRTH_AT = 256, 0, 80
_MASK, _TIME = struct.Struct("=I"), struct.Struct("=qI")

_Statx = Callable[..., int]


def find_birth_ns(file: str | int) -> int | None:
    """When the file at a path, or of an open descriptor, was created, in nanoseconds; None where
    the system or its file system does not know.
    """
    statx = _load()
    if statx is None:
        return None
    buffer = ctypes.create_string_buffer(_STATX_BYTES)
    if isinstance(file, int):
        failed = statx(file, b"", _EMPTY_PATH | _NO_SYNC, _BIRTH, buffer)
    else:
        failed = statx(_CURRENT_FOLDER, os.fsencode(file), _NO_SYNC, _BIRTH, buffer)
    if failed or not _MASK.unpack_from(buffer, _MASK_AT)[0] & _BIRTH:
        return None
    seconds, nanoseconds = _TIME.unpack_from(buffer, _BIRTH_AT)
    return int(seconds) * 10**9 + int(nanoseconds)


def release_memory() -> None:
    """Give memory that was freed back to the system, where the C library keeps it otherwise."""
    trim = _load_trim()
    if trim is not None:
        trim(0)


@lru_cache(maxsize=1)
def _load_trim() -> Callable[[int], int] | None:
    """``malloc_trim`` of the C library; None where it has none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return found


@lru_cache(maxsize=1)
def _load() -> _Statx | None:
    """``statx`` of the C library; None where it has none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        statx = ctypes.CDLL(None, use_errno=True).statx
    except (OSError, AttributeError):
        return None
    statx.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint, ctypes.c_char_p)
    statx.restype = ctypes.c_int
    found: _Statx = statx
    return found
