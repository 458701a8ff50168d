"""Signatures on their way into the index: of pictures whose thumbnails are made, and, while nothing
else is to do, of all others.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Optional

import numpy as np

from iib_core import reading
from iib_core.access import Access
from iib_core.db import looks
from iib_core.db.engine import Database
from iib_core.db.looks import State, Unseen
from iib_core.db.sqlite import read_change
from iib_core.errors import IIBError, TooLarge, UnreadableMedia
from iib_core.jobs import Progress
from iib_core.look.scope import Scope
from iib_core.media import ffmpeg, signature
from iib_core.media.batches import Batches
from iib_core.media.thumbnails import Thumbnails
from iib_core.mediatypes import media_type
from iib_core.paths import from_text, to_text
from iib_core.workers import Workers, default_thread_count, lower_priority, result_of

logger = logging.getLogger(__name__)

# As for thumbnails that are made ahead of time: requests for thumbnails come first.
_IDLE_S = 2.0
_QUIET_S = 0.2
_PAUSE_S = 0.05
_LOOK_EVERY_S = 5.0
# When all files have been looked at, those that are new are looked for again after so long.
_AGAIN_S = 60.0
_BATCH = 64
_LAST = 2**62
# Files whose rate is told.
_RATE_S = 60.0


@dataclass(frozen=True)
class Filling:
    """How far the index is: of ``total`` pictures and videos ``done`` were looked at; ``rate``
    files a second lately, and the seconds left at that rate, None where nothing is being done.
    """

    done: int
    total: int
    is_working: bool
    rate: float
    seconds_left: float | None


class SignatureWriter(Batches[State, Optional[bytes]]):
    """Takes signatures from any thread at no cost to it; ``close()`` writes what is left."""

    def __init__(self, db: Database) -> None:
        self._db = db
        super().__init__("iib-signatures")

    def add(self, path: str, mtime_ns: int, size_bytes: int, found: bytes | None) -> None:
        """The picture at ``path``, as it was then, has this signature; None where none can be made."""
        self._put(State(to_text(path), mtime_ns, size_bytes), found)

    def _store(self, waiting: Mapping[State, bytes | None]) -> Set[State]:
        return store(self._db, waiting)


def store(db: Database, found: Mapping[State, bytes | None]) -> Set[State]:
    """Write the signatures of files that the index knows. Returns the states of the others."""
    with db.read() as conn:
        ids = looks.find_ids(conn, found)
    if ids:
        rows = [(image_id, state, found[state]) for state, image_id in ids.items()]
        with db.write(is_patient=True) as conn:
            looks.store(conn, rows, signature.VERSION)
    return found.keys() - ids.keys()


class Looks:
    """Looks at the files that have no signature yet."""

    def __init__(
        self,
        db: Database,
        access: Access,
        thumbnails: Thumbnails,
        is_indexing: Callable[[], bool] = lambda: False,
    ) -> None:
        """``is_indexing``: whether the index is being updated now, which comes first."""
        self._db = db
        self._access = access
        self._thumbnails = thumbnails
        self._is_indexing = is_indexing
        self._seen_at: list[float] = []

    def run(self, ending: threading.Event) -> None:
        """Look at files while no request waits for a thumbnail and the index is not being updated;
        the work of a background thread.
        """
        lower_priority()
        change = None
        while not ending.wait(_LOOK_EVERY_S):
            with self._db.read() as conn:
                now = read_change(conn)
            if now == change:
                continue
            if not self.look_at_all(ending):
                return
            change = now
            if ending.wait(_AGAIN_S):
                return

    def look_at_all(self, ending: threading.Event) -> bool:
        """Look at every file that was not looked at, one after the other, the newest first. False
        where ``ending`` was set.
        """
        below = _LAST
        while batch := self._list(below):
            found: dict[State, bytes | None] = {}
            for file in batch:
                if not self._wait_for_idle(ending):
                    return False
                found |= self._look_at(file.path)
            store(self._db, found)
            self._note(len(found))
            below = batch[-1].image_id
        return True

    def _wait_for_idle(self, ending: threading.Event) -> bool:
        """Until nothing that a user waits for is done. False where ``ending`` was set."""
        while self._is_indexing() or not self._thumbnails.is_idle(_IDLE_S):
            if ending.wait(_PAUSE_S):
                return False
        return not ending.is_set()

    def complete(self, progress: Progress, within: Scope, threads: int = 0) -> int:
        """Look at all files of a scope, as a job; requests for thumbnails come first. Returns how
        many could not be read.
        """
        workers = Workers(
            "iib-signature", threads or max(1, default_thread_count() - 1), low_priority=True
        )
        failed, below, done = 0, _LAST, 0
        with self._db.read() as conn:
            seen, total = looks.count(conn, signature.VERSION)
        progress.update(total=total - seen)
        try:
            while batch := self._list(below):
                below = batch[-1].image_id
                wanted = within.holds(np.array([file.image_id for file in batch], dtype=np.int64))
                failed += self._complete(
                    progress, workers, [batch[at] for at in np.flatnonzero(wanted)]
                )
                done += len(batch)
                progress.update(done=done)
        finally:
            workers.close()
        return failed

    def _complete(self, progress: Progress, workers: Workers, files: Sequence[Unseen]) -> int:
        """Look at some files. Returns how many could not be read."""
        with progress.waiting("those who look at pictures: their thumbnails come first"):
            while not self._thumbnails.is_idle(_QUIET_S):
                progress.sleep(_PAUSE_S)
        waiting = [(file.path, workers.submit(self._looking_at(file.path))) for file in files]
        found: dict[State, bytes | None] = {}
        for path, future in waiting:
            with progress.waiting(f"the picture {path}"):
                seen: dict[State, bytes | None] = result_of(future, progress.check)
            found |= seen
        store(self._db, found)
        self._note(len(found))
        return len(files) - len(found)

    def _looking_at(self, path: str) -> Callable[[], dict[State, bytes | None]]:
        return lambda: self._look_at(path)

    def look_at(self, path: str) -> bytes | None:
        """The signature of the file at a resolved path, made now; None where it has none.

        Raises what ``Thumbnails.signature_of`` raises.
        """
        wanted, found = self._thumbnails.signature_of(path, self._access.open)
        if not self._access.read_only:
            store(self._db, {State(to_text(path), wanted.mtime_ns, wanted.size_bytes): found})
        return found

    def how_far(self) -> Filling:
        """How many files have been looked at, and how fast that goes on."""
        with self._db.read() as conn:
            done, total = looks.count(conn, signature.VERSION)
        since = time.monotonic() - _RATE_S
        self._seen_at = [at for at in self._seen_at if at > since]
        rate = len(self._seen_at) / _RATE_S
        is_working = bool(self._seen_at) and done < total
        return Filling(done, total, is_working, rate, (total - done) / rate if is_working else None)

    def _list(self, below: int) -> list[Unseen]:
        with self._db.read() as conn:
            return looks.list_unseen(conn, signature.VERSION, below, _BATCH)

    def _look_at(self, text: str) -> dict[State, bytes | None]:
        """The signature by the state of the file; a file that cannot be decoded has none, one that
        cannot be read, or would have to be downloaded, is left for later.
        """
        path = from_text(text)
        if not reading.is_here(path):
            return {}
        try:
            wanted, found = self._thumbnails.signature_of(path, self._access.open)
        except (UnreadableMedia, TooLarge) as exc:
            logger.debug("no signature of %s: %s", text, exc)
            return self._without_signature(text)
        except (IIBError, OSError) as exc:
            logger.debug("%s cannot be looked at now: %s", text, exc)
            return {}
        return {State(text, wanted.mtime_ns, wanted.size_bytes): found}

    def _without_signature(self, text: str) -> dict[State, bytes | None]:
        """That a file has no signature; nothing of a video while there is no ffmpeg."""
        if media_type(text) == "video" and not ffmpeg.is_there():
            return {}
        try:
            edge_px = signature.LEAST_EDGE_PX
            wanted = self._thumbnails.spec_in_box(from_text(text), edge_px, edge_px)
        except IIBError:
            return {}
        return {State(text, wanted.mtime_ns, wanted.size_bytes): None}

    def _note(self, number: int) -> None:
        now = time.monotonic()
        self._seen_at = [at for at in self._seen_at if at > now - _RATE_S] + [now] * number
