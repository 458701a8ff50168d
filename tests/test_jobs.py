"""Jobs: their progress, how they end, and what is stored beyond their process."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from iib_core.db.engine import Database
from iib_core.db.jobs import KEPT, JobTable
from iib_core.errors import Conflict, InvalidRequest, NotFound
from iib_core.jobs import INTERRUPTED, Jobs
from tests.databases import open_database, write_empty

pytestmark = [pytest.mark.windows, pytest.mark.engine]

# A process that lives as long as this one. Who started a Windows program under Wine is none that
# Windows knows.
ANOTHER = os.getppid() or next(pid for pid in psutil.pids() if pid not in (0, os.getpid()))


@pytest.fixture
def store(tmp_path, engine):
    database = open_database(tmp_path / "iib.db", engine)
    table = JobTable(database)
    table.database = database
    yield table
    database.close()


@pytest.fixture
def jobs(store):
    made = Jobs(store)
    yield made
    made.close()


def count_to(progress, number):
    progress.update(stage="counting", total=number)
    for done in range(1, number + 1):
        progress.check()
        progress.update(done=done, message=f"{done} done")
    return {"counted": number}


def wait_until(is_so):
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_until_ended(progress):
    progress.update(stage="waiting", done=1, total=4)
    progress.sleep(30)


def test_a_job_tells_its_progress_and_keeps_its_result(jobs):
    started = jobs.start("count", count_to, number=3)
    assert started.status == "running"
    done = jobs.wait(started.job_id, 10)
    assert (done.status, done.progress, done.stage, done.done, done.total, done.message) == (
        "completed",
        1.0,
        "counting",
        3,
        3,
        "3 done",
    )
    assert done.result == {"counted": 3}
    assert done.params == {"number": 3}
    assert done.created_time <= done.updated_time


def test_progress_is_the_share_that_is_done(jobs):
    started = jobs.start("wait", wait_until_ended)
    while not jobs.get(started.job_id).stage:
        time.sleep(0.01)
    assert jobs.get(started.job_id).progress == 0.25


@pytest.mark.parametrize(
    ("error", "told"),
    [(InvalidRequest("Give a folder."), "Give a folder."), (ValueError("odd"), "ValueError: odd")],
)
def test_a_failure_is_told(jobs, error, told):
    def work(progress):
        raise error

    job = jobs.wait(jobs.start("fail", work).job_id, 10)
    assert (job.status, job.error, job.result) == ("failed", told, None)


def test_cancelling_ends_the_work_and_a_second_time_changes_nothing(jobs):
    started = jobs.start("wait", wait_until_ended)
    jobs.cancel(started.job_id)
    assert jobs.wait(started.job_id, 10).status == "cancelled"
    assert jobs.cancel(started.job_id).status == "cancelled"


def wait_in_turn(progress, path):
    """A work that makes progress whenever a file exists, and otherwise stalls."""
    for done in range(2):
        progress.update(stage="waiting", done=done, total=2, message="at work")
        with progress.waiting("a file"):
            while not Path(f"{path}{done}").exists():
                progress.update(done=done)  # the same progress again is no progress
                progress.sleep(0.02)


def seen(jobs, job_id, wanted):
    """The job when ``wanted(job)`` is true."""
    ends_at = time.monotonic() + 30
    while not wanted(job := jobs.get(job_id)):
        assert time.monotonic() < ends_at, job
        time.sleep(0.02)
    return job


def test_a_job_that_stands_still_says_so_until_it_moves(store, tmp_path):
    jobs = Jobs(store, stall_s=0.5)
    job_id = jobs.start("wait", wait_in_turn, path=str(tmp_path / "go")).job_id
    assert seen(jobs, job_id, lambda job: job.stage).message == "at work"
    seen(
        jobs,
        job_id,
        lambda job: re.fullmatch(r"No progress for \d+ s: it waits for a file\.", job.message),
    )
    assert jobs.find_newest("wait").message.startswith("No progress for ")
    (tmp_path / "go0").touch()
    assert seen(jobs, job_id, lambda job: job.done == 1).message == "at work"
    seen(jobs, job_id, lambda job: job.message.startswith("No progress for "))
    (tmp_path / "go1").touch()
    done = jobs.wait(job_id, 30)
    assert (done.status, done.message) == ("completed", "at work")
    jobs.close()
    assert store.find(job_id)["message"] == "at work"


def test_a_job_that_stands_still_says_so_while_the_database_is_written(store, tmp_path):
    jobs = Jobs(store, stall_s=0.5)
    with store.database.write():
        job_id = jobs.start("wait", wait_until_ended).job_id
        seen(jobs, job_id, lambda job: re.fullmatch(r"No progress for \d+ s\.", job.message))
    jobs.close()


def test_other_processes_are_told_that_a_job_stands_still(store, monkeypatch):
    monkeypatch.setattr("iib_core.jobs._HEARTBEAT_S", 0.1)
    jobs = Jobs(store, stall_s=0.5)
    job_id = jobs.start("wait", wait_until_ended).job_id
    ends_at = time.monotonic() + 30
    while not (store.find(job_id) or {"message": ""})["message"] and time.monotonic() < ends_at:
        time.sleep(0.02)
    assert store.find(job_id)["message"].startswith("No progress for ")
    jobs.close()


def test_an_unknown_job_is_not_found(jobs):
    for ask in (jobs.get, jobs.cancel, jobs.wait):
        with pytest.raises(NotFound):
            ask("no such job")


def test_a_finished_job_is_there_for_the_next_process(store):
    first = Jobs(store)
    job = first.wait(first.start("count", count_to, number=2).job_id, 10)
    first.close()
    second = Jobs(store)
    assert second.get(job.job_id) == job
    assert second.find_newest("count") == job
    assert second.find_newest("other") is None
    second.close()


def test_closing_ends_the_work_which_then_tells_that_it_was_interrupted(store):
    first = Jobs(store)
    started = first.start("wait", wait_until_ended)
    first.close()
    second = Jobs(store)
    job = second.get(started.job_id)
    assert (job.status, job.error) == ("failed", INTERRUPTED)
    with pytest.raises(Conflict):
        first.start("late", wait_until_ended)
    second.close()


def test_a_job_of_a_killed_process_is_interrupted(tmp_path):
    code = """
import sys, threading
from iib_core.db.engine import Database
from iib_core.db.jobs import JobTable
from iib_core.jobs import Jobs
jobs = Jobs(JobTable(Database(sys.argv[1])))
for kind in ("long", "longer"):
    print(jobs.start(kind, lambda progress: progress.sleep(60)).job_id, flush=True)
threading.Event().wait()
"""
    path = str(write_empty(tmp_path / "iib.db"))
    process = subprocess.Popen(
        [sys.executable, "-c", code, path],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    job_id, cancelled_id = (process.stdout.readline().strip() for _ in range(2))
    database = Database(path)
    jobs = Jobs(JobTable(database))
    for each in (job_id, cancelled_id):
        wait_until(lambda each=each: JobTable(database).find(each) is not None)
    assert jobs.get(job_id).status == "running"
    assert jobs.cancel(cancelled_id).is_running
    wait_until(lambda: jobs.get(cancelled_id).status == "cancelled")
    assert jobs.get(job_id).status == "running"
    process.kill()
    process.wait()
    process.stdout.close()
    assert (jobs.get(job_id).status, jobs.get(job_id).error) == ("failed", INTERRUPTED)
    jobs.close()
    database.close()


@pytest.mark.parametrize(
    ("owner", "age_s", "status"),
    [
        ("elsewhere:1:a", 10, "running"),
        ("elsewhere:1:a", 90, "failed"),
        (f"{socket.gethostname()}:{os.getpid()}:a", 1, "failed"),
        (f"{socket.gethostname()}:{ANOTHER}:a", 1, "running"),
        (f"{socket.gethostname()}:{ANOTHER}:a", 90, "failed"),
    ],
    ids=[
        "elsewhere",
        "elsewhere, long ago",
        "this process, before it began",
        "a process that lives",
        "a process that lives, long ago",
    ],
)
def test_a_job_is_alive_while_its_process_is_and_its_heart_beats(store, owner, age_s, status):
    now = time.time()
    record = {
        "job_id": "x",
        "kind": "k",
        "params": {},
        "status": "running",
        "progress": 0.5,
        "stage": "",
        "done": 0,
        "total": 0,
        "message": "",
    }
    store.save(
        {
            **record,
            "error": "",
            "result": None,
            "created_time": now - 100,
            "updated_time": now - age_s,
            "owner": owner,
        }
    )
    jobs = Jobs(store)
    assert jobs.get("x").status == status
    assert store.find("x")["status"] == "running"  # reading does not change it
    jobs.close()


def test_progress_may_be_told_while_the_database_is_written(store):
    database = store.database
    jobs = Jobs(store)

    def work(progress):
        with database.write():
            for done in range(5):
                progress.update(done=done, total=5)
                progress.sleep(0.2)

    assert jobs.wait(jobs.start("write", work).job_id, 20).status == "completed"
    jobs.close()


def test_old_jobs_make_room(store):
    now = time.time()
    record = {
        "kind": "k",
        "params": {},
        "status": "completed",
        "progress": 1.0,
        "stage": "",
        "done": 0,
        "total": 0,
        "message": "",
        "error": "",
        "owner": "",
    }
    for number in range(KEPT + 5):
        store.save(
            {
                **record,
                "job_id": str(number),
                "result": None,
                "created_time": now + number,
                "updated_time": now,
            }
        )
    assert store.find("4") is None
    assert store.find("5") is not None


def test_without_a_store_jobs_live_in_memory():
    jobs = Jobs()
    job = jobs.wait(jobs.start("count", count_to, number=1).job_id, 10)
    time.sleep(0.2)
    assert jobs.get(job.job_id).status == "completed"
    jobs.close()


def test_threads_are_named_and_gone_after_close(store):
    before = set(threading.enumerate())
    jobs = Jobs(store)
    jobs.start("wait", wait_until_ended)
    assert {thread.name for thread in set(threading.enumerate()) - before} == {
        "iib-job-wait",
        "iib-jobs",
    }
    jobs.close()
    assert set(threading.enumerate()) == before


def test_a_result_that_cannot_be_stored_keeps_no_other_job_from_it(store, caplog):
    first = Jobs(store)
    bad = first.start("bad", lambda progress: {1, 2}).job_id
    first.wait(bad)
    good = first.start("good", lambda progress: [1, 2]).job_id
    first.wait(good)
    first.close()
    assert "the state of the job bad cannot be stored" in caplog.text
    assert Jobs(store).get(good).result == [1, 2]
