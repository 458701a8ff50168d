"""The table of all benchmarks: what counts as a figure, and when a limit is held."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.__main__ import BENCHMARKS
from bench.all import FULL, SMALL, Figure, Results, read_figures


def test_a_line_with_a_limit_is_a_figure():
    lines = [
        "built 1,000 rows in 3 s\n",
        "newest page   p50  3.0 ms  p95  4.0 ms (at most 20)  processor 2.0 ms\n",
        "figures  p50 900.0 ms  p95 901.0 ms (at most 300)  <-- missed\n",
        "first index: 900/s; ratio 0.80 (limit 0.7)\n",
    ]
    found = [
        (one.text[:11], one.limit, one.verdict, one.by) for one in read_figures("search", lines)
    ]
    assert found == [
        ("newest page", "at most 20", "held", "80%"),
        ("figures p50", "at most 300", "missed", "200%"),
        ("first index", "limit 0.7", "held", "14%"),
    ]


def test_a_line_that_is_marked_at_its_beginning_is_missed():
    lines = [
        "FAIL large PNG: 251.0 MiB, to be at most 200\n",
        "ok   sharp: 0.9 , to be at least 0.5\n",
        "NOT near pairs found: 0.90, at least 0.95\n",
    ]
    found = [(one.limit, one.verdict, one.by) for one in read_figures("media", lines)]
    assert found == [
        ("at most 200", "missed", "26%"),
        ("at least 0.5", "held", "80%"),
        ("at least 0.95", "missed", "5%"),
    ]


def test_each_benchmark_is_in_both_sizes():
    names = BENCHMARKS.keys() - {"all", "rivals"}  # which needs programs of others
    assert {command.split()[0] for command in FULL} == names
    assert {command.split()[0] for command in SMALL} == names


def test_what_has_ended_is_not_run_again(tmp_path):
    results = Results(tmp_path)
    held = [Figure("files", "ratio 2.0 (limit 3)", "limit 3", "held", "33%")]
    failed = [Figure("look", "ended with 2: no numpy", "", "missed")]
    results.keep("files", held)
    results.keep("look", failed)
    assert (Results(tmp_path).find("files"), Results(tmp_path).find("look")) == (held, None)


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
    assert lines[3] == "| bench | figure | limit | | by |"
    assert sum("| search 300 | newest page " in line for line in lines) == 1
