"""Executor: carries out the steps of a plan in order, and undoes a group of which one step fails."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from iib_core.db.journal import Step
from iib_core.errors import Conflict, IIBError, NotFound
from iib_core.files.disk import Disk, Entry, is_same_entry
from iib_core.files.disk_errors import explain
from iib_core.files.plan import CLEAR, COPY, MAKE, MOVE, RECYCLE, REMOVE, SWAP, TREE, UNWRITTEN
from iib_core.paths import real, to_text
from iib_core.reading import open_file

logger = logging.getLogger(__name__)

_COMPARE_BYTES = 1 << 20


class CancelAndUndo(Exception):
    """Raised by the caller's ``on_progress``: end early and undo what was done."""


class CancelAndKeep(Exception):
    """Raised by the caller's ``on_progress``: end early and keep what was done."""


@dataclass
class Outcome:
    """The positions of the steps that were done, and the failures by group.

    ``retimed``: copies, by the position of their step, whose time differs from the original's
    because their disk cannot store it (FAT counts in steps of two seconds).
    """

    done: set[int] = field(default_factory=set)
    retimed: dict[int, Entry] = field(default_factory=dict)
    failures: dict[int, IIBError] = field(default_factory=dict)
    cancelled: bool = False


class Executor:
    """Carries out steps on a disk. ``operation_id`` makes its temporary names unique.

    ``strict``: a group that fails undoes all others. ``resume``: some steps may have been done
    before; the disk is checked for that. ``write`` writes the file of a step that is ``UNWRITTEN``.
    ``require`` is called just before a step, and raises IIBError if it must not be done.
    """

    def __init__(
        self,
        disk: Disk,
        operation_id: str,
        *,
        strict: bool,
        resume: bool = False,
        write: Callable[[Step], None] | None = None,
        require: Callable[[Step], None] | None = None,
    ) -> None:
        self._disk = disk
        self._operation_id = operation_id
        self._strict = strict
        self._resume = resume
        self._write = write
        self._require = require
        self._last_copy: Entry | None = None
        self._handlers: dict[str, Callable[[Step], None]] = {
            MAKE: self._make,
            MOVE: self._move,
            TREE: self._move_tree,
            COPY: self._copy,
            SWAP: self._swap,
            CLEAR: lambda step: self._disk.remove_folder(step.source),
            REMOVE: lambda step: self._disk.unlink(step.source),
            RECYCLE: lambda step: self._disk.send_to_trash(step.source),
        }

    def run(self, steps: Sequence[Step], on_progress: Callable[[int], None]) -> Outcome:
        """Carry out ``steps``.

        ``on_progress(done)`` is called after each group with the number of steps done. It may raise
        CancelAndUndo or CancelAndKeep.
        """
        with self._disk.anchored():
            return self._run_all(steps, on_progress)

    def _run_all(self, steps: Sequence[Step], on_progress: Callable[[int], None]) -> Outcome:
        outcome = Outcome()
        start = 0
        try:
            while start < len(steps):
                group, end = steps[start].group, start + 1
                while end < len(steps) and steps[end].group == group:
                    end += 1
                run = self._prepare if group == 0 else self._run_group
                if not run(steps, range(start, end), outcome) and self._strict:
                    self._undo(steps, sorted(outcome.done), outcome)
                    break
                on_progress(len(outcome.done))
                start = end
        except CancelAndKeep:
            outcome.cancelled = True
            self._remove_unused(steps, sorted(outcome.done), outcome)
        except CancelAndUndo:
            outcome.failures[0] = Conflict(
                "The operation was cancelled: what had been done was undone."
            )
            self._undo(steps, sorted(outcome.done), outcome)
        if outcome.failures and all(steps[position].group == 0 for position in outcome.done):
            self._undo(steps, sorted(outcome.done), outcome)
        return outcome

    def _prepare(self, steps: Sequence[Step], members: range, outcome: Outcome) -> bool:
        """Carry out group 0, the preparation of all others.

        Its steps are independent: a folder that one disk refuses must not keep the files of another
        disk from moving.
        """
        for position in members:
            self._run_group(steps, range(position, position + 1), outcome)
        return 0 not in outcome.failures

    def _run_group(self, steps: Sequence[Step], members: range, outcome: Outcome) -> bool:
        """Carry out one group; if a step fails, undo the group. Returns whether it was done."""
        for position in members:
            step = steps[position]
            try:
                self._run_step(step, position, outcome)
            except (OSError, IIBError) as exc:
                if step.kind == CLEAR:
                    continue  # something was put into the folder meanwhile: keep the folder
                outcome.failures.setdefault(step.group, _explain(exc, step, outcome))
                self._undo(steps, [other for other in members if other in outcome.done], outcome)
                return False
            outcome.done.add(position)
        return True

    def _run_step(self, step: Step, position: int, outcome: Outcome) -> None:
        if self._resume and self._is_done(step):
            return
        self._last_copy = None
        if self._require is not None:
            self._require(step)
        self._handlers[step.kind](step)
        if self._last_copy is not None and self._last_copy.mtime_ns != step.mtime_ns:
            outcome.retimed[position] = self._last_copy

    def _remove_unused(
        self, steps: Sequence[Step], positions: Sequence[int], outcome: Outcome
    ) -> None:
        """Remove the folders that were made for steps that were not reached."""
        for position in reversed(positions):
            if steps[position].kind == MAKE:
                try:
                    self._disk.remove_folder(steps[position].target)
                except OSError:
                    continue  # it holds files
                outcome.done.discard(position)

    def _undo(self, steps: Sequence[Step], positions: Sequence[int], outcome: Outcome) -> None:
        for position in reversed(positions):
            step = steps[position]
            try:
                self._reverse(step)
            except (OSError, IIBError) as exc:
                shown = to_text(step.source or step.target)
                logger.warning("could not undo %s of %s: %s", step.kind, shown, exc)
                continue
            outcome.done.discard(position)

    def _reverse(self, step: Step) -> None:
        if step.kind == MAKE:
            self._unmake(step.target)
        elif step.kind in (MOVE, TREE):
            self._move(step._replace(source=step.target, target=step.source))
        elif step.kind == COPY:
            self._disk.unlink(step.target)
        elif step.kind == SWAP:
            self._disk.swap(step.source, step.target, self._part(step.source))
            if step.size_bytes == UNWRITTEN:
                self._disk.unlink(step.source)
        elif step.kind == CLEAR:
            self._disk.make_folder(step.source)
        else:
            raise OSError(errno.ENOTSUP, "it was deleted permanently")

    def _unmake(self, folder: str) -> None:
        try:
            self._disk.remove_folder(folder)
        except OSError as exc:
            # Another program may have put a file into it, or removed it.
            if exc.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
                raise

    def _make(self, step: Step) -> None:
        try:
            self._disk.make_folder(step.target)
        except FileExistsError:
            if not os.path.isdir(step.target):
                raise

    def _move(self, step: Step) -> None:
        try:
            self._disk.rename(step.source, step.target)
        except OSError as exc:
            if exc.errno != errno.EXDEV or os.path.isdir(step.source):
                raise
            self._move_across(step)

    def _move_tree(self, step: Step) -> None:
        self._disk.rename(step.source, step.target)

    def _move_across(self, step: Step) -> None:
        """Move to another disk; the source is removed only after the copy is complete."""
        self._copy(step)
        try:
            self._disk.unlink(step.source)
        except OSError:
            self._disk.unlink(step.target)
            raise

    def _copy(self, step: Step) -> None:
        self._disk.copy(step.source, self._part(step.target), step.target)
        self._last_copy = self._disk.find(step.target)

    def _swap(self, step: Step) -> None:
        try:
            if step.size_bytes == UNWRITTEN:
                if self._write is None:
                    raise Conflict(
                        f"The program ended before the new content of '{to_text(step.target)}' was written."
                    )
                self._write(step)
            self._disk.swap(step.source, step.target, self._part(step.source))
        except (OSError, IIBError):
            if step.size_bytes == UNWRITTEN:
                self._disk.remove_part(step.source)
            raise

    def _part(self, target: str) -> str:
        # Files are written one at a time, so one name a folder is enough. After a crash the same
        # name is used again, and the leftover file removed.
        return os.path.join(os.path.dirname(target), f".iib-{self._operation_id}.part")

    def _is_done(self, step: Step) -> bool:
        """Whether the disk shows that a step was done before a crash. Cleans up a half-done step.

        Raises Conflict or NotFound if the file was replaced or removed since.
        """
        source = self._disk.find(step.source) if step.source else None
        target = self._disk.find(step.target) if step.target else None
        if step.kind == MAKE:
            return target is not None and target.is_folder
        if step.kind in (COPY, MOVE):
            self._disk.remove_part(self._part(step.target))
        if step.kind == SWAP:
            return self._is_swapped(step, source, target)
        if step.kind == COPY:
            return _is_copied(step, source, target)
        if source is None:
            return self._is_gone(step, target)
        if step.kind == MOVE and _is_another_file(step, source) and _is_file_of(step, target):
            return True  # the file that replaces it has its name by now
        if step.kind != CLEAR and not source.is_same_file(
            step.size_bytes, step.mtime_ns, step.inode
        ):
            raise Conflict(f"'{to_text(step.source)}' was replaced since the operation began.")
        return (
            target is not None
            and step.kind in (MOVE, TREE)
            and self._is_half_moved(source, target, step)
        )

    def _is_swapped(self, step: Step, source: Entry | None, target: Entry | None) -> bool:
        kept = self._part(step.source)
        is_written = step.size_bytes != UNWRITTEN
        if is_written and _is_file_of(step, target):
            if source is None and os.path.lexists(kept):
                self._disk.rename(kept, step.source)
            self._disk.remove_part(kept)
            return True
        self._disk.remove_part(kept)
        if is_written and not _is_file_of(step, source):
            raise Conflict(f"'{to_text(step.target)}' was replaced since the operation began.")
        return False

    def _is_gone(self, step: Step, target: Entry | None) -> bool:
        if step.kind in (MOVE, TREE) and not _is_file_of(step, target):
            raise NotFound(f"'{to_text(step.source)}' is no longer there.")
        return True

    def _is_half_moved(self, source: Entry, target: Entry, step: Step) -> bool:
        if is_same_entry(step.source, step.target):
            return os.path.basename(step.target) in os.listdir(os.path.dirname(step.target))
        if not (_is_linked(source, target, step) or self._is_copied_across(source, target, step)):
            return False
        self._disk.unlink(step.source)
        return True

    def _is_copied_across(self, source: Entry, target: Entry, step: Step) -> bool:
        return step.kind == MOVE and self._is_across(step) and _is_copy(source, target, step)

    def _is_across(self, step: Step) -> bool:
        source_device = self._disk.device_of(os.path.dirname(step.source))
        return source_device != self._disk.device_of(os.path.dirname(step.target))


def _explain(exc: OSError | IIBError, step: Step, outcome: Outcome) -> IIBError:
    """The error of a failed step."""
    shown = step.target if step.kind == SWAP else step.source or step.target
    error = explain(exc, shown) if isinstance(exc, OSError) else exc
    if isinstance(exc, FileNotFoundError) and not os.path.isdir(os.path.dirname(step.target)):
        return outcome.failures.get(0, error)  # the reason why its folder could not be made
    return error


def _is_file_of(step: Step, entry: Entry | None) -> bool:
    """Whether ``entry`` is the file that the step describes."""
    return entry is not None and entry.is_same_file(step.size_bytes, step.mtime_ns, step.inode)


def _is_another_file(step: Step, entry: Entry) -> bool:
    """Whether ``entry`` is surely not the file that the step describes: one of the same size and
    time may be.
    """
    return bool(step.inode and entry.inode) and entry.inode != step.inode


def _is_linked(source: Entry, target: Entry, step: Step) -> bool:
    """Whether source and target are two names of one file."""
    if source.inode != target.inode or source.is_folder:
        return False
    return os.path.samefile(step.source, step.target)


def _is_copied(step: Step, source: Entry | None, target: Entry | None) -> bool:
    if target is None:
        return False
    if source is None:
        return target.is_same_file(step.size_bytes, step.mtime_ns, 0)
    return _is_copy(source, target, step)


def _is_copy(source: Entry, target: Entry, step: Step) -> bool:
    """Whether ``target`` has the same content as ``source``, byte for byte."""
    if source.is_link != target.is_link or target.size_bytes != step.size_bytes:
        return False
    if source.is_link:
        return real(source.path) == real(target.path)
    with open_file(source.path) as one, open_file(target.path) as other:
        while True:
            chunk = one.read(_COMPARE_BYTES)
            if chunk != other.read(_COMPARE_BYTES):
                return False
            if not chunk:
                return True
