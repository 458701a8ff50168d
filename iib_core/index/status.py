"""How far an update has come, for those who watch it and for those who want its result."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

IDLE, WAITING, SCANNING, READING = "idle", "waiting", "scanning", "reading"
_RATE_OVER_S = 10.0
# Files that are named when they cannot be read; nobody goes through more of them, and the page asks
# every second.
MOST_NAMED = 100


@dataclass(frozen=True)
class Outcome:
    """What an update did.

    ``updated`` files were read again, ``skipped`` ones are as they were, ``missing`` are newly
    marked so.
    """

    added: int = 0
    updated: int = 0
    moved: int = 0
    missing: int = 0
    removed: int = 0
    skipped: int = 0
    errors: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Status:
    """An update as it stands.

    ``total`` is 0 until it is known; ``rate`` is files a second; ``errors`` counts failures by
    reason.
    """

    stage: str = IDLE
    done: int = 0
    total: int = 0
    rate: float = 0.0
    seconds_left: float | None = None
    errors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """A file that is not in the index although it should be, or not as it is now, and why."""

    path: str
    reason: str


class Tally:
    """Counts an update while it runs."""

    def __init__(self) -> None:
        self.added = self.updated = self.moved = self.missing = self.skipped = 0
        self.errors: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.stage = WAITING
        self.done = self.total = 0
        self._started = time.monotonic()
        self._marks: deque[tuple[float, int]] = deque()

    def enter(self, stage: str, total: int = 0) -> None:
        """Begin a stage."""
        self.stage, self.done, self.total = stage, 0, total
        self._marks = deque([(time.monotonic(), 0)])

    def advance(self, count: int) -> None:
        """So many files more are done."""
        self.done += count
        now = time.monotonic()
        marks = self._marks
        if now - marks[-1][0] >= 0.25 or len(marks) == 1:
            marks.append((now, self.done))
        while len(marks) > 2 and now - marks[0][0] > _RATE_OVER_S:
            marks.popleft()

    def fail(self, path: str, reason: str) -> None:
        """This file could not be taken in. The first ones are named, all are counted."""
        self.errors[reason] += 1
        if len(self.problems) < MOST_NAMED:
            self.problems.append(Problem(path, reason))

    def snapshot(self) -> Status:
        """The status now."""
        marks = list(self._marks)
        rate = 0.0
        if len(marks) > 1 and marks[-1][0] > marks[0][0]:
            rate = (marks[-1][1] - marks[0][1]) / (marks[-1][0] - marks[0][0])
        left = (self.total - self.done) / rate if rate > 0 and self.total else None
        return Status(
            self.stage,
            self.done,
            self.total,
            round(rate, 1),
            None if left is None else round(left, 1),
            dict(self.errors),
        )

    def outcome(self) -> Outcome:
        """What was done so far."""
        seconds = round(time.monotonic() - self._started, 3)
        return Outcome(
            self.added,
            self.updated,
            self.moved,
            self.missing,
            0,
            self.skipped,
            sum(self.errors.values()),
            seconds,
        )
