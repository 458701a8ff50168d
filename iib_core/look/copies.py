"""Exact copies: files of the library that hold the same bytes, by a hash over all of them."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator

import numpy as np

from iib_core import times
from iib_core.access import Access
from iib_core.db import duplicates, images, looks
from iib_core.db.engine import Database
from iib_core.db.looks import Sized, State
from iib_core.errors import IIBError
from iib_core.files import contents
from iib_core.jobs import Progress
from iib_core.look.scope import Scope
from iib_core.paths import from_text

logger = logging.getLogger(__name__)

_CHUNK = 5_000
_BATCH = 64


class Copies:
    """Finds exact copies. A file is read only where another one has its size and, as far as that is
    known, its fingerprint; what was read once is known until the file changes.
    """

    def __init__(self, db: Database, access: Access) -> None:
        self._db = db
        self._access = access

    def find(self, scope: Scope, progress: Progress) -> list[list[int]]:
        """Ids of files of a scope that hold the same bytes, in groups."""
        progress.update("comparing files of the same size")
        with self._db.read() as conn:
            ids = np.array(duplicates.list_of_equal_size(conn), dtype=np.int64)
        wanted = ids[scope.holds(ids)].tolist()
        alike = list(_of_equal_parts(self._list(wanted, progress)))
        digests = self._hash_all([file for group in alike for file in group], progress)
        return list(_of_equal_digest(alike, digests))

    def _list(self, ids: list[int], progress: Progress) -> Iterator[Sized]:
        for start in range(0, len(ids), _CHUNK):
            progress.check()
            with self._db.read() as conn:
                yield from looks.list_of_sizes(conn, ids[start : start + _CHUNK])

    def _hash_all(self, files: list[Sized], progress: Progress) -> dict[int, bytes]:
        """The hash of each file that could be read, by id."""
        known = {file.image_id: file.digest for file in files if file.digest is not None}
        unread = [file.image_id for file in files if file.digest is None]
        progress.update("reading files of the same size", total=len(unread))
        for start in range(0, len(unread), _BATCH):
            part = unread[start : start + _BATCH]
            with self._db.read() as conn:
                paths = images.find_paths(conn, part)
            rows = [
                row
                for row in (self._hash(at, paths[at], progress) for at in part if at in paths)
                if row
            ]
            known |= {image_id: digest for image_id, _, digest in rows}
            if rows and not self._access.read_only:
                with self._db.write() as conn:
                    looks.store_hashes(conn, rows)
            progress.update(done=start + len(part))
        return known

    def _hash(
        self, image_id: int, path: str, progress: Progress
    ) -> tuple[int, State, bytes] | None:
        """(id, state, hash) of a file; None where it cannot be read, or is written meanwhile."""
        try:
            with progress.waiting(f"the file {path}"), self._access.open(from_text(path)) as file:
                before = os.fstat(file.fileno())
                digest = contents.digest(file, progress.check)
                after = os.fstat(file.fileno())
        except (IIBError, OSError) as exc:
            logger.debug("%s cannot be compared: %s", path, exc)
            return None
        state = State(path, times.mtime_ns(after), after.st_size)
        if (times.mtime_ns(before), before.st_size) != (state.mtime_ns, state.size_bytes):
            return None
        return image_id, state, digest


def _of_equal_parts(files: Iterable[Sized]) -> Iterator[list[Sized]]:
    """Files in groups of one size and one fingerprint; where a fingerprint is missing, of one size."""
    by_size: dict[int, list[Sized]] = {}
    for file in files:
        by_size.setdefault(file.size_bytes, []).append(file)
    for group in by_size.values():
        parts: dict[bytes | None, list[Sized]] = {}
        if all(file.fingerprint is not None for file in group):
            for file in group:
                parts.setdefault(file.fingerprint, []).append(file)
        else:
            parts[None] = group
        yield from (part for part in parts.values() if len(part) > 1)


def _of_equal_digest(
    groups: Iterable[list[Sized]], digests: dict[int, bytes]
) -> Iterator[list[int]]:
    for group in groups:
        same: dict[bytes, list[int]] = {}
        for file in group:
            if file.image_id in digests:
                same.setdefault(digests[file.image_id], []).append(file.image_id)
        yield from (ids for ids in same.values() if len(ids) > 1)
