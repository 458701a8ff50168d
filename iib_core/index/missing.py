"""Missing files: files that are in the index but not on the disk.

Those that are certainly gone can be removed from the index ("forgotten").
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
        """Start to forget the missing files that match ``criterion``; with ``dry_run`` only count
        them.

        The job's result is ``{dry_run, count, marked, unreachable}``. If ``expected`` is given and
        another number of files is gone, the job fails and nothing is forgotten.
        """
        return self._jobs.start(
            FORGET, partial(self._work, criterion), dry_run=dry_run, expected=expected
        )

    def _work(
        self, criterion: Criterion, progress: Progress, *, dry_run: bool, expected: int | None
    ) -> dict[str, Any]:
        library = self._index.library
        missing = find_missing(
            self._db, library.roots, frozenset(library.online), criterion, progress.check
        )
        if not dry_run:
            if expected is not None and expected != len(missing.gone):
                raise Conflict(
                    f"{len(missing.gone)} files are gone now, and {expected} were expected: nothing was "
                    "forgotten."
                )
            progress.update(stage="forgetting", total=len(missing.gone))
            with self._index.paused(progress.check):
                forget(self._db, missing, progress)
        return {
            "dry_run": dry_run,
            "count": len(missing.gone),
            "marked": missing.marked,
            "unreachable": missing.unreachable,
        }


@dataclass
class MissingFiles:
    """Missing files.

    ``gone``: ids of files that are certainly gone: their folder, or its nearest existing parent,
    can be listed and does not hold them. ``marked``: how many of these have marks. ``unreachable``:
    how many other missing files there are, on offline drives or in folders that cannot be read.
    """

    gone: list[int] = field(default_factory=list)
    marked: int = 0
    unreachable: int = 0


def find_missing(
    db: Database,
    roots: Iterable[str],
    online: Collection[str],
    criterion: Criterion,
    raise_if_cancelled: Callable[[], None],
) -> MissingFiles:
    """The missing files that match ``criterion``.

    ``roots``: real paths of all roots; ``online``: those that are online. ``raise_if_cancelled`` is
    called for each page of files.
    """
    missing, disk = MissingFiles(), _Disk(roots, online)
    for ids_by_path in _pages(db, criterion):
        raise_if_cancelled()
        gone = [
            image_id
            for path, image_id in ids_by_path.items()
            if disk.is_gone(paths.from_text(path))
        ]
        with db.read() as conn:
            missing.marked += len(marks.collect(conn, gone))
        missing.gone += gone
        missing.unreachable += len(ids_by_path) - len(gone)
    return missing


def forget(db: Database, missing: MissingFiles, progress: Progress) -> None:
    """Remove the files that are gone from the index. Their marks are kept for 90 days.

    A file that came back meanwhile stays in the index.
    """
    for start in range(0, len(missing.gone), _BATCH):
        progress.check()
        with db.write() as conn:
            ids = scan_rows.keep_missing(conn, missing.gone[start : start + _BATCH])
            marks.keep(conn, marks.collect(conn, ids))
            images.remove_many(conn, ids)
        progress.update(done=min(start + _BATCH, len(missing.gone)))


def _pages(db: Database, criterion: Criterion) -> Iterator[dict[str, int]]:
    """The ids of missing files by path, page by page."""
    missing, cursor = And((criterion, IsMissing(True))), ""
    while True:
        with db.read() as conn:
            page = pages.find(conn, missing, cursor=cursor, size=_PAGE)
            ids = images.find_ids(conn, [result.path for result in page.results])
        yield ids
        cursor = page.next
        if not cursor:
            return


class _Disk:
    """Tells whether files are gone from the disk. Each folder is read once."""

    def __init__(self, roots: Iterable[str], online: Collection[str]) -> None:
        self._roots = sorted(roots, key=len, reverse=True)
        self._online = online
        self._readable: dict[str, bool] = {}

    def is_gone(self, path: str) -> bool:
        """Whether a file is certainly gone: it does not exist although its folder can be read."""
        if paths.is_elsewhere(path):
            return False
        try:
            os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return self._is_readable(os.path.dirname(path))
        except OSError:
            return False
        return False

    def _is_readable(self, folder: str) -> bool:
        """Whether the content of a folder is known for certain.

        A folder that does not exist counts as empty if its parent is in the same root and readable.
        """
        if folder not in self._readable:
            self._readable[folder] = self._read(folder)
        return self._readable[folder]

    def _read(self, folder: str) -> bool:
        root = next((root for root in self._roots if paths.is_under(folder, root)), "")
        if folder == root and root not in self._online:
            return False
        try:
            with os.scandir(folder) as entries:
                # An empty root may be the mount point of a drive that went offline unnoticed.
                return folder != root or next(entries, None) is not None
        except (FileNotFoundError, NotADirectoryError):
            # Outside of every root a deleted folder cannot be distinguished from an offline drive.
            return bool(root) and folder != root and self._is_readable(os.path.dirname(folder))
        except OSError:
            return False
