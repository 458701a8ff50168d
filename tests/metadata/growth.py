"""Measures how the time grows with the size of the input, by ratios of processor time, which are
the same on every machine, busy or not.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# For 16 times the input linear work takes 16 times as long, quadratic work 256 times.
FACTOR = 16
MOST = 3 * FACTOR
# Windows counts the processor time of a thread in steps.
_STEP_S = 1 / 64 if os.name == "nt" else 0.0
_STEPS = 8
# A shorter time for the large input is fast enough, and too short to be measured.
NEGLIGIBLE_S = 0.01
_RUNS = 3
# A single run may take four times as long beside other programs that use the same memory.
_TRIES = 20
# Above both no noise explains it, and another run is not worth it: noise adds some hundredths of a
# second, to the shortest run too.
_HOPELESS = 8 * FACTOR
_HOPELESS_S = 0.5

# What a quiet processor needs for a loop of that many steps.
_LOOPS, _LOOP_S = 1_000_000, 0.06


def assert_linear(
    run: Callable[[T], object], make: Callable[[int], T], size: int, what: str = ""
) -> None:
    """Assert that ``run(make(n))`` takes at most ``MOST`` times as long for 16 ``size`` as for
    ``size``.
    """
    large = make(FACTOR * size)
    began_s = time.perf_counter()
    slow_s = _seconds(run, large)
    # No less than the processor time, and exact on every system.
    if time.perf_counter() - began_s < NEGLIGIBLE_S:
        return
    if slow_s < _STEPS * _STEP_S:
        slow_s = _each_s(run, large)
    quick_s = min(_each_s(run, make(size)) for _ in range(2 * _RUNS))
    enough_s, hopeless_s = max(MOST * quick_s, NEGLIGIBLE_S), max(_HOPELESS * quick_s, _HOPELESS_S)
    for _ in range(_TRIES):
        if not enough_s < slow_s <= hopeless_s:
            break
        slow_s = min(slow_s, _each_s(run, large))
    assert slow_s <= enough_s, (
        f"{what}: {quick_s:.4f} s for {size}, {slow_s:.3f} s for {FACTOR * size}"
    )


def assert_takes_at_most(limit_s: float, run: Callable[[T], object], value: T) -> None:
    """Assert that ``run(value)`` takes at most ``limit_s`` processor seconds in one of three runs;
    more where a loop shows that the processor is slower just then than a quiet one of two cores.
    """
    ratios = []
    while not ratios or (min(ratios) > 1 and len(ratios) < _RUNS):
        slowness = max(1.0, _seconds(_loop, _LOOPS) / _LOOP_S)
        ratios.append(_seconds(run, value) / (limit_s * slowness))
    assert min(ratios) <= 1, [ratio * limit_s for ratio in ratios]


def _loop(count: int) -> int:
    total = 0
    for number in range(count):
        total += number & 7
    return total


def _each_s(run: Callable[[T], object], value: T) -> float:
    """The processor time of one run: of as many as the steps of the clock need."""

    def repeat(times: int) -> None:
        for _ in range(times):
            run(value)

    count = 1
    while (took_s := _seconds(repeat, count)) < _STEPS * _STEP_S:
        count *= 2
    return took_s / count


def _seconds(run: Callable[[T], object], value: T) -> float:
    # A collection would traverse the objects of all other tests, which takes longer than most runs.
    gc.disable()
    try:
        started = time.thread_time()
        run(value)
        return time.thread_time() - started
    finally:
        gc.enable()
