"""Many clients at once while the index is made: does the server stay answerable and correct?

``python -m bench load``: a real server over files that it does not know yet, and clients that
search, look, tag and move without a pause. A process of its own asks for /hello; another one asks a
bare server that does nothing else, which tells what the machine itself costs.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil

from bench.corpus import vocabulary
from bench.index import write_library

TOP = Path(__file__).parents[1]
HELLO_LIMIT_S = 0.15
# From the end of the index to the end of the load. The readers' caches are full soon after it.
_FLAT_SHARE, _FLAT_MIB = 1.1, 16.0
_ASK_EVERY_S = 0.05
_SAMPLE_S = 10.0
_AFTER_INDEX_SHARE = 0.25
_INDEX_S = 900.0
Answer = tuple[int, bytes]  # status and body
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")


def main(arguments: Sequence[str]) -> int:
    """Print the figures. Returns 1 where a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench load", description=__doc__)
    parser.add_argument(
        "--seconds",
        type=float,
        default=120,
        help="at least; a quarter of it is after the index is done",
    )
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument(
        "--folder", default=None, help="where to make the library; else among temporary files"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.folder) as top:
        library = Path(top, "library")
        write_library(library, options.files)
        figures = run(library, Path(top, "data"), options.clients, options.seconds)
    print(figures)
    missed = figures.missed()
    for reason in missed:
        print(f"FAIL {reason}")
    return int(bool(missed))


@dataclass(frozen=True)
class Sample:
    """The server at one moment, seconds after the load began."""

    at_s: float
    rss_mib: float
    handles: int
    threads: int
    is_indexing: bool

    def __str__(self) -> str:
        doing = "indexing" if self.is_indexing else "index done"
        size = f"{self.rss_mib:6.1f} MiB  {self.handles:3} handles  {self.threads:3} threads"
        return f"{self.at_s:5.0f} s  {size}  {doing}"


@dataclass
class Figures:
    """What was measured. Latencies are in seconds."""

    latencies: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    errors: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    index_s: float = 0.0
    seconds: float = 0.0
    client_cpu_s: float = 0.0
    server_cpu_s: float = 0.0
    hello: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    not_indexed: int = 0
    index_only: int = 0

    def __str__(self) -> str:
        count = sum(map(len, self.latencies.values()))
        lines = [f"{'kind':12} {'requests':>8} {'p50':>7} {'p99':>7} {'max':>7} ms"]
        lines += [_row(kind, values) for kind, values in sorted(self.latencies.items())]
        lines += [_row("/hello", self.hello), _row("bare server", self.bare)]
        lines += map(str, self.samples)
        lines.append(
            f"{count} requests in {self.seconds:.0f} s, {len(self.errors)} errors; "
            f"the index was done after {self.index_s:.0f} s"
        )
        each_ms = self.client_cpu_s / max(1, count) * 1e3
        lines.append(
            f"processor: server {self.server_cpu_s:.1f} s, clients {self.client_cpu_s:.1f} s "
            f"({each_ms:.2f} ms a request)"
        )
        lines.append(
            f"files that are not in the index: {self.not_indexed}; in the index only: {self.index_only}"
        )
        return "\n".join([*lines, *self.errors[:5]])

    def missed(self) -> list[str]:
        """Why this is not good enough; nothing where it is."""
        return [*self.faults(), *self._slow()]

    def faults(self) -> list[str]:
        """Those of the reasons that no slow machine excuses."""
        found = []
        if self.errors:
            found.append(f"{len(self.errors)} requests failed")
        if self.not_indexed or self.index_only:
            found.append("the index is not what is on the disk")
        if not self.is_flat():
            found.append("memory still grows after the index is done")
        return found

    def is_flat(self) -> bool:
        """Whether the memory of the server stays what it was soon after the index was done."""
        after = [sample.rss_mib for sample in self.samples if not sample.is_indexing]
        half = len(after) // 2
        return half == 0 or max(after[half:]) <= max(after[:half]) * _FLAT_SHARE + _FLAT_MIB

    def _slow(self) -> Iterator[str]:
        ours = percentile(self.hello, 99)
        if ours >= HELLO_LIMIT_S:
            bare = percentile(self.bare, 99)
            limit_ms = HELLO_LIMIT_S * 1e3
            yield (
                f"/hello p99 is {ours * 1e3:.0f} ms, to be below {limit_ms:.0f}; "
                f"that of a bare server was {bare * 1e3:.0f} ms"
            )


def _row(kind: str, values: Sequence[float]) -> str:
    p50, p99, most = (percentile(values, percent) * 1e3 for percent in (50, 99, 100))
    return f"{kind:12} {len(values):8} {p50:7.0f} {p99:7.0f} {most:7.0f}"


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent do not exceed; 0 where there is none."""
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)] if values else 0.0


def run(library: Path, data: Path, clients: int, seconds: float) -> Figures:
    """Serve ``library``, which is not indexed yet, to so many clients; at least until its index is
    done.
    """
    figures = Figures()
    spawn = multiprocessing.get_context("spawn")
    with (
        _serving(library, data) as (process, url),
        _bare_server() as bare_url,
        ProcessPoolExecutor(2, spawn) as pool,
    ):
        stop = data.parent / "stop-asking"
        asked = [
            pool.submit(ask_hello, address, str(stop)) for address in (url + "/hello", bare_url)
        ]
        cpu = time.process_time(), _cpu_s(process)
        try:
            # A thread of its own: in the caller's a loop may run already.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(
                    lambda: asyncio.run(_Load(library, url, process, figures).run(clients, seconds))
                ).result()
        finally:
            figures.client_cpu_s = time.process_time() - cpu[0]
            figures.server_cpu_s = _cpu_s(process) - cpu[1]
            stop.touch()
        figures.hello, figures.bare = (future.result(60) for future in asked)
        _compare(library, url, figures)
    return figures


class _Connection:
    """One that stays open, and little else: the clients share the processors with the server."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)

    async def open(self) -> _Connection:
        self._reader, self._writer = await asyncio.open_connection(
            self._parts.hostname, self._parts.port
        )
        return self

    async def ask(self, route: str, body: object = None) -> Answer:
        """Status and body of an answer; a POST where there is a body."""
        data = b"" if body is None else json.dumps(body).encode()
        method = "GET" if body is None else "POST"
        head = f"{method} {self._parts.path}{route} HTTP/1.1\r\nhost: {self._parts.netloc}\r\n"
        if data:
            head += f"content-type: application/json\r\ncontent-length: {len(data)}\r\n"
        self._writer.write(head.encode() + b"\r\n" + data)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(answer)
        body = (
            await self._read_chunks()
            if length is None
            else await self._reader.readexactly(int(length[1]))
        )
        return int(answer[9:12]), body

    async def _read_chunks(self) -> bytes:
        """A body of unknown length (RFC 9112, 7.1)."""
        pieces = []
        while True:
            size = int(await self._reader.readuntil(b"\r\n"), 16)
            pieces.append((await self._reader.readexactly(size + 2))[:-2])
            if not size:
                return b"".join(pieces)

    def close(self) -> None:
        self._writer.close()


class _Load:
    """The clients, each with files of its own to move: nobody else asks for those."""

    def __init__(self, library: Path, url: str, process: psutil.Process, figures: Figures) -> None:
        self._library = library
        self._url = url
        self._process = process
        self._figures = figures
        self._folders = sorted(folder for folder in library.iterdir() if folder.is_dir())
        files = sorted(library.rglob("*.png"))
        self._moving = files[::10]
        self._staying = [path for number, path in enumerate(files) if number % 10]
        self._words = vocabulary()[0][:400]
        self._tag_id = 0
        self._began = time.monotonic()
        self._ending = False

    async def run(self, clients: int, seconds: float) -> None:
        self._began = time.monotonic()
        connection = await _Connection(self._url).open()
        _, tag = await connection.ask("/db/add_custom_tag", {"tag_name": "under load"})
        self._tag_id = json.loads(tag)["id"]
        connection.close()
        working = [asyncio.create_task(self._client(number, clients)) for number in range(clients)]
        await self._watch(seconds)
        self._ending = True
        await asyncio.gather(*working)
        self._figures.seconds = self._elapsed()

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    async def _watch(self, seconds: float) -> None:
        """Until the time is over and the index has been done for a while."""
        sample_s = min(_SAMPLE_S, seconds / 12)
        done_s = None
        while done_s is None or self._elapsed() < max(
            seconds, done_s + seconds * _AFTER_INDEX_SHARE
        ):
            await asyncio.sleep(sample_s)
            # One for each look: the server closes a connection that is idle for as long as it is
            # between two.
            connection = await _Connection(self._url).open()
            _, answer = await connection.ask("/db/index_status")
            connection.close()
            status = json.loads(answer)
            if done_s is None and status["last"] and not status["running"]:
                done_s = self._elapsed()
                self._figures.index_s = float(status["last"]["seconds"])
            self._figures.samples.append(self._sample(done_s is None))
            assert self._elapsed() < _INDEX_S, "the index is not done in time"

    def _sample(self, is_indexing: bool) -> Sample:
        with self._process.oneshot():
            rss_mib = self._process.memory_info().rss / 2**20
            threads = self._process.num_threads()
        handles = (
            self._process.num_handles() if sys.platform == "win32" else self._process.num_fds()
        )
        return Sample(self._elapsed(), rss_mib, handles, threads, is_indexing)

    async def _client(self, number: int, clients: int) -> None:
        draw = random.Random(number)
        own = self._moving[number::clients]
        kinds: dict[str, Callable[[_Connection, random.Random, list[Path]], Awaitable[Answer]]] = {
            "search": self._search,
            "thumbnail": self._thumbnail,
            "tag": self._tag,
            "move": self._move,
            "list": self._list,
            "timeline": self._timeline,
            "file": self._file,
            "info": self._info,
        }
        connection = await _Connection(self._url).open()
        while not self._ending:
            kind = draw.choice(list(kinds))
            began = time.perf_counter()
            status, body = await kinds[kind](connection, draw, own)
            self._figures.latencies[kind].append(time.perf_counter() - began)
            if status != 200 or (kind in ("tag", "move") and b'"errors":[]' not in body):
                self._figures.errors.append(f"{kind}: {status} {body[:300]!r}")
        connection.close()

    async def _search(
        self, connection: _Connection, draw: random.Random, _own: list[Path]
    ) -> Answer:
        return await connection.ask(
            "/db/search",
            {"query": " ".join(draw.sample(self._words, draw.choice((1, 2)))), "size": 100},
        )

    async def _thumbnail(
        self, connection: _Connection, draw: random.Random, _own: list[Path]
    ) -> Answer:
        return await connection.ask(
            f"/image-thumbnail?path={quote(str(draw.choice(self._staying)))}&size=256x256&t=1"
        )

    async def _tag(self, connection: _Connection, draw: random.Random, _own: list[Path]) -> Answer:
        chosen = list(map(str, draw.sample(self._staying, 5)))
        body = {
            "img_paths": chosen,
            "action": draw.choice(("add", "remove")),
            "tag_id": self._tag_id,
        }
        return await connection.ask("/db/batch_update_image_tag", body)

    async def _move(self, connection: _Connection, draw: random.Random, own: list[Path]) -> Answer:
        place = draw.randrange(len(own))
        source = own[place]
        folder = draw.choice(
            [folder for folder in self._folders if folder != source.parent]
            or [self._library / "moved"]
        )
        answer = await connection.ask(
            "/move_files",
            {"file_paths": [str(source)], "dest": str(folder), "create_dest_folder": True},
        )
        if answer[0] == 200:
            own[place] = folder / source.name
        return answer

    async def _list(self, connection: _Connection, draw: random.Random, _own: list[Path]) -> Answer:
        return await connection.ask(f"/files?folder_path={quote(str(draw.choice(self._folders)))}")

    async def _timeline(
        self, connection: _Connection, draw: random.Random, _own: list[Path]
    ) -> Answer:
        return await connection.ask(
            "/db/timeline", {"query": draw.choice(("", draw.choice(self._words))), "first": 100}
        )

    async def _file(self, connection: _Connection, draw: random.Random, _own: list[Path]) -> Answer:
        return await connection.ask(f"/file?path={quote(str(draw.choice(self._staying)))}")

    async def _info(self, connection: _Connection, draw: random.Random, _own: list[Path]) -> Answer:
        return await connection.ask(f"/image_geninfo?path={quote(str(draw.choice(self._staying)))}")


def ask_hello(url: str, stop: str) -> list[float]:
    """Seconds of each answer, twenty a second, until the file ``stop`` is there."""
    return asyncio.run(_ask_hello(url, stop))


async def _ask_hello(url: str, stop: str) -> list[float]:
    connection = await _Connection(url).open()
    waits = []
    while not os.path.exists(stop):
        await asyncio.sleep(_ASK_EVERY_S)
        began = time.perf_counter()
        status, _ = await connection.ask("")
        waits.append(time.perf_counter() - began)
        assert status == 200
    connection.close()
    return waits


@contextmanager
def _serving(library: Path, data: Path) -> Iterator[tuple[psutil.Process, str]]:
    command = [
        sys.executable,
        "-m",
        "iib_core",
        "serve",
        str(library),
        "--port",
        "0",
        "--data-dir",
        str(data),
    ]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "IIB_IDLE_THUMBNAILS": "false"}
    with _process(command, environment) as process:
        assert process.stdout is not None
        yield psutil.Process(process.pid), process.stdout.readline().rsplit(" ", 1)[1].strip()


_BARE = """
import socket, uvicorn
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"7")]})
    await send({"type": "http.response.body", "body": b'"hello"'})
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
listener.listen()
print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off")).run(sockets=[listener])
"""


@contextmanager
def _bare_server() -> Iterator[str]:
    """The address of a server that always says hello and does nothing else."""
    with _process([sys.executable, "-W", "ignore", "-c", _BARE], dict(os.environ)) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()


@contextmanager
def _process(
    command: Sequence[str], environment: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command, cwd=TOP, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _compare(library: Path, url: str, figures: Figures) -> None:
    """Count what disk and index do not have in common. The watcher has a while to hear of the last
    moves.
    """
    _post(url, "/db/update_image_data", {})
    disk = {str(path) for path in library.rglob("*.png")}
    known: set[str] = set()
    cursor = ""
    while True:
        page = _post(url, "/db/search", {"query": "", "cursor": cursor, "size": 1000})
        known |= {file["fullpath"] for file in page["files"]}
        cursor = page["cursor"]["next"]
        if not cursor:
            break
    figures.not_indexed, figures.index_only = len(disk - known), len(known - disk)


def _post(url: str, route: str, body: object) -> dict[str, object] | list[object]:
    request = urllib.request.Request(
        url + route, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)
