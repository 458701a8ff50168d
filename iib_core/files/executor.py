"""Executor: does the steps of a plan one by one, and takes a group back whose steps cannot all be done."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from iib_core.errors import Conflict, IIBError, NotFound
from iib_core.files.disk import Disk, Entry, explain, is_same_place
from iib_core.files.plan import CLEAR, COPY, MAKE, MOVE, RECYCLE, REMOVE, SWAP, TREE, UNWRITTEN, Step
from iib_core.paths import real, to_text
from iib_core.reading import open_file

logger = logging.getLogger(__name__)

_COMPARE_BYTES = 1 << 20


class Stopped(Exception):
    """Raised by the caller's tick: what was done is taken back."""


class Halted(Stopped):
    """Raised by the caller's tick: what was done stays, the rest is left."""


@dataclass
class Outcome:
    """Which steps were done, by position, and why groups failed.

    ``retimed``: copies, by their step's position, that have another time than the original, because
    their disk cannot hold that one (FAT counts in steps of two seconds).
    """

    done: set[int] = field(default_factory=set)
    retimed: dict[int, Entry] = field(default_factory=dict)
    failures: dict[int, IIBError] = field(default_factory=dict)
    halted: bool = False


class Executor:
    """Does steps on a disk. ``name`` is the operation's, for temporary names that nobody else uses.

    ``strict``: a group that fails takes all others back. ``resume``: some steps may have been done
    before, as the disk tells. ``write`` writes the file of a step that is ``UNWRITTEN``. ``check`` is
    called just before a step, and raises IIBError where it must not be done.
    """

    def __init__(
        self,
        disk: Disk,
        name: str,
        *,
        strict: bool,
        resume: bool = False,
        write: Callable[[Step], None] | None = None,
        check: Callable[[Step], None] | None = None,
    ) -> None:
        self._disk = disk
        self._name = name
        self._strict = strict
        self._resume = resume
        self._write = write
        self._check = check
        self._copy_made: Entry | None = None
        self._do: dict[str, Callable[[Step], None]] = {
            MAKE: self._make,
            MOVE: self._move,
            TREE: self._move_tree,
            COPY: self._copy,
            SWAP: self._swap,
            CLEAR: lambda step: self._disk.remove_folder(step.source),
            REMOVE: lambda step: self._disk.unlink(step.source),
            RECYCLE: lambda step: self._disk.send_to_trash(step.source),
        }

    def run(self, steps: Sequence[Step], tick: Callable[[int], None]) -> Outcome:
        """Do ``steps``.

        ``tick`` hears the number of steps done after each group; where it raises Stopped,
        everything is taken back, with Halted nothing.
        """
        with self._disk.anchored():
            return self._run_all(steps, tick)

    def _run_all(self, steps: Sequence[Step], tick: Callable[[int], None]) -> Outcome:
        outcome = Outcome()
        start = 0
        try:
            while start < len(steps):
                group, end = steps[start].group, start + 1
                while end < len(steps) and steps[end].group == group:
                    end += 1
                run = self._prepare if group == 0 else self._run_group
                if not run(steps, range(start, end), outcome) and self._strict:
                    self._take_back(steps, sorted(outcome.done), outcome)
                    break
                tick(len(outcome.done))
                start = end
        except Halted:
            outcome.halted = True
            self._remove_unused(steps, sorted(outcome.done), outcome)
        except Stopped:
            outcome.failures[0] = Conflict("The operation was stopped: what had been done was taken back.")
            self._take_back(steps, sorted(outcome.done), outcome)
        if outcome.failures and all(steps[at].group == 0 for at in outcome.done):
            self._take_back(steps, sorted(outcome.done), outcome)
        return outcome

    def _prepare(self, steps: Sequence[Step], members: range, outcome: Outcome) -> bool:
        """Do what all others need.

        Each step is by itself: files of one disk shall not wait for the folder that another disk
        refuses.
        """
        for at in members:
            self._run_group(steps, range(at, at + 1), outcome)
        return 0 not in outcome.failures

    def _run_group(self, steps: Sequence[Step], members: range, outcome: Outcome) -> bool:
        for at in members:
            step = steps[at]
            try:
                if not (self._resume and self._is_done(step)):
                    self._copy_made = None
                    if self._check is not None:
                        self._check(step)
                    self._do[step.kind](step)
                    if self._copy_made is not None and self._copy_made.mtime_ns != step.mtime_ns:
                        outcome.retimed[at] = self._copy_made
            except (OSError, IIBError) as exc:
                if step.kind == CLEAR:
                    continue  # something was put into the folder meanwhile: it stays
                shown = step.target if step.kind == SWAP else step.source or step.target
                error = explain(exc, shown) if isinstance(exc, OSError) else exc
                if isinstance(exc, FileNotFoundError) and not os.path.isdir(os.path.dirname(step.target)):
                    error = outcome.failures.get(0, error)  # its folder could not be made
                outcome.failures.setdefault(step.group, error)
                self._take_back(steps, [other for other in members if other in outcome.done], outcome)
                return False
            outcome.done.add(at)
        return True

    def _remove_unused(self, steps: Sequence[Step], positions: Sequence[int], outcome: Outcome) -> None:
        """Remove the folders that were made for what is not done."""
        for at in reversed(positions):
            if steps[at].kind == MAKE:
                try:
                    self._disk.remove_folder(steps[at].target)
                except OSError:
                    continue  # it is used
                outcome.done.discard(at)

    def _take_back(self, steps: Sequence[Step], positions: Sequence[int], outcome: Outcome) -> None:
        for at in reversed(positions):
            step = steps[at]
            try:
                self._reverse(step)
            except (OSError, IIBError) as exc:
                logger.warning(
                    "could not take back %s of %s: %s", step.kind, to_text(step.source or step.target), exc
                )
                continue
            outcome.done.discard(at)

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
            raise OSError(errno.ENOTSUP, "it was removed for good")

    def _unmake(self, folder: str) -> None:
        try:
            self._disk.remove_folder(folder)
        except OSError as exc:
            if exc.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):  # somebody else uses it by now
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
        """Move to another disk: the source goes only after all of it is on the other one."""
        self._copy(step)
        try:
            self._disk.unlink(step.source)
        except OSError:
            self._disk.unlink(step.target)
            raise

    def _copy(self, step: Step) -> None:
        self._disk.copy(step.source, self._part(step.target), step.target)
        self._copy_made = self._disk.find(step.target)

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
        # One at a time, so one name a folder will do; a leftover of a crash is met again and removed.
        return os.path.join(os.path.dirname(target), f".iib-{self._name}.part")

    def _is_done(self, step: Step) -> bool:
        """Whether a step was done before the program ended, as the disk tells; what was half done
        is cleaned up. Raises where the file is another one now.
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
            return target is not None and (
                target.is_same_file(step.size_bytes, step.mtime_ns, 0)
                if source is None
                else _is_copy(source, target, step)
            )
        if source is None:
            return self._is_gone(step, target)
        if step.kind != CLEAR and not source.is_same_file(step.size_bytes, step.mtime_ns, step.inode):
            raise Conflict(f"'{to_text(step.source)}' is another file now than when the operation began.")
        return target is not None and step.kind in (MOVE, TREE) and self._is_half_moved(source, target, step)

    def _is_swapped(self, step: Step, source: Entry | None, target: Entry | None) -> bool:
        kept = self._part(step.source)
        if (
            target is None
            or step.size_bytes == UNWRITTEN
            or not target.is_same_file(step.size_bytes, step.mtime_ns, step.inode)
        ):
            self._disk.remove_part(kept)
            if step.size_bytes != UNWRITTEN and (
                source is None or not source.is_same_file(step.size_bytes, step.mtime_ns, step.inode)
            ):
                raise Conflict(f"'{to_text(step.target)}' is another file now than when the operation began.")
            return False
        if source is None and os.path.lexists(kept):
            self._disk.rename(kept, step.source)
        self._disk.remove_part(kept)
        return True

    def _is_gone(self, step: Step, target: Entry | None) -> bool:
        if step.kind in (MOVE, TREE) and (
            target is None or not target.is_same_file(step.size_bytes, step.mtime_ns, step.inode)
        ):
            raise NotFound(f"'{to_text(step.source)}' is no longer there.")
        return True

    def _is_half_moved(self, source: Entry, target: Entry, step: Step) -> bool:
        if is_same_place(step.source, step.target):
            return os.path.basename(step.target) in os.listdir(os.path.dirname(step.target))
        linked = (
            source.inode == target.inode
            and not source.is_folder
            and os.path.samefile(step.source, step.target)
        )
        if not linked and not (
            step.kind == MOVE and self._is_across(step) and _is_copy(source, target, step)
        ):
            return False
        self._disk.unlink(step.source)
        return True

    def _is_across(self, step: Step) -> bool:
        return self._disk.device_of(os.path.dirname(step.source)) != self._disk.device_of(
            os.path.dirname(step.target)
        )


def _is_copy(source: Entry, target: Entry, step: Step) -> bool:
    """Whether ``target`` holds what ``source`` holds, byte for byte."""
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
