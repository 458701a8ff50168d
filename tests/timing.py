"""Time limits that are enforced on a quiet machine, and only reported on a busy one."""

from __future__ import annotations

import time

import psutil
import pytest

# The share of all processors that other programs may use on a quiet machine.
QUIET_SHARE = 0.1


class Limit:
    """Compares seconds with a limit.

    The machine is quiet if other programs used at most ``quiet_share`` of its processors since this
    was created.
    """

    def __init__(self, quiet_share: float = QUIET_SHARE) -> None:
        self._quiet_share = quiet_share
        self._others_s = _others_s()
        self._began_s = time.monotonic()

    def check(self, seconds: float, limit_s: float) -> None:
        """Fails if ``seconds`` are not below ``limit_s``; while other programs are busy, the test
        ends as an expected failure.
        """
        if seconds < limit_s:
            return
        elapsed_s = time.monotonic() - self._began_s
        available_s = elapsed_s * (psutil.cpu_count() or 1)
        share = (_others_s() - self._others_s) / available_s if available_s else 0.0
        missed = (
            f"took {seconds:.3f} s, the limit is {limit_s} s; other programs had {share:.0%} of the "
            "processors"
        )
        if share > self._quiet_share:
            pytest.xfail(missed)
        pytest.fail(missed)


def _others_s() -> float:
    """The processor time since the start of the machine that was neither idle nor used by this
    process and its children; it includes the time that the host of a virtual machine took.
    """
    machine = psutil.cpu_times()
    busy_s = (
        sum(machine)
        - machine.idle
        - getattr(machine, "iowait", 0.0)
        - getattr(machine, "guest", 0.0)
        - getattr(machine, "guest_nice", 0.0)
    )
    return busy_s - _own_s()


def _own_s() -> float:
    own = psutil.Process()
    total_s = sum(
        own.cpu_times()[:4]
    )  # user and system, of the process and of its children that have ended
    for child in own.children(recursive=True):
        try:
            total_s += sum(child.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total_s
