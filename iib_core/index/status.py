"""Status: the progress and the result of an update of the index."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

IDLE, WAITING, SCANNING, READING = "idle", "waiting", "scanning", "reading"
_RATE_OVER_S = 10.0
# How many files that could not be indexed are listed. The page requests the list every second.
MAX_PROBLEMS = 100


@dataclass(frozen=True)
class Outcome:
    """What an update did.

    ``updated``: files read again. ``skipped``: unchanged files. ``missing``: files newly marked as
    missing.
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
    """The present progress of an update.

    ``total`` is 0 until it is known; ``rate`` is in files a second; ``errors`` counts failures by
    reason.
    """

    stage: str = IDLE
    done: int = 0
    total: int = 0
    rate: float = 0.0
    seconds_left: float | None = None
    errors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class UnindexedFile:
    """A file that is missing or outdated in the index, with the reason."""

    path: str
    reason: str


class Tally:
    """Counts an update while it runs."""

    def __init__(self) -> None:
        self.added = self.updated = self.moved = self.missing = self.skipped = 0
        self.errors: Counter[str] = Counter()
        self.problems: list[UnindexedFile] = []
        self.stage = WAITING
        self.done = self.total = 0
        self._started = time.monotonic()
        # (time, files done) within the last ``_RATE_OVER_S`` seconds
        self._samples: deque[tuple[float, int]] = deque()

    def enter(self, stage: str, total: int = 0) -> None:
        """Begin a stage."""
        self.stage, self.done, self.total = stage, 0, total
        self._samples = deque([(time.monotonic(), 0)])

    def advance(self, count: int) -> None:
        """Count ``count`` more files as done."""
        self.done += count
        now = time.monotonic()
        samples = self._samples
        if now - samples[-1][0] >= 0.25 or len(samples) == 1:
            samples.append((now, self.done))
        while len(samples) > 2 and now - samples[0][0] > _RATE_OVER_S:
            samples.popleft()

    def fail(self, path: str, reason: str) -> None:
        """Count a file that could not be indexed, and list it if it is among the first
        ``MAX_PROBLEMS``.
        """
        self.errors[reason] += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(UnindexedFile(path, reason))

    def snapshot(self) -> Status:
        """The status now."""
        samples = list(self._samples)
        rate = 0.0
        if len(samples) > 1 and samples[-1][0] > samples[0][0]:
            rate = (samples[-1][1] - samples[0][1]) / (samples[-1][0] - samples[0][0])
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
        """The result so far."""
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
