"""Runner: writes an operation to the journal, carries out its plan and records the outcome."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from iib_core.access import Access
from iib_core.db import journal, resolved
from iib_core.db.engine import Database
from iib_core.db.journal import Operation, Step
from iib_core.db.resolved import Pair
from iib_core.errors import Conflict, IIBError, NameTaken
from iib_core.files import contents, index_sync
from iib_core.files.disk import Disk
from iib_core.files.executor import CancelAndKeep, CancelAndUndo, Executor, Outcome
from iib_core.files.plan import CLEAR, MAKE, Failure, Moved, Plan
from iib_core.files.process_lock import ProcessLock
from iib_core.files.spec import OnFailure, OperationSpec
from iib_core.jobs import Cancelled, Progress
from iib_core.paths import is_under, to_text

logger = logging.getLogger(__name__)

# Reporting each file would cost as much as moving it.
_REPORT_EVERY_S = 0.05


@dataclass(frozen=True)
class Result:
    """What an operation did: the files asked for that moved, and the failures.

    ``operation_id`` is None if nothing was changed. ``replaced``: paths of files that are in the
    trash now, because others took their names.
    """

    operation_id: str | None
    done: list[Moved] = field(default_factory=list)
    errors: list[Failure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)


def planned(plan: Plan) -> Result:
    """What a plan would do."""
    moves = [moved for group in plan.groups.values() for moved in group]
    replaced = [path for group in plan.replaced.values() for path in group]
    return Result(None, moves, plan.problems, plan.skipped, replaced)


class Runner:
    """Carries out plans, and recovers operations that a crash interrupted."""

    def __init__(self, db: Database, disk: Disk, access: Access, process_lock: ProcessLock) -> None:
        self._db = db
        self._disk = disk
        self._access = access
        self._process_lock = process_lock
        self._idle = threading.Condition()
        self._running = 0
        self._closing = False

    def run(self, spec: OperationSpec, plan: Plan, progress: Progress | None = None) -> Result:
        """Carry out a plan.

        With ``OnFailure.UNDO_ALL`` a problem of the plan is raised before anything is changed, and
        a failing step is raised after the others were undone. Raises Cancelled after a
        cancellation.
        """
        is_strict = spec.on_failure is OnFailure.UNDO_ALL
        if plan.problems and is_strict:
            raise _refusal_of(plan)
        if not any(plan.groups.values()) and spec.undoes is None:
            return Result(None, [], plan.problems, plan.skipped)
        operation = self._describe(spec, plan)
        with self._while_running():
            with self._db.write() as conn:
                journal.add(conn, operation, plan.steps)
                resolved.add(conn, operation.id, spec.pairs)
            require = _duplicates_required(spec.pairs)
            executor = Executor(
                self._disk, operation.id, strict=is_strict, write=spec.write, require=require
            )
            outcome = executor.run(
                plan.steps, self._progress_callback(len(plan.steps), progress, spec.on_failure)
            )
            done = _done_of(plan, outcome)
            self._record(operation, plan.steps, outcome, len(done) or _count_made(plan, outcome))
        if progress is not None and 0 in outcome.failures:
            progress.check()
        if outcome.failures and (is_strict or (0 in outcome.failures and not done)):
            raise index_sync.with_reason(next(iter(outcome.failures.values())), outcome)
        return Result(
            operation.id,
            done,
            plan.problems + _errors_of(plan, outcome),
            plan.skipped,
            _replaced_by(plan, outcome),
        )

    def recover(self) -> int:
        """Finish, or else undo, the operations that dead processes left unfinished. Returns their
        number.
        """
        with self._db.read() as conn:
            left = [
                operation
                for operation in journal.list_in_state(conn, journal.RUNNING)
                if not self._process_lock.is_alive(operation.owner)
            ]
        for operation in reversed(left):
            self._recover(operation)
        return len(left)

    def close(self) -> None:
        """Cancel running operations and wait for their end."""
        with self._idle:
            self._closing = True
            self._idle.wait_for(lambda: self._running == 0)

    def _describe(self, spec: OperationSpec, plan: Plan) -> Operation:
        return Operation(
            id=spec.operation_id,
            kind=spec.kind,
            state=journal.RUNNING,
            owner=self._process_lock.name,
            created_ns=time.time_ns(),
            count=0,
            strict=spec.on_failure is OnFailure.UNDO_ALL,
            undoable=spec.undoable,
            undoes=spec.undoes,
            trashed_bytes=index_sync.trashed_bytes(plan.steps),
            summary=to_text(spec.subject),
        )

    def _recover(self, operation: Operation) -> None:
        with self._db.read() as conn:
            steps = journal.load_steps(conn, operation.id)
            require = _duplicates_required(resolved.load(conn, operation.id))
        if self._is_offline(steps):
            logger.warning(
                "operation %s (%s) was interrupted, and its drive is not there: left for the next start",
                operation.id,
                operation.kind,
            )
            return
        executor = Executor(
            self._disk, operation.id, strict=operation.strict, resume=True, require=require
        )
        outcome = executor.run(steps, lambda _done: None)
        self._record(operation, steps, outcome, _count_changes(steps, outcome), recovered=True)
        logger.warning(
            "operation %s (%s) had been interrupted: %s",
            operation.id,
            operation.kind,
            index_sync.recovery_message(outcome),
        )

    def _is_offline(self, steps: Sequence[Step]) -> bool:
        offline = [root.real for root in self._access.roots if not root.online]
        paths = [path for step in steps for path in (step.source, step.target) if path]
        return any(is_under(path, root) for root in offline for path in paths)

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

    def _progress_callback(
        self, total: int, progress: Progress | None, on_failure: OnFailure
    ) -> Callable[[int], None]:
        """The executor's ``on_progress``: reports to a job and raises the executor's cancellation."""
        cancellation = CancelAndKeep if on_failure is OnFailure.KEEP else CancelAndUndo
        if progress is not None:
            progress.update(total=total)
        reported_at = 0.0

        def on_progress(done: int) -> None:
            nonlocal reported_at
            if self._closing:
                raise cancellation
            if progress is None:
                return
            now = time.monotonic()
            if now - reported_at > _REPORT_EVERY_S or done >= total:
                reported_at = now
                progress.update(done=done)
            try:
                progress.check()
            except Cancelled as exc:
                raise cancellation from exc

        return on_progress

    def _record(
        self,
        operation: Operation,
        steps: Sequence[Step],
        outcome: Outcome,
        count: int,
        *,
        recovered: bool = False,
    ) -> None:
        """Write the outcome to the journal and update the index, in one transaction."""
        done = [step for position, step in enumerate(steps) if position in outcome.done]
        state = (
            journal.DONE if done or not (outcome.failures or outcome.cancelled) else journal.FAILED
        )
        message = str(next(iter(outcome.failures.values()), ""))
        with self._db.write() as conn:
            if operation.kind == "resolve":
                resolved.give_marks(conn, operation.id, [step.source for step in done])
            index_sync.move_rows(conn, done, operation.created_ns)
            for position, entry in outcome.retimed.items():
                journal.note_written(
                    conn, operation.id, position, entry.size_bytes, entry.mtime_ns, entry.inode
                )
            journal.finish(
                conn,
                operation.id,
                state,
                count=count,
                undoable=operation.undoable and state == journal.DONE,
                summary=index_sync.summarise(operation.kind, count, operation.summary),
                message=index_sync.recovery_message(outcome) if recovered else message,
                left_steps=[
                    position for position in range(len(steps)) if position not in outcome.done
                ],
            )
            if operation.undoes is not None and state == journal.DONE:
                journal.set_state(conn, operation.undoes, journal.UNDONE)
                resolved.take_marks_back(conn, operation.undoes)


def _duplicates_required(pairs: Sequence[Pair]) -> Callable[[Step], None] | None:
    """Compares each victim with its keeper just before it goes; None if nothing is resolved."""
    by_victim = {pair.victim: pair for pair in pairs}

    def require(step: Step) -> None:
        if step.source in by_victim:
            contents.require_duplicate(*by_victim[step.source])

    return require if by_victim else None


def _done_of(plan: Plan, outcome: Outcome) -> list[Moved]:
    """The files asked for whose group was carried out completely."""
    finished = _finished(plan, outcome)
    return [moved for group, asked in plan.groups.items() if group in finished for moved in asked]


def _replaced_by(plan: Plan, outcome: Outcome) -> list[str]:
    """The files whose names the files asked for have now."""
    finished = _finished(plan, outcome)
    return [path for group, some in plan.replaced.items() if group in finished for path in some]


def _finished(plan: Plan, outcome: Outcome) -> set[int]:
    return {plan.steps[position].group for position in outcome.done} - outcome.failures.keys()


def _errors_of(plan: Plan, outcome: Outcome) -> list[Failure]:
    return [
        Failure(moved.source, error, moved.target)
        for group, error in outcome.failures.items()
        for moved in plan.groups.get(group, [])
    ]


def _count_changes(steps: Sequence[Step], outcome: Outcome) -> int:
    return sum(steps[position].kind not in (MAKE, CLEAR) for position in outcome.done)


def _count_made(plan: Plan, outcome: Outcome) -> int:
    """How many folders were made because they were asked for, not as a preparation."""
    done = [plan.steps[position] for position in outcome.done]
    return sum(step.kind == MAKE and step.group != 0 for step in done)


def _refusal_of(plan: Plan) -> IIBError:
    """The first problem; if there are several, with their number in its message."""
    problems = plan.problems
    first = problems[0].error
    if len(problems) == 1:
        return first
    if all(isinstance(problem.error, NameTaken) for problem in problems):
        total = len(problems) + sum(len(asked) for asked in plan.groups.values())
        example = os.path.basename(problems[0].target)
        return NameTaken(
            f"{len(problems)} of {total} files already exist there, such as '{to_text(example)}'. "
            "Nothing was changed."
        )
    return type(first)(f"{first} {len(problems) - 1} more failed; nothing was changed.")
