"""Time limits: the time that other programs take does not count."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest

from tests.timing import QUIET_SHARE, Limit

SPIN = "import time\nwhile time.process_time() < 1: pass"


def test_what_is_below_its_limit_passes():
    Limit().check(0.9, 1)


def test_a_miss_fails_where_the_machine_is_quiet():
    limit = Limit(quiet_share=1.1)  # as any machine is then
    with pytest.raises(pytest.fail.Exception, match=r"took 1\.000 s, the limit is 1 s"):
        limit.check(1, 1)


@pytest.mark.posix_only("a process that is nobody's child")
def test_a_miss_is_reported_where_other_programs_are_busy():
    number = int(2 * QUIET_SHARE * (psutil.cpu_count() or 1)) + 1
    limit = Limit()
    for _ in range(number):
        subprocess.run(["sh", "-c", '"$0" -c "$1" &', sys.executable, SPIN], check=True)
    ends_at = time.monotonic() + 20
    while time.monotonic() < ends_at:
        time.sleep(0.1)
        try:
            limit.check(1, 1)
        except pytest.xfail.Exception as told:
            assert "other programs had" in str(told)
            return
        except pytest.fail.Exception:
            continue
    raise AssertionError("a busy machine counts as quiet")
