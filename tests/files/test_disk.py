"""System calls that change the disk, on systems that refuse them now and then."""

from __future__ import annotations

import errno
import os

import pytest

from iib_core.errors import AccessDenied, Conflict
from iib_core.files.disk import Disk, explain

pytestmark = pytest.mark.windows

SHARING, LOCKED, DENIED, GONE = 32, 33, 5, 2


def refusal(winerror: int) -> OSError:
    """An OSError as Windows tells it."""
    if os.name == "nt":
        return OSError(0, "refused", "a.png", winerror)
    exc = OSError(errno.ENOENT if winerror == GONE else errno.EACCES, "refused", "a.png")
    exc.winerror = winerror  # type: ignore[attr-defined]
    return exc


class Held:
    """A system call that another program makes fail ``times`` times."""

    def __init__(self, winerror: int, times: int) -> None:
        self.calls = 0
        self._winerror = winerror
        self._times = times

    def __call__(self, path: str) -> str:
        self.calls += 1
        if self.calls <= self._times:
            raise refusal(self._winerror)
        return path


@pytest.mark.parametrize("winerror", [SHARING, LOCKED, DENIED])
def test_a_file_that_another_program_holds_for_a_moment_is_changed_all_the_same(winerror):
    call = Held(winerror, 3)
    assert Disk().call(call, "a.png") == "a.png"
    assert call.calls == 4


def test_what_fails_for_another_reason_fails_at_once():
    call = Held(GONE, 99)
    with pytest.raises(OSError):
        Disk().call(call, "a.png")
    assert call.calls == 1


def test_a_file_that_stays_held_is_told_and_many_of_them_do_not_add_up():
    disk, calls = Disk(patience_s=0.1), 0
    with disk.anchored():
        for _ in range(100):
            call = Held(SHARING, 99)
            with pytest.raises(OSError) as failure:
                disk.call(call, "a.png")
            calls += call.calls
    assert calls < 110
    assert isinstance(explain(failure.value, "a.png"), Conflict)


def test_what_windows_does_not_permit_is_told_with_what_may_be_the_cause():
    told = explain(refusal(DENIED), "a.png")
    assert isinstance(told, AccessDenied)
    assert "may have it open" in str(told)
