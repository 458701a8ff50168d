"""Carrying out a plan: many files are read at the same time, and written in batches while the next
ones are being read.
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
from iib_core.db import images, known, marks, tagging
from iib_core.db.bulk import store_each
from iib_core.db.engine import Database
from iib_core.index import move_detection, reader, scan
from iib_core.index.autotag import Rule
from iib_core.index.reader import Reading, StillWritten
from iib_core.index.status import READING, Tally
from iib_core.index.update_plan import Library, Plan
from iib_core.metadata import limits
from iib_core.workers import Workers, result_of

logger = logging.getLogger(__name__)

STILL_WRITTEN = "still being written"
BATCH_ROWS = 1000
# While others wait to write: a batch takes a tenth of a second then, and not most of one.
_SHORT_BATCH_ROWS = 250
_BATCH_CHARS = 4_000_000
# A batch is written after this long even if it is small, so that what was read can be found.
_BATCH_S = 1.0
_CHUNK_FILES = 25
# A file that is waited for this long lies on a disk that can serve several readers at once.
_SLOW_READERS, _SLOW_S = 6, 0.004
# Reading a file releases Python's lock about so many times.
_TURNS_A_FILE, _PROBES = 10, 3
# Chunks on their way: enough to keep the readers busy while a batch is written.
_CHUNKS_AHEAD = 40
_LOGGED_ERRORS = 20


@dataclass(frozen=True)
class File:
    """A file to read; ``is_new`` where the index has no row of its path."""

    path: str
    is_new: bool


@dataclass(frozen=True)
class Failure:
    """A file that could not be read, and why."""

    file: File
    reason: str


Result = tuple[File, Reading]


class Readers:
    """The threads that read.

    Reading is Python's work, and several threads at it only get in each other's way; but while they
    wait for a slow disk or a network, the more the better.
    """

    def __init__(self) -> None:
        self._one = Workers("iib-index", 1)
        self._many = Workers("iib-index-slow", _SLOW_READERS)
        self._is_slow = False

    def submit(
        self, chunk: list[File], read: Callable[[File], Result | Failure]
    ) -> Future[list[Result | Failure]]:
        """Queue some files to be read with ``read``."""
        return (self._many if self._is_slow else self._one).submit(partial(self._read, chunk, read))

    def _read(self, chunk: list[File], read: Callable[[File], Result | Failure]) -> list[Result | Failure]:
        started, worked = time.monotonic(), time.thread_time()
        results = [read(file) for file in chunk]
        waited_s = (time.monotonic() - started) - (time.thread_time() - worked)
        # A reader that waits for Python's lock, or for a processor, is not helped by more readers.
        self._is_slow = waited_s / len(chunk) > max(_SLOW_S, _TURNS_A_FILE * _measure_turn())
        return results

    def close(self) -> None:
        """End the threads."""
        self._one.close()
        self._many.close()


def _measure_turn() -> float:
    """Seconds until a thread has Python's lock back, which it releases for each call of the system."""
    started = time.monotonic()
    for _ in range(_PROBES):
        time.sleep(0)
    return (time.monotonic() - started) / _PROBES


class Run:
    """One update at work. Without ``readers`` it reads by itself.

    ``check`` is called for every file, in any thread, and raises to end it; what was written until
    then stays. ``tell`` is called now and then.
    """

    def __init__(
        self,
        db: Database,
        readers: Readers | None,
        library: Library,
        rules: tuple[Rule, ...],
        tally: Tally,
        *,
        check: Callable[[], None],
        tell: Callable[[], None],
    ) -> None:
        self._db = db
        self._readers = readers
        self._library = library
        self._rules = rules
        self._tally = tally
        self._check = check
        self._tell = tell
        self._unfinished: list[File] = []
        self._gone: set[int] = set()
        self._is_first = False

    def carry_out(self, plan: Plan) -> list[str]:
        """Do all of the plan. Returns the paths that were left out because somebody still writes them."""
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
            self._check()
            with self._db.write() as conn:
                images.mark_missing(
                    conn, _still_gone(images.find_paths(conn, plan.gone[start : start + BATCH_ROWS]))
                )
        for start in range(0, len(plan.returned), BATCH_ROWS):
            self._check()
            with self._db.write() as conn:
                images.mark_found(conn, plan.returned[start : start + BATCH_ROWS])
        self._tally.missing += len(plan.gone)
        self._tally.updated += len(plan.returned)

    def _read_and_write(self, files: Iterator[File]) -> None:
        batch: list[Result] = []
        chars, written = 0, time.monotonic()
        for results in self._read(files):
            self._check()
            self._tell()
            batch += results
            chars += sum(len(reading.row.infotext) for _, reading in results)
            rows = _SHORT_BATCH_ROWS if self._db.is_busy else BATCH_ROWS
            is_full = len(batch) >= rows or chars >= _BATCH_CHARS
            if is_full or (batch and time.monotonic() - written > _BATCH_S):
                self._write(batch)
                batch, chars, written = [], 0, time.monotonic()
        if batch:
            self._write(batch)

    def _read(self, files: Iterator[File]) -> Iterator[list[Result]]:
        """Read in the pool, a bounded number of files ahead of the caller, in order."""
        ahead: deque[Future[list[Result | Failure]]] = deque()
        try:
            while chunk := list(islice(files, _CHUNK_FILES)):
                if self._readers is None:
                    yield self._sift([self._read_one(file) for file in chunk])
                    continue
                ahead.append(self._readers.submit(chunk, self._read_one))
                while len(ahead) >= _CHUNKS_AHEAD:
                    yield self._sift(result_of(ahead.popleft(), self._check))
            while ahead:
                yield self._sift(result_of(ahead.popleft(), self._check))
        finally:
            for future in ahead:
                future.cancel()

    def _read_one(self, file: File) -> Result | Failure:
        self._check()
        try:
            return file, reader.read(file.path, self._rules)
        except FileNotFoundError:
            return Failure(file, "")
        except OSError as exc:
            return Failure(file, exc.strerror or str(exc))
        except StillWritten:
            return Failure(file, STILL_WRITTEN)
        except Exception as exc:  # whatever a broken file provokes, the others are still read
            logger.exception("cannot read %s", paths.to_text(file.path))
            return Failure(file, f"{type(exc).__name__}: {exc}"[:200])

    def _sift(self, results: list[Result | Failure]) -> list[Result]:
        good: list[Result] = []
        self._tally.advance(len(results))
        for result in results:
            if not isinstance(result, Failure):
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
        """One transaction. Counted once it is committed."""
        new = [reading.row for file, reading in batch if file.is_new]
        with self._db.write() as conn:
            twins = (
                []
                if self._is_first
                else known.find_twins(conn, [(row.mtime_ns, row.size_bytes) for row in new])
            )
            found = move_detection.match(new, twins, _exists, self._library.is_unplugged)
            if found.moved:
                images.move_many(conn, [(image_id, row.path) for image_id, row in found.moved])
            moved = {row.path for _, row in found.moved}
            rest = [(file, reading) for file, reading in batch if reading.row.path not in moved]
            ids = images.upsert_many(conn, [reading.row for _, reading in rest])
            by_path = {reading.row.path: image_id for (_, reading), image_id in zip(rest, ids)}
            marks.claim(
                conn, [(by_path[row.path], row.path, row.fingerprint) for row in new if row.path in by_path]
            )
            marks.copy(conn, [(twin_id, by_path[path]) for path, twin_id in found.copied.items()])
            tagging.give(
                conn, [(name, by_path[reading.row.path]) for _, reading in rest for name in reading.rule_tags]
            )
        self._tally.moved += len(found.moved)
        self._tally.missing -= len(self._gone.intersection(image_id for image_id, _ in found.moved))
        self._tally.added += sum(file.is_new for file, _ in rest)
        self._tally.updated += sum(not file.is_new for file, _ in rest)


def _files(plan: Plan) -> Iterator[File]:
    for reads in plan.reads:
        for name in reads.added:
            yield File(os.path.join(reads.folder, name), True)
        for name in reads.changed:
            yield File(os.path.join(reads.folder, name), False)


def _exists(path: str) -> bool:
    return os.path.lexists(paths.from_text(path))


def _still_gone(rows: dict[int, str]) -> list[int]:
    """Those of the rows, paths by id, whose file is not there. One may have moved with its file, by an
    operation of ours, since the plan was made.

    What an older program took for a picture, such as the preview of another file, is none any more.
    """
    found = ((image_id, paths.from_text(path)) for image_id, path in rows.items())
    return [
        image_id
        for image_id, path in found
        if not os.path.isfile(path) or os.path.islink(path) or not scan.is_media(os.path.basename(path))
    ]
