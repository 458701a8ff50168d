"""Pregenerates thumbnails: of whole folders as a job, and of new pictures while the program is
idle.

Thumbnails that a user waits for have priority.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

from iib_core import mediatypes, reading
from iib_core.access import Access
from iib_core.db import images
from iib_core.db.engine import Database
from iib_core.errors import IIBError
from iib_core.jobs import Progress
from iib_core.media.thumbnails import Thumbnails
from iib_core.paths import from_text, to_text
from iib_core.workers import Workers, default_thread_count, lower_priority, result_of

logger = logging.getLogger(__name__)

DEFAULT_SIZES = ("256x256", "512x512")
MAX_SIZES = 8
_COUNT_EVERY = 500
_MAX_ERRORS = 100
# Start the next thumbnail only after this long without a user request; requests of one page are
# closer together.
_QUIET_S = 0.2
_PAUSE_S = 0.05
# Poll for new pictures at this interval, after this long without a user request, back to this age.
_POLL_EVERY_S = 5.0
_IDLE_S = 2.0
_WINDOW_NS = 600 * 10**9
_BEFORE_START_NS = 60 * 10**9
_MAX_NEW = 500

MADE, PRESENT, FAILED = "made", "present", "failed"


def walk(folders: Iterable[str], access: Access, only: str = "") -> Iterator[str]:
    """Paths of all media files in and below folders, or of those of one media type ``only``,
    without links, hidden files and the program's data folder.
    """
    for top in folders:
        for folder, subfolders, names in os.walk(top):
            subfolders[:] = sorted(
                name
                for name in subfolders
                if not name.startswith(".") and not access.is_own(os.path.join(folder, name))
            )
            for name in sorted(names):
                path = os.path.join(folder, name)
                media_type = mediatypes.media_type(name)
                is_wanted = media_type == only if only else media_type is not None
                is_wanted = is_wanted and not name.startswith(".") and not os.path.islink(path)
                if is_wanted and reading.is_here(path):
                    yield path


def make_for_folders(
    thumbnails: Thumbnails,
    access: Access,
    folders: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    progress: Progress,
    *,
    threads: int = 0,
    only: str = "",
) -> dict[str, Any]:
    """Make the missing thumbnails of all files below folders; the work of a job.

    ``only``: of one media type. Returns ``{made, present, failed, errors: [{path, error}]}``; the
    numbers count files.

    While a user waits for a thumbnail none is started here. The threads are others than those that
    serve users.
    """
    total = _count(folders, access, progress, only)
    progress.update("making thumbnails", total=total)
    count = threads or max(1, default_thread_count() - 1)
    workers = Workers("iib-ahead", count, low_priority=True)
    tally = _Tally(progress)
    submitted: deque[tuple[str, Future[int]]] = deque()
    try:
        for path in walk(folders, access, only):
            progress.check()
            with progress.waiting("users who look at pictures: their thumbnails come first"):
                while not thumbnails.is_idle(_QUIET_S):
                    progress.sleep(_PAUSE_S)
            submitted.append((path, workers.submit(_make_task(thumbnails, access, path, sizes))))
            if len(submitted) > count:
                tally.wait_for(*submitted.popleft())
        while submitted:
            tally.wait_for(*submitted.popleft())
    finally:
        workers.close()
    return tally.result()


def _count(folders: Iterable[str], access: Access, progress: Progress, only: str) -> int:
    total = 0
    progress.update("counting")
    for _ in walk(folders, access, only):
        total += 1
        if total % _COUNT_EVERY == 0:
            progress.check()
            progress.update(total=total)
    return total


class _Tally:
    """Waits for thumbnails and counts them."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._outcomes: Counter[str] = Counter()
        self._errors: list[dict[str, str]] = []

    def wait_for(self, path: str, future: Future[int]) -> None:
        try:
            with self._progress.waiting(f"the thumbnail of {to_text(path)}"):
                made_count = result_of(future, self._progress.check)
            self._outcomes[MADE if made_count else PRESENT] += 1
        except IIBError as exc:
            self._outcomes[FAILED] += 1
            if len(self._errors) < _MAX_ERRORS:
                self._errors.append({"path": to_text(path), "error": str(exc)})
        self._progress.update(done=self._outcomes.total())

    def result(self) -> dict[str, Any]:
        counts = {outcome: self._outcomes[outcome] for outcome in (MADE, PRESENT, FAILED)}
        return {**counts, "errors": self._errors}


def _make_task(
    thumbnails: Thumbnails, access: Access, path: str, sizes: Sequence[tuple[int, int]]
) -> Callable[[], int]:
    return lambda: thumbnails.make_missing(path, sizes, access.open)


class NewPictures:
    """Makes thumbnails of pictures that appear while the program runs, in the last requested size.

    ``run`` is the work of a background thread.
    """

    def __init__(self, thumbnails: Thumbnails, db: Database, access: Access) -> None:
        self._thumbnails = thumbnails
        self._db = db
        self._access = access
        self._since_ns = time.time_ns() - _BEFORE_START_NS
        self._seen: set[tuple[str, int]] = set()

    def run(self, ending: threading.Event) -> None:
        """Poll for new pictures until ``ending`` is set."""
        lower_priority()
        while not ending.wait(_POLL_EVERY_S):
            self.make(ending)

    def make(self, ending: threading.Event) -> int:
        """Make the thumbnails of new pictures. Returns how many pictures are new, or 0 at the end."""
        since_ns = max(self._since_ns, time.time_ns() - _WINDOW_NS)
        with self._db.read() as conn:
            recent = images.list_changed_since(conn, since_ns, _MAX_NEW)
        new = [state for state in recent if state not in self._seen]
        self._seen.intersection_update(recent)
        for path, mtime_ns in new:
            while not self._thumbnails.is_idle(_IDLE_S):
                if ending.wait(_PAUSE_S):
                    return 0
            if ending.is_set():
                return 0
            self._seen.add((path, mtime_ns))
            try:
                size = self._thumbnails.last_size
                self._thumbnails.make_missing(from_text(path), [size], self._access.open)
            except IIBError as exc:
                logger.debug("no thumbnail of %s: %s", path, exc)
        return len(new)
