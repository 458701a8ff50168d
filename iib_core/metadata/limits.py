"""The time limit for reading one file: one second of the thread's processor time.

A thread cannot be stopped from outside, so the code that reads a file calls ``check``: at each read
beyond the head of the file, for each parser, for each long JSON text, at each hundredth visit of a
graph. Between two checks at most 16 MB (``MAX_TEXT_BYTES``) go through one step of a JSON parser, a
pattern or zlib; all of these are linear and take some tenths of a second.

Not limited here: decoding of hidden texts by Pillow (limited by pixels), and waiting for a drive.
The limit is processor time, because on a busy machine good files must not fail.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PER_FILE_S = 1.0
_CHECKED_EVERY = 100
REASON = f"it took more than {PER_FILE_S:g} s to read, so only its raw text was kept"


class TooSlow(Exception):
    """The time of the file is up.

    Never leaves the metadata package: it becomes the ``error`` of what was read until then.
    """


class _Clock(threading.local):
    until: float | None = None


_clock = _Clock()


@contextmanager
def one_file() -> Iterator[None]:
    """The context of one file. A context inside of another one shares its time."""
    if _clock.until is not None:
        yield
        return
    _clock.until = time.thread_time() + PER_FILE_S
    try:
        yield
    finally:
        _clock.until = None


@contextmanager
def apart(seconds: float) -> Iterator[None]:
    """A context with a time limit of its own, which does not count for the file around it."""
    outer, started = _clock.until, time.thread_time()
    _clock.until = started + seconds
    try:
        yield
    finally:
        _clock.until = None if outer is None else outer + time.thread_time() - started


class Budget:
    """A limited number of steps of work. Calls ``check`` now and then, so it may raise TooSlow."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> bool:
        """Count some steps. Returns whether there are any left."""
        before = self.left
        self.left -= steps
        if before // _CHECKED_EVERY != self.left // _CHECKED_EVERY:
            check()
        return self.left > 0


def check() -> None:
    """Raise TooSlow if the time of the file is up."""
    if _clock.until is not None and time.thread_time() > _clock.until:
        raise TooSlow
