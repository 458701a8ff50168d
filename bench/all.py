"""Every measured limit of the product, as one table: what is held, what is missed, and by how much.

``python -m bench all --markdown --folder FOLDER`` runs each benchmark at the size that its limits
are for, which takes hours. Libraries and results stay in ``FOLDER``: a run that was interrupted
goes on with what is missing, and without ``results.jsonl`` everything is measured anew. ``--small``
takes minutes and shows that all of them work; its figures say nothing about the limits.

A benchmark prints a line for each figure, with its limit behind "limit", "at most", "at least" or
"to stay below", and ends with 1 where a limit is missed; most mark the line too. ``--only`` runs
one, with its own arguments: ``--only "search 1000000 --keep FOLDER"``.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import shlex
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil

from bench import machine

MISSED = "<-- missed"
_HELD, _MISSED, _ONE_OF_THESE = "held", "missed", "one of these is missed"
_LIMIT = re.compile(r"\(?(?:at most|at least|limit|to stay below) [^);]+\)?")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_MARKED = re.compile(r"(?:FAIL|NOT|MISSED)\s")
# Each benchmark at the size that its limits are for, and in a size that takes seconds.
FULL = (
    "start",
    "index --first 20000 --known 1000000",
    "metadata",
    "sizes",
    "search 1000000 --keep {folder}/million",
    "store 1000000",
    "facets 1000000 --keep {folder}/million",
    "page 200000 --keep {folder}/page",
    "media",
    "files",
    "marks",
    "look",
    "ai",
    "meaning",
    "load",
    "kills",
    "servers",
)
SMALL = (
    "start --rounds 1",
    "index --first 300 --known 500 --rounds 1",
    "metadata --files 200",
    "sizes 400",
    "search 1000 --keep {folder}/small",
    "store 1000",
    "facets 1000 --keep {folder}/small",
    "page 500 --keep {folder}/page",
    "media --pictures 8 --video-mib 8",
    "files --files 200 --rounds 1",
    "marks --files 200 --others 400 --rounds 1",
    "look --pictures 200 --vectors 5000 --queries 5",
    "ai --sizes 500 --files 300 --prompts 60 --search 1000 --organise 200",
    "meaning --only titles",
    "load --seconds 8 --files 300 --clients 4",
    "kills --times 3 --files 24",
    "servers --seconds 20 --files 60 --still-seconds 5",
)


@dataclass(frozen=True)
class Figure:
    """A printed line with a limit: what was measured, the limit, whether it is missed, and how far
    the figure is from the limit, in percent of it.
    """

    bench: str
    text: str
    limit: str
    verdict: str
    by: str = ""


def main(arguments: Sequence[str]) -> int:
    """Run them and print the table. Returns 1 where a limit is missed or a benchmark fails."""
    parser = argparse.ArgumentParser(prog="python -m bench all", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="only the table, at the end")
    parser.add_argument("--folder", help="where libraries and results stay")
    parser.add_argument("--small", action="store_true", help="in small, to see that they work")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="a benchmark, with its arguments in quotes"
    )
    options = parser.parse_args(arguments)
    figures: list[Figure] = []
    with ExitStack() as stack:
        folder = Path(options.folder or stack.enter_context(tempfile.TemporaryDirectory()))
        results = Results(folder)
        for command in options.only or (SMALL if options.small else FULL):
            found = results.find(command)
            if found is None:
                found = _run(command, folder, is_quiet=options.markdown)
                results.keep(command, found)
            figures += found
    print("\n".join(_table(figures)))
    return int(any(figure.verdict != _HELD for figure in figures))


class Results:
    """The figures of benchmarks that ended, in a file of a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "results.jsonl"

    def find(self, command: str) -> list[Figure] | None:
        """The figures of a command, None where it has not ended yet."""
        lines = self._path.read_text("utf-8").splitlines() if self._path.exists() else []
        kept = (json.loads(line) for line in lines)
        for one in kept:
            if one["command"] == command:
                return [Figure(**figure) for figure in one["figures"]]
        return None

    def keep(self, command: str, figures: Sequence[Figure]) -> None:
        """Store the figures of a command; one that failed is run again next time."""
        if any(not figure.limit and figure.verdict == _MISSED for figure in figures):
            return
        entry = {"command": command, "figures": [asdict(figure) for figure in figures]}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _run(command: str, folder: Path, *, is_quiet: bool) -> list[Figure]:
    lines = []
    words = [word.replace("{folder}", str(folder)) for word in shlex.split(command)]
    with subprocess.Popen(
        [sys.executable, "-m", "bench", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if not is_quiet:
                print(line, end="", flush=True)
    return list(_judge(command, lines, process.returncode))


def _judge(command: str, lines: Sequence[str], status: int) -> Iterable[Figure]:
    """The figures of a benchmark that ended with ``status``; one without figures is one itself."""
    figures = list(read_figures(command, lines))
    if status == 0 or any(figure.verdict == _MISSED for figure in figures):
        return figures or [Figure(command, _last(lines), "what it checks", _HELD)]
    if status == 1 and figures:
        return [replace(figure, verdict=_ONE_OF_THESE) for figure in figures]
    if status == 1:
        return [Figure(command, _last(lines), "what it checks", _MISSED)]
    return [*figures, Figure(command, f"ended with {status}: {_last(lines)}", "", _MISSED)]


def _last(lines: Sequence[str]) -> str:
    """The last line that says something."""
    return next((" ".join(line.split()) for line in reversed(lines) if line.strip()), "")


def read_figures(bench: str, lines: Iterable[str]) -> Iterator[Figure]:
    """The figures with a limit among the lines that a benchmark prints."""
    for line in lines:
        limits = list(_LIMIT.finditer(line))
        if limits:
            text = " ".join(line.replace(MISSED, "").split())
            named = ", ".join(limit[0].strip("()").strip() for limit in limits)
            is_missed = MISSED in line or _MARKED.match(line) is not None
            by = ", ".join(_distance(line[: limit.start()], limit[0]) for limit in limits)
            yield Figure(bench, text, named, _MISSED if is_missed else _HELD, by)


def _distance(before: str, limit: str) -> str:
    """How far the last number before a limit is from it, in percent of the limit."""
    measured, allowed = _NUMBER.findall(before), _NUMBER.findall(limit)
    if not measured or not allowed or not _number(allowed[0]):
        return ""
    share = abs(_number(measured[-1]) - _number(allowed[0])) / _number(allowed[0])
    return f"{share:.0%}"


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _table(figures: Sequence[Figure]) -> Iterator[str]:
    yield (
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, SQLite "
        f"{sqlite3.sqlite_version}, {psutil.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, load at the end {machine.load()}"
    )
    missed = sum(figure.verdict != _HELD for figure in figures)
    yield f"{len(figures) - missed} held, {missed} missed."
    yield ""
    yield "| bench | figure | limit | | by |"
    yield "|---|---|---|---|---|"
    for figure in figures:
        cells = (figure.bench, figure.text, figure.limit, figure.verdict, figure.by)
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
