"""What files hold, byte by byte, and whether two names are of one file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import BinaryIO

from iib_core import reading
from iib_core.errors import Conflict, NotFound
from iib_core.paths import to_text

DIGEST_BYTES = 32
_PART_BYTES = 1 << 20


def digest(file: BinaryIO, check: Callable[[], None]) -> bytes:
    """A hash over every byte of an open file. ``check`` is called now and then, and may raise."""
    hashed = hashlib.blake2b(digest_size=DIGEST_BYTES)
    while part := file.read(_PART_BYTES):
        hashed.update(part)
        check()
    return hashed.digest()


def are_one_file(path: str, other: str) -> bool:
    """Whether two paths are names of one file: the same path, a link and what it leads to, or hard
    links. Raises OSError.
    """
    return os.path.samestat(os.stat(path), os.stat(other))


def require_duplicate(victim: str, keeper: str, is_exact: bool) -> None:
    """Raise Conflict where a file must not go for the sake of another one: that one is not there,
    is the same file under another name, or, with ``is_exact``, does not hold the same bytes.

    With ``is_exact`` both are read to the end. Raises NotFound where there is no such file to go,
    and OSError.
    """
    if not os.path.isfile(victim):
        raise NotFound(f"'{to_text(victim)}' is no file, or is not there any more.")
    if not os.path.isfile(keeper):
        raise Conflict(
            f"'{to_text(victim)}' stays: '{to_text(keeper)}', which was to be kept, is not there."
        )
    if are_one_file(victim, keeper):
        raise Conflict(
            f"'{to_text(victim)}' stays: it is another name of '{to_text(keeper)}', and no copy of it."
        )
    if is_exact and not _hold_the_same(victim, keeper):
        raise Conflict(
            f"'{to_text(victim)}' stays: it does not hold the same bytes as '{to_text(keeper)}'."
        )


def _hold_the_same(path: str, other: str) -> bool:
    """Whether two files hold the same bytes: read anew, and compared by the hash of all of them."""
    if os.path.getsize(path) != os.path.getsize(other):
        return False
    with reading.open_file(path) as one, reading.open_file(other) as two:
        return digest(one, _go_on) == digest(two, _go_on)


def _go_on() -> None:
    """Nothing can end this."""
