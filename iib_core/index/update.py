"""Update: carries out an update plan. Files are read in parallel and written in batches while the
next ones are being read.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing

from iib_core import paths
from iib_core.db import images, marks, scan_rows, tags
from iib_core.db.bulk import store_each
from iib_core.db.engine import Database
from iib_core.db.rows import ImageRow
from iib_core.index import autotag, move_detection, reader
from iib_core.index.autotag import Rule
from iib_core.index.reader import StillWritten
from iib_core.index.readers import FileToRead, Readers, ReadFailure, Result, Results
from iib_core.index.status import READING, Tally
from iib_core.index.update_plan import Library, Plan
from iib_core.metadata import limits

logger = logging.getLogger(__name__)

STILL_WRITTEN = "still being written"
BATCH_ROWS = 1000
# While other writers wait: a batch then takes 0.1 s instead of almost 1 s.
_SHORT_BATCH_ROWS = 250
_BATCH_CHARS = 4_000_000
# A batch is written after this long even if it is small, so that its files are found by a search.
_BATCH_S = 1.0
_LOGGED_ERRORS = 20


class Update:
    """Carries out one update. Without ``readers`` it reads in the caller's thread.

    ``raise_if_cancelled`` is called for every file, in any thread; what was written before it
    raises stays. ``on_progress`` is called for every chunk of files.
    """

    def __init__(
        self,
        db: Database,
        readers: Readers | None,
        library: Library,
        rules: tuple[Rule, ...],
        tally: Tally,
        *,
        raise_if_cancelled: Callable[[], None],
        on_progress: Callable[[], None],
    ) -> None:
        self._db = db
        self._readers = readers
        self._library = library
        self._rules = rules
        self._tally = tally
        self._raise_if_cancelled = raise_if_cancelled
        self._on_progress = on_progress
        self._unfinished: list[FileToRead] = []
        self._gone: set[int] = set()
        self._is_first = False

    def carry_out(self, plan: Plan) -> list[str]:
        """Carry out a plan. Returns the paths of files that are still being written and were
        skipped.
        """
        for path, reason in plan.errors:
            self._fail(path, reason)
        self._tally.skipped += plan.same - len(plan.returned)
        self._mark(plan)
        count = sum(map(len, plan.reads))
        self._tally.enter(READING, count)
        self._gone, self._is_first = set(plan.gone), plan.is_first
        self._read_and_write(_files(plan), count)
        return [file.path for file in self._unfinished]

    def _mark(self, plan: Plan) -> None:
        for start in range(0, len(plan.gone), BATCH_ROWS):
            self._raise_if_cancelled()
            with self._db.write() as conn:
                rows = images.find_paths(conn, plan.gone[start : start + BATCH_ROWS])
                images.mark_missing(conn, self._still_gone(rows))
        for start in range(0, len(plan.returned), BATCH_ROWS):
            self._raise_if_cancelled()
            with self._db.write() as conn:
                images.mark_found(conn, plan.returned[start : start + BATCH_ROWS])
        self._tally.missing += len(plan.gone)
        self._tally.updated += len(plan.returned)

    def _still_gone(self, rows: dict[int, str]) -> list[int]:
        """The ids of those ``rows`` (paths by id) that have no media file now.

        An operation may have moved a file and its row since the plan was made. Files that an older
        version indexed but that are no media files, such as previews, count as gone.
        """
        return [
            image_id
            for image_id, path in rows.items()
            if not self._library.has_file(paths.from_text(path))
        ]

    def _read_and_write(self, files: Iterator[FileToRead], count: int) -> None:
        batch: list[Result] = []
        chars, written = 0, time.monotonic()
        with closing(self._read(files, count)) as read:
            for results in map(self._note_failures, read):
                self._raise_if_cancelled()
                self._on_progress()
                batch += results
                chars += sum(len(row.infotext) for _, row in results)
                rows = _SHORT_BATCH_ROWS if self._db.is_busy else BATCH_ROWS
                is_full = len(batch) >= rows or chars >= _BATCH_CHARS
                if is_full or (batch and time.monotonic() - written > _BATCH_S):
                    self._write(batch)
                    batch, chars, written = [], 0, time.monotonic()
        if batch:
            self._write(batch)

    def _read(self, files: Iterator[FileToRead], count: int) -> Generator[Results, None, None]:
        """The results of reading, in order."""
        if self._readers is not None:
            return self._readers.read_all(files, count, self._read_one, self._raise_if_cancelled)
        return ([self._read_one(file)] for file in files)

    def _read_one(self, file: FileToRead) -> Result | ReadFailure:
        self._raise_if_cancelled()
        try:
            return file, reader.read(file.path, self._library.follow)
        except FileNotFoundError:
            return ReadFailure(file, "")
        except OSError as exc:
            return ReadFailure(file, exc.strerror or str(exc))
        except StillWritten:
            return ReadFailure(file, STILL_WRITTEN)
        except Exception as exc:  # one broken file must not end the update
            logger.exception("cannot read %s", paths.to_text(file.path))
            return ReadFailure(file, f"{type(exc).__name__}: {exc}"[:200])

    def _note_failures(self, results: list[Result | ReadFailure]) -> list[Result]:
        """Count the failures. Returns the files that were read."""
        good: list[Result] = []
        self._tally.advance(len(results))
        for result in results:
            if not isinstance(result, ReadFailure):
                good.append(result)
                if limits.REASON in result[1].error:
                    self._tally.errors[limits.REASON] += 1
            elif result.reason == STILL_WRITTEN:
                self._unfinished.append(result.file)
            elif result.reason:
                self._fail(result.file.path, result.reason)
        return good

    def _fail(self, path: str, reason: str) -> None:
        if sum(self._tally.errors.values()) < _LOGGED_ERRORS:
            logger.warning("not indexed: %s: %s", paths.to_text(path), reason)
        self._tally.fail(path, reason)

    def _write(self, batch: list[Result]) -> None:
        store_each(batch, self._store, lambda result, reason: self._fail(result[0].path, reason))

    def _store(self, batch: Sequence[Result]) -> None:
        """Write a batch in one transaction. It is counted once it is committed."""
        new = [row for file, row in batch if file.is_new]
        given = [(name, row.path) for _, row in batch for name in self._tags_by_rules(row)]
        with self._db.write(is_patient=self._readers is not None) as conn:
            twins: Sequence[scan_rows.Twin] = ()
            if not self._is_first:
                twins = scan_rows.find_twins(conn, [(row.mtime_ns, row.size_bytes) for row in new])
            matches = move_detection.match(new, twins, _exists, self._library.is_unplugged)
            # A path that has got a row since the plan was made keeps it: another server met the file
            # while an operation moved it, and that operation will put the rows right.
            taken = images.find_ids(conn, [row.path for _, row in matches.moved])
            moves = [
                (image_id, row.path) for image_id, row in matches.moved if row.path not in taken
            ]
            if moves:
                images.move_many(conn, moves)
            moved = {path for _, path in moves}
            others = [(file, row) for file, row in batch if row.path not in moved]
            ids = images.upsert_many(conn, [row for _, row in others])
            by_path = {row.path: image_id for (_, row), image_id in zip(others, ids)}
            claims = [
                (by_path[row.path], row.path, row.fingerprint) for row in new if row.path in by_path
            ]
            marks.claim(conn, claims)
            marks.copy(conn, [(twin_id, by_path[path]) for path, twin_id in matches.copied.items()])
            tags.assign_named(
                conn, [(name, by_path[path]) for name, path in given if path in by_path]
            )
        self._tally.moved += len(moves)
        self._tally.missing -= len(self._gone.intersection(image_id for image_id, _ in moves))
        self._tally.added += sum(file.is_new for file, _ in others)
        self._tally.updated += sum(not file.is_new for file, _ in others)

    def _tags_by_rules(self, row: ImageRow) -> tuple[str, ...]:
        return autotag.tags_of(_picture(row), self._rules) if self._rules else ()


def _files(plan: Plan) -> Iterator[FileToRead]:
    for reads in plan.reads:
        for name in reads.added:
            yield FileToRead(os.path.join(reads.folder, name), True)
        for name in reads.changed:
            yield FileToRead(os.path.join(reads.folder, name), False)


def _exists(path: str) -> bool:
    return os.path.lexists(paths.from_text(path))


def _picture(row: ImageRow) -> autotag.Picture:
    return autotag.Picture(
        path=row.path,
        prompt=row.prompt,
        negative=row.negative_prompt,
        model=row.model or "",
        sampler=row.sampler or "",
        source=row.source or "",
        media=row.media,
        width=row.width_px,
        height=row.height_px,
        bytes=row.size_bytes,
    )
