"""Update: carries out an update plan. Files are read in parallel and written in batches while the
next ones are being read.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from itertools import islice

from iib_core import paths
from iib_core.db import images, marks, scan_rows, tags
from iib_core.db.bulk import store_each
from iib_core.db.engine import Database
from iib_core.index import move_detection, reader
from iib_core.index.autotag import Rule
from iib_core.index.reader import Reading, StillWritten
from iib_core.index.status import READING, Tally
from iib_core.index.update_plan import Library, Plan
from iib_core.metadata import limits
from iib_core.workers import Workers, result_of

logger = logging.getLogger(__name__)

STILL_WRITTEN = "still being written"
BATCH_ROWS = 1000
# While other writers wait: a batch then takes 0.1 s instead of almost 1 s.
_SHORT_BATCH_ROWS = 250
_BATCH_CHARS = 4_000_000
# A batch is written after this long even if it is small, so that its files are found by a search.
_BATCH_S = 1.0
_CHUNK_FILES = 25
# If a file takes this long to arrive, its disk is slow and can serve several readers at once.
_SLOW_READERS, _SLOW_S = 6, 0.004
# Reading a file releases the GIL about this many times.
_GIL_RELEASES_A_FILE, _PROBES = 10, 3
# Chunks submitted ahead of the writer: enough to keep the readers busy while a batch is written.
_CHUNKS_AHEAD = 40
_LOGGED_ERRORS = 20


@dataclass(frozen=True)
class FileToRead:
    """A file to read; ``is_new``: the index has no row for its path."""

    path: str
    is_new: bool


@dataclass(frozen=True)
class ReadFailure:
    """A file that could not be read, with the reason; "" if it no longer exists."""

    file: FileToRead
    reason: str


Result = tuple[FileToRead, Reading]


class Readers:
    """The threads that read files.

    On a fast disk one thread is best, because several compete for the GIL. On a slow disk or a
    network drive they mostly wait, so several threads are used.
    """

    def __init__(self) -> None:
        self._one = Workers("iib-index", 1)
        self._many = Workers("iib-index-slow", _SLOW_READERS)
        self._is_slow = False

    def submit(
        self, chunk: list[FileToRead], read: Callable[[FileToRead], Result | ReadFailure]
    ) -> Future[list[Result | ReadFailure]]:
        """Queue files to be read with ``read``."""
        return (self._many if self._is_slow else self._one).submit(partial(self._read, chunk, read))

    def _read(
        self, chunk: list[FileToRead], read: Callable[[FileToRead], Result | ReadFailure]
    ) -> list[Result | ReadFailure]:
        started, worked = time.monotonic(), time.thread_time()
        results = [read(file) for file in chunk]
        waited_s = (time.monotonic() - started) - (time.thread_time() - worked)
        # Waiting for the GIL or for a processor is not counted: more readers would not help there.
        gil_s = _GIL_RELEASES_A_FILE * _measure_gil_wait()
        self._is_slow = waited_s / len(chunk) > max(_SLOW_S, gil_s)
        return results

    def close(self) -> None:
        """End the threads."""
        self._one.close()
        self._many.close()


def _measure_gil_wait() -> float:
    """Seconds that a thread waits for the GIL after a system call."""
    started = time.monotonic()
    for _ in range(_PROBES):
        time.sleep(0)
    return (time.monotonic() - started) / _PROBES


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
        self._tally.enter(READING, sum(map(len, plan.reads)))
        self._gone, self._is_first = set(plan.gone), plan.is_first
        self._read_and_write(_files(plan))
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

    def _read_and_write(self, files: Iterator[FileToRead]) -> None:
        batch: list[Result] = []
        chars, written = 0, time.monotonic()
        for results in self._read(files):
            self._raise_if_cancelled()
            self._on_progress()
            batch += results
            chars += sum(len(reading.row.infotext) for _, reading in results)
            rows = _SHORT_BATCH_ROWS if self._db.is_busy else BATCH_ROWS
            is_full = len(batch) >= rows or chars >= _BATCH_CHARS
            if is_full or (batch and time.monotonic() - written > _BATCH_S):
                self._write(batch)
                batch, chars, written = [], 0, time.monotonic()
        if batch:
            self._write(batch)

    def _read(self, files: Iterator[FileToRead]) -> Iterator[list[Result]]:
        """The results of reading, in order. The pool reads a bounded number of files ahead."""
        submitted: deque[Future[list[Result | ReadFailure]]] = deque()
        try:
            while chunk := list(islice(files, _CHUNK_FILES)):
                if self._readers is None:
                    yield self._note_failures([self._read_one(file) for file in chunk])
                    continue
                submitted.append(self._readers.submit(chunk, self._read_one))
                while len(submitted) >= _CHUNKS_AHEAD:
                    yield self._note_failures(
                        result_of(submitted.popleft(), self._raise_if_cancelled)
                    )
            while submitted:
                yield self._note_failures(result_of(submitted.popleft(), self._raise_if_cancelled))
        finally:
            for future in submitted:
                future.cancel()

    def _read_one(self, file: FileToRead) -> Result | ReadFailure:
        self._raise_if_cancelled()
        try:
            return file, reader.read(file.path, self._rules, self._library.follow)
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
                if limits.REASON in result[1].row.error:
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
        new = [reading.row for file, reading in batch if file.is_new]
        with self._db.write() as conn:
            twins: Sequence[scan_rows.Twin] = ()
            if not self._is_first:
                twins = scan_rows.find_twins(conn, [(row.mtime_ns, row.size_bytes) for row in new])
            matches = move_detection.match(new, twins, _exists, self._library.is_unplugged)
            if matches.moved:
                images.move_many(conn, [(image_id, row.path) for image_id, row in matches.moved])
            moved = {row.path for _, row in matches.moved}
            others = [(file, reading) for file, reading in batch if reading.row.path not in moved]
            ids = images.upsert_many(conn, [reading.row for _, reading in others])
            by_path = {reading.row.path: image_id for (_, reading), image_id in zip(others, ids)}
            claims = [
                (by_path[row.path], row.path, row.fingerprint) for row in new if row.path in by_path
            ]
            marks.claim(conn, claims)
            marks.copy(conn, [(twin_id, by_path[path]) for path, twin_id in matches.copied.items()])
            rule_tags = [
                (name, by_path[reading.row.path])
                for _, reading in others
                for name in reading.rule_tags
            ]
            tags.assign_named(conn, rule_tags)
        self._tally.moved += len(matches.moved)
        self._tally.missing -= len(
            self._gone.intersection(image_id for image_id, _ in matches.moved)
        )
        self._tally.added += sum(file.is_new for file, _ in others)
        self._tally.updated += sum(not file.is_new for file, _ in others)


def _files(plan: Plan) -> Iterator[FileToRead]:
    for reads in plan.reads:
        for name in reads.added:
            yield FileToRead(os.path.join(reads.folder, name), True)
        for name in reads.changed:
            yield FileToRead(os.path.join(reads.folder, name), False)


def _exists(path: str) -> bool:
    return os.path.lexists(paths.from_text(path))
