"""A short form of ``python -m bench kills``: a server is killed in the middle of its work."""

from __future__ import annotations

import functools
import random
import subprocess

import pytest

from bench.kills import Trial
from tests import forks
from tests.searches import rounds


@pytest.mark.timeout(600)
def test_a_server_that_is_killed_loses_and_doubles_nothing(tmp_path, request):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    start = functools.partial(forks.start, stderr=subprocess.DEVNULL)
    trial = Trial(tmp_path / "one", tmp_path / "other", 60, random.Random(3), start=start)
    request.addfinalizer(trial.server.kill)
    report = trial.run(rounds(6))
    assert report.faults == []
    assert report.kills.total() == rounds(6)
