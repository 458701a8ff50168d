"""How fast the disk gets into the index: first index, an update with nothing to do, one new file.

Each beside a bare loop in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from bench import corpus
from iib_core.config import BASE, Config
from iib_core.core import Core
from iib_core.db import images
from iib_core.index import parameters

PER_FOLDER = 1000
_REST_S = 10.0
_LIMIT_RATE, _LIMIT_HELLO_S, _LIMIT_UPDATE, _LIMIT_NEW_S = 0.7, 0.1, 3.0, 2.0
_LIMIT_PARAMETERS, _LIMIT_MB = 1.2, 100
_TEXT_INDEXES = {
    "contentless": "tokenize='trigram', content='', detail=none",
    "default": "tokenize='trigram'",
}


def main(arguments: list[str]) -> int:
    """Write the files, measure, print; 1 where a limit of the project is missed."""
    options = argparse.ArgumentParser(prog="python -m bench index", description=__doc__)
    options.add_argument("--first", type=int, default=20_000, help="small PNGs of the first index")
    options.add_argument(
        "--known", type=int, default=100_000, help="files of the update with nothing to do"
    )
    options.add_argument(
        "--rounds",
        type=int,
        default=2,
        help="how often the first index is measured; the best counts, on either side",
    )
    options.add_argument(
        "--loop",
        choices=list(_TEXT_INDEXES),
        default="contentless",
        help="the text index of the bare loop: contentless without positions as ours, or FTS5's default",
    )
    chosen = options.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="iib-bench-") as name:
        missed = _first_index(Path(name), chosen.first, chosen.rounds, chosen.loop)
        missed |= _parameters(Path(name), chosen.first, chosen.rounds)
        missed |= _update(Path(name), chosen.known)
    return 1 if missed else 0


def _first_index(top: Path, count: int, rounds: int, loop: str) -> bool:
    library = top / "first"
    write_library(library, count)
    bare_s, ours_s, hello_s, rest_s, held_mb = [], [], [], [], []
    for number in range(rounds):
        database = top / f"bare{number}.db"
        bare_s.append(_timed(lambda database=database: _bare_loop(library, database, loop)))
        seconds, slowest, at_rest, held = _serve_and_wait(library, top / f"data{number}", count)
        ours_s.append(seconds)
        hello_s.append(slowest)
        rest_s.append(at_rest)
        held_mb.append(held)
    bare, ours, hello = count / min(bare_s), count / min(ours_s), max(hello_s)
    print(
        f"first index of {count:,} small PNGs: {ours:,.0f}/s; bare Pillow + SQLite + FTS5 loop "
        f"({loop}) {bare:,.0f}/s; ratio {ours / bare:.2f} (limit {_LIMIT_RATE})"
    )
    print(
        f"slowest /hello meanwhile: {hello * 1000:.0f} ms (limit {_LIMIT_HELLO_S * 1000:.0f}); with "
        f"nothing to do {max(rest_s) * 1000:.0f} ms"
    )
    print(f"memory of the server at rest afterwards: {max(held_mb):.0f} MB (limit {_LIMIT_MB})")
    missed = ours / bare < _LIMIT_RATE or hello > _LIMIT_HELLO_S
    return missed or max(held_mb) > _LIMIT_MB


def _parameters(top: Path, count: int, rounds: int) -> bool:
    """What the table of parameters adds to the first index, by turns with and without it."""
    costs: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for number in range(rounds):
        for has_parameters in (True, False):
            data_dir = top / f"parameters{number}{has_parameters}"
            costs[has_parameters].append(_index_here(top / "first", data_dir, has_parameters))
    (seconds, size), (bare_s, bare_size) = min(costs[True]), min(costs[False])
    print(
        f"a file of the first index: {seconds / count * 1e6:,.0f} us of processor and "
        f"{size / count:,.0f} bytes; without parameters {bare_s / count * 1e6:,.0f} us and "
        f"{bare_size / count:,.0f} bytes; ratio {seconds / bare_s:.2f} and {size / bare_size:.2f} "
        f"(limit {_LIMIT_PARAMETERS})"
    )
    return seconds / bare_s > _LIMIT_PARAMETERS or size / bare_size > _LIMIT_PARAMETERS


def _index_here(library: Path, data_dir: Path, has_parameters: bool) -> tuple[float, int]:
    """Processor seconds and bytes of a first index in this process."""
    config = Config(data_dir=str(data_dir), roots=(str(library),), watch=False)
    derive = parameters.derive
    if not has_parameters:
        parameters.derive = lambda _info: ()
    try:
        core = Core(config)
        started = time.process_time()
        core.index.update()
        seconds = time.process_time() - started
        core.close()
    finally:
        parameters.derive = derive
    size = os.path.getsize(data_dir / "iib.db")
    shutil.rmtree(data_dir)
    return seconds, size


def _update(top: Path, count: int) -> bool:
    library = top / "known"
    write_library(library, count)
    core = Core(Config(data_dir=str(top / "data"), roots=(str(library),), watch=False))
    try:
        core.index.update()
        walks, updates = [], []
        for _ in range(5):
            walks.append(_timed(lambda: _bare_walk(str(library))))
            updates.append(_timed(core.index.update))
    finally:
        core.close()
    walk, update = statistics.median(walks), statistics.median(updates)
    print(
        f"update of {count:,} files with nothing changed: {update:.2f} s; bare walk {walk:.2f} s; ratio "
        f"{update / walk:.2f} (limit {_LIMIT_UPDATE})"
    )
    new = _one_new_file(library, top / "data")
    print(f"one new file among {count:,} in the index after {new:.2f} s (limit {_LIMIT_NEW_S})")
    return update / walk > _LIMIT_UPDATE or new > _LIMIT_NEW_S


def _one_new_file(library: Path, data_dir: Path) -> float:
    core = Core(Config(data_dir=str(data_dir), roots=(str(library),)))
    try:
        while core.index.last is None:
            time.sleep(0.05)
        path = library / "0000" / "new.png"
        path.write_bytes(_png("a file that was not there, Steps: 1"))
        started = time.perf_counter()
        while True:
            with core.db.read() as conn:
                if images.find_ids(conn, [str(path)]):
                    return time.perf_counter() - started
            time.sleep(0.01)
    finally:
        core.close()


def _serve_and_wait(library: Path, data_dir: Path, count: int) -> tuple[float, float, float, float]:
    """Seconds that a real server needs for its first index, its slowest answer to /hello meanwhile
    and afterwards, and the memory that it holds then, in MB.
    """
    command = [
        sys.executable,
        "-m",
        "iib_core",
        "serve",
        str(library),
        "--data-dir",
        str(data_dir),
        "--port",
        "0",
    ]
    server = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().split(" at ")[1].strip().removesuffix(BASE) + BASE
        ended = threading.Event()
        waits: list[float] = []
        asking = threading.Thread(target=_ask, args=(url + "/hello", ended, waits))
        asking.start()
        last = None
        while last is None:
            time.sleep(0.5)
            last = json.load(urllib.request.urlopen(url + "/db/index_status", timeout=10))["last"]
        busy = len(waits)
        time.sleep(_REST_S)
        ended.set()
        asking.join()
        assert last["added"] == count, last
        held = psutil.Process(server.pid).memory_info().rss / 1e6
        return float(last["seconds"]), max(waits[:busy]), max(waits[busy:]), held
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(data_dir)


def _ask(url: str, ended: threading.Event, waits: list[float]) -> None:
    while not ended.wait(0.05):
        waits.append(_timed(lambda: urllib.request.urlopen(url, timeout=10).read()))


def _bare_loop(library: Path, database: Path, loop: str) -> None:
    """One process that opens each file by Pillow and stores path and text."""
    from PIL import Image

    conn = sqlite3.connect(database)
    conn.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE file(path TEXT, text TEXT)"
    )
    conn.execute(f"CREATE VIRTUAL TABLE fts USING fts5(path, text, {_TEXT_INDEXES[loop]})")
    for number, path in enumerate(_files(str(library)), 1):
        with Image.open(path) as picture:
            row = (path, picture.info.get("parameters", ""))
        conn.execute("INSERT INTO file VALUES (?, ?)", row)
        conn.execute("INSERT INTO fts(rowid, path, text) VALUES (?, ?, ?)", (number, *row))
    conn.commit()
    conn.close()
    for end in ("", "-wal", "-shm"):
        Path(f"{database}{end}").unlink(missing_ok=True)


def _bare_walk(folder: str) -> int:
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            total += _bare_walk(entry.path) if entry.is_dir() else entry.stat().st_size
    return total


def _files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            else:
                yield entry.path


def write_library(library: Path, count: int) -> None:
    for number, row in enumerate(corpus.rows(count)):
        folder = library / f"{number // PER_FOLDER:04}"
        if number % PER_FOLDER == 0:
            folder.mkdir(parents=True)
        path = folder / f"{number:06}.png"
        path.write_bytes(_png(row.infotext))
        at_ns = time.time_ns() - 3600 * 10**9
        os.utime(path, ns=(at_ns, at_ns))


def _png(infotext: str) -> bytes:
    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x40" * 192) * 64, 1)
    chunks = (
        (b"IHDR", header),
        (b"tEXt", b"parameters\0" + infotext.encode("latin-1")),
        (b"IDAT", pixels),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
