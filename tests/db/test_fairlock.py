"""The lock of the connection that writes."""

from __future__ import annotations

import threading
import time

import pytest

from iib_core.db.engine import Database
from iib_core.db.fairlock import FairLock

_WAIT_S = 60


def test_it_goes_to_whoever_has_waited_longest():
    lock, order = FairLock(), list[int]()
    threads = []

    def take(number: int) -> None:
        with lock:
            order.append(number)

    with lock:
        for number in range(8):
            threads.append(threading.Thread(target=take, args=(number,)))
            threads[-1].start()
            wait_until(lambda number=number: lock.waiting == number + 1)
    for thread in threads:
        thread.join(_WAIT_S)
    assert order == list(range(8))
    assert lock.waiting == 0


def test_one_that_takes_it_again_and_again_lets_others_in_between():
    """The thread that works in batches comes back before a lock of Python's own would go to anybody
    else.
    """
    lock, batches, ended = FairLock(), list[int](), threading.Event()

    def work_in_batches() -> None:
        while not ended.is_set():
            with lock:
                batches.append(0)
                time.sleep(0.01)

    thread = threading.Thread(target=work_in_batches)
    thread.start()
    try:
        for _ in range(5):
            wait_until(lambda before=len(batches): len(batches) > before)
            began = len(batches)
            with lock:
                assert len(batches) - began <= 2  # the one at work, and one that came first
    finally:
        ended.set()
        thread.join(_WAIT_S)


def test_two_are_never_inside_at_once():
    lock, inside, most = FairLock(), list[int](), list[int]()

    def work() -> None:
        for _ in range(200):
            with lock:
                inside.append(0)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_WAIT_S)
    assert most == [1] * 800


def test_a_database_tells_that_somebody_had_to_wait(database: Database):
    assert not database.is_busy
    entered = threading.Event()

    def write() -> None:
        with database.write():
            entered.set()

    with database.write():
        thread = threading.Thread(target=write)
        thread.start()
        wait_until(lambda: database.is_busy)
        assert not entered.is_set()
    thread.join(_WAIT_S)
    assert entered.is_set()
    wait_until(lambda: not database.is_busy)


def test_one_that_waits_patiently_hurries_no_other(database: Database):
    written = threading.Event()

    def write() -> None:
        with database.write(is_patient=True):
            written.set()

    with database.write():
        thread = threading.Thread(target=write)
        thread.start()
        time.sleep(0.1)
        assert not database.is_busy and not written.is_set()
    thread.join(_WAIT_S)
    assert written.is_set() and not database.is_busy


def wait_until(is_so) -> None:
    deadline = time.monotonic() + _WAIT_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_thread_that_takes_it_twice_is_told_and_does_not_hang():
    lock = FairLock()
    with lock:
        with pytest.raises(RuntimeError, match="wait for itself"), lock:
            pass
        assert lock.waiting == 0
    with lock:
        pass
