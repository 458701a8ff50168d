"""Fingerprints: distinguish files of the same size and time, independently of their paths."""

from __future__ import annotations

import hashlib
import os
from typing import IO

# The head of a generated picture holds its prompt and seed, the tail holds pixels. Reading more
# would be slower and not more distinctive.
PART_BYTES = 8 * 1024
FINGERPRINT_BYTES = 16


def of(file: IO[bytes], size_bytes: int) -> bytes:
    """The fingerprint, 16 bytes, of the head and tail of an open binary file. Moves its position."""
    file.seek(0)
    head = file.read(PART_BYTES)
    tail = b""
    if size_bytes > PART_BYTES:
        file.seek(max(PART_BYTES, size_bytes - PART_BYTES), os.SEEK_SET)
        tail = file.read(PART_BYTES)
    return hashlib.blake2b(head + tail, digest_size=FINGERPRINT_BYTES).digest()
