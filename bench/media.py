"""Thumbnails and video over HTTP: against a single-threaded loop of Pillow's, and against a plain
copy of the file.

The processor time a picture takes is printed too: on a machine that is busy otherwise it says more
than the rates. A disk from which thousands of files were deleted within minutes, as at the end of
this program, makes new ones slowly (ext4 passes over what was just freed: 0.6 ms a file in place of
0.04): wait between two runs, or give a ``--folder`` in memory.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

import numpy as np
import psutil
from PIL import Image

SIZE_PX = (1024, 1536)
THUMBNAIL_PX = 256
CONNECTIONS = 6
READERS = 4
_CHUNK_BYTES = 1 << 20
_WARM_REQUESTS = 6000
_JPEG_TIMES = 3
_TURNS = 5  # of loop and server: how fast the machine is changes from second to second
# What must hold: name -> (smallest or largest value, whether it is the largest, unit).
LIMITS = {
    "cold PNG against the loop": (1.7, False, "times"),
    "cold JPEG against the loop": (3.0, False, "times"),
    "warm": (1000.0, False, "/s"),
    "/hello p99 meanwhile": (100.0, True, "ms"),
    "memory of a decode": (200.0, True, "MiB"),
    "video to 4 readers against a copy": (0.5, False, "times"),
    "memory while streaming": (64.0, True, "MiB more"),
}


def main(arguments: Sequence[str]) -> int:
    """Print the figures. Returns 1 where one is not what it must be."""
    parser = argparse.ArgumentParser(prog="python -m bench media", description=__doc__)
    parser.add_argument(
        "--pictures",
        type=int,
        default=120,
        help="PNGs; JPEGs are as many more as they take less time",
    )
    parser.add_argument("--video-mib", type=int, default=2048)
    parser.add_argument(
        "--folder",
        default=None,
        help="where to make the files; the folder for temporary files if not given",
    )
    options = parser.parse_args(arguments)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as top:
        library = Path(top, "library")
        paths = {
            kind: write_pictures(library / kind, kind, options.pictures * times)
            for kind, times in (("png", 1), ("jpg", _JPEG_TIMES))
        }
        video = library / "video.mp4"
        _write_video(video, options.video_mib)
        figures["memory of a decode"] = max(
            _measure_memory(path) for path in _write_large(Path(top, "large"))
        )
        with _serving(top, library) as (process, url):
            latencies: list[float] = []
            with _polling(url, latencies):
                for kind, title in (("png", "PNG"), ("jpg", "JPEG")):
                    turns = [
                        _compare(url, process, paths[kind], number) for number in range(_TURNS)
                    ]
                    loop, loop_cpu, ours, cpu = (
                        statistics.median(values) for values in zip(*turns)
                    )
                    print(
                        f"{title}: loop {loop:.1f}/s, {loop_cpu * 1e3:.1f} ms of processor; over HTTP "
                        f"{ours:.1f}/s, {cpu * 1e3:.1f} ms of processor"
                    )
                    ratios = [ours / loop for loop, _, ours, _ in turns]
                    print(f"{title}: " + ", ".join(f"{ratio:.2f}" for ratio in ratios) + " times")
                    figures[f"cold {title} against the loop"] = statistics.median(ratios)
                known = [_thumbnail(path) for kind in paths for path in paths[kind]]
                figures["warm"] = _rate(
                    url, (known * (_WARM_REQUESTS // len(known) + 1))[:_WARM_REQUESTS]
                )
            figures["/hello p99 meanwhile"] = statistics.quantiles(latencies, n=100)[98] * 1e3
            copy = _rate_of_copy(video, Path(top, "copy.mp4"))
            streamed, figures["memory while streaming"] = _stream(url, video, process)
            print(
                f"video: copy {copy / 2**20:.0f} MiB/s, {READERS} readers together {streamed / 2**20:.0f} "
                "MiB/s"
            )
            figures["video to 4 readers against a copy"] = streamed / copy
    return _report(figures)


def _report(figures: dict[str, float]) -> int:
    failed = 0
    for name, (limit, is_largest, unit) in LIMITS.items():
        is_good = figures[name] <= limit if is_largest else figures[name] >= limit
        failed += not is_good
        print(
            f"{'ok  ' if is_good else 'FAIL'} {name}: {figures[name]:.1f} {unit}, to be "
            f"{'at most' if is_largest else 'at least'} {limit:g}"
        )
    return int(bool(failed))


def write_pictures(folder: Path, kind: str, count: int) -> list[Path]:
    """Pictures with the detail of a generated one, soft shapes and fine grain, saved as the WebUI
    does unless told otherwise.
    """
    folder.mkdir(parents=True)
    draw = np.random.default_rng(3)
    paths = []
    for number in range(count):
        soft = Image.fromarray(draw.integers(0, 255, (24, 16, 3), dtype=np.uint8)).resize(
            SIZE_PX, Image.Resampling.BICUBIC
        )
        grain = draw.normal(0, 6, (SIZE_PX[1], SIZE_PX[0], 1))
        picture = Image.fromarray(np.clip(np.asarray(soft) + grain, 0, 255).astype(np.uint8))
        paths.append(folder / f"{number:04d}.{kind}")
        picture.save(paths[-1], **({"quality": 80} if kind == "jpg" else {"compress_level": 4}))  # type: ignore[arg-type]
    return paths


def _write_large(folder: Path) -> list[Path]:
    """The largest pictures of each format that are within the cap."""
    folder.mkdir()
    side = 9400
    whole = Image.radial_gradient("L").resize((side, side)).convert("RGB")
    whole.save(folder / "large.png", compress_level=1)
    whole.save(folder / "large.jpg")
    whole.crop((0, 0, 5000, 5000)).save(folder / "progressive.jpg", progressive=True, subsampling=0)
    whole.crop((0, 0, 6000, 6000)).save(folder / "large.webp", method=0)
    whole.crop((0, 0, 6000, 6000)).convert("RGBA").save(folder / "large.tiff")
    Image.fromarray(np.full((side, side), 30_000, np.uint16)).save(
        folder / "deep.png", compress_level=1
    )
    return sorted(folder.iterdir())


_MEASURE = """
import resource, sys
from iib_core.errors import TooLarge
from iib_core.media import decode
def peak():  # that of this process alone, where ru_maxrss begins with its parent's
    return next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM'))
before = peak()
with open(sys.argv[1], 'rb') as file:
    try:
        decode.shrink(file, 256, 256, max_pixels=89_000_000).to_webp()
    except TooLarge:
        pass
print(max(peak() - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
"""


def _measure_memory(path: Path) -> float:
    """What one decode adds at its peak to a process that does nothing else, in MiB."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _MEASURE, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    mib = int(done.stdout) / 1024
    print(f"memory: {path.name} {mib:.0f} MiB")
    return mib


def _write_video(path: Path, mib: int) -> None:
    with open(path, "wb") as file:
        for _ in range(mib):
            file.write(os.urandom(4096) * 256)


@contextmanager
def _serving(top: str, library: Path) -> Iterator[tuple[psutil.Process, str]]:
    command = [
        sys.executable,
        "-m",
        "iib_core",
        "serve",
        str(library),
        "--port",
        "0",
        "--data-dir",
        os.path.join(top, "data"),
        "--no-watch",
    ]
    environment = {**os.environ, "IIB_IDLE_THUMBNAILS": "false", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().rsplit(" ", 1)[1].strip()
        while '"running":true' in _get(url, "/db/index_status").decode().replace(" ", ""):
            time.sleep(0.1)
        yield psutil.Process(process.pid), url
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _polling(url: str, latencies: list[float]) -> Iterator[None]:
    """Ask for the health check all the time."""
    ending = threading.Event()

    def poll() -> None:
        with _Connection(url) as connection:
            while not ending.wait(0.05):
                began = time.perf_counter()
                connection.ask("/hello")
                latencies.append(time.perf_counter() - began)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def _thumbnail(path: Path, turn: int = 0) -> str:
    # The pictures are upright: a box that is wider gives the same thumbnail, and is another size to
    # the server.
    size = f"{THUMBNAIL_PX + turn}x{THUMBNAIL_PX}"
    return f"/image-thumbnail?path={quote(str(path))}&size={size}&t={path.stat().st_mtime_ns}"


def _compare(
    url: str, process: psutil.Process, paths: Sequence[Path], turn: int
) -> tuple[float, float, float, float]:
    """Of the loop and then of the server, over the same pictures: pictures a second, seconds of
    processor for each.

    All pictures are in every turn, so that its beginning and its end count little; the server knows
    none in that turn's size.
    """
    cpu = time.process_time()
    loop = _rate_of_loop(paths)
    loop_cpu, server_cpu = time.process_time() - cpu, _cpu_s(process)
    ours = _rate(url, [_thumbnail(path, turn) for path in paths])
    return loop, loop_cpu / len(paths), ours, (_cpu_s(process) - server_cpu) / len(paths)


def _rate_of_loop(paths: Sequence[Path]) -> float:
    """Pictures a second: open, thumbnail, save as WebP, one after the other."""

    def loop() -> None:
        for path in paths:
            with Image.open(path) as image:
                image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
                image.save(io.BytesIO(), "WEBP")

    return len(paths) / _timed(loop)


def _rate(url: str, routes: Sequence[str]) -> float:
    """Answers a second over six connections that stay open."""
    waiting = iter(routes)  # shared: no connection is done while others have much to ask

    def client() -> None:
        with _Connection(url) as connection:
            for route in waiting:
                assert connection.ask(route)[8:12] == b"WEBP"

    def all_clients() -> None:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for done in [pool.submit(client) for _ in range(CONNECTIONS)]:
                done.result()

    return len(routes) / _timed(all_clients)


class _Connection:
    """A connection that stays open, and nothing else: to read an answer takes http.client half as
    long as the server to give one that is warm, on the same processors.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._base, self._host = parts.path, parts.netloc
        self._socket = socket.create_connection(
            (parts.hostname or "", parts.port or 80), timeout=120
        )

    def ask(self, route: str) -> bytes:
        """The body of a 200."""
        self._socket.sendall(
            f"GET {self._base}{route} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._receive()
        head, _, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        assert head.startswith(b"HTTP/1.1 200 ") and length, (route, answer[:400])
        while len(body) < int(length[1]):
            body += self._receive()
        return body

    def _receive(self) -> bytes:
        received = self._socket.recv(1 << 16)
        assert received, "the server has hung up"
        return received

    def __enter__(self) -> _Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _rate_of_copy(path: Path, target: Path) -> float:
    """Bytes a second of a plain loop that reads the file and writes another one."""

    def copy() -> None:
        with open(path, "rb", buffering=0) as file, open(target, "wb", buffering=0) as out:
            while chunk := file.read(_CHUNK_BYTES):
                out.write(chunk)

    seconds = _timed(copy)
    target.unlink()
    return path.stat().st_size / seconds


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def _stream(url: str, path: Path, process: psutil.Process) -> tuple[float, float]:
    """Bytes a second that four readers get together, and by how many MiB the server grew meanwhile."""
    before, peak = process.memory_info().rss, 0
    buffer_bytes = _CHUNK_BYTES

    def read(_number: int) -> int:
        buffer, total = bytearray(buffer_bytes), 0
        with urlopen(f"{url}/stream_video?path={quote(str(path))}") as answer:
            while count := answer.readinto(buffer):
                total += count
        return total

    with ThreadPoolExecutor(READERS) as pool:
        began = time.perf_counter()
        futures = [pool.submit(read, number) for number in range(READERS)]
        while not all(future.done() for future in futures):
            peak = max(peak, process.memory_info().rss)
            time.sleep(0.05)
        seconds = time.perf_counter() - began
    total = sum(future.result() for future in futures)
    assert total == READERS * path.stat().st_size
    return total / seconds, (peak - before) / 2**20


def _get(url: str, route: str) -> bytes:
    with _Connection(url) as connection:
        return connection.ask(route)


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
