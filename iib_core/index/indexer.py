"""Indexer: keeps the index in sync with the disk, by updates of the library and of single files."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from iib_core import metadata, paths
from iib_core.access import Access
from iib_core.db import folders, images, marks, relocate_library, scan_rows, settings
from iib_core.db.engine import Database
from iib_core.errors import Conflict, InvalidRequest, NotFound
from iib_core.index import autotag, scan, update_plan
from iib_core.index.readers import Readers
from iib_core.index.status import MAX_PROBLEMS, SCANNING, Outcome, Status, Tally, UnindexedFile
from iib_core.index.update import STILL_WRITTEN, Update
from iib_core.jobs import Job, Jobs, Progress
from iib_core.workers import Workers

logger = logging.getLogger(__name__)

UPDATE, REBUILD = "index_update", "index_rebuild"
RULES_SETTING = "autotag_rules"
# Files that are still being written are read again this many times.
_RETRIES = 3
_RETRY_AFTER_S = 0.7
_SAVED_RETRY_S = 0.2
_OTHERS_PAUSE_S = 0.5
# Up to this many files are read in the caller's thread.
_FEW = 100
_FORGOTTEN_ROWS = 500

Callback = Callable[[], None]


def _do_nothing() -> None:
    """The default of callbacks."""


class Indexer:
    """Runs updates of the library one at a time, each as a job, and updates single files in
    between.
    """

    def __init__(
        self, db: Database, access: Access, jobs: Jobs, data_dir: str, readers: Readers
    ) -> None:
        self.library = update_plan.Library(access, data_dir, is_shared=db.lease is not None)
        self._db = db
        self._access = access
        self._jobs = jobs
        self._readers = readers
        self._saved_files = Workers("iib-saved", 1)
        self._ending = threading.Event()
        self._update_lock = threading.Lock()
        self._lock = threading.Lock()
        self._waiting: dict[str, Job] = {}
        self._tally: Tally | None = None
        self._job_id = ""
        self._last: Outcome | None = None
        self._problems: tuple[UnindexedFile, ...] = ()

    def start(self, kind: str = UPDATE) -> Job:
        """Start an update, or a rebuild that reads every file again. Returns its job.

        If one of the kind is still waiting to start, that job is returned.
        """
        self._access.require_write()
        with self._lock:
            if kind not in self._waiting:
                self._waiting[kind] = self._jobs.start(kind, self._work, full=kind == REBUILD)
            return self._waiting[kind]

    def start_below(self, kind: str, folder: str) -> Job:
        """As ``start``, of one folder of the library and those below it.

        Raises InvalidRequest if it is not in the library, Conflict if its drive is not connected.
        """
        self._access.require_write()
        if not self.library.holds(folder):
            raise InvalidRequest("This folder is not in the library: add it first.")
        if self.library.is_unplugged(paths.to_text(folder)):
            raise Conflict("The drive of this folder is not connected: nothing can be read there.")
        return self._jobs.start(kind, self._work, full=kind == REBUILD, below=paths.to_text(folder))

    def update(self, kind: str = UPDATE) -> Job:
        """``start`` an update and wait for its end."""
        return self._jobs.wait(self.start(kind).job_id)

    def cancel(self) -> bool:
        """Cancel the updates that run and that wait, of every server over the database. Returns whether
        there was one.

        What was indexed stays, and the next update continues from there.
        """
        return self._jobs.cancel_all((UPDATE, REBUILD))

    def _cancel_own(self) -> bool:
        """Cancel the running update of this process and those that wait."""
        was_running = False
        with self._lock:
            job_ids = {self._job_id, *(job.job_id for job in self._waiting.values())} - {""}
        for job_id in job_ids:
            try:
                was_running |= self._jobs.cancel(job_id).is_running
            except NotFound:
                continue
        return was_running

    @contextmanager
    def paused(self, raise_if_cancelled: Callback) -> Iterator[None]:
        """Inside the context no update runs. One that ran or waited is cancelled and started again
        afterwards.
        """
        was_running = self._cancel_own()
        while not self._update_lock.acquire(timeout=0.2):
            raise_if_cancelled()
        try:
            yield
        finally:
            self._update_lock.release()
        if was_running:
            self.start()

    @property
    def status(self) -> Status:
        """The status of the present update; idle if there is none."""
        tally = self._tally
        return tally.snapshot() if tally else Status()

    @property
    def is_updating(self) -> bool:
        """Whether an update of the library runs now."""
        return self._tally is not None

    @property
    def job_id(self) -> str:
        """The job id of the present update, or ""."""
        return self._job_id

    @property
    def problems(self) -> tuple[UnindexedFile, ...]:
        """Files that could not be indexed, at most ``MAX_PROBLEMS``: those of the present update if
        it has any, else those known from earlier ones.
        """
        tally = self._tally
        return tuple(tally.problems) if tally and tally.problems else self._problems

    @property
    def last(self) -> Outcome | None:
        """The outcome of the last finished update."""
        return self._last

    def update_folders(
        self, tops: Iterable[str], raise_if_cancelled: Callback = _do_nothing
    ) -> Outcome:
        """Update the index of these folders and their subfolders now.

        What was written before ``raise_if_cancelled`` raises stays.
        """
        tally, tops = Tally(), tuple(tops)
        plan = update_plan.make(
            self._db,
            self.library,
            tops,
            full=False,
            raise_if_cancelled=raise_if_cancelled,
            on_files=lambda _count: None,
        )
        self._make_update(tally, raise_if_cancelled).carry_out(plan)
        self._store_problems(tally, lambda path: any(paths.is_under(path, top) for top in tops))
        return tally.outcome()

    def find_folders(self, paths_on_disk: Iterable[str]) -> set[str]:
        """Those of the paths that are indexed folders or hold one."""
        by_text: dict[str, str] = {paths.to_text(path): path for path in paths_on_disk}
        with self._db.read() as conn:
            return {by_text[text] for text in folders.find_holding(conn, by_text)}

    def update_files(
        self,
        files: Iterable[str],
        *,
        forced: frozenset[str] = frozenset(),
        raise_if_cancelled: Callback = _do_nothing,
    ) -> list[str]:
        """Update the index of single files now. Returns those that are still being written.

        Files in ``forced`` are read even if they are unchanged. What was written before
        ``raise_if_cancelled`` raises stays.
        """
        tally, files = Tally(), tuple(files)
        plan = update_plan.make_for_files(self._db, self.library, files, forced=forced)
        # A few files are read in this thread: in the pool they would wait behind those of an
        # update.
        is_pooled = sum(map(len, plan.reads)) > _FEW
        unfinished = self._make_update(tally, raise_if_cancelled, is_pooled=is_pooled).carry_out(
            plan
        )
        self._store_problems(tally, frozenset(files).__contains__)
        return unfinished

    def _store_problems(self, tally: Tally, is_updated: Callable[[str], bool]) -> None:
        """Keep the problems of an update in place of earlier ones of the files that it updated."""
        with self._lock:
            others = [problem for problem in self._problems if not is_updated(problem.path)]
            self._problems = (*tally.problems, *others)[:MAX_PROBLEMS]

    def update_edited(self, files: Iterable[str]) -> None:
        """Update the index of files whose content the program changed; those outside of the library
        are skipped.
        """
        own = [path for path in files if self.library.holds(path)]
        if own:
            self.update_files(own)

    def index_saved(self, path: str, prepare: Callback = _do_nothing) -> None:
        """Index a file that the host has just saved, in any folder, in the background.

        ``prepare`` is called first, in the background thread.
        """
        self._saved_files.submit(lambda: self._index_saved(path, prepare))

    def _index_saved(self, path: str, prepare: Callback) -> None:
        try:
            prepare()
            real = paths.real(path)
            if not scan.is_media(os.path.basename(real)) or self._access.is_own(real):
                return
            for _ in range(_RETRIES):
                if not self.update_files([real]) or self._ending.wait(_SAVED_RETRY_S):
                    return
        except Exception:  # a thread's edge; the watcher or the next update will find the file
            logger.exception("a picture that was just saved is not indexed yet: %s", path)

    def close(self) -> None:
        """End the reading threads. Jobs must have ended before."""
        self._ending.set()
        self._saved_files.close()
        self._readers.close()

    def _work(self, progress: Progress, *, full: bool, below: str = "") -> dict[str, Any]:
        """The work of a job; ``below``: only this folder, as text, and those below it."""
        top = paths.from_text(below)
        try:
            with progress.waiting("another update of the index"):
                while not self._update_lock.acquire(timeout=0.2):
                    progress.check()
        finally:
            if not top:
                with self._lock:
                    self._waiting.pop(REBUILD if full else UPDATE)
        try:
            self._job_id = progress.job_id
            tally = self._tally = Tally()
            self.meet_roots()
            with self._db.indexing(self._folders_of(top), lambda: self._wait_for_others(progress)):
                self._update(tally, progress, full, top)
            self._store_problems(tally, lambda path: not top or paths.is_under(path, top))
            outcome = tally.outcome()
            if not top:
                self._last = outcome
            return asdict(outcome)
        finally:
            self._tally, self._job_id = None, ""
            self._update_lock.release()

    def _folders_of(self, top: str) -> list[str]:
        """What an update is about, as text: one folder or all roots."""
        return [paths.to_text(folder) for folder in ([top] if top else self.library.roots)]

    def _wait_for_others(self, progress: Progress) -> None:
        with progress.waiting("another server, which updates the index of these folders"):
            progress.sleep(_OTHERS_PAUSE_S)

    def _update(self, tally: Tally, progress: Progress, full: bool, top: str) -> None:
        def on_files(count: int) -> None:
            tally.advance(count)
            on_progress()

        def on_progress() -> None:
            status = tally.snapshot()
            progress.update(stage=status.stage, done=status.done, total=status.total)

        tally.enter(SCANNING)
        self.library.note_mounts()
        plan = update_plan.make(
            self._db,
            self.library,
            [top] if top else None,
            full=full,
            raise_if_cancelled=progress.check,
            on_files=on_files,
        )
        unfinished = self._make_update(tally, progress.check, on_progress).carry_out(plan)
        for _ in range(_RETRIES):
            if not unfinished:
                return
            progress.sleep(_RETRY_AFTER_S)
            plan = update_plan.make_for_files(self._db, self.library, unfinished)
            unfinished = self._make_update(tally, progress.check, on_progress).carry_out(plan)
        for path in unfinished:
            tally.fail(path, STILL_WRITTEN)
        metadata.forget()

    def meet_roots(self) -> None:
        """Update the real paths of roots whose drive came back or whose link leads elsewhere now.

        If only the case of a path changed, its rows get the new spelling. Rows of a folder that is
        no root any more are removed; their marks are kept.
        """
        for before, now in self.library.meet_roots():
            if os.path.normcase(before) == os.path.normcase(now):
                with self._db.write() as conn:
                    relocate_library.relocate(conn, paths.to_text(before), paths.to_text(now))
            elif os.path.isdir(before) and not self._is_mapped(before):
                self._forget_below(before)

    def _is_mapped(self, top: str) -> bool:
        """Whether a folder is, or is in, one that other servers may see elsewhere."""
        return any(paths.is_under(top, root.real) for root in self._db.mapped)

    def _forget_below(self, top: str) -> None:
        """Remove the rows below a folder that are below no root, and keep their marks."""
        with self._db.read() as conn:
            folder_ids = folders.find_under(conn, [paths.to_text(top)])
            folder_ids -= folders.find_under(conn, map(paths.to_text, self.library.roots))
        while True:
            with self._db.write() as conn:
                ids = scan_rows.load_some_ids(conn, folder_ids, _FORGOTTEN_ROWS)
                marks.keep(conn, marks.collect(conn, ids))
                images.remove_many(conn, ids)
            if len(ids) < _FORGOTTEN_ROWS:
                return

    def _make_update(
        self,
        tally: Tally,
        raise_if_cancelled: Callback,
        on_progress: Callback = _do_nothing,
        *,
        is_pooled: bool = True,
    ) -> Update:
        return Update(
            self._db,
            self._readers if is_pooled else None,
            self.library,
            self._rules(),
            tally,
            raise_if_cancelled=raise_if_cancelled,
            on_progress=on_progress,
        )

    def _rules(self) -> tuple[autotag.Rule, ...]:
        with self._db.read() as conn:
            stored = settings.get_all(conn).get(RULES_SETTING)
        try:
            return autotag.parse_rules(stored) if stored else ()
        except InvalidRequest as exc:
            logger.warning("autotag rules are not applied: %s", exc)
            return ()
