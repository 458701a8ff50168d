"""Indexer: keeps the index in step with the disk, by whole updates and by single files that a watcher saw."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from iib_core import paths
from iib_core.access import Access
from iib_core.db import folders, prefixes, settings
from iib_core.db.engine import Database
from iib_core.errors import InvalidRequest, NotFound
from iib_core.index import autotag, scan, update_plan
from iib_core.index.status import MOST_NAMED, SCANNING, Outcome, Problem, Status, Tally
from iib_core.index.update import STILL_WRITTEN, Readers, Run
from iib_core.jobs import Job, Jobs, Progress
from iib_core.workers import Workers

logger = logging.getLogger(__name__)

UPDATE, REBUILD = "index_update", "index_rebuild"
RULES_SETTING = "autotag_rules"
# Files that were being written when they were read get this many more chances.
_RETRIES = 3
_RETRY_AFTER_S = 0.7
_SAVED_RETRY_S = 0.2
_FEW = 100

Check = Callable[[], None]


def _go_on() -> None:
    """A check that never ends anything."""


class Indexer:
    """Updates run one at a time, each as a job; the few files of a watcher are written in between."""

    def __init__(self, db: Database, access: Access, jobs: Jobs, data_dir: str) -> None:
        self.library = update_plan.Library(access, data_dir)
        self._db = db
        self._access = access
        self._jobs = jobs
        self._readers = Readers()
        self._saved = Workers("iib-saved", 1)
        self._ending = threading.Event()
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._waiting: dict[str, Job] = {}
        self._tally: Tally | None = None
        self._job_id = ""
        self._last: Outcome | None = None
        self._problems: tuple[Problem, ...] = ()

    def start(self, kind: str = UPDATE) -> Job:
        """Begin an update, or a rebuild that reads every file again.

        One that waits for its turn already serves both callers.
        """
        self._access.require_write()
        with self._lock:
            if kind not in self._waiting:
                self._waiting[kind] = self._jobs.start(kind, self._work, full=kind == REBUILD)
            return self._waiting[kind]

    def update(self, kind: str = UPDATE) -> Job:
        """The same, and wait for its end."""
        return self._jobs.wait(self.start(kind).job_id)

    def cancel(self) -> bool:
        """End what runs and what waits; whether there was anything.

        What was indexed stays, the next update goes on from there.
        """
        found = False
        with self._lock:
            job_ids = {self._job_id, *(job.job_id for job in self._waiting.values())} - {""}
        for job_id in job_ids:
            try:
                found |= self._jobs.cancel(job_id).is_running
            except NotFound:
                continue
        return found

    @contextmanager
    def standing_still(self, check: Callable[[], None]) -> Iterator[None]:
        """No update runs inside; one that ran or waited is ended, and begun again afterwards.

        ``check`` may raise to give up waiting.
        """
        was_running = self.cancel()
        while not self._turn.acquire(timeout=0.2):
            check()
        try:
            yield
        finally:
            self._turn.release()
        if was_running:
            self.start()

    @property
    def status(self) -> Status:
        """How far the present update is; idle where there is none."""
        tally = self._tally
        return tally.snapshot() if tally else Status()

    @property
    def job_id(self) -> str:
        """The job of the present update, "" where there is none."""
        return self._job_id

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Files that could not be taken in, at most 100: those of the present update, else those
        that are known of.
        """
        tally = self._tally
        return tuple(tally.problems) if tally and tally.problems else self._problems

    @property
    def last(self) -> Outcome | None:
        """What the last finished update did."""
        return self._last

    def update_folders(self, tops: Iterable[str], check: Check = _go_on) -> Outcome:
        """Bring these folders, and all below them, up to date now.

        ``check`` may raise to end it; what was written until then stays.
        """
        tally, tops = Tally(), tuple(tops)
        made = update_plan.make(self._db, self.library, tops, full=False, check=check, tell=lambda _: None)
        self._run(tally, check).carry_out(made)
        self._note(tally, lambda path: any(paths.is_under(path, top) for top in tops))
        return tally.outcome()

    def find_folders(self, paths_on_disk: Iterable[str]) -> set[str]:
        """Those of the paths that the index knows as folders, or as holding some."""
        by_text = {paths.to_text(path): path for path in paths_on_disk}
        with self._db.read() as conn:
            return {by_text[text] for text in folders.find_holding(conn, by_text)}

    def update_files(
        self, files: Iterable[str], *, forced: frozenset[str] = frozenset(), check: Check = _go_on
    ) -> list[str]:
        """Bring single files up to date now.

        Returns those that are still being written; ``forced`` ones are read even if they are as
        they were. ``check`` may raise to end it; what was written until then stays.
        """
        tally, files = Tally(), tuple(files)
        made = update_plan.make_for_files(self._db, files, forced=forced)
        # A few are read here: in the pool they would wait behind all that an update has in front of them.
        run = self._run(tally, check, pooled=sum(map(len, made.reads)) > _FEW)
        unfinished = run.carry_out(made)
        self._note(tally, frozenset(files).__contains__)
        return unfinished

    def _note(self, tally: Tally, concerns: Callable[[str], bool]) -> None:
        """Remember what could not be taken in; whatever was known of the files that this was about is over."""
        with self._lock:
            others = [problem for problem in self._problems if not concerns(problem.path)]
            self._problems = (*tally.problems, *others)[:MOST_NAMED]

    def look_again(self, files: Iterable[str]) -> None:
        """Bring files up to date now whose content we have changed ourselves, as far as they are of
        the library.
        """
        own = [path for path in files if self.library.holds(path)]
        if own:
            self.update_files(own)

    def notice(self, path: str, prepare: Callable[[], None] = lambda: None) -> None:
        """Index a file that somebody has just saved, in the background and whatever folder it is
        in; costs the caller next to nothing.

        ``prepare`` is called before, there.
        """
        self._saved.submit(lambda: self._take_in(path, prepare))

    def _take_in(self, path: str, prepare: Callable[[], None]) -> None:
        try:
            prepare()
            real = paths.real(path)
            if not scan.is_media(os.path.basename(real)) or self._access.is_own(real):
                return
            for _ in range(_RETRIES):
                if not self.update_files([real]) or self._ending.wait(_SAVED_RETRY_S):
                    return
        except Exception:  # a thread's edge; the watch, or the next update, finds the file all the same
            logger.exception("a picture that was just saved is not indexed yet: %s", path)

    def close(self) -> None:
        """End the threads that read. Jobs must have ended before."""
        self._ending.set()
        self._saved.close()
        self._readers.close()

    def _work(self, progress: Progress, *, full: bool) -> dict[str, Any]:
        """The work of a job."""
        try:
            with progress.waiting("another update of the index"):
                while not self._turn.acquire(timeout=0.2):
                    progress.check()
        finally:
            with self._lock:
                job = self._waiting.pop(REBUILD if full else UPDATE)
        try:
            self._job_id = job.job_id
            tally = self._tally = Tally()
            self._update(tally, progress, full)
            self._last = tally.outcome()
            self._note(tally, lambda _: True)
            return asdict(self._last)
        finally:
            self._tally, self._job_id = None, ""
            self._turn.release()

    def _update(self, tally: Tally, progress: Progress, full: bool) -> None:
        def scanned(count: int) -> None:
            tally.advance(count)
            tell()

        def tell() -> None:
            status = tally.snapshot()
            progress.update(stage=status.stage, done=status.done, total=status.total)

        tally.enter(SCANNING)
        self.meet_roots()
        self.library.note_mounts()
        made = update_plan.make(self._db, self.library, None, full=full, check=progress.check, tell=scanned)
        unfinished = self._run(tally, progress.check, tell).carry_out(made)
        for _ in range(_RETRIES):
            if not unfinished:
                return
            progress.sleep(_RETRY_AFTER_S)
            unfinished = self._run(tally, progress.check, tell).carry_out(
                update_plan.make_for_files(self._db, unfinished)
            )
        for path in unfinished:
            tally.fail(path, STILL_WRITTEN)

    def meet_roots(self) -> None:
        """Follow roots whose drive has come back, or whose folder is now spelled in another case:
        their rows stay theirs.
        """
        for before, now in self.library.meet_roots():
            if os.path.normcase(before) == os.path.normcase(now):
                with self._db.write() as conn:
                    prefixes.relocate(conn, paths.to_text(before), paths.to_text(now))

    def _run(
        self, tally: Tally, check: Check, tell: Callable[[], None] = _go_on, *, pooled: bool = True
    ) -> Run:
        return Run(
            self._db,
            self._readers if pooled else None,
            self.library,
            self._rules(),
            tally,
            check=check,
            tell=tell,
        )

    def _rules(self) -> tuple[autotag.Rule, ...]:
        with self._db.read() as conn:
            stored = settings.get_all(conn).get(RULES_SETTING)
        try:
            return autotag.parse_rules(stored) if stored else ()
        except InvalidRequest as exc:
            logger.warning("autotag rules are not applied: %s", exc)
            return ()
