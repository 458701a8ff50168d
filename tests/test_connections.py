"""The connections of ``iib serve``: how long one may keep the server waiting, and how many there
may be.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from iib_core.connections import MAX_HEADER_BYTES, extend
from tests import asks
from tests.test_cli import environment

pytestmark = pytest.mark.stack

PROTOCOLS = [H11Protocol]
with contextlib.suppress(ImportError):
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    PROTOCOLS.append(HttpToolsProtocol)
MAX_CONNECTIONS = 20
_LARGE = b"x" * (16 << 20)


class Site:
    """A server whose app answers at once; at ``/slow`` when ``released`` is set; at ``/large`` with
    more than a connection buffers.
    """

    def __init__(self, base: type, header_timeout_s: float) -> None:
        self.released = threading.Event()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        protocol = extend(base, header_timeout_s, MAX_CONNECTIONS)
        options = {
            "log_level": "error",
            "ws": "none",
            "lifespan": "off",
            "interface": "asgi3",
            "timeout_graceful_shutdown": 2,
            "loop": "asyncio",
        }
        self._server = uvicorn.Server(uvicorn.Config(self._answer, http=protocol, **options))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]})
        self._thread.start()
        while not self._server.started:
            threading.Event().wait(0.005)

    async def _answer(self, scope, receive, send) -> None:
        if scope["path"] == "/slow":
            await asyncio.get_running_loop().run_in_executor(None, self.released.wait, 30)
        body = _LARGE if scope["path"] == "/large" else b"here"
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", str(len(body)).encode())],
            }
        )
        await send({"type": "http.response.body", "body": body})

    def connect(self, text: str = "") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connection.sendall(text.encode())
        return connection

    def get(self) -> int:
        return asks.get(f"http://127.0.0.1:{self.port}/").status_code

    def close(self) -> None:
        self.released.set()
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(params=PROTOCOLS, ids=lambda base: base.__name__)
def start(request: pytest.FixtureRequest) -> Iterator:
    sites: list[Site] = []

    def start(header_timeout_s: float = 30) -> Site:
        sites.append(Site(request.param, header_timeout_s))
        return sites[-1]

    yield start
    for site in sites:
        site.close()


def read_all(connection: socket.socket) -> bytes:
    """Everything that arrives until the other side closes the connection."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            found += part
    return found


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
    ids=[
        "nothing",
        "half a header",
        "half a second header",
        "half a body that nobody reads",
        "a body without an end",
    ],
)
def test_who_sends_no_whole_request_is_waited_for_a_while(start, sent):
    with start(header_timeout_s=0.5).connect(sent) as connection:
        assert read_all(connection).count(b"200 OK") == sent.count("\r\n\r\n")


@pytest.mark.parametrize(
    "first",
    ["GET / HTTP/1.1\r\nX: ", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nX: "],
    ids=["first", "second"],
)
def test_a_header_that_dribbles_is_ended(start, first):
    with start(header_timeout_s=0.5).connect(first) as connection:
        ended = threading.Event()

        def dribble() -> None:
            with contextlib.suppress(OSError):
                while not ended.wait(0.05):
                    connection.sendall(b"x")

        dribbler = threading.Thread(target=dribble)
        dribbler.start()
        read_all(connection)
        ended.set()
        dribbler.join()


def test_a_request_that_takes_its_time_is_not_ended(start):
    site = start(header_timeout_s=0.2)
    with (
        site.connect("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") as slow,
        site.connect() as idle,
    ):
        read_all(idle)  # it was closed, so the slow one was open for longer
        site.released.set()
        assert read_all(slow).endswith(b"here")


def test_a_header_without_an_end_is_refused(start):
    with start().connect("GET / HTTP/1.1\r\nX: ") as connection:
        with contextlib.suppress(ConnectionError):
            for _ in range(100 * MAX_HEADER_BYTES // 4096):
                connection.sendall(b"x" * 4096)
            raise AssertionError("all of it was taken")
        assert b"200 OK" not in read_all(connection)


@pytest.mark.parametrize(
    "sent",
    ["\x01\x02\r\n\r\n", "GET\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"],
)
def test_what_is_no_http_is_told_so_like_every_other_failure(start, sent):
    with start().connect(sent) as connection:
        connection.shutdown(socket.SHUT_WR)
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and b"application/json" in head and b"nosniff" in head
    assert json.loads(body)["code"] == "InvalidRequest"


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET ",
        "GET /large HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["nothing", "half a header", "half a second header", "an answer that is not read"],
)
def test_any_number_of_clients_that_wait_shut_nobody_out(start, sent):
    site = start()
    with contextlib.ExitStack() as open_ones:
        slow = open_ones.enter_context(
            site.connect("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        )
        for number in range(4 * MAX_CONNECTIONS):
            open_ones.enter_context(site.connect(sent))
            if number % MAX_CONNECTIONS == 0:
                assert get_at_last(site) == 200
        assert get_at_last(site) == 200
        site.released.set()
        assert read_all(slow).endswith(b"here")


def get_at_last(site) -> int:
    """While all other answers are still being produced, no client keeps the server waiting, and the
    newest connection is closed: its client tries again.
    """
    for _ in range(50):
        with contextlib.suppress(httpx.ReadError):
            return site.get()
        time.sleep(0.1)
    return site.get()


@pytest.mark.posix_only("a limit of open files")
def test_more_connections_than_files_may_be_open_shut_nobody_out(tmp_path, library):
    command = (
        f"ulimit -n 640; exec {sys.executable} -m iib_core serve {library} --port 0 --data-dir "
        f"{tmp_path / 'data'}"
    )
    process = subprocess.Popen(
        ["sh", "-c", command],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = re.fullmatch(r"IIB is ready at (\S+)\n", process.stdout.readline())[1]
        at = httpx.URL(url)
        with contextlib.ExitStack() as idle:
            for _ in range(800):
                connection = idle.enter_context(
                    socket.create_connection((at.host, at.port), timeout=20)
                )
                connection.sendall(b"GET / HTTP/1.1\r\n")
            for _ in range(5):
                assert asks.get(url + "/hello").json() == "hello"
    finally:
        process.kill()
        process.communicate()


@pytest.mark.posix_only("a limit of open files")
def test_the_server_opens_as_many_files_as_it_is_allowed(tmp_path, library):
    command = (
        f"ulimit -S -n 256; exec {sys.executable} -m iib_core serve {library} --port 0 --data-dir "
        f"{tmp_path / 'data'}"
    )
    process = subprocess.Popen(
        ["sh", "-c", command],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline().startswith("IIB is ready")
        if not hasattr(psutil.Process, "rlimit"):
            pytest.skip("this system does not tell the limit of another process")
        soft, hard = psutil.Process(process.pid).rlimit(psutil.RLIMIT_NOFILE)
        assert soft > 256 or soft == hard
    finally:
        process.kill()
        process.communicate()
