"""Every benchmark in turn, as one table: ``python -m bench all [--markdown] [--only NAME ...]``.

A benchmark prints a line for each figure, with its limit in brackets where it has one, and ends with
1 where a limit is missed; most mark the line too. What takes arguments of its own takes them behind the name:
``--only "search 1000000 --keep FOLDER"``.
"""

from __future__ import annotations

import argparse
import platform
import re
import shlex
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import psutil

MISSED = "<-- missed"
_HELD, _MISSED, _ONE_OF_THESE = "held", "missed", "one of these is missed"
_LIMIT = re.compile(r"\(?(?:at most|limit|to stay below) [^);]+\)?")


@dataclass(frozen=True)
class Figure:
    """A printed line with a limit: what was measured, the limit, and whether it is missed."""

    bench: str
    text: str
    limit: str
    verdict: str


def main(arguments: Sequence[str]) -> int:
    """Run them and print the table. Returns 1 where a limit is missed or a benchmark fails."""
    parser = argparse.ArgumentParser(prog="python -m bench all", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="only the table, at the end")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="a benchmark, with its arguments in quotes"
    )
    options = parser.parse_args(arguments)
    figures: list[Figure] = []
    for command in options.only or _all_names():
        figures += _run(command, is_quiet=options.markdown)
    print("\n".join(_table(figures)))
    return int(any(figure.verdict != _HELD for figure in figures))


def _all_names() -> list[str]:
    from bench.__main__ import BENCHMARKS

    return [name for name in sorted(BENCHMARKS) if name != "all"]


def _run(command: str, *, is_quiet: bool) -> list[Figure]:
    lines = []
    with subprocess.Popen(
        [sys.executable, "-m", "bench", *shlex.split(command)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if not is_quiet:
                print(line, end="", flush=True)
    figures = list(read_figures(command, lines))
    if process.returncode == 0 or any(figure.verdict == _MISSED for figure in figures):
        return figures
    if process.returncode == 1 and figures:
        return [replace(figure, verdict=_ONE_OF_THESE) for figure in figures]
    return [*figures, Figure(command, f"ended with {process.returncode}", "", _MISSED)]


def read_figures(bench: str, lines: Iterable[str]) -> Iterator[Figure]:
    """The figures with a limit among the lines that a benchmark prints."""
    for line in lines:
        limits = _LIMIT.findall(line)
        if limits:
            text = " ".join(line.replace(MISSED, "").split())
            named = ", ".join(limit.strip("()") for limit in limits)
            yield Figure(bench, text, named, _MISSED if MISSED in line else _HELD)


def _table(figures: Sequence[Figure]) -> Iterator[str]:
    yield (
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, SQLite "
        f"{sqlite3.sqlite_version}, {psutil.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, load at the end {psutil.getloadavg()[0]:.1f}"
    )
    yield ""
    yield "| bench | figure | limit | |"
    yield "|---|---|---|---|"
    for figure in figures:
        cells = (figure.bench, figure.text, figure.limit, figure.verdict)
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
