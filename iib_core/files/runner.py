"""Runner: writes an operation to the journal, carries out its plan and records the outcome."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from iib_core import actor
from iib_core.access import Access
from iib_core.clock import Stopwatch
from iib_core.db import journal, resolved
from iib_core.db.engine import Database
from iib_core.db.journal import Operation, Step
from iib_core.db.resolved import Pair
from iib_core.errors import Conflict, IIBError, NameTaken
from iib_core.files import contents, index_sync, rivals
from iib_core.files.disk import Disk
from iib_core.files.executor import CancelAndKeep, CancelAndUndo, Executor, Outcome
from iib_core.files.plan import CLEAR, MAKE, SWAP, Failure, Moved, Plan
from iib_core.files.spec import OnFailure, OperationSpec
from iib_core.jobs import Cancelled, Progress
from iib_core.paths import is_elsewhere, is_under, to_text
from iib_core.process_lock import Owner

logger = logging.getLogger(__name__)

# Reporting each file would cost as much as moving it.
_REPORT_EVERY_S = 0.05
# How long an operation waits for another server's: longer than it takes to finish what a dead one
# left.
_RIVAL_PATIENCE_S = 45.0
_RIVAL_PAUSE_S = 0.1


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

    def __init__(self, db: Database, disk: Disk, access: Access, owner: Owner) -> None:
        self._db = db
        self._disk = disk
        self._access = access
        self._owner = owner
        # Operations of this process that could not be recorded.
        self._left: set[str] = set()
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
        with self._while_running(), self._owner.held():
            operation = self._describe(spec, plan)
            with self._left_on_failure(operation):
                self._begin(operation, plan.steps, spec.pairs, progress)
                outcome = Executor(
                    self._disk,
                    operation.id,
                    strict=is_strict,
                    write=spec.write,
                    require=_duplicates_required(spec.pairs),
                ).run(
                    plan.steps, self._progress_callback(len(plan.steps), progress, spec.on_failure)
                )
                done = _done_of(plan, outcome)
                count = len(done) or _count_made(plan, outcome)
                self._record(operation, plan.steps, outcome, count)
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
        """Finish, or else undo, the operations that dead processes left unfinished, and those of this
        one that could not be recorded. Returns their number.
        """
        with self._db.read() as conn:
            unfinished = journal.list_in_state(conn, journal.RUNNING)
        left = [
            operation
            for operation in unfinished
            if operation.id in self._left or not self._owner.is_alive(operation.owner)
        ]
        with self._while_running():
            return sum(map(self._recover_or_leave, reversed(left)))

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
            owner=self._owner.name,
            created_ns=time.time_ns(),
            count=0,
            strict=spec.on_failure is OnFailure.UNDO_ALL,
            undoable=spec.undoable,
            undoes=spec.undoes,
            trashed_bytes=index_sync.trashed_bytes(plan.steps),
            summary=to_text(spec.subject),
            user_name=actor.user(),
            machine=actor.machine(),
        )

    @contextmanager
    def _left_on_failure(self, operation: Operation) -> Iterator[None]:
        """What raises in the block leaves the operation to ``recover``."""
        try:
            yield
        except BaseException:
            self._left.add(operation.id)
            raise

    def _begin(
        self,
        operation: Operation,
        steps: Sequence[Step],
        pairs: Sequence[Pair],
        progress: Progress | None,
    ) -> None:
        """Write an operation to the journal. If another server changes one of its files now, wait
        until that is done.
        """
        waited = Stopwatch()
        while (shared := self._add_unless_shared(operation, steps, pairs)) is not None:
            if waited.read() > _RIVAL_PATIENCE_S or self._closing:
                raise Conflict(
                    f"Another server is changing '{to_text(shared)}': try again when it has finished."
                )
            if progress is not None:
                progress.check()
            time.sleep(_RIVAL_PAUSE_S)

    def _add_unless_shared(
        self, operation: Operation, steps: Sequence[Step], pairs: Sequence[Pair]
    ) -> str | None:
        """Returns a path that an operation of another server changes too; None if there is none, and
        this one is in the journal.
        """
        with self._db.write() as conn:
            if self._owner.is_shared:
                others = journal.load_steps_of_others(conn, operation.owner)
                shared = rivals.find_shared(steps, others)
                if shared is not None:
                    return shared
            journal.add(conn, operation, steps)
            resolved.add(conn, operation.id, pairs)
        return None

    def _recover_or_leave(self, operation: Operation) -> bool:
        try:
            return self._recover(operation)
        except Conflict as exc:  # the lease was lost meanwhile
            logger.warning("operation %s is left for later: %s", operation.id, exc)
            return False

    def _recover(self, operation: Operation) -> bool:
        """Finish an operation, or undo it, unless that has to wait."""
        with self._db.read() as conn:
            steps = journal.load_steps(conn, operation.id)
            pairs = resolved.load(conn, operation.id)
        if any(is_elsewhere(path) for step in steps for path in (step.source, step.target)):
            return False  # left to a server that sees its files
        if self._is_offline(steps):
            logger.warning(
                "operation %s (%s) was interrupted, and its drive is not there: left for the next start",
                operation.id,
                operation.kind,
            )
            return False
        is_own = self._owner.is_of_this_folder(operation.owner)
        if self._owner.is_shared and not (is_own or self._sees(steps)):
            return False
        with self._owner.held():
            taken = self._take_over(operation)
            if taken is not None:
                self._finish(taken, steps, pairs)
                self._left.discard(operation.id)
        return taken is not None

    def _take_over(self, operation: Operation) -> Operation | None:
        """The operation as one of this process; None if its owner lives, or another was faster."""
        name = self._owner.name
        with self._db.write() as conn:
            is_dead = operation.owner == name or self._owner.bury(conn, operation.owner)
            if is_dead and journal.take_over(conn, operation, name):
                return replace(operation, owner=name)
        return None

    def _finish(self, operation: Operation, steps: Sequence[Step], pairs: Sequence[Pair]) -> None:
        executor = Executor(
            self._disk,
            operation.id,
            strict=operation.strict,
            resume=True,
            require=_duplicates_required(pairs),
        )
        outcome = executor.run(steps, lambda _done: None)
        self._record(operation, steps, outcome, _count_changes(steps, outcome), recovered=True)
        logger.warning(
            "operation %s (%s) had been interrupted: %s",
            operation.id,
            operation.kind,
            index_sync.recovery_message(outcome),
        )

    def _sees(self, steps: Sequence[Step]) -> bool:
        """Whether the files of these steps are those that this server has in its library."""
        ends = [(step, path) for step in steps for path in (step.source, step.target) if path]
        if not all(self._access.is_under_root(path) for _, path in ends):
            return False
        known = [(step, path) for step, path in ends if step.kind != MAKE]
        return not known or any(self._is_there(step, path) for step, path in known)

    def _is_there(self, step: Step, path: str) -> bool:
        entry = self._disk.find(path)
        if entry is None or step.kind == SWAP:
            return entry is not None
        return entry.is_same_file(step.size_bytes, step.mtime_ns, 0)

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
                owner=operation.owner,
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
