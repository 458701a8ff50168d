"""Several clients at once while a real server updates its index: a short ``python -m bench load``."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import load
from bench.index import write_library
from tests.timing import Limit

FILES, CLIENTS, SECONDS = 1500, 8, 4.0
MOST_MIB = 400


@pytest.mark.timing
@pytest.mark.timeout(300)
def test_many_clients_while_the_index_is_made(tmp_path: Path, limit: Limit):
    write_library(tmp_path / "library", FILES)
    figures = load.run(tmp_path / "library", tmp_path / "data", CLIENTS, SECONDS)
    assert figures.errors == []
    assert (figures.not_indexed, figures.index_only) == (0, 0)
    assert set(figures.latencies) == {
        "search",
        "thumbnail",
        "tag",
        "move",
        "list",
        "timeline",
        "file",
        "info",
    }
    assert max(sample.rss_mib for sample in figures.samples) < MOST_MIB
    limit.check(load.percentile(figures.hello, 95), load.HELLO_LIMIT_S)
