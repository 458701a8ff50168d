"""The trash: lists and empties the files that operations moved to the trash folders of the library."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from iib_core.access import Access
from iib_core.db import journal, moved_rows
from iib_core.db.engine import Connection, Database
from iib_core.db.journal import Operation, Step
from iib_core.errors import Conflict, IIBError, NotFound
from iib_core.files.disk import Disk
from iib_core.files.disk_errors import explain
from iib_core.files.index_sync import summarise
from iib_core.files.plan import SWAP, Failure
from iib_core.files.spec import new_id
from iib_core.paths import TRASH, is_elsewhere, is_in_trash, not_here, to_text

logger = logging.getLogger(__name__)

KEPT_DAYS = 30
_DAY_NS = 86_400 * 10**9


@dataclass(frozen=True)
class Trashed:
    """What one operation put into the trash: (path before, path in the trash, size in bytes) of
    each file.
    """

    operation: Operation
    files: list[tuple[str, str, int]]

    @property
    def expires_time(self) -> float:
        """When its files are deleted permanently, in epoch seconds."""
        return (self.operation.created_ns + KEPT_DAYS * _DAY_NS) / 1e9


@dataclass
class Emptied:
    """How much was deleted permanently, and the failures."""

    operations: int = 0
    files: int = 0
    size_bytes: int = 0
    errors: list[Failure] = field(default_factory=list)


class Trash:
    """Lists and empties the trash of the library."""

    def __init__(self, db: Database, disk: Disk, access: Access) -> None:
        self._db = db
        self._disk = disk
        self._access = access

    def list(self) -> list[Trashed]:
        """Everything in the trash, what was deleted last first."""
        with self._db.read() as conn:
            operations = journal.list_in_trash(conn)
            return [
                Trashed(operation, _files(operation, journal.load_steps(conn, operation.id)))
                for operation in operations
            ]

    def empty(self, older_than_days: float = 0, only: Collection[str] | None = None) -> Emptied:
        """Delete permanently what was deleted more than that many days ago, of all operations or of
        ``only``.

        Files that cannot be removed stay, and are listed in ``errors``.

        Raises NotFound if one of ``only`` has nothing in the trash.
        """
        before_ns = time.time_ns() - int(older_than_days * _DAY_NS)
        with self._db.read() as conn:
            chosen = [
                operation
                for operation in journal.list_in_trash(conn, before_ns)
                if only is None or operation.id in only
            ]
        if only is not None and len(chosen) < len(set(only)):
            raise NotFound("One of these operations has nothing in the trash.")
        emptied = Emptied()
        for operation in chosen:
            self._empty(operation, emptied)
        return emptied

    def isolate(self, texts: Collection[str]) -> Sequence[str]:
        """Ids of the operations that hold these files, given by their paths in the trash as text,
        and what was deleted with each, and nothing else: an operation that holds more is split.

        Raises NotFound if one is not in the trash, Conflict if it was not simply deleted.
        """
        wanted = set(texts)
        with self._db.write() as conn:
            ids = []
            for operation in journal.list_in_trash(conn):
                steps = journal.load_steps(conn, operation.id)
                chosen = self._choose(operation, steps, wanted)
                if chosen:
                    ids.append(_split(conn, operation, steps, chosen))
                    wanted -= {to_text(steps[position].target) for position in chosen}
            if wanted:
                raise NotFound("One of these files is not in the trash any more.")
        return ids

    def _choose(
        self, operation: Operation, steps: Sequence[Step], wanted: Collection[str]
    ) -> Sequence[int]:
        """Positions of the done steps of all groups that put a wanted file into the trash."""
        left = set(operation.left_steps)
        done = [position for position in range(len(steps)) if position not in left]
        groups = {
            steps[position].group
            for position in done
            if steps[position].source
            and to_text(steps[position].target) in wanted
            and self._access.allows(steps[position].source)
        }
        if groups and not (operation.kind == "delete" and operation.undoable):
            raise Conflict(
                "This file is part of a larger operation: undo all of it in the history."
            )
        return [position for position in done if steps[position].group in groups]

    def is_due(self) -> bool:
        """Whether ``expire`` has something to remove."""
        with self._db.read() as conn:
            return bool(
                journal.list_in_state(conn, journal.EMPTYING)
                or journal.has_before(conn, _expiry_ns())
            )

    def expire(self) -> None:
        """Remove what was deleted more than 30 days ago, and finish an emptying that was
        interrupted.
        """
        with self._db.read() as conn:
            interrupted = journal.list_in_state(conn, journal.EMPTYING)
            in_trash = journal.list_in_trash(conn, _expiry_ns())
            expired = [operation for operation in in_trash if operation not in interrupted]
        for operation in interrupted + expired:
            try:
                self._empty(operation, Emptied())
            except Exception:  # a job's edge: the others expire all the same
                logger.exception("the trash of operation %s could not be emptied", operation.id)
        with self._db.write() as conn:
            journal.forget_before(conn, _expiry_ns())

    def _empty(self, operation: Operation, emptied: Emptied) -> None:
        with self._db.write() as conn:
            files = _files(operation, journal.load_steps(conn, operation.id))
            away = [path for _, path, _ in files if is_elsewhere(path)]
            if away:  # left to a server that sees them
                emptied.errors += [Failure(path, not_here(path)) for path in away]
                return
            # Written first: a half-emptied operation cannot be undone.
            journal.set_state(conn, operation.id, journal.EMPTYING)
        with self._disk.anchored():
            removed = self._remove_all(files, emptied)
        with self._db.write() as conn:
            moved_rows.forget_files(conn, map(to_text, removed), in_trash=True)
            if len(removed) == len(files):
                journal.set_state(conn, operation.id, journal.EMPTIED)
                emptied.operations += 1
            elif not removed:
                # Every file is still there, so the operation can be undone again (an undo never
                # can).
                journal.set_state(
                    conn, operation.id, journal.DONE, undoable=operation.undoes is None
                )

    def _remove_all(self, files: Sequence[tuple[str, str, int]], emptied: Emptied) -> Sequence[str]:
        """Remove files, and the folders of the trash that are empty then. Returns the removed
        paths.
        """
        removed: list[str] = []
        folders: set[str] = set()
        for _, path, size_bytes in files:
            try:
                self._remove(path)
            except IIBError as exc:
                emptied.errors.append(Failure(path, exc))
                continue
            removed.append(path)
            folders.add(os.path.dirname(path))
            emptied.files += 1
            emptied.size_bytes += size_bytes
        for folder in sorted(folders, key=len, reverse=True):
            self._remove_folders(folder)
        return removed

    def _remove(self, path: str) -> None:
        self._access.require_online([path])
        top = os.path.dirname(path.partition(os.sep + TRASH + os.sep)[0] + os.sep)
        if not os.path.isdir(top):
            raise Conflict(f"'{to_text(top)}' is not there now: empty its trash when it is back.")
        try:
            entry = self._disk.find(path)
            if entry is None:
                return
            if entry.is_folder:
                self._disk.remove_folder(path)
            else:
                self._disk.unlink(path)
        except OSError as exc:
            raise explain(exc, path) from exc

    def _remove_folders(self, folder: str) -> None:
        # By the trash and not by the operation's id: files of one that was split lie under
        # another's.
        while TRASH in folder.split(os.sep)[:-1]:
            try:
                self._disk.remove_folder(folder)
            except OSError:
                return  # not empty, or gone already
            folder = os.path.dirname(folder)


def _expiry_ns() -> int:
    return time.time_ns() - KEPT_DAYS * _DAY_NS


def _files(operation: Operation, steps: list[Step]) -> list[tuple[str, str, int]]:
    """(path before, path in the trash, size in bytes) of the files that the done steps left in the
    trash.
    """
    left = set(operation.left_steps)
    done = [step for position, step in enumerate(steps) if position not in left and step.source]
    # An edit leaves the previous bytes at the step's source in the trash. An undo of it then moves
    # the newer bytes on, from there to a path of their own.
    edited = {step.source: step.target for step in done if step.kind == SWAP}
    moved = [
        (edited.pop(step.source, step.source), step.target, step.size_bytes)
        for step in done
        if is_in_trash(step.target)
    ]
    previous = [(path, in_trash) for in_trash, path in edited.items() if is_in_trash(in_trash)]
    return moved + [(path, in_trash, _size_bytes(in_trash)) for path, in_trash in previous]


def _split(
    conn: Connection, operation: Operation, steps: Sequence[Step], chosen: Sequence[int]
) -> str:
    """The id of an operation that has only the ``chosen`` steps: this one, if no other file is its
    own.
    """
    left = {*operation.left_steps, *chosen}
    others = [step for position, step in enumerate(steps) if position not in left]
    if not any(step.source and is_in_trash(step.target) for step in others):
        return operation.id
    own = [steps[position] for position in chosen]
    part = replace(
        operation,
        id=new_id(),
        count=len({step.group for step in own}),
        trashed_bytes=sum(step.size_bytes for step in own if is_in_trash(step.target)),
        left_steps=(),
    )
    part = replace(part, summary=summarise(part.kind, part.count, ""))
    journal.split(conn, operation, chosen, part)
    return part.id


def _size_bytes(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0
