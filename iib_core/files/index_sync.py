"""Applies the done steps of an operation to the index, and describes operations in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from iib_core.db import moved_rows
from iib_core.db.journal import Step
from iib_core.errors import IIBError
from iib_core.files.executor import Outcome
from iib_core.files.plan import COPY, MOVE, RECYCLE, REMOVE, SWAP, TREE
from iib_core.paths import is_in_trash, to_text

# Operation kinds as sentences for the user, who looks for the one to undo.
_DONE = {
    "delete": "Deleted {}",
    "move": "Moved {}",
    "copy": "Copied {}",
    "rename": "Renamed {}",
    "flatten": "Flattened a folder of {}",
    "mkdirs": "Made a folder",
    "organise": "Organised {}",
    "undo": "Undid {}",
    "edit": "Edited {}",
    "upload": "Uploaded {}",
    "resolve": "Deleted {} as duplicates",
}
# Before and after all others.
_TURNS = {"to trash": 0, "from trash": 2}
_RECOVERED = "Finished after the program had ended in the middle."
_UNCHANGED = "Nothing was changed."


def move_rows(conn, steps: Sequence[Step], since_ns: int) -> None:  # type: ignore[no-untyped-def]
    """Apply the steps that were done to the rows of the index.

    What is replaced leaves before all others, and comes back after them: many files are then few
    changes of the database.
    """
    ordered = sorted(steps, key=lambda step: _TURNS.get(_row_kind(step), 1))
    for kind, members in groupby(ordered, key=_row_kind):
        pairs = [(to_text(step.source), to_text(step.target)) for step in members]
        if kind == "move":
            moved_rows.move_files(conn, pairs)
        elif kind == "to trash":
            moved_rows.move_to_trash(conn, pairs)
        elif kind == "from trash":
            moved_rows.move_from_trash(conn, pairs)
        elif kind == COPY:
            moved_rows.copy_files(conn, pairs)
        elif kind == REMOVE:
            moved_rows.forget_files(conn, [source for source, _ in pairs])
        elif kind == RECYCLE:
            moved_rows.mark_missing(conn, [source for source, _ in pairs])
        elif kind == TREE:
            for source, target in pairs:
                moved_rows.move_folder(conn, source, target, since_ns)


def _row_kind(step: Step) -> str:
    if step.kind != MOVE:
        return step.kind
    ends = is_in_trash(step.source), is_in_trash(step.target)
    return {
        (True, True): "within trash",
        (True, False): "from trash",
        (False, True): "to trash",
        (False, False): "move",
    }[ends]


def trashed_bytes(steps: Sequence[Step]) -> int | None:
    """How many bytes these steps put into the trash; None if they put nothing there."""
    sizes = [
        step.size_bytes for step in steps if step.kind in (MOVE, TREE) and is_in_trash(step.target)
    ]
    if not sizes and any(step.kind == SWAP for step in steps):
        return 0  # unknown until the new file is written
    return sum(sizes) if sizes else None


def summarise(kind: str, count: int, subject: str) -> str:
    """One line for a list of operations."""
    items = f"{count} item{'' if count == 1 else 's'}"
    sentence = _DONE.get(kind, kind.capitalize() + " {}").format(items)
    return f"{sentence}: {subject}" if subject else sentence


def with_reason(error: IIBError, outcome: Outcome) -> IIBError:
    """The failure of an operation that had begun, with whether it was undone."""
    remains = "What had been done could not be undone completely." if outcome.done else _UNCHANGED
    return type(error)(f"{str(error).rstrip('.')}. {remains}")


def recovery_message(outcome: Outcome) -> str:
    """The outcome of an operation that a crash had interrupted."""
    if not outcome.failures:
        return _RECOVERED
    reason = next(iter(outcome.failures.values()))
    message = f"The program had ended in the middle, and it could not be finished: {reason}"
    return message if outcome.done else f"{message} {_UNCHANGED}"
