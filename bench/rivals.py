"""Ours beside the two libraries of its kind, over the same files, by turns in one run.

``python -m bench rivals --older FOLDER --older-python PYTHON --hanaikada PROGRAM``: bench/rivals.md
says how these are had, and what is measured. A program that is not given is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil

from bench.index import write_library
from bench.load import percentile
from bench.media import write_pictures
from iib_core.config import BASE

OURS, OLDER, HANAIKADA = "IIB", "infinite-image-browsing", "Hanaikada"
# What is searched for, all in the texts of ``write_library`` but the last.
_TEXTS: Mapping[str, Sequence[str]] = {
    "common word": ("masterpiece", "solo", "highres"),
    "two words": ("purple rain", "ancient temple", "blue book"),
    "rare words": ("by nidra lowynnoto", "by oshelmor kael", "by reosnini"),
    "no such word": ("zq1x", "zq2x", "zq3x"),
}
_EXPRESSIONS = ("temple, [a-z]+ rain", "blue (book|cat), [a-z]+")
_TRIES = 12
_CONNECTIONS = 6
_PICTURES = 60
_PORT = 7970
_START_S, _INDEX_S, _REST_S = 60.0, 3600.0, 8.0
_PING_S = 0.05

Search = Callable[[str], int]


@dataclass
class Program:
    """A server that runs, and how it is asked.

    ``index``: adds the library and returns when it is indexed. ``find`` and ``match``: the number of
    files on the first page for a text and for a regular expression.
    """

    client: httpx.Client
    process: psutil.Process
    ping: str
    index: Callable[[], None]
    find: Search
    match: Search
    thumbnail: Callable[[Path], str]


@dataclass
class Figures:
    """What was measured of one program, a list of rounds each."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """One more round."""
        self.values.setdefault(name, []).append(value)


def main(arguments: Sequence[str]) -> int:
    """Print a table. Returns 1 where the programs do not find the same files."""
    parser = argparse.ArgumentParser(prog="python -m bench rivals", description=__doc__)
    parser.add_argument("--files", type=int, default=20_000, help="small PNGs of the library")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument(
        "--older", help="a clone of infinite-image-browsing, which keeps its data there"
    )
    parser.add_argument(
        "--older-python", default=sys.executable, help="the Python that has its packages"
    )
    parser.add_argument("--hanaikada", help="the program hanaikada of its environment")
    parser.add_argument("--folder", help="where the files are written, in memory if possible")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        top = Path(name)
        write_library(top / "library", options.files)
        pictures = write_pictures(top / "pictures", "png", _PICTURES)
        programs: dict[str, Callable[[Path], contextlib.AbstractContextManager[Program]]] = {
            OURS: lambda data: _ours(top, data)
        }
        if options.older:
            command = (options.older_python, Path(options.older))
            programs[OLDER] = lambda data: _older(top, data, *command)
        if options.hanaikada:
            programs[HANAIKADA] = lambda data: _hanaikada(top, data, options.hanaikada)
        figures = {program: Figures() for program in programs}
        found: dict[str, list[int]] = {}
        for number in range(options.rounds):
            for program, start in programs.items():
                data = top / f"{program} {number}"
                data.mkdir()
                started = time.perf_counter()
                with start(data) as running:
                    figures[program].add("start, s", time.perf_counter() - started)
                    found[program] = _measure(running, figures[program], options.files, pictures)
    print("\n".join(_table(figures)))
    is_same = len({tuple(numbers) for numbers in found.values()}) == 1
    if not is_same:
        print(f"They do not find the same: {found}")
    return int(not is_same)


def _measure(program: Program, figures: Figures, count: int, pictures: Sequence[Path]) -> list[int]:
    """Measure one round. Returns how many files were found."""
    started = time.perf_counter()
    with _pinging(program) as waits:
        program.index()
    figures.add("first index, files a second", count / (time.perf_counter() - started))
    figures.add("slowest answer meanwhile, ms", max(waits) * 1000)
    time.sleep(_REST_S)
    family = [program.process, *program.process.children(recursive=True)]
    figures.add("memory afterwards, MB", sum(one.memory_info().rss for one in family) / 1e6)
    found = []
    for name, texts in _TEXTS.items():
        found += _time_searches(figures, name, program.find, texts)
    found += _time_searches(figures, "regular expression", program.match, _EXPRESSIONS)
    urls = [program.thumbnail(picture) for picture in pictures]
    for name in ("new", "again"):
        started = time.perf_counter()
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            list(pool.map(lambda url: program.client.get(url).raise_for_status(), urls))
        rate = len(urls) / (time.perf_counter() - started)
        figures.add(f"thumbnails a second, {name}", rate)
    return found


def _time_searches(figures: Figures, name: str, search: Search, texts: Sequence[str]) -> list[int]:
    times, found = [], {}
    for number in range(_TRIES):
        text = texts[number % len(texts)]
        started = time.perf_counter()
        found[text] = search(text)
        times.append((time.perf_counter() - started) * 1000)
    figures.add(f"{name}, median ms", median(times))
    figures.add(f"{name}, p95 ms", percentile(times, 95))
    return list(found.values())


@contextlib.contextmanager
def _pinging(program: Program) -> Iterator[list[float]]:
    """How long the server takes for the smallest answer, in seconds, asked all the time."""
    waits: list[float] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.wait(_PING_S):
            started = time.perf_counter()
            program.client.get(program.ping)
            waits.append(time.perf_counter() - started)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield waits
    finally:
        ended.set()
        asking.join()


@contextlib.contextmanager
def _running(
    command: Sequence[object], base: str, ping: str, **options: Any
) -> Iterator[tuple[httpx.Client, psutil.Process]]:
    """A server that answers, and a client of it; it ends at the end."""
    words = [*map(str, command)]
    with (
        subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
        ) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{_PORT}{base}", timeout=_INDEX_S) as client,
    ):
        try:
            until = time.monotonic() + _START_S
            while True:
                with contextlib.suppress(httpx.ConnectError):
                    client.get(ping).raise_for_status()
                    break
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"{words[0]} does not start")
                time.sleep(0.05)
            yield client, psutil.Process(process.pid)
        finally:
            process.terminate()


@contextlib.contextmanager
def _ours(top: Path, data: Path) -> Iterator[Program]:
    command = [sys.executable, "-m", "iib_core", "serve", top / "pictures"]
    command += ["--data-dir", data, "--port", str(_PORT)]
    with _running(command, BASE, "/hello") as (client, process):
        while client.get("/db/index_status").json()["last"] is None:
            time.sleep(0.05)
        yield _of_one_api(client, process, top)


@contextlib.contextmanager
def _older(top: Path, data: Path, python: str, clone: Path) -> Iterator[Program]:
    for left in clone.glob("iib.db*"):
        left.unlink()
    settings = {"IIB_CACHE_DIR": str(data), "IIB_ACCESS_CONTROL": "disable"}
    command = [python, "app.py", "--port", str(_PORT)]
    # Without ours on the path, whose folder "scripts" it would take for its own.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment = {**inherited, **settings}
    with _running(command, BASE, "/hello", cwd=clone, env=environment) as (client, process):
        yield _of_one_api(client, process, top)


def _of_one_api(client: httpx.Client, process: psutil.Process, top: Path) -> Program:
    """Ours has the API of the older one."""

    def index() -> None:
        _post(client, "/db/extra_paths", path=str(top / "library"), types=["scanned"])
        _post(client, "/db/update_image_data")

    def search(**body: Any) -> int:
        return len(_post(client, "/db/search_by_substr", **body)["files"])

    def thumbnail(picture: Path) -> str:
        asked = {"path": str(picture), "t": str(picture.stat().st_mtime), "size": "256x256"}
        return f"/image-thumbnail?{httpx.QueryParams(asked)}"

    return Program(
        client,
        process,
        "/hello",
        index,
        lambda text: search(surstr=text),
        lambda expression: search(surstr="", regexp=expression),
        thumbnail,
    )


@contextlib.contextmanager
def _hanaikada(top: Path, data: Path, program: str) -> Iterator[Program]:
    ping = "/app/health"
    command = [program, "webui", "--port", str(_PORT), "--no-open", "--no-scan", "--data-dir", data]
    with _running(command, "/api/v1", ping) as (client, process):

        def add(name: str, **options: Any) -> str:
            body = {"path": str(top / name), "name": name, "layout": "custom", **options}
            return str(_post(client, "/library/roots", **body)["id"])

        def index() -> None:
            root = add("library")
            _post(client, "/index/scan", root_id=root)
            while True:
                status = client.get("/index/status").json()
                if not status["running"] and not status["queued"]:
                    return
                time.sleep(0.05)

        def search(**body: str) -> int:
            return len(_post(client, "/search", **body)["items"])

        shown = add("pictures", index=False)
        yield Program(
            client,
            process,
            ping,
            index,
            lambda text: search(text=text),
            lambda expression: search(regex=expression),
            lambda picture: f"/library/roots/{shown}/thumbnail?path={picture.name}&size=256",
        )


def _post(client: httpx.Client, route: str, **body: Any) -> Any:
    answer = client.post(route, json=body).raise_for_status()
    return answer.json() if answer.content else None


def _table(figures: Mapping[str, Figures]) -> Iterator[str]:
    """The median of the rounds."""
    yield f"| | {' | '.join(figures)} |"
    yield "|---" * (len(figures) + 1) + "|"
    for name in next(iter(figures.values())).values:
        values = [median(own.values[name]) for own in figures.values()]
        yield f"| {name} | {' | '.join(_shown(value) for value in values)} |"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
