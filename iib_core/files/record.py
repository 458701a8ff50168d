"""Record: what an operation did, for the index and in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from iib_core.db import relocation
from iib_core.errors import IIBError
from iib_core.files.executor import Outcome
from iib_core.files.plan import COPY, MOVE, RECYCLE, REMOVE, SWAP, TREE, Step
from iib_core.paths import is_in_trash, to_text

# Kinds as sentences, for a person who looks for what to take back.
_DONE = {
    "delete": "Deleted {}",
    "move": "Moved {}",
    "copy": "Copied {}",
    "rename": "Renamed {}",
    "flatten": "Flattened a folder of {}",
    "mkdirs": "Made a folder",
    "organise": "Organised {}",
    "undo": "Took back {}",
    "edit": "Edited {}",
    "resolve": "Deleted {} as duplicates",
}
_RECOVERED = "Finished after the program had ended in the middle."
_TAKEN_BACK = "Nothing was changed."


def move_rows(conn, steps: Sequence[Step], since_ns: int) -> None:  # type: ignore[no-untyped-def]
    """Bring the index in step with what was done."""
    for kind, members in groupby(steps, key=_row_kind):
        pairs = [(to_text(step.source), to_text(step.target)) for step in members]
        if kind == "move":
            relocation.move_files(conn, pairs)
        elif kind == "to trash":
            relocation.move_to_trash(conn, pairs)
        elif kind == "from trash":
            relocation.move_from_trash(conn, pairs)
        elif kind == COPY:
            relocation.copy_files(conn, pairs)
        elif kind == REMOVE:
            relocation.forget_files(conn, [source for source, _ in pairs])
        elif kind == RECYCLE:
            relocation.mark_missing(conn, [source for source, _ in pairs])
        elif kind == TREE:
            for source, target in pairs:
                relocation.move_folder(conn, source, target, since_ns)


def _row_kind(step: Step) -> str:
    if step.kind != MOVE:
        return step.kind
    comes, goes = is_in_trash(step.source), is_in_trash(step.target)
    return "within trash" if comes and goes else "from trash" if comes else "to trash" if goes else "move"


def trashed_bytes(steps: Sequence[Step]) -> int | None:
    """How much these steps put into the trash; None for nothing."""
    sizes = [step.size_bytes for step in steps if step.kind in (MOVE, TREE) and is_in_trash(step.target)]
    if not sizes and any(step.kind == SWAP for step in steps):
        return 0  # not known before the new file is written
    return sum(sizes) if sizes else None


def summarise(kind: str, count: int, place: str) -> str:
    """One line for a list of operations."""
    what = f"{count} item{'' if count == 1 else 's'}"
    return _DONE.get(kind, kind.capitalize() + " {}").format(what) + (f": {place}" if place else "")


def with_reason(error: IIBError, outcome: Outcome) -> IIBError:
    """The failure of an operation that had begun, and what is left of it."""
    return type(error)(
        f"{str(error).rstrip('.')}. "
        f"{'What had been done could not be taken back completely.' if outcome.done else _TAKEN_BACK}"
    )


def recovery_message(outcome: Outcome) -> str:
    """How an operation ended that a crash had interrupted."""
    if not outcome.failures:
        return _RECOVERED
    reason = next(iter(outcome.failures.values()))
    return f"The program had ended in the middle, and it could not be finished: {reason}" + (
        "" if outcome.done else f" {_TAKEN_BACK}"
    )
