"""How long reading one file may take: one second of the thread's own processor time.

A thread cannot be ended from outside, so what reads a file asks from time to time: each look at the
file behind its head, each parser, each long JSON text, each hundredth visit of a graph. Between two
questions lies work over at most 16 MB (`MAX_TEXT_BYTES`) in a single step of a JSON parser, a
pattern or zlib, all of which are linear: some tenths of a second. Not bounded by it are the
decoding of hidden texts by Pillow (bounded by pixels) and waiting for a drive. Processor time, not
that of the clock: a machine that is busy with other things must not turn good files into failures.
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
    """The file has had its time.

    Never leaves the metadata package: it becomes an ``error`` beside what was read until then.
    """


class _Clock(threading.local):
    until: float | None = None


_clock = _Clock()


@contextmanager
def one_file() -> Iterator[None]:
    """What is read within counts as one file; a block inside of such a block is a part of it."""
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
    """What is read within has a time of its own, which the file around it is not charged for."""
    outer, started = _clock.until, time.thread_time()
    _clock.until = started + seconds
    try:
        yield
    finally:
        _clock.until = None if outer is None else outer + time.thread_time() - started


class Budget:
    """So many steps of work, after which there are no more; on the way the clock is looked at now and then.

    Raises TooSlow as ``check`` does.
    """

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> bool:
        """Count some steps; whether there are any left."""
        before = self.left
        self.left -= steps
        if before // _CHECKED_EVERY != self.left // _CHECKED_EVERY:
            check()
        return self.left > 0


def check() -> None:
    """Raise TooSlow where the time is up."""
    if _clock.until is not None and time.thread_time() > _clock.until:
        raise TooSlow
