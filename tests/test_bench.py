"""The table of all benchmarks: what counts as a figure, and when a limit is held."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.all import read_figures


def test_a_line_with_a_limit_is_a_figure():
    lines = [
        "built 1,000 rows in 3 s\n",
        "newest page   p50  3.0 ms  p95  4.0 ms (at most 20)  processor 2.0 ms\n",
        "figures  p50 900.0 ms  p95 901.0 ms (at most 300)  <-- missed\n",
        "first index: 900/s; ratio 0.80 (limit 0.7)\n",
    ]
    found = [(one.text[:11], one.limit, one.verdict) for one in read_figures("search", lines)]
    assert found == [
        ("newest page", "at most 20", "held"),
        ("figures p50", "at most 300", "missed"),
        ("first index", "limit 0.7", "held"),
    ]


def test_a_table_of_one_benchmark():
    command = ["-m", "bench", "all", "--markdown", "--only", "search 300"]
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode in (0, 1), ended.stderr
    lines = ended.stdout.splitlines()
    assert "SQLite" in lines[0]
    assert lines[2] == "| bench | figure | limit | |"
    assert sum("| search 300 | newest page " in line for line in lines) == 1
