"""Thumbnails made ahead of time: of whole folders by a job, and of new pictures while nothing else is to do.

Whoever waits for a thumbnail comes first.
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

from iib_core import mediatypes
from iib_core.access import Access
from iib_core.db import images
from iib_core.db.engine import Database
from iib_core.errors import IIBError
from iib_core.jobs import Progress
from iib_core.media.thumbnails import Thumbnails
from iib_core.paths import from_text, to_text
from iib_core.workers import Workers, be_humble, default_thread_count, result_of

logger = logging.getLogger(__name__)

DEFAULT_SIZES = ("256x256", "512x512")
MAX_SIZES = 8
_COUNT_EVERY = 500
_MAX_ERRORS = 100
# How long nobody may have waited for a thumbnail before the next one is made: between two requests
# of a page there is less.
_QUIET_S = 0.2
_PAUSE_S = 0.05
# New pictures: looked for so often, while so long nobody waited; and how far back in time.
_LOOK_EVERY_S = 5.0
_IDLE_S = 2.0
_WINDOW_NS = 600 * 10**9
_BEFORE_START_NS = 60 * 10**9
_MOST_NEW = 500

MADE, THERE, FAILED = "made", "present", "failed"


def walk(folders: Iterable[str], access: Access) -> Iterator[str]:
    """Paths of all media files in and below folders; links, what is hidden and the program's own
    data are left out.
    """
    for top in folders:
        for folder, below, names in os.walk(top):
            below[:] = sorted(
                name
                for name in below
                if not name.startswith(".") and not access.is_own(os.path.join(folder, name))
            )
            for name in sorted(names):
                path = os.path.join(folder, name)
                if mediatypes.media_type(name) and not name.startswith(".") and not os.path.islink(path):
                    yield path


def make_for_folders(
    thumbnails: Thumbnails,
    access: Access,
    folders: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    progress: Progress,
    *,
    threads: int = 0,
) -> dict[str, Any]:
    """Make the thumbnails of all files below folders that have none.

    Returns {made, present, failed, errors: [{path, error}]}, in files.

    While somebody waits for a thumbnail, none is begun here; those that are being made are made by
    other threads than those that he waits for.
    """
    total = 0
    progress.update("counting")
    for _ in walk(folders, access):
        total += 1
        if total % _COUNT_EVERY == 0:
            progress.check()
            progress.update(total=total)
    progress.update("making thumbnails", total=total)
    count = threads or max(1, default_thread_count() - 1)
    workers = Workers("iib-ahead", count, is_humble=True)
    outcomes: Counter[str] = Counter()
    errors: list[dict[str, str]] = []
    ahead: deque[tuple[str, Future[int]]] = deque()

    def finish() -> None:
        path, future = ahead.popleft()
        try:
            with progress.waiting(f"the thumbnail of {to_text(path)}"):
                outcomes[MADE if result_of(future, progress.check) else THERE] += 1
        except IIBError as exc:
            outcomes[FAILED] += 1
            if len(errors) < _MAX_ERRORS:
                errors.append({"path": to_text(path), "error": str(exc)})
        progress.update(done=outcomes.total())

    try:
        for path in walk(folders, access):
            progress.check()
            with progress.waiting("those who look at pictures: their thumbnails come first"):
                while not thumbnails.is_idle(_QUIET_S):
                    progress.sleep(_PAUSE_S)
            ahead.append((path, workers.submit(_making(thumbnails, access, path, sizes))))
            if len(ahead) > count:
                finish()
        while ahead:
            finish()
    finally:
        workers.close()
    return {MADE: outcomes[MADE], THERE: outcomes[THERE], FAILED: outcomes[FAILED], "errors": errors}


def _making(
    thumbnails: Thumbnails, access: Access, path: str, sizes: Sequence[tuple[int, int]]
) -> Callable[[], int]:
    return lambda: thumbnails.make_ahead(path, sizes, access.open)


class NewPictures:
    """Makes thumbnails of pictures that appear while the program runs, in the size that was asked for last.

    The work of a loop.
    """

    def __init__(self, thumbnails: Thumbnails, db: Database, access: Access) -> None:
        self._thumbnails = thumbnails
        self._db = db
        self._access = access
        self._since_ns = time.time_ns() - _BEFORE_START_NS
        self._seen: set[tuple[str, int]] = set()

    def run(self, ending: threading.Event) -> None:
        """Look for new pictures until the end."""
        be_humble()
        while not ending.wait(_LOOK_EVERY_S):
            self.make(ending)

    def make(self, ending: threading.Event) -> int:
        """Make what is missing now. Returns how many pictures were looked at."""
        since_ns = max(self._since_ns, time.time_ns() - _WINDOW_NS)
        with self._db.read() as conn:
            found = images.list_changed_since(conn, since_ns, _MOST_NEW)
        new = [state for state in found if state not in self._seen]
        self._seen.intersection_update(found)
        for path, mtime_ns in new:
            while not self._thumbnails.is_idle(_IDLE_S):
                if ending.wait(_PAUSE_S):
                    return 0
            if ending.is_set():
                return 0
            self._seen.add((path, mtime_ns))
            try:
                self._thumbnails.make_ahead(from_text(path), [self._thumbnails.last_size], self._access.open)
            except IIBError as exc:
                logger.debug("no thumbnail of %s: %s", path, exc)
        return len(new)
