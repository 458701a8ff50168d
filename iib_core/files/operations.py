"""Operations: every change of files on the disk.

Planned whole, written to the journal, done, recorded; taken back where it can be.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from iib_core.access import Access
from iib_core.db import operations as journal
from iib_core.db import resolved
from iib_core.db.engine import Database
from iib_core.db.operations import Operation
from iib_core.db.resolved import Pair
from iib_core.errors import AccessDenied, Conflict, IIBError, NotFound
from iib_core.files import contents, record
from iib_core.files.disk import Disk
from iib_core.files.drafts import Drafter
from iib_core.files.executor import Executor, Halted, Outcome, Stopped
from iib_core.files.plan import CLEAR, MAKE, Failure, Moved, Plan, Step
from iib_core.files.presence import Presence
from iib_core.files.trash import Trash
from iib_core.jobs import Cancelled, Jobs, Progress
from iib_core.paths import is_under, to_text

logger = logging.getLogger(__name__)

_TELL_EVERY_S = 0.05


@dataclass(frozen=True)
class Result:
    """What an operation did: of what was asked for, where each went and what could not be done.

    ``operation_id`` is None where nothing was changed.
    """

    operation_id: str | None
    done: list[Moved] = field(default_factory=list)
    errors: list[Failure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


class Operations:
    """Changes files and keeps the index in step.

    Many may run at a time: no step can overwrite what another one made.

    ``delete_mode``: trash (ours), system (the operating system's) or permanent.
    """

    def __init__(
        self,
        db: Database,
        access: Access,
        data_dir: str,
        *,
        delete_mode: str = "trash",
        disk: Disk | None = None,
    ) -> None:
        self._db = db
        self._access = access
        self._delete_mode = delete_mode
        self._disk = disk or Disk()
        self._disk.hold_to(access)
        self.trash = Trash(db, self._disk, access)
        self._presence = Presence(data_dir)
        self._idle = threading.Condition()
        self._running = 0
        self._closing = False

    def delete(self, asked: Sequence[str], progress: Progress | None = None) -> Result:
        """Delete files and empty folders, each as far as it can be.

        Raises the failure where nothing could be deleted.
        """
        name = new_id()
        plan = self._drafter().delete(asked, self._delete_mode, name)
        result = self._run(
            "delete", plan, strict=False, undoable=self._delete_mode == "trash", progress=progress, name=name
        )
        if self.trash.is_due():
            self.trash.expire()
        if result.errors and not result.done:
            raise result.errors[0].error
        return result

    def resolve(self, pairs: Sequence[Pair], progress: Progress | None = None) -> Result:
        """Put the victims into our own trash, whatever ``delete_mode`` says, and give their marks to the
        files that are kept.

        Each is looked at just before it goes: where it is another name of the file that is kept, or
        does not hold the same bytes although it must, it stays and is told in the errors.
        """
        name = new_id()
        plan = self._drafter().delete([pair.victim for pair in pairs], "trash", name)
        result = self._run("resolve", plan, strict=False, progress=progress, name=name, pairs=pairs)
        if self.trash.is_due():
            self.trash.expire()
        return result

    def move(
        self,
        asked: Sequence[str],
        dest: str,
        *,
        create: bool = False,
        lenient: bool = False,
        on_conflict: str = "error",
        progress: Progress | None = None,
    ) -> Result:
        """Move files and folders into a folder; all or none unless ``lenient``."""
        plan = self._drafter().move(asked, dest, create=create, on_conflict=on_conflict)
        return self._run("move", plan, strict=not lenient, progress=progress, place=dest)

    def copy(
        self,
        asked: Sequence[str],
        dest: str,
        *,
        create: bool = False,
        lenient: bool = False,
        on_conflict: str = "error",
        progress: Progress | None = None,
    ) -> Result:
        """Copy files and folders into a folder; all or none unless ``lenient``."""
        plan = self._drafter().copy(asked, dest, create=create, on_conflict=on_conflict)
        return self._run("copy", plan, strict=not lenient, progress=progress, place=dest)

    def rename(self, path: str, name: str) -> Result:
        """Give a file or folder another name; ``name`` was checked before. Its own name changes nothing."""
        if os.path.basename(path) == name:
            return Result(None, [Moved(path, path)])
        return self._run("rename", self._drafter().rename(path, name), strict=True, place=f"{path} -> {name}")

    def plan_pairs(
        self, moves: Sequence[tuple[str, str]], *, on_conflict: str = "error", is_move: bool = True
    ) -> Plan:
        """What ``move_pairs`` would do."""
        return self._drafter().pairs(moves, on_conflict=on_conflict, is_move=is_move)

    def move_pairs(
        self,
        moves: Sequence[tuple[str, str]],
        *,
        kind: str,
        lenient: bool = False,
        on_conflict: str = "error",
        progress: Progress | None = None,
        is_move: bool = True,
        halts: bool = False,
        name: str = "",
        place: str = "",
        expected: Mapping[str, tuple[int, int]] | None = None,
    ) -> Result:
        """Move or copy each file into its own folder: (path of the file, folder); the folders are
        made where they are missing. All of it is one operation.

        ``expected``: size and mtime_ns by path; a file that is another one by now is a failure.
        ``halts``: what was done when it is cancelled stays, and can be undone; without, it is taken
        back. ``name``: an id from ``new_id``.
        """
        plan = self._drafter().pairs(moves, on_conflict=on_conflict, is_move=is_move, expected=expected)
        return self._run(
            kind, plan, strict=not lenient, progress=progress, halts=halts, name=name, place=place
        )

    def find(self, operation_id: str) -> Operation | None:
        """The operation with this id."""
        with self._db.read() as conn:
            return journal.find(conn, operation_id)

    def plan_flatten(self, folder: str, *, on_conflict: str = "error") -> Plan:
        """What ``flatten`` would do."""
        return self._drafter().flatten(folder, on_conflict=on_conflict)

    def flatten(self, folder: str, *, on_conflict: str = "error", progress: Progress | None = None) -> Result:
        """Move all files below a folder into it, all or none; the folders that are empty then are removed."""
        return self._run(
            "flatten",
            self.plan_flatten(folder, on_conflict=on_conflict),
            strict=True,
            progress=progress,
            place=folder,
        )

    def edit(self, path: str, write: Callable[[str], None]) -> Result:
        """Give a file new bytes: ``write`` writes them to the new file that it is told.

        Those of before are kept in the trash, to be taken back.
        """
        name = new_id()
        plan = self._drafter().edit(path, name)

        def write_and_note(step: Step) -> None:
            write(self._disk.path_to(step.source))
            entry = self._disk.find(step.source)
            if entry is None:
                raise Conflict(f"The new content of '{to_text(path)}' was not written.")
            with self._db.write() as conn:
                journal.note_written(
                    conn, name, plan.steps.index(step), entry.size_bytes, entry.mtime_ns, entry.inode
                )

        return self._run("edit", plan, strict=True, name=name, place=path, write=write_and_note)

    def make_folder(self, folder: str) -> Result:
        """Make a folder and those above it; one that is there already is fine."""
        return self._run("mkdirs", self._drafter().make_folder(folder), strict=True, place=folder)

    def undo(self, operation_id: str, progress: Progress | None = None) -> Result:
        """Take an operation back, all of it.

        Raises NotFound, and Conflict with the reason where it cannot be taken back.
        """
        with self._db.read() as conn:
            operation = journal.find(conn, operation_id)
            if operation is None:
                raise NotFound(f"There is no operation '{operation_id[:64]}'.")
            _require_undoable(operation)
            steps = _done_steps(operation, [Step(*row) for row in journal.load_steps(conn, operation_id)])
        name = new_id()
        plan = self._drafter().undo(steps, name)
        for folder in {
            os.path.dirname(path) for step in plan.steps for path in (step.source, step.target) if path
        }:
            self._require_access(folder)
        return self._run(
            "undo", plan, strict=True, undoable=False, progress=progress, name=name, undoes=operation_id
        )

    def list_newest(self, limit: int) -> list[Operation]:
        """The last operations, newest first."""
        with self._db.read() as conn:
            return journal.list_newest(conn, limit)

    def announce(self) -> None:
        """Let other processes see that this one runs over the data folder; where nothing can
        be written there, they do not.
        """
        try:
            logger.debug("this process is %s", self._presence.name)
        except OSError as exc:
            logger.warning("other programs cannot see that we use the data folder: %s", exc.strerror or exc)

    def recover(self) -> int:
        """Finish what a process that is gone left unfinished, or take it back where it cannot be finished.

        Returns how many operations that were.
        """
        with self._db.read() as conn:
            left = [
                operation
                for operation in journal.list_in_state(conn, journal.RUNNING)
                if not self._presence.is_alive(operation.owner)
            ]
        for operation in reversed(left):
            with self._db.read() as conn:
                steps = [Step(*row) for row in journal.load_steps(conn, operation.id)]
                pairs = resolved.load(conn, operation.id)
            if self._is_offline(steps):
                logger.warning(
                    "operation %s (%s) was interrupted, and its drive is not there: left for the next start",
                    operation.id,
                    operation.kind,
                )
                continue
            check = _checking(pairs)
            executor = Executor(self._disk, operation.id, strict=operation.strict, resume=True, check=check)
            outcome = executor.run(steps, lambda _done: None)
            self._record(operation, steps, outcome, len(_changes(steps, outcome)), recovered=True)
            logger.warning(
                "operation %s (%s) had been interrupted: %s",
                operation.id,
                operation.kind,
                record.recovery_message(outcome),
            )
        return len(left)

    def start_expiring(self, jobs: Jobs) -> None:
        """Empty what has been in the trash for long enough, in the background; nothing is started
        where there is nothing to do.
        """
        if self.trash.is_due():
            jobs.start("expire_trash", lambda _progress: self.trash.expire())

    def close(self) -> None:
        """Let running operations take back what they did, and wait for them."""
        with self._idle:
            self._closing = True
            self._idle.wait_for(lambda: self._running == 0)
        self._presence.close()

    def _require_access(self, folder: str) -> None:
        if not (self._access.allows(folder) and self._access.allows_link(folder)):
            raise AccessDenied(
                "This operation changed files outside of the library's folders: it cannot be taken back "
                "from here."
            )

    def _is_offline(self, steps: Sequence[Step]) -> bool:
        offline = [root.real for root in self._access.roots if not root.online]
        return any(
            is_under(path, root)
            for root in offline
            for step in steps
            for path in (step.source, step.target)
            if path
        )

    def _drafter(self) -> Drafter:
        return Drafter(self._disk, self._access)

    def _run(
        self,
        kind: str,
        plan: Plan,
        *,
        strict: bool,
        undoable: bool = True,
        progress: Progress | None = None,
        name: str = "",
        undoes: str | None = None,
        place: str = "",
        write: Callable[[Step], None] | None = None,
        halts: bool = False,
        pairs: Sequence[Pair] = (),
    ) -> Result:
        if plan.problems and strict:
            raise _first_of(plan.problems)
        if not any(plan.groups.values()) and undoes is None:
            return Result(None, [], plan.problems, plan.skipped)
        operation = Operation(
            name or new_id(),
            kind,
            journal.RUNNING,
            self._presence.name,
            time.time_ns(),
            0,
            strict,
            undoable,
            undoes,
            record.trashed_bytes(plan.steps),
            to_text(place),
        )
        with self._while_running():
            with self._db.write() as conn:
                journal.add(conn, operation, plan.steps)
                resolved.add(conn, operation.id, pairs)
            check = _checking(pairs)
            outcome = Executor(self._disk, operation.id, strict=strict, write=write, check=check).run(
                plan.steps, self._ticker(len(plan.steps), progress, halts=halts)
            )
            finished = {plan.steps[at].group for at in outcome.done} - outcome.failures.keys()
            done = [moved for group, asked in plan.groups.items() if group in finished for moved in asked]
            self._record(operation, plan.steps, outcome, len(done) or _made(plan, outcome))
        if progress is not None and 0 in outcome.failures:
            progress.check()
        if outcome.failures and (strict or (0 in outcome.failures and not done)):
            raise record.with_reason(next(iter(outcome.failures.values())), outcome)
        errors = [
            Failure(moved.source, error, moved.target)
            for group, error in outcome.failures.items()
            for moved in plan.groups.get(group, [])
        ]
        return Result(operation.id, done, plan.problems + errors, plan.skipped)

    @contextmanager
    def _while_running(self) -> Iterator[None]:
        with self._idle:
            if self._closing:
                raise Conflict("The program is about to end: nothing new can be started.")
            self._running += 1
        try:
            yield
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def _ticker(self, total: int, progress: Progress | None, *, halts: bool) -> Callable[[int], None]:
        if progress is not None:
            progress.update(total=total)
        told_at = 0.0

        def tick(done: int) -> None:
            nonlocal told_at
            if self._closing:
                raise Halted if halts else Stopped
            if progress is not None:
                now = time.monotonic()
                if (
                    now - told_at > _TELL_EVERY_S or done >= total
                ):  # to tell of each file would cost as much as to move it
                    told_at = now
                    progress.update(done=done)
                try:
                    progress.check()
                except Cancelled as exc:
                    raise (Halted if halts else Stopped) from exc

        return tick

    def _record(
        self,
        operation: Operation,
        steps: Sequence[Step],
        outcome: Outcome,
        count: int,
        *,
        recovered: bool = False,
    ) -> None:
        """Write how it ended, and bring the index in step, in one transaction."""
        done = [step for at, step in enumerate(steps) if at in outcome.done]
        state = journal.DONE if done or not (outcome.failures or outcome.halted) else journal.FAILED
        message = (
            record.recovery_message(outcome) if recovered else str(next(iter(outcome.failures.values()), ""))
        )
        summary = record.summarise(operation.kind, count, operation.summary)
        left = [at for at in range(len(steps)) if at not in outcome.done]
        with self._db.write() as conn:
            if operation.kind == "resolve":
                resolved.give_marks(conn, operation.id, [step.source for step in done])
            record.move_rows(conn, done, operation.created_ns)
            for at, entry in outcome.retimed.items():
                journal.note_written(conn, operation.id, at, entry.size_bytes, entry.mtime_ns, entry.inode)
            undoable = operation.undoable and state == journal.DONE
            journal.finish(
                conn,
                operation.id,
                state,
                count=count,
                undoable=undoable,
                summary=summary,
                message=message,
                left_steps=left,
            )
            if operation.undoes is not None and state == journal.DONE:
                journal.set_state(conn, operation.undoes, journal.UNDONE)
                resolved.take_marks_back(conn, operation.undoes)


def _checking(pairs: Sequence[Pair]) -> Callable[[Step], None] | None:
    """What looks at each victim just before it goes; None where nothing is resolved."""
    keepers = {pair.victim: pair for pair in pairs}

    def check(step: Step) -> None:
        if step.source in keepers:
            contents.require_duplicate(*keepers[step.source])

    return check if keepers else None


def new_id() -> str:
    """An id that sorts by time and is in no trash yet, also where the database was begun anew."""
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + secrets.token_hex(4)


def _done_steps(operation: Operation, steps: Sequence[Step]) -> list[Step]:
    left = set(operation.left_steps)
    return [step for at, step in enumerate(steps) if at not in left]


def _require_undoable(operation: Operation) -> None:
    reasons = {
        journal.RUNNING: "is still running",
        journal.FAILED: "changed nothing",
        journal.UNDONE: "was taken back before",
        journal.EMPTYING: "cannot be taken back: its trash was emptied",
        journal.EMPTIED: "cannot be taken back: its trash was emptied",
    }
    if operation.state in reasons:
        raise Conflict(f"This operation {reasons[operation.state]}.")
    if not operation.undoable:
        raise Conflict(
            "This operation cannot be taken back: it is an undo itself, or its files were not put into "
            "the trash of the library."
        )


def _changes(steps: Sequence[Step], outcome: Outcome) -> list[Step]:
    return [step for at, step in enumerate(steps) if at in outcome.done and step.kind not in (MAKE, CLEAR)]


def _made(plan: Plan, outcome: Outcome) -> int:
    return sum(plan.steps[at].kind == MAKE and plan.steps[at].group != 0 for at in outcome.done)


def _first_of(problems: Sequence[Failure]) -> IIBError:
    """The first problem, and how many more there are."""
    first = problems[0].error
    others = len(problems) - 1
    return (
        type(first)(f"{first} {others} more could not be done either; nothing was changed.")
        if others
        else first
    )
