"""Background jobs: their progress, how they are cancelled, and what is kept of them.

Each has a thread that ends in ``close()``.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from iib_core import windows
from iib_core.clock import Stopwatch
from iib_core.errors import Conflict, IIBError, NotFound

logger = logging.getLogger(__name__)

# A running job that does not move for so long says so.
STALL_S = 60.0
INTERRUPTED = "The job was interrupted because the program ended: start it again."
_SAVE_EVERY_S = 0.5
# A running job is written this often even without progress; one that was not for three times as
# long has nobody who works on it.
_HEARTBEAT_S = 20.0
_PAUSE_S = 0.05
_KEEP_IN_MEMORY = 100


def new_job_id() -> str:
    """A name for a job that nothing else has."""
    return uuid.uuid4().hex


class Cancelled(Exception):
    """Raised inside the work of a job that was told to end."""


@dataclass(frozen=True)
class Job:
    """One job as it stands.

    ``status`` is running, completed, failed or cancelled; ``progress`` goes from 0 to 1; ``total``
    0 means unknown.
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
        """Whether it may still change."""
        return self.status == "running"


class JobStore(Protocol):
    """Where jobs outlive the process: records are the fields of Job by name."""

    def save(self, record: Mapping[str, Any]) -> None:
        """Write one job over what was known of it."""

    def find(self, job_id: str) -> Mapping[str, Any] | None:
        """The record of one job."""

    def newest(self, kind: str) -> Mapping[str, Any] | None:
        """The record of the job of that kind that was started last."""


class Progress:
    """What the work of a job tells of itself, and how it hears that it shall end."""

    def __init__(self, tell: Callable[..., None], ending: threading.Event, job_id: str = "") -> None:
        self.job_id = job_id
        self.waits_for = ""
        self._tell = tell
        self._ending = ending
        self._span: tuple[float, float] | None = None
        self._limit = 1.0
        self._known: dict[str, Any] = {}

    def limit(self, end: float) -> None:
        """What follows is the work only up to ``end``, of 1: its stages share that."""
        self._limit = end

    def begin(self, stage: str, start: float, end: float, total: int = 0) -> None:
        """Begin a stage that takes the work as a whole from ``start`` to ``end``, of 1."""
        self._span = start * self._limit, end * self._limit
        self.update(stage=stage, total=total)

    def update(
        self,
        stage: str | None = None,
        done: int | None = None,
        total: int | None = None,
        message: str | None = None,
    ) -> None:
        """Tell what changed; the rest stays. A new stage starts at 0 of unknown. Costs no database access."""
        told: dict[str, Any] = {"done": 0, "total": 0} if stage is not None else {}
        told |= {
            name: value
            for name, value in (("stage", stage), ("done", done), ("total", total), ("message", message))
            if value is not None
        }
        if self._span is not None:
            self._known |= told
            start, end = self._span
            share = self._known.get("done", 0) / self._known["total"] if self._known.get("total") else 0.0
            told["progress"] = start + (end - start) * min(1.0, share)
        self._tell(told)

    @contextmanager
    def waiting(self, for_what: str) -> Iterator[None]:
        """Inside, the work waits for somebody else: where it stands still, its message says for
        whom ("the language model service").
        """
        before, self.waits_for = self.waits_for, for_what
        try:
            yield
        finally:
            self.waits_for = before

    def check(self) -> None:
        """Raise Cancelled where the job shall end."""
        if self._ending.is_set():
            raise Cancelled

    def sleep(self, seconds: float) -> None:
        """Wait; raises Cancelled as soon as the job shall end."""
        if self._ending.wait(seconds):
            raise Cancelled


@dataclass
class _Live:
    """A job of this process with its thread.

    Only that thread sets ``job``; only the saver sets ``saved`` and ``saved_at``.

    ``still``: how long it has not moved.
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
        """Whether the store knows less than we do, or might take the job for dead."""
        return self.saved is not self.job or (
            self.job.is_running and time.time() - self.saved_at > _HEARTBEAT_S
        )

    def tell(self, told: Mapping[str, Any]) -> None:
        """Set fields of the job; it has moved where they are others than before."""
        known = {"done": self.job.done, "total": self.job.total, **told}
        if "progress" not in told and known["total"] > 0:
            told = {**told, "progress": min(1.0, known["done"] / known["total"])}
        if any(getattr(self.job, name) != value for name, value in told.items()):
            self.still.restart()
        self.job = replace(self.job, **told, updated_time=time.time())

    def seen(self, stall_s: float) -> Job:
        """The job for others: its message says where it has not moved for ``stall_s``, and for what it waits."""
        still_s = self.still.read()
        job = self.job
        if not job.is_running or still_s < stall_s:
            return job
        waits_for = f": it waits for {self.progress.waits_for}" if self.progress.waits_for else ""
        return replace(job, message=f"No progress for {_spoken(still_s)}{waits_for}.")


class Jobs:
    """The jobs of this process, and those of earlier ones as far as the store kept them.

    Without a store they live in memory only.

    ``stall_s``: a job that does not move for so long says so in its message.
    """

    def __init__(self, store: JobStore | None = None, *, stall_s: float = STALL_S) -> None:
        self._store = store
        self.stall_s = stall_s
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex}"
        self._lock = threading.Lock()
        self._live: dict[str, _Live] = {}
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._saver: threading.Thread | None = None

    def start(self, kind: str, work: Callable[..., Any], *, job_id: str = "", **params: Any) -> Job:
        """Run ``work(progress, **params)`` in a thread of its own; what it returns, which JSON must
        hold, is the job's result.

        ``job_id`` is a ``new_job_id()`` that its caller had to write down before the work begins.
        """
        now = time.time()
        job = Job(job_id or new_job_id(), kind, params, created_time=now, updated_time=now, owner=self._owner)
        ending = threading.Event()
        live = _Live(job, ending, Progress(lambda told: live.tell(told), ending, job.job_id))
        live.thread = threading.Thread(
            target=self._run, args=(live, work), name=f"iib-job-{kind}", daemon=True
        )
        with self._lock:
            if self._closing.is_set():
                raise Conflict("The program is about to end: nothing new can be started.")
            self._live[live.job.job_id] = live
            if self._saver is None:
                self._saver = threading.Thread(target=self._save_until_closed, name="iib-jobs", daemon=True)
                self._saver.start()
            live.thread.start()
        self._wake.set()
        return job

    def get(self, job_id: str) -> Job:
        """The job as it stands; NotFound where nobody knows it. One whose process is dead is failed."""
        live = self._live.get(job_id)
        if live is not None:
            return live.seen(self.stall_s)
        record = self._store.find(job_id) if self._store else None
        if record is None:
            raise NotFound(f"There is no job '{job_id[:64]}'.")
        return self._as_seen(record)

    def find_newest(self, kind: str) -> Job | None:
        """The job of that kind that was started last, in this process or before."""
        with self._lock:
            own = [live.seen(self.stall_s) for live in self._live.values() if live.job.kind == kind]
        record = self._store.newest(kind) if self._store else None
        known = own + ([self._as_seen(record)] if record and record["job_id"] not in self._live else [])
        return max(known, key=lambda job: job.created_time, default=None)

    def cancel(self, job_id: str) -> Job:
        """Tell a job to end; one that is over stays as it is. Conflict for a job of another process."""
        live = self._live.get(job_id)
        if live is not None:
            live.ending.set()
            return live.job
        job = self.get(job_id)
        if job.is_running:
            raise Conflict("This job runs in another process: cancel it there.")
        return job

    def wait(self, job_id: str, timeout_s: float | None = None) -> Job:
        """The job once it is over, or as it stands after ``timeout_s``."""
        live = self._live.get(job_id)
        if live is not None and live.thread is not None:
            live.thread.join(timeout_s)
        return self.get(job_id)

    def failure(self, job_id: str) -> IIBError | None:
        """What ended a job of this process, where it is one of ours."""
        live = self._live.get(job_id)
        return live.failure if live is not None else None

    def close(self) -> None:
        """Tell every job to end, wait for them, and keep how far they came."""
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

    def _run(self, live: _Live, work: Callable[..., Any]) -> None:
        try:
            result = work(live.progress, **live.job.params)
            live.tell({"status": "completed", "progress": 1.0, "result": result})
        except Cancelled:
            live.tell(
                {"status": "failed", "error": INTERRUPTED}
                if self._closing.is_set()
                else {"status": "cancelled"}
            )
        except IIBError as exc:
            live.failure = exc
            live.tell({"status": "failed", "error": str(exc)})
        except Exception as exc:  # a job's edge: whoever asks for the job learns of it
            logger.exception("the job %s failed", live.job.kind)
            live.tell({"status": "failed", "error": f"{type(exc).__name__}: {exc}"})
        self._wake.set()

    def _as_seen(self, record: Mapping[str, Any]) -> Job:
        job = Job(**record)
        if job.is_running and not self._is_alive(job):
            return replace(job, status="failed", error=INTERRUPTED)
        return job

    def _is_alive(self, job: Job) -> bool:
        host, pid, _ = job.owner.split(":")
        if host == socket.gethostname() and not _is_other_process(int(pid)):
            return False
        return time.time() - job.updated_time < 3 * _HEARTBEAT_S

    def _save_until_closed(self) -> None:
        """Write what changed.

        In a thread of its own, because the work may tell its progress while it holds the database's
        only writer.
        """
        while True:
            self._wake.wait(_SAVE_EVERY_S if any(live.job.is_running for live in self._all_live()) else None)
            self._wake.clear()
            is_last = self._closing.is_set() and not any(
                live.thread and live.thread.is_alive() for live in self._all_live()
            )
            self._save_changed()
            self._forget()
            if is_last:
                return
            self._closing.wait(_PAUSE_S)

    def _save_changed(self) -> None:
        for live in self._all_live():
            job, now = live.job, time.time()
            seen = live.seen(self.stall_s)  # in every turn: a stopwatch counts only while somebody reads it
            if self._store is None or not live.is_due:
                continue
            told = {"message": seen.message, "updated_time": now} if job.is_running else {}
            try:
                self._store.save({**vars(job), **told})
            except IIBError as exc:
                logger.warning("the state of a job could not be stored: %s", exc)
                continue
            except Exception:  # a thread's edge: it would fail each time, and keep the other jobs from it
                logger.exception("the state of the job %s cannot be stored", job.kind)
            live.saved, live.saved_at = job, now

    def _forget(self) -> None:
        """Drop what is over: a result may be large. Those that no store keeps stay, as far as they are few."""
        over = [
            live
            for live in self._all_live()
            if not live.job.is_running and (self._store is None or live.saved is live.job)
        ]
        for live in over[:-_KEEP_IN_MEMORY] if self._store is None else over:
            self._live.pop(live.job.job_id, None)

    def _all_live(self) -> list[_Live]:
        with self._lock:
            return list(self._live.values())


def _spoken(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def _is_other_process(pid: int) -> bool:
    """Whether another process of that number may be alive."""
    if pid == os.getpid():
        return False
    if sys.platform == "win32":  # there os.kill would end it
        return windows.is_running(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to another user
        return True
    return True
