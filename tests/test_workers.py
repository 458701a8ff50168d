"""Threads: how work and results are passed on, and that no thread is left."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from iib_core.errors import InvalidRequest
from iib_core.workers import BackgroundThread, Workers, completed_future, result_of

pytestmark = pytest.mark.windows


@pytest.fixture
def two_pools():
    pools = Workers("look", 1), Workers("make", 1)
    yield pools
    for pool in pools:
        pool.close()


def fail():
    raise InvalidRequest("no")


def test_what_others_make_of_it_comes_back_through_one_future(two_pools):
    lookers, makers = two_pools
    assert lookers.submit_to_others(lambda: makers.submit(lambda: 3)).result(10) == 3
    assert lookers.submit_to_others(lambda: completed_future(4)).result(10) == 4
    for work in (fail, lambda: makers.submit(fail)):
        with pytest.raises(InvalidRequest, match="no"):
            lookers.submit_to_others(work).result(10)


def test_one_who_goes_away_ends_nothing_for_the_others(two_pools, caplog):
    lookers, makers = two_pools
    going_on = threading.Event()
    shared = makers.submit(lambda: going_on.wait(10) and "made")

    async def ask_and_leave():
        asked = asyncio.wrap_future(lookers.submit_to_others(lambda: shared))
        await asyncio.wait([asked], timeout=0.1)
        asked.cancel()
        stays = asyncio.wrap_future(lookers.submit_to_others(lambda: shared))
        going_on.set()
        return await stays

    with ThreadPoolExecutor(
        1
    ) as thread:  # another test may have left an event loop in this thread: that of a browser
        assert thread.submit(lambda: asyncio.run(ask_and_leave())).result(10) == "made"
    assert not caplog.records


def test_what_never_starts_is_cancelled():
    lookers = Workers("look", 1)
    holding, waits = threading.Event(), threading.Event()
    lookers.submit(lambda: (holding.set(), waits.wait(10)))
    holding.wait(10)
    dropped = lookers.submit_to_others(lambda: completed_future(1))
    closing = threading.Thread(target=lookers.close)
    closing.start()
    with pytest.raises(CancelledError):
        dropped.result(10)
    waits.set()
    closing.join()


def test_a_loop_is_named_and_gone_after_close():
    before = set(threading.enumerate())
    loop = BackgroundThread("iib-loop", lambda ending: ending.wait() and None)
    assert {thread.name for thread in set(threading.enumerate()) - before} == {"iib-loop"}
    loop.close()
    assert set(threading.enumerate()) == before


def test_whoever_waits_for_a_future_can_be_ended(two_pools):
    lookers, _ = two_pools
    going_on = threading.Event()
    future = lookers.submit(lambda: going_on.wait(30) and 5)
    with pytest.raises(InvalidRequest, match="no"):
        result_of(future, fail)
    assert result_of(future, going_on.set) == 5
    with pytest.raises(InvalidRequest, match="no"):
        result_of(lookers.submit(fail), lambda: None)


def test_a_loop_goes_on_after_an_exception_and_tells_it(caplog):
    tries: list[int] = []
    worked = threading.Event()

    def work(ending):
        tries.append(len(tries))
        if len(tries) == 1:
            raise OSError("the disk is full")
        if len(tries) == 2:
            raise InvalidRequest("One sentence.")
        worked.set()
        ending.wait()

    loop = BackgroundThread("iib-loop", work, again_s=0.01)
    try:
        assert worked.wait(60)
    finally:
        loop.close()
    first, second = (record for record in caplog.records if record.name == "iib_core.workers")
    assert first.exc_info and "iib-loop" in first.getMessage()
    assert not second.exc_info and "One sentence." in second.getMessage()


def test_a_loop_that_only_fails_ends_at_once_when_it_is_closed(caplog):
    failed = threading.Event()

    def work(ending):
        failed.set()
        raise OSError("no")

    loop = BackgroundThread("iib-loop", work, again_s=3600)
    assert failed.wait(60)
    loop.close()
