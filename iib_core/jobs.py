"""Jobs: long work in the background, with progress, a result and a way to cancel it.

Each job runs in a thread of its own, which ``close()`` ends.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from iib_core import actor, windows
from iib_core.clock import Stopwatch
from iib_core.errors import Conflict, IIBError, NotFound
from iib_core.process_lock import Owner

logger = logging.getLogger(__name__)

# A running job without progress for this long says so in its message.
STALL_S = 60.0
INTERRUPTED = "The job was interrupted because the program ended: start it again."
_SAVE_EVERY_S = 0.5
# A running job is stored this often even without progress. One that was not stored for three times
# as long is dead.
_HEARTBEAT_S = 20.0
_PAUSE_S = 0.05
_KEEP_IN_MEMORY = 100


def new_job_id() -> str:
    """A unique id for a job."""
    return uuid.uuid4().hex


class Cancelled(Exception):
    """Raised in the work of a job to cancel it."""


@dataclass(frozen=True)
class Job:
    """The present state of one job.

    ``status`` is running, completed, failed or cancelled; ``progress`` goes from 0 to 1; a
    ``total`` of 0 is not known yet.
    """

    job_id: str
    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)
    status: str = "running"
    progress: float = 0.0
    stage: str = ""
    done: int = 0
    total: int = 0
    message: str = ""
    error: str = ""
    result: Any = None
    created_time: float = 0.0
    updated_time: float = 0.0
    owner: str = ""

    @property
    def is_running(self) -> bool:
        """Whether its state can still change."""
        return self.status == "running"


class JobStore(Protocol):
    """Where jobs are stored beyond the process. A record is the fields of ``Job`` by name."""

    def save(self, record: Mapping[str, Any]) -> None:
        """Store a job, or replace the stored one."""

    def find(self, job_id: str) -> Mapping[str, Any] | None:
        """The record of a job; None if it is unknown."""

    def newest(self, kind: str) -> Mapping[str, Any] | None:
        """The record of the job of that kind that was started last."""

    def list_running(self, kinds: Collection[str]) -> Sequence[Mapping[str, Any]]:
        """The records of the jobs of these kinds that have not ended, or whose process has died."""

    def cancel(self, job_id: str) -> None:
        """Ask the process that runs a job to cancel it."""

    def list_cancelled(self, job_ids: Collection[str]) -> Sequence[str]:
        """Those of the jobs that another process has cancelled."""


class Progress:
    """The handle of a job's work: reports progress, and raises ``Cancelled``."""

    def __init__(
        self,
        on_progress: Callable[[Mapping[str, Any]], None],
        ending: threading.Event,
        job_id: str = "",
    ) -> None:
        self.job_id = job_id
        self.waits_for = ""
        self._on_progress = on_progress
        self._ending = ending
        self._span: tuple[float, float] | None = None
        self._limit = 1.0
        self._known: dict[str, Any] = {}

    def limit(self, end: float) -> None:
        """Limit the progress to ``end``, 0 to 1: the following stages share that much of the work."""
        self._limit = end

    def begin(self, stage: str, start: float, end: float, total: int = 0) -> None:
        """Begin a stage during which the progress goes from ``start`` to ``end``, 0 to 1."""
        self._span = start * self._limit, end * self._limit
        self.update(stage=stage, total=total)

    def update(
        self,
        stage: str | None = None,
        done: int | None = None,
        total: int | None = None,
        message: str | None = None,
    ) -> None:
        """Report only the given fields. A new stage resets done and total to 0. Costs no database
        access.
        """
        given = {"stage": stage, "done": done, "total": total, "message": message}
        changed: dict[str, Any] = {"done": 0, "total": 0} if stage is not None else {}
        changed |= {name: value for name, value in given.items() if value is not None}
        if self._span is not None:
            self._known |= changed
            start, end = self._span
            all_of_it = self._known.get("total")
            share = self._known.get("done", 0) / all_of_it if all_of_it else 0.0
            changed["progress"] = start + (end - start) * min(1.0, share)
        self._on_progress(changed)

    @contextmanager
    def waiting(self, for_what: str) -> Iterator[None]:
        """A block in which the work waits for something else. If the job stalls in it, its message
        names what it waits for ("the language model service").
        """
        before, self.waits_for = self.waits_for, for_what
        try:
            yield
        finally:
            self.waits_for = before

    def check(self) -> None:
        """Raise Cancelled if the job was cancelled."""
        if self._ending.is_set():
            raise Cancelled

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Cancelled as soon as the job is cancelled."""
        if self._ending.wait(seconds):
            raise Cancelled


@dataclass
class _Live:
    """A job of this process with its thread.

    Only that thread sets ``job``; only the saver sets ``saved`` and ``saved_at``. ``still``: the
    time since the last progress.
    """

    job: Job
    ending: threading.Event
    progress: Progress
    still: Stopwatch = field(default_factory=Stopwatch)
    thread: threading.Thread | None = None
    saved: Job | None = None
    saved_at: float = 0.0
    failure: IIBError | None = None

    @property
    def is_due(self) -> bool:
        """Whether the job has changed since it was stored, or its heartbeat is due."""
        needs_heartbeat = self.job.is_running and time.time() - self.saved_at > _HEARTBEAT_S
        return self.saved is not self.job or needs_heartbeat

    def update(self, changed: Mapping[str, Any]) -> None:
        """Set fields of the job. A field with a new value is progress."""
        known = {"done": self.job.done, "total": self.job.total, **changed}
        if "progress" not in changed and known["total"] > 0:
            changed = {**changed, "progress": min(1.0, known["done"] / known["total"])}
        if any(getattr(self.job, name) != value for name, value in changed.items()):
            self.still.restart()
        self.job = replace(self.job, **changed, updated_time=time.time())

    def seen(self, stall_s: float) -> Job:
        """The job as clients see it. If it stalls for ``stall_s``, its message says what it waits
        for.
        """
        still_s = self.still.read()
        job = self.job
        if not job.is_running or still_s < stall_s:
            return job
        waits_for = f": it waits for {self.progress.waits_for}" if self.progress.waits_for else ""
        return replace(job, message=f"No progress for {_spoken(still_s)}{waits_for}.")


class Jobs:
    """The jobs of this process, and the stored jobs of earlier ones.

    Without a store they are in memory only. ``stall_s``: a job without progress for this long says
    so in its message. ``lease``: of this server, if several share the store.
    """

    def __init__(
        self,
        store: JobStore | None = None,
        *,
        stall_s: float = STALL_S,
        lease: Owner | None = None,
    ) -> None:
        self._store = store
        self.stall_s = stall_s
        self._lease = lease
        self._process = f"{socket.gethostname()}:{os.getpid()}"
        self._id = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._live: dict[str, _Live] = {}
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._saver: threading.Thread | None = None

    def start(self, kind: str, work: Callable[..., Any], *, job_id: str = "", **params: Any) -> Job:
        """Run ``work(progress, **params)`` in a thread of its own. What it returns is the result of
        the job, and must be valid JSON.

        ``job_id``: a ``new_job_id()``, for a caller that has to store it before the work begins.
        """
        now = time.time()
        job = Job(
            job_id or new_job_id(),
            kind,
            params,
            created_time=now,
            updated_time=now,
            owner=f"{self._process}:{self._lease.name if self._lease else self._id}",
        )
        ending = threading.Event()
        live = _Live(
            job, ending, Progress(lambda changed: live.update(changed), ending, job.job_id)
        )
        live.thread = threading.Thread(
            target=self._run,
            args=(live, work, actor.user()),
            name=f"iib-job-{kind}",
            daemon=True,
        )
        with self._lock:
            if self._closing.is_set():
                raise Conflict("The program is shutting down: no new job can be started.")
            self._live[live.job.job_id] = live
            if self._saver is None:
                self._saver = threading.Thread(
                    target=self._save_until_closed, name="iib-jobs", daemon=True
                )
                self._saver.start()
            live.thread.start()
        self._wake.set()
        return job

    def get(self, job_id: str) -> Job:
        """The job. One whose process is dead has failed. Raises NotFound."""
        live = self._live.get(job_id)
        if live is not None:
            return live.seen(self.stall_s)
        record = self._store.find(job_id) if self._store else None
        if record is None:
            raise NotFound(f"There is no job '{job_id[:64]}'.")
        return self._as_seen(record)

    def find_newest(self, kind: str) -> Job | None:
        """The job of that kind that was started last, in this process or an earlier one."""
        with self._lock:
            known = [
                live.seen(self.stall_s) for live in self._live.values() if live.job.kind == kind
            ]
        record = self._store.newest(kind) if self._store else None
        if record and record["job_id"] not in self._live:
            known.append(self._as_seen(record))
        return max(known, key=lambda job: job.created_time, default=None)

    def cancel(self, job_id: str) -> Job:
        """Cancel a job; a finished one does not change. That of another process, or of another server
        over the same database, is cancelled by that within a second.
        """
        live = self._live.get(job_id)
        if live is not None:
            live.ending.set()
            return live.job
        job = self.get(job_id)
        if job.is_running and self._store is not None:
            self._store.cancel(job_id)
        return job

    def cancel_all(self, kinds: Collection[str]) -> bool:
        """Cancel the running jobs of these kinds, also those of other processes and servers (``cancel``).
        Returns whether there were any.
        """
        running = {live.job.job_id for live in self._all_live() if live.job.kind in kinds}
        for record in self._store.list_running(kinds) if self._store else ():
            if self._as_seen(record).is_running:
                running.add(record["job_id"])
        cancelled = [self.cancel(job_id) for job_id in running]
        return any(job.is_running for job in cancelled)

    def wait(self, job_id: str, timeout_s: float | None = None) -> Job:
        """The job when it has ended, or its state after ``timeout_s``."""
        live = self._live.get(job_id)
        if live is not None and live.thread is not None:
            live.thread.join(timeout_s)
        return self.get(job_id)

    def failure(self, job_id: str) -> IIBError | None:
        """The exception that ended a job of this process, if it is an IIBError."""
        live = self._live.get(job_id)
        return live.failure if live is not None else None

    def close(self) -> None:
        """Cancel all jobs, wait for them, and store their state."""
        with self._lock:
            self._closing.set()
            running = list(self._live.values())
        for live in running:
            live.ending.set()
        for live in running:
            if live.thread is not None:
                live.thread.join()
        self._wake.set()
        if self._saver is not None:
            self._saver.join()

    def _run(self, live: _Live, work: Callable[..., Any], user: str) -> None:
        actor.act_for(user)
        try:
            result = work(live.progress, **live.job.params)
            live.update({"status": "completed", "progress": 1.0, "result": result})
        except Cancelled:
            if self._closing.is_set():
                live.update({"status": "failed", "error": INTERRUPTED})
            else:
                live.update({"status": "cancelled"})
        except IIBError as exc:
            live.failure = exc
            live.update({"status": "failed", "error": str(exc)})
        except Exception as exc:  # the edge of a job: its state shows every error
            logger.exception("the job %s failed", live.job.kind)
            live.update({"status": "failed", "error": f"{type(exc).__name__}: {exc}"})
        self._wake.set()

    def _as_seen(self, record: Mapping[str, Any]) -> Job:
        job = Job(**record)
        if job.is_running and not self._is_alive(job):
            return replace(job, status="failed", error=INTERRUPTED)
        return job

    def _is_alive(self, job: Job) -> bool:
        host, pid, owner = job.owner.split(":")
        if self._lease is not None:
            return self._lease.is_alive(owner)
        if host == socket.gethostname() and not _is_other_process(int(pid)):
            return False
        return time.time() - job.updated_time < 3 * _HEARTBEAT_S

    def _save_until_closed(self) -> None:
        """Store the jobs that have changed.

        In a thread of its own, because the work may report progress while it holds the only
        connection that writes.
        """
        while True:
            self._wake.wait(
                _SAVE_EVERY_S if any(live.job.is_running for live in self._all_live()) else None
            )
            self._wake.clear()
            is_last = self._closing.is_set() and not any(
                live.thread and live.thread.is_alive() for live in self._all_live()
            )
            self._save_changed()
            self._follow_cancellations()
            self._forget()
            if is_last:
                return
            self._closing.wait(_PAUSE_S)

    def _save_changed(self) -> None:
        for live in self._all_live():
            job, now = live.job, time.time()
            seen = live.seen(self.stall_s)  # in every round: a stopwatch must be read often
            if self._store is None or not live.is_due:
                continue
            heartbeat = {"message": seen.message, "updated_time": now} if job.is_running else {}
            try:
                self._store.save({**vars(job), **heartbeat})
            except IIBError as exc:
                logger.warning("the state of a job could not be stored: %s", exc)
                continue
            except (
                Exception
            ):  # the edge of a thread: one job that cannot be stored must not stop the others
                logger.exception("the state of the job %s cannot be stored", job.kind)
            live.saved, live.saved_at = job, now

    def _follow_cancellations(self) -> None:
        """Cancel what other processes have cancelled."""
        running = {
            live.job.job_id: live
            for live in self._all_live()
            if live.job.is_running and not live.ending.is_set()
        }
        if self._store is None or not running:
            return
        try:
            for job_id in self._store.list_cancelled(running):
                running[job_id].ending.set()
        except IIBError as exc:
            logger.debug("whether a job was cancelled elsewhere is not known: %s", exc)
        except Exception:  # the edge of a thread: jobs must be stored all the same
            logger.exception("whether a job was cancelled elsewhere cannot be read")

    def _forget(self) -> None:
        """Drop finished jobs, whose results may be large. Without a store, the last ones are kept."""
        ended = [
            live
            for live in self._all_live()
            if not live.job.is_running and (self._store is None or live.saved is live.job)
        ]
        if self._store is None:
            ended = ended[:-_KEEP_IN_MEMORY]
        for live in ended:
            self._live.pop(live.job.job_id, None)

    def _all_live(self) -> list[_Live]:
        with self._lock:
            return list(self._live.values())


def _spoken(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def _is_other_process(pid: int) -> bool:
    """Whether another process with this id may be running."""
    if pid == os.getpid():
        return False
    if sys.platform == "win32":  # os.kill would end it there
        return windows.is_running(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # the process belongs to another user
        return True
    return True
