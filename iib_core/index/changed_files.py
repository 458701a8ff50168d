"""Changed files: holds files that changed until no program writes them any more."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from iib_core import times

# A file that did not change for this long counts as finished; an empty one after _EMPTY_S.
_QUIET_S = 0.4
_EMPTY_S = 60.0


@dataclass
class _Pending:
    """The last known state of a changed file, since when it has that, and since when it is pending."""

    state: tuple[int, int] | None
    since: float
    added_at: float


@dataclass
class ChangedFiles:
    """Files that changed and may still be written.

    ``read_state(path)`` returns (size, mtime_ns), or None if the file does not exist. ``now`` is a
    monotonic clock.
    """

    read_state: Callable[[str], tuple[int, int] | None]
    now: Callable[[], float] = time.monotonic
    _files: dict[str, _Pending] = field(default_factory=dict)

    def add(self, path: str) -> None:
        """Add a file that changed."""
        now = self.now()
        self._files.setdefault(path, _Pending(self.read_state(path), now, now))

    def take_finished(self, raise_if_cancelled: Callable[[], None] = lambda: None) -> list[str]:
        """Remove and return the files that are finished or gone. Empty files wait longer for
        content.
        """
        finished = []
        for path, pending in list(self._files.items()):
            raise_if_cancelled()
            state, now = self.read_state(path), self.now()
            if state != pending.state:
                pending.state, pending.since = state, now
            if _is_finished(pending, now):
                finished.append(path)
                del self._files[path]
        return finished

    def __len__(self) -> int:
        return len(self._files)


def _is_finished(pending: _Pending, now: float) -> bool:
    if pending.state is None:
        return True
    is_empty = not pending.state[0]
    if is_empty and now - pending.added_at < _EMPTY_S:
        return False
    return now - pending.since >= _QUIET_S


def read_state(path: str) -> tuple[int, int] | None:
    """(size in bytes, mtime_ns) of a file; None if it does not exist."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, times.mtime_ns(status)
