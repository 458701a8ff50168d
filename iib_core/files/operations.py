"""Operations: every change of files on the disk.

Each is planned completely, written to the journal, carried out and recorded, and can be undone
where nothing was deleted permanently.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager

from iib_core.access import Access
from iib_core.db import journal
from iib_core.db.engine import Database
from iib_core.db.journal import Operation, Step
from iib_core.db.resolved import Pair
from iib_core.errors import AccessDenied, Conflict, LeaseLost, NotFound
from iib_core.files import undo_planner, uploads
from iib_core.files.disk import Disk
from iib_core.files.plan import Moved, Plan
from iib_core.files.planner import Planner
from iib_core.files.runner import Result, Runner
from iib_core.files.spec import OnFailure, OperationSpec, new_id
from iib_core.files.trash import Trash
from iib_core.files.uploads import Stage, Staged
from iib_core.jobs import Jobs, Progress
from iib_core.paths import require_here, to_text
from iib_core.process_lock import ProcessLock

logger = logging.getLogger(__name__)

_RECOVER_EVERY_S = 3.0


class Operations:
    """Changes files and keeps the index in sync.

    Operations may run at the same time: no step can overwrite a file that another one made.

    ``delete_mode``: ``trash`` (the library's), ``system`` (the operating system's) or
    ``permanent``.
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
        self.delete_mode = delete_mode
        self._disk = disk or Disk()
        self._disk.restrict_to(access)
        self.trash = Trash(db, self._disk, access)
        self._owner = db.lease or ProcessLock(data_dir)
        self._disk.act_for(self._owner)
        self._runner = Runner(db, self._disk, access, self._owner)

    def delete(self, paths: Sequence[str], progress: Progress | None = None) -> Result:
        """Delete files and empty folders; one that fails does not stop the others.

        Raises the first failure if nothing was deleted.
        """
        spec = OperationSpec(
            "delete",
            on_failure=OnFailure.SKIP,
            undoable=self.delete_mode == "trash",
            operation_id=new_id(),
        )
        plan = self._planner().delete(paths, self.delete_mode, spec.operation_id)
        result = self._runner.run(spec, plan, progress)
        if self.trash.is_due():
            self.trash.expire()
        if result.errors and not result.done:
            raise result.errors[0].error
        return result

    def resolve(self, pairs: Sequence[Pair], progress: Progress | None = None) -> Result:
        """Put the victims into our own trash, whatever ``delete_mode`` says, and give their marks
        to the files that are kept.

        Each is looked at just before it goes: where it is another name of the file that is kept, or
        does not hold the same bytes although it must, it stays and is told in the errors.
        """
        spec = OperationSpec("resolve", on_failure=OnFailure.SKIP, pairs=tuple(pairs))
        plan = self._planner().delete([pair.victim for pair in pairs], "trash", spec.operation_id)
        result = self._runner.run(spec, plan, progress)
        if self.trash.is_due():
            self.trash.expire()
        return result

    def move(
        self,
        paths: Sequence[str],
        dest: str,
        *,
        create: bool = False,
        on_failure: OnFailure = OnFailure.UNDO_ALL,
        on_conflict: str = "error",
        replace: Collection[str] = (),
        progress: Progress | None = None,
    ) -> Result:
        """Move files and folders into the folder ``dest``.

        ``replace``: those of ``paths`` that replace the files that have their names, whatever
        ``on_conflict`` says; with ``on_conflict`` "replace" all do. What is replaced goes to our
        own trash, whatever ``delete_mode`` says, and comes back when this is undone.
        """
        spec = OperationSpec("move", dest, on_failure)
        return self._transfer(spec, paths, dest, create, on_conflict, replace, progress)

    def copy(
        self,
        paths: Sequence[str],
        dest: str,
        *,
        create: bool = False,
        on_failure: OnFailure = OnFailure.UNDO_ALL,
        on_conflict: str = "error",
        replace: Collection[str] = (),
        progress: Progress | None = None,
    ) -> Result:
        """Copy files and folders into the folder ``dest``; ``replace`` as of ``move``."""
        spec = OperationSpec("copy", dest, on_failure)
        return self._transfer(spec, paths, dest, create, on_conflict, replace, progress)

    def plan_transfer(
        self,
        paths: Sequence[str],
        dest: str,
        *,
        create: bool = False,
        on_conflict: str = "error",
        replace: Collection[str] = (),
        is_move: bool = True,
    ) -> Plan:
        """The plan that ``move`` or ``copy`` would carry out."""
        return self._planner().transfer(
            paths,
            dest,
            new_id(),
            is_move=is_move,
            create=create,
            on_conflict=on_conflict,
            replace=replace,
        )

    def rename(self, path: str, name: str) -> Result:
        """Give a file or folder another name, one that ``names.validate`` returned. Its present
        name changes nothing.
        """
        if os.path.basename(path) == name:
            return Result(None, [Moved(path, path)])
        return self._runner.run(
            OperationSpec("rename", f"{path} -> {name}"), self._planner().rename(path, name)
        )

    def rename_many(self, new_names: Mapping[str, str], progress: Progress | None = None) -> Result:
        """Give files other names, by path; those whose name is taken stay, and are in the errors.

        Raises the first failure if none got its name.
        """
        spec = OperationSpec("rename", on_failure=OnFailure.SKIP)
        result = self._runner.run(spec, self.plan_rename(new_names), progress)
        if result.errors and not result.done:
            raise result.errors[0].error
        return result

    def plan_rename(self, new_names: Mapping[str, str]) -> Plan:
        """The plan that ``rename_many`` would carry out."""
        return self._planner().rename_many(new_names)

    def plan_pairs(
        self, moves: Sequence[tuple[str, str]], *, on_conflict: str = "error", is_move: bool = True
    ) -> Plan:
        """The plan that ``move_pairs`` would carry out."""
        return self._planner().pairs(moves, on_conflict=on_conflict, is_move=is_move)

    def move_pairs(
        self,
        spec: OperationSpec,
        moves: Sequence[tuple[str, str]],
        *,
        on_conflict: str = "error",
        is_move: bool = True,
        expected: Mapping[str, tuple[int, int]] | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """Move or copy each file into its own folder, as one operation.

        ``moves``: (path of the file, folder); missing folders are made. ``expected``: (size in
        bytes, mtime_ns) by path; a file that differs from it is a failure.
        """
        plan = self._planner().pairs(
            moves, on_conflict=on_conflict, is_move=is_move, expected=expected
        )
        return self._runner.run(spec, plan, progress)

    def staging(self, dest: str, max_bytes: int) -> AbstractContextManager[Stage]:
        """A place for files that are uploaded into a resolved folder, see ``uploads.staging``."""
        return uploads.staging(self._disk, self._access, dest, new_id(), max_bytes)

    def take_uploaded(self, staged: Staged, dest: str, *, on_conflict: str = "error") -> Result:
        """Move the staged files into a folder; one that fails does not stop the others.

        To undo it puts them into the trash, and brings back what they have replaced.
        """
        if not staged.files:
            return Result(None)
        plan = self._planner().uploaded(
            staged.files, dest, staged.operation_id, on_conflict=on_conflict
        )
        spec = OperationSpec("upload", dest, OnFailure.SKIP, operation_id=staged.operation_id)
        try:
            return self._run_replacing(spec, plan)
        except Conflict as exc:
            if isinstance(exc.__cause__, LeaseLost):
                staged.files.clear()  # the server that finishes it needs them
            raise

    def find(self, operation_id: str) -> Operation | None:
        """The operation with this id, or None."""
        with self._db.read() as conn:
            return journal.find(conn, operation_id)

    def plan_flatten(self, folder: str, *, on_conflict: str = "error") -> Plan:
        """The plan that ``flatten`` would carry out."""
        return self._planner().flatten(folder, on_conflict=on_conflict)

    def flatten(
        self, folder: str, *, on_conflict: str = "error", progress: Progress | None = None
    ) -> Result:
        """Move all files below a folder into it, all or none, and remove the folders that are empty
        then.
        """
        plan = self.plan_flatten(folder, on_conflict=on_conflict)
        return self._runner.run(OperationSpec("flatten", folder), plan, progress)

    def edit(self, path: str, write: Callable[[str], None]) -> Result:
        """Replace the bytes of a file; ``write(path)`` writes them to a new file at that path.

        The previous bytes are kept in the trash, so that the edit can be undone.
        """
        operation_id = new_id()
        plan = self._planner().edit(path, operation_id)

        def write_and_note(step: Step) -> None:
            write(self._disk.path_to(step.source))
            entry = self._disk.find(step.source)
            if entry is None:
                raise Conflict(f"The new content of '{to_text(path)}' was not written.")
            position = plan.steps.index(step)
            with self._db.write() as conn:
                journal.note_written(
                    conn, operation_id, position, entry.size_bytes, entry.mtime_ns, entry.inode
                )

        spec = OperationSpec("edit", path, operation_id=operation_id, write=write_and_note)
        return self._runner.run(spec, plan)

    def make_folder(self, folder: str) -> Result:
        """Make a folder and its missing parents; an existing folder is no error."""
        return self._runner.run(
            OperationSpec("mkdirs", folder), self._planner().make_folder(folder)
        )

    def undo(self, operation_id: str, progress: Progress | None = None) -> Result:
        """Undo an operation completely.

        Raises NotFound, and Conflict with the reason if it cannot be undone.
        """
        with self._db.read() as conn:
            operation = journal.find(conn, operation_id)
            if operation is None:
                raise NotFound(f"There is no operation '{operation_id[:64]}'.")
            _require_undoable(operation)
            steps = _done_steps(operation, journal.load_steps(conn, operation_id))
        for path in (path for step in steps for path in (step.source, step.target)):
            require_here(path)
        spec = OperationSpec("undo", undoable=False, undoes=operation_id)
        plan = undo_planner.plan_undo(self._disk, self._access, steps, spec.operation_id)
        paths = [path for step in plan.steps for path in (step.source, step.target) if path]
        for folder in {os.path.dirname(path) for path in paths}:
            self._require_access(folder)
        return self._runner.run(spec, plan, progress)

    def list_newest(self, limit: int, user: str | None = None) -> list[Operation]:
        """The last operations, newest first; with ``user`` only those of that name."""
        with self._db.read() as conn:
            return journal.list_newest(conn, limit, user)

    def announce(self) -> None:
        """Show other processes that this one uses the data folder.

        Logs a warning if the folder cannot be written.
        """
        try:
            logger.debug("this process is %s", self._owner.name)
        except OSError as exc:
            logger.warning(
                "other programs cannot see that we use the data folder: %s", exc.strerror or exc
            )

    def recover(self) -> int:
        """Finish, or else undo, the operations that dead processes left unfinished. Returns their
        number.
        """
        return self._runner.recover()

    @property
    def is_shared(self) -> bool:
        """Whether other servers may change the same files."""
        return self._owner.is_shared

    def keep_recovering(self, ending: threading.Event, on_recovered: Callable[[], None]) -> None:
        """Recover, until ``ending`` is set, what other servers that died left unfinished."""
        while not ending.wait(_RECOVER_EVERY_S):
            if self.recover():
                on_recovered()

    def start_expiring(self, jobs: Jobs) -> None:
        """Start a job that removes expired files from the trash, if there are any."""
        if self.trash.is_due():
            jobs.start("expire_trash", lambda _progress: self.trash.expire())

    def close(self) -> None:
        """Cancel running operations and wait until they have undone their steps."""
        self._runner.close()
        if self._db.lease is None:
            self._owner.close()

    def _transfer(
        self,
        spec: OperationSpec,
        paths: Sequence[str],
        dest: str,
        create: bool,
        on_conflict: str,
        replace: Collection[str],
        progress: Progress | None,
    ) -> Result:
        plan = self._planner().transfer(
            paths,
            dest,
            spec.operation_id,
            is_move=spec.kind == "move",
            create=create,
            on_conflict=on_conflict,
            replace=replace,
        )
        return self._run_replacing(spec, plan, progress)

    def _run_replacing(
        self, spec: OperationSpec, plan: Plan, progress: Progress | None = None
    ) -> Result:
        result = self._runner.run(spec, plan, progress)
        if result.replaced and self.trash.is_due():
            self.trash.expire()
        return result

    def _planner(self) -> Planner:
        return Planner(self._disk, self._access)

    def _require_access(self, folder: str) -> None:
        if not (self._access.allows(folder) and self._access.allows_link(folder)):
            raise AccessDenied(
                "This operation changed files outside of the library's folders: it cannot be undone from "
                "here."
            )


def _done_steps(operation: Operation, steps: Sequence[Step]) -> list[Step]:
    left = set(operation.left_steps)
    return [step for position, step in enumerate(steps) if position not in left]


def _require_undoable(operation: Operation) -> None:
    reasons = {
        journal.RUNNING: "is still running",
        journal.FAILED: "changed nothing",
        journal.UNDONE: "was undone before",
        journal.EMPTYING: "cannot be undone: its trash was emptied",
        journal.EMPTIED: "cannot be undone: its trash was emptied",
    }
    if operation.state in reasons:
        raise Conflict(f"This operation {reasons[operation.state]}.")
    if not operation.undoable:
        raise Conflict(
            "This operation cannot be undone: it is an undo itself, or its files were not put into "
            "the trash of the library."
        )
