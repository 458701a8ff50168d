"""Missing files: those that the index knows and the disk does not have.

They can be forgotten where it is certain that they are gone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from iib_core import paths
from iib_core.db import images, marks, scan_rows
from iib_core.db.engine import Database
from iib_core.db.search import pages
from iib_core.errors import Conflict
from iib_core.index.indexer import Indexer
from iib_core.jobs import Job, Jobs, Progress
from iib_core.search.criteria import And, Criterion, IsMissing

FORGET = "forget_missing"
_PAGE = 1000
_BATCH = 500


class Missing:
    """Forgets missing files, as a job."""

    def __init__(self, db: Database, jobs: Jobs, index: Indexer) -> None:
        self._db = db
        self._jobs = jobs
        self._index = index

    def start(self, criterion: Criterion, *, dry_run: bool, expected: int | None = None) -> Job:
        """Begin to forget the missing files that satisfy ``criterion``; with ``dry_run`` only count them.

        The result is ``{dry_run, count, marked, unreachable}``.

        The job fails where ``expected`` is given and another number of files is gone; nothing is
        forgotten then.
        """
        return self._jobs.start(FORGET, partial(self._work, criterion), dry_run=dry_run, expected=expected)

    def _work(
        self, criterion: Criterion, progress: Progress, *, dry_run: bool, expected: int | None
    ) -> dict[str, Any]:
        library = self._index.library
        found = survey(self._db, library.roots, frozenset(library.online), criterion, progress.check)
        if not dry_run:
            if expected is not None and expected != len(found.gone):
                raise Conflict(
                    f"{len(found.gone)} files are gone now, and {expected} were expected: nothing was "
                    "forgotten."
                )
            progress.update(stage="forgetting", total=len(found.gone))
            with self._index.standing_still(progress.check):
                forget(self._db, found, progress)
        return {
            "dry_run": dry_run,
            "count": len(found.gone),
            "marked": found.marked,
            "unreachable": found.unreachable,
        }


@dataclass
class Survey:
    """Missing files.

    ``gone``: ids of those whose folder, or the nearest one above that is left, can be listed and
    does not hold them.
    ``marked``: how many of these have tags, stars or an album. ``unreachable``: how many others
    there are, whose drive is away or whose folder cannot be read now.
    """

    gone: list[int] = field(default_factory=list)
    marked: int = 0
    unreachable: int = 0


def survey(
    db: Database,
    tops: Iterable[str],
    online: Collection[str],
    criterion: Criterion,
    check: Callable[[], None],
) -> Survey:
    """Look for the missing files that satisfy ``criterion``.

    ``tops``: real paths of the folders of the library, ``online`` those that can be reached.
    ``check`` is called for each page of files and may raise to end it.
    """
    found, disk = Survey(), _Disk(tops, online)
    for ids_by_path in _pages(db, criterion):
        check()
        gone = [image_id for path, image_id in ids_by_path.items() if disk.has_lost(paths.from_text(path))]
        with db.read() as conn:
            found.marked += len(marks.collect(conn, gone))
        found.gone += gone
        found.unreachable += len(ids_by_path) - len(gone)
    return found


def forget(db: Database, found: Survey, progress: Progress) -> None:
    """Take what is gone out of the index; its marks are kept for 90 days, for a file that comes back.

    One that came back meanwhile stays.
    """
    for start in range(0, len(found.gone), _BATCH):
        progress.check()
        with db.write() as conn:
            ids = scan_rows.keep_missing(conn, found.gone[start : start + _BATCH])
            marks.keep(conn, marks.collect(conn, ids))
            images.remove_many(conn, ids)
        progress.update(done=min(start + _BATCH, len(found.gone)))


def _pages(db: Database, criterion: Criterion) -> Iterator[dict[str, int]]:
    """Ids of missing files by path, a page at a time."""
    wanted, cursor = And((criterion, IsMissing(True))), ""
    while True:
        with db.read() as conn:
            page = pages.find(conn, wanted, cursor=cursor, size=_PAGE)
            ids = images.find_ids(conn, [hit.path for hit in page.results])
        yield ids
        cursor = page.next
        if not cursor:
            return


class _Disk:
    """What the disk says of files that were there once. Each folder is listed once."""

    def __init__(self, tops: Iterable[str], online: Collection[str]) -> None:
        self._tops = sorted(tops, key=len, reverse=True)
        self._online = online
        self._listable: dict[str, bool] = {}

    def has_lost(self, path: str) -> bool:
        """Whether a file is certainly gone: not there, although the folder where it would be can be
        looked into.
        """
        try:
            os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return self._is_known(os.path.dirname(path))
        except OSError:
            return False
        return False

    def _is_known(self, folder: str) -> bool:
        """Whether what a folder holds is known now.

        Of one that is gone it is, where the folder above it is of the same root and is known.
        """
        if folder not in self._listable:
            self._listable[folder] = self._look(folder)
        return self._listable[folder]

    def _look(self, folder: str) -> bool:
        top = next((top for top in self._tops if paths.is_under(folder, top)), "")
        if folder == top and top not in self._online:
            return False
        try:
            with os.scandir(folder) as entries:
                # An empty root may also be what is left of a drive that nobody saw leave.
                return folder != top or next(entries, None) is not None
        except (FileNotFoundError, NotADirectoryError):
            # Outside of every root nothing tells a folder that was deleted from a drive that is away.
            return bool(top) and folder != top and self._is_known(os.path.dirname(folder))
        except OSError:
            return False
