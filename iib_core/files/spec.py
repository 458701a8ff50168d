"""What an operation is, apart from its plan."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from iib_core.db.journal import Step
from iib_core.db.resolved import Pair


class OnFailure(Enum):
    """What happens to the other groups of steps when one fails, and to all when it is cancelled."""

    UNDO_ALL = "a failure and a cancellation undo the whole operation"
    SKIP = "a failed group is undone, the others stay; a cancellation undoes the whole operation"
    KEEP = "a failed group is undone, the others stay; a cancellation keeps what was done"


def new_id() -> str:
    """A new operation id. Ids sort by time; the random part keeps them unique in a trash folder
    that is older than the database.
    """
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + secrets.token_hex(4)


@dataclass(frozen=True)
class OperationSpec:
    """One operation.

    ``subject``: the path it is about, for its summary. ``undoes``: the id of the operation that
    this one undoes. ``write``: writes the file of a step whose size is ``UNWRITTEN``. ``pairs``:
    the duplicates that it resolves.
    """

    kind: str
    subject: str = ""
    on_failure: OnFailure = OnFailure.UNDO_ALL
    undoable: bool = True
    undoes: str | None = None
    operation_id: str = field(default_factory=new_id)
    write: Callable[[Step], None] | None = None
    pairs: tuple[Pair, ...] = ()
