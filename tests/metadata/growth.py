"""How the time grows with the size of the input, told by ratios of processor time: the same on
every machine, busy or not.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Four doublings. Linear work takes 16 times as long then, quadratic work 256 times.
FACTOR = 16
MOST = 3 * FACTOR
# What takes less than this at the large size is not slow, and too short to be measured.
NEGLIGIBLE_S = 0.01
_RUNS = 3
# Beside other programs that use the same memory a single run may take four times as long.
_TRIES = 20
# Not worth another try.
_HOPELESS_S = 2.0


def assert_linear(run: Callable[[T], object], make: Callable[[int], T], size: int, what: str = "") -> None:
    """``run(make(n))`` takes at most ``MOST`` times as long for 16 ``size`` as for ``size``."""
    large = make(FACTOR * size)
    slow_s = fastest(run, large, 1)
    if slow_s < NEGLIGIBLE_S:
        return
    quick_s = fastest(run, make(size), 2 * _RUNS)
    for _ in range(_TRIES):
        if slow_s <= MOST * quick_s or slow_s > _HOPELESS_S:
            break
        slow_s = min(slow_s, fastest(run, large, 1))
    assert slow_s <= max(MOST * quick_s, NEGLIGIBLE_S), (
        f"{what}: {quick_s:.4f} s for {size}, {slow_s:.3f} s for {FACTOR * size}"
    )


def assert_takes_at_most(limit_s: float, run: Callable[[T], object], value: T) -> None:
    """``run(value)`` takes at most so many processor seconds, in one of three runs."""
    taken_s = [limit_s + 1]
    while min(taken_s) > limit_s and len(taken_s) <= _RUNS:
        taken_s.append(_seconds(run, value))
    assert min(taken_s) <= limit_s, taken_s[1:]


def fastest(run: Callable[[T], object], value: T, runs: int) -> float:
    """Processor seconds of this thread: what other programs do is not in it.

    Noise only ever adds, so the least counts.
    """
    return min(_seconds(run, value) for _ in range(runs))


def _seconds(run: Callable[[T], object], value: T) -> float:
    # it would look through all that other tests have left, which takes longer than many of these
    gc.disable()
    try:
        started = time.thread_time()
        run(value)
        return time.thread_time() - started
    finally:
        gc.enable()
