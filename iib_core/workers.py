"""Threads: pools, background threads, and parallel calls.

All of them end with ``close()`` or with their work.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from iib_core import windows
from iib_core.errors import IIBError

logger = logging.getLogger(__name__)

T = TypeVar("T")
Item = TypeVar("Item")

_NICE = 15
_POLL_S = 0.1


class Workers:
    """A bounded pool of named threads for heavy work, so that a burst of requests cannot occupy
    every processor.

    ``low_priority``: its threads run at a low priority, where the system supports that.
    """

    def __init__(self, name: str, count: int, *, low_priority: bool = False) -> None:
        initializer = lower_priority if low_priority else None
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name, initializer=initializer)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue ``work``; the future holds its result or exception."""
        return self._pool.submit(work)

    def submit_for(self, answer: Future[T], work: Callable[[], T]) -> None:
        """Queue ``work``. ``answer`` gets its result or exception."""
        self._pool.submit(work).add_done_callback(_filling(answer))

    def submit_to_others(self, work: Callable[[], Future[T]]) -> Future[T]:
        """Queue ``work``, which returns a future of other workers; the future here gets the same
        result.

        A waiting thread is woken only once, when all is done.
        """
        answer: Future[T] = pending_future()

        def follow(started: Future[Future[T]]) -> None:
            _pass_on(started, answer, lambda theirs: theirs.add_done_callback(_filling(answer)))

        self._pool.submit(work).add_done_callback(follow)
        return answer

    def close(self) -> None:
        """Drop work that has not started, and wait for the rest."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def pending_future() -> Future[Any]:
    """A future for its caller to fill. It cannot be cancelled, because several callers share it."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()
    return future


def completed_future(value: T) -> Future[T]:
    """A future that has the result ``value``."""
    future: Future[T] = Future()
    future.set_result(value)
    return future


def _filling(answer: Future[T]) -> Callable[[Future[T]], None]:
    """A callback for a finished future, which gives ``answer`` the same result or exception."""
    return lambda ended: _pass_on(ended, answer, answer.set_result)


def _pass_on(ended: Future[T], answer: Future[Any], give: Callable[[T], None]) -> None:
    """Call ``give`` with the result of a finished future, or pass its exception to ``answer``."""
    exc = CancelledError() if ended.cancelled() else ended.exception()
    if exc is not None:
        answer.set_exception(exc)
    else:
        give(ended.result())


def default_thread_count() -> int:
    """One thread for each processor, at most 4: more saturate the memory bandwidth when they
    decode.
    """
    return max(1, min(4, os.cpu_count() or 1))


def lower_priority() -> None:
    """Lower the priority of this thread, on systems with priorities for threads: Linux and Windows."""
    windows.lower_priority()
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


class BackgroundThread:
    """A named thread that runs until it is closed. ``work`` gets the event that ends it.

    An exception is logged, and the work restarts after ``again_s``: a full disk or a locked
    database must not end it for good.
    """

    def __init__(
        self, name: str, work: Callable[[threading.Event], None], *, again_s: float = 5.0
    ) -> None:
        self._ending = threading.Event()
        self._work = work
        self._again_s = again_s
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Set the event, and wait for the thread."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                return self._work(self._ending)
            except IIBError as exc:
                logger.error("%s failed and restarts in a moment: %s", self._thread.name, exc)
            except Exception:  # the edge of a thread: nothing else would report it
                logger.exception("%s failed and restarts in a moment", self._thread.name)
            if self._ending.wait(self._again_s):
                return None


def in_parallel(
    name: str,
    count: int,
    work: Callable[[Item], T],
    items: Iterable[Item],
    check: Callable[[], None],
) -> Iterator[tuple[Item, T | None, Exception | None]]:
    """(item, result of ``work(item)``, its exception) in the order of completion, in ``count``
    threads.

    For work that waits for something else: ``check`` is called several times a second and may
    raise, and then the threads are not waited for.
    """
    waiting = iter(items)
    lock = threading.Lock()
    ending = threading.Event()
    done: SimpleQueue[tuple[Item, T | None, Exception | None] | None] = SimpleQueue()

    def run() -> None:
        while not ending.is_set():
            with lock:
                item = next(waiting, _END)
            if isinstance(item, _End):
                break
            try:
                done.put((item, work(item), None))
            except Exception as exc:  # noqa: BLE001  handed to the caller
                done.put((item, None, exc))
        done.put(None)

    threads = [threading.Thread(target=run, name=name, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    left = len(threads)
    try:
        while left:
            check()
            try:
                found = done.get(timeout=_POLL_S)
            except Empty:
                continue
            if found is None:
                left -= 1
            else:
                yield found
    finally:
        ending.set()


def result_of(future: Future[T], check: Callable[[], None]) -> T:
    """The result of a future. ``check`` is called several times a second while waiting, and may
    raise.
    """
    while not wait([future], _POLL_S).done:
        check()
    return future.result()


class _End:
    """Marks the end of the items, because None may be one of them."""


_END = _End()
