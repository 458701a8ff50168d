"""Readers: the threads, and for many files the processes, that read files for updates."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import partial
from itertools import islice
from queue import Empty, SimpleQueue

from iib_core import children
from iib_core.db.rows import ImageRow
from iib_core.index import reader_process
from iib_core.workers import Workers, default_thread_count, result_of

logger = logging.getLogger(__name__)

# From this many files on processes read: that takes a thread about a second, in which they start.
MANY_FILES = 4000
# A process without a heartbeat for this long is ended, and the server reads its files: sooner than
# other children, because nothing is lost by it.
SILENCE_S = 60.0
# If a file takes this long to arrive, its disk is slow and can serve several readers at once.
_SLOW_READERS, _SLOW_S = 6, 0.004
# Reading a file releases the GIL about this many times.
_GIL_RELEASES_A_FILE, _PROBES = 10, 3
# Files that are read at once; by a process more, because asking it takes turns with the writer.
_CHUNK_FILES, _PROCESS_CHUNK_FILES = 25, 100
# Files that are read ahead of the writer: enough to keep the readers busy while a batch is written.
_FILES_AHEAD = 1000


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


Result = tuple[FileToRead, ImageRow]
Read = Callable[[FileToRead], "Result | ReadFailure"]
Results = list["Result | ReadFailure"]


class Readers:
    """The threads that read files, and at most ``processes`` processes beside them.

    On a fast disk one thread is best, because several compete for the GIL; many files are read by
    processes. On a slow disk or a network drive readers mostly wait, so several threads are used.
    While the host makes a picture (``is_generating``), only threads read.
    """

    def __init__(
        self,
        processes: int = 0,
        is_generating: Callable[[], bool] = lambda: False,
    ) -> None:
        self._one = Workers("iib-index", 1)
        self._many = Workers("iib-index-slow", _SLOW_READERS)
        self._is_slow = False
        self._is_generating = is_generating
        self._process_count = min(processes, default_thread_count())
        self._turn = threading.Lock()

    def read_all(
        self,
        files: Iterator[FileToRead],
        count: int,
        read: Read,
        raise_if_cancelled: Callable[[], None],
    ) -> Generator[Results, None, None]:
        """The results of reading all ``count`` files by ``read``, in order. A bounded number of them
        is read ahead. Closing the iterator ends what it began.

        One iterator at a time has processes.
        """
        processes = None
        if count >= MANY_FILES and self._process_count and self._turn.acquire(blocking=False):
            processes = _Processes(self._process_count, raise_if_cancelled, self._note)
        submitted: deque[tuple[int, Future[Results]]] = deque()
        try:
            while chunk := list(islice(files, self._chunk_files(processes))):
                submitted.append((len(chunk), self._submit(chunk, read, processes)))
                while sum(length for length, _ in submitted) >= _FILES_AHEAD:
                    yield result_of(submitted.popleft()[1], raise_if_cancelled)
            while submitted:
                yield result_of(submitted.popleft()[1], raise_if_cancelled)
        finally:
            for _, future in submitted:
                future.cancel()
            if processes is not None:
                processes.close()
                self._turn.release()

    def close(self) -> None:
        """End the threads."""
        self._one.close()
        self._many.close()

    def _can_use(self, processes: _Processes | None) -> bool:
        """Whether the next files are for processes."""
        if processes is None or processes.have_failed:
            return False
        return not (self._is_slow or self._is_generating())

    def _chunk_files(self, processes: _Processes | None) -> int:
        return _PROCESS_CHUNK_FILES if self._can_use(processes) else _CHUNK_FILES

    def _submit(
        self, chunk: list[FileToRead], read: Read, processes: _Processes | None
    ) -> Future[Results]:
        if processes is not None and self._can_use(processes):
            return processes.submit(chunk, read)
        return (self._many if self._is_slow else self._one).submit(partial(self._read, chunk, read))

    def _read(self, chunk: list[FileToRead], read: Read) -> Results:
        started, worked = time.monotonic(), time.thread_time()
        results = [read(file) for file in chunk]
        waited_s = (time.monotonic() - started) - (time.thread_time() - worked)
        # Waiting for the GIL or for a processor is not counted: more readers would not help there.
        self._note(waited_s / len(chunk), _GIL_RELEASES_A_FILE * _measure_gil_wait())
        return results

    def _note(self, waited_s: float, gil_s: float = 0.0) -> None:
        """Note how long the last files waited each, and how much of that may be for the GIL."""
        self._is_slow = waited_s > max(_SLOW_S, gil_s)


class _Processes:
    """Some processes that read files, and a thread for each that asks it and waits.

    What a process does not read is read by its thread: a link, a file that cannot be read, and all
    files of a process that has failed, which is not asked again.
    """

    def __init__(
        self, count: int, raise_if_cancelled: Callable[[], None], note: Callable[[float], None]
    ) -> None:
        self._raise_if_cancelled = raise_if_cancelled
        self._note = note
        self._all = [
            children.Conversation(reader_process.FUNCTION, silence_s=SILENCE_S, low_priority=False)
            for _ in range(count)
        ]
        self._free: SimpleQueue[children.Conversation] = SimpleQueue()
        for process in self._all:
            self._free.put(process)
        self._failed: list[children.Conversation] = []
        self._asking = Workers("iib-index-process", count)
        self._is_closed = False

    @property
    def have_failed(self) -> bool:
        """Whether none of them is left."""
        return len(self._failed) == len(self._all)

    def submit(self, chunk: list[FileToRead], read: Read) -> Future[Results]:
        """Queue files to be read by a process. The first ones start it."""
        return self._asking.submit(partial(self._read_chunk, chunk, read))

    def close(self) -> None:
        """End them, in the middle of a file too."""
        self._is_closed = True
        self._asking.close()
        for process in self._all:
            process.close()

    def _read_chunk(self, chunk: list[FileToRead], read: Read) -> Results:
        rows = self._ask([file.path for file in chunk]) or [None] * len(chunk)
        return [read(file) if row is None else (file, row) for file, row in zip(chunk, rows)]

    def _ask(self, files: list[str]) -> list[ImageRow | None] | None:
        """The rows of files by a free process; None where it failed or there is none."""
        try:
            process = self._free.get_nowait()
        except Empty:
            return None
        try:
            answer = process.ask(reader_process.request(files), self._check)
            rows, waited_s = reader_process.rows_of(answer)
        except (children.NotStarted, children.Broken, children.Silent) as exc:
            logger.warning(
                "a process that reads files failed: %s", str(exc) or "it sent no heartbeat"
            )
            self._failed.append(process)
            return None
        self._free.put(process)
        self._note(waited_s)
        return rows

    def _check(self) -> None:
        if self._is_closed:
            raise CancelledError
        self._raise_if_cancelled()


def _measure_gil_wait() -> float:
    """Seconds that a thread waits for the GIL after a system call."""
    started = time.monotonic()
    for _ in range(_PROBES):
        time.sleep(0)
    return (time.monotonic() - started) / _PROBES
