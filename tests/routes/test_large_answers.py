"""Answers of any size: how much memory they use, and how long other requests wait."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from iib_core.config import BASE
from tests import asks
from tests.conftest import write_png

pytestmark = pytest.mark.stack

TOP = Path(__file__).parents[2]


class Program:
    """The server in a process of its own, so that only its memory is measured."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.url = url + BASE
        self.address = httpx.URL(url)
        self._process = psutil.Process(process.pid)

    def memory(self) -> int:
        return int(self._process.memory_info().rss)

    @contextmanager
    def growth(self) -> Iterator[list[int]]:
        """The maximum growth of its memory in bytes: a list of one number, which is set at the end."""
        before = peak = self.memory()
        ended = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not ended.wait(0.005):
                peak = max(peak, self.memory())

        thread = threading.Thread(target=watch)
        thread.start()
        found: list[int] = []
        try:
            yield found
        finally:
            ended.set()
            thread.join()
            found.append(peak - before)

    def get(self, path: str, **params: object) -> httpx.Response:
        return asks.get(self.url + path, params=params)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    data = tmp_path_factory.mktemp("data")
    command = [sys.executable, "-m", "iib_core", "serve", "--port", "0", "--data-dir", str(data)]
    process = subprocess.Popen(
        command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "http://" in line)
        yield Program(process, "http://" + line.split("http://")[1].split("/")[0])
    finally:
        process.terminate()
        process.communicate()


def fill(folder: Path, count: int) -> Path:
    """A folder with this number of files: those that are there already, the others empty."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        os.close(os.open(f"{folder}/image_{number}.png", os.O_CREAT | os.O_WRONLY))
    return folder


@pytest.mark.not_on_wine("make so many files in any time")
@pytest.mark.parametrize("route", ["/files", "/files/columns"])
def test_memory_hardly_grows_with_a_folder(program, tmp_path, route):
    few, many = fill(tmp_path / "few", 2000), fill(tmp_path / "many", 40_000)
    program.get(route, folder_path=str(few), sizes="true")
    with program.growth() as grown:
        answer = program.get(route, folder_path=str(many), sizes="true").json()
    names = answer["name"] if "name" in answer else [file["name"] for file in answer["files"]]
    assert sorted(names) == sorted(os.listdir(many))
    assert grown[0] < 6_000_000 + 150 * 40_000


def test_columns_of_more_entries_than_are_looked_up_at_once(serve, tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    for number in (3, 1700, 2499):
        write_png(folder / f"image_{number}.png", (64 + number, 48))
    served = serve(folder)
    served.post("/db/update_image_data", {})
    fill(folder, 2500)
    (folder / "sub").mkdir()
    columns = served.get("/files/columns", folder_path=str(folder), sizes=True).json()
    assert {len(columns[name]) for name in ("name", "date", "bytes", "width", "height")} == {2501}
    assert [columns["name"][at] for at in columns["folders"]] == ["sub"]
    sizes = dict(
        zip(columns["name"], zip(columns["width"], columns["height"], strict=True), strict=True)
    )
    assert {name: size for name, size in sizes.items() if size != (0, 0)} == {
        f"image_{number}.png": (64 + number, 48) for number in (3, 1700, 2499)
    }
    for at in (0, 1000, 2400):
        status = os.stat(folder / columns["name"][at])
        assert (columns["date"][at], columns["bytes"][at]) == (
            status.st_mtime,
            0 if at in columns["folders"] else status.st_size,
        )


@pytest.mark.not_on_wine("read a folder in parts: an open one takes 100 bytes a file")
def test_clients_that_do_not_read_take_little_memory(program, tmp_path):
    folder = fill(tmp_path / "many", 30_000)
    program.get("/files", folder_path=str(folder))
    with program.growth() as grown:
        slow = [ask(program, f"/files?folder_path={folder}") for _ in range(20)]
        assert all(client.recv(12).startswith(b"HTTP/1.1 200") for client in slow)
        program.get("/files", folder_path=str(folder))
        for client in slow:
            client.close()
    assert grown[0] < 20 * 1_500_000  # of 6 MB each


def ask(program: Program, path: str) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(60)
    client.connect((program.address.host, program.address.port))
    client.sendall(f"GET {BASE}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return client


def test_a_client_that_goes_away_leaves_no_open_folder(program, tmp_path):
    opened = Path(f"/proc/{program._process.pid}/fd")
    if not opened.exists():
        pytest.skip("needs /proc")
    folder = fill(tmp_path / "many", 30_000)
    for _ in range(5):
        client = ask(program, f"/files?folder_path={folder}")
        client.recv(100)
        client.close()
    deadline = time.monotonic() + 60
    while any(os.path.realpath(fd) == str(folder) for fd in opened.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_large_answer_of_what_is_there_already_is_whole(serve, library):
    served = serve(library)
    value = {"rows": [{"name": f"é{number}", "value": number} for number in range(12_000)]}
    served.post("/app_fe_setting", {"name": "large", "value": value})
    answer = served.get("/global_setting")
    assert int(answer.headers["content-length"]) == len(answer.content) > 300_000
    assert answer.json()["app_fe_setting"]["large"] == value


@pytest.mark.timing
@pytest.mark.parametrize("work", ["files", "columns", "generation info"])
def test_others_are_answered_meanwhile(program, tmp_path, limit, work):
    """Four of them at once, while another client sends requests all the time."""
    folder = tmp_path / "many"
    if work == "generation info":
        folder.mkdir()
        picture = write_png(tmp_path / "one.png")
        paths = [str(folder / f"{number}.png") for number in range(3000)]
        for path in paths:
            os.link(picture, path)
        body = json.dumps({"paths": paths})
        command = [
            "POST",
            "/generation_info",
            {"content": body, "headers": {"content-type": "application/json"}},
        ]
    else:
        fill(folder, 40_000)
        command = [
            "GET",
            "/files" if work == "files" else "/files/columns",
            {"params": {"folder_path": str(folder), "sizes": "true"}},
        ]
    method, route, options = command
    answers: list[int] = []

    def run() -> None:
        # In a process of its own: reading the answers here would hold this process's lock.
        code = (
            "import sys, httpx, json; print(httpx.request(sys.argv[1], sys.argv[2], timeout=120, "
            "**json.loads(sys.stdin.read())).status_code)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, method, program.url + route],
            input=json.dumps(options),
            capture_output=True,
            text=True,
        )
        answers.append(int(done.stdout))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    waits = []
    with httpx.Client(timeout=60) as client:
        while any(thread.is_alive() for thread in threads):
            start = time.perf_counter()
            client.get(program.url + "/hello")
            waits.append(time.perf_counter() - start)
            time.sleep(0.005)
    assert answers == [200] * 4
    limit.check(sorted(waits)[int(len(waits) * 0.99)], 0.15)
