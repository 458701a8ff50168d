"""Bodies of requests: nothing is read before the guards, and then only within limits of size and
time.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import psutil
import pytest

from iib_core.config import BASE
from iib_core.routes.shared.request_bodies import MAX_BYTES
from tests import asks
from tests.databases import write_empty
from tests.routes.test_protocol import PUBLIC, ROUTES, WITH_BODY, body_with, each, places, shared  # noqa: F401
from tests.test_cli import started

pytestmark = pytest.mark.stack

MIB = 1 << 20
SECRET = "correct horse battery"
ENDLESS = {"Transfer-Encoding": "chunked"}
CHUNK = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"


@contextlib.contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    at = urlsplit(url)
    with socket.create_connection((at.hostname, at.port), timeout=20) as connection:
        yield connection


def send_head(
    connection: socket.socket, path: str, headers: dict[str, str], method: str = "POST"
) -> None:
    told = {"Host": "127.0.0.1", "Content-Type": "application/json", **headers}
    lines = [
        f"{method} {BASE}{path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in told.items()),
    ]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())


def read_status(connection: socket.socket) -> int:
    """The status of the answer; 0 if the connection ends without one."""
    with contextlib.suppress(ConnectionError):
        return int((connection.recv(64) + b"HTTP/1.1 0").split()[1])
    return 0


def read_answer(connection: socket.socket) -> tuple[int, dict[str, str]]:
    answer = b""
    while not answer.endswith(b"}"):
        part = connection.recv(4096)
        assert part, answer
        answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize(
    "headers", [{"Content-Length": str(200 * MIB)}, ENDLESS], ids=["long", "endless"]
)
@each(
    [route for route in ROUTES if not route.methods & {"GET", "HEAD"} and route.path not in PUBLIC]
)
def test_who_is_not_let_in_is_told_so_before_his_body_has_come(shared, route, headers):  # noqa: F811
    refusals = (
        (shared(secret_key=SECRET), {}, 401),
        (shared(), {"Host": "evil.example"}, 403),
        (shared(), {"Origin": "https://evil.example"}, 403),
        (shared(permission="no-access"), {}, 403),
    )
    for served, told, status in refusals:
        with connected(served.url) as connection:
            send_head(connection, route.path, {**headers, **told}, min(route.methods))
            assert read_status(connection) == status


@pytest.mark.parametrize(
    "headers", [{"Content-Length": str(200 * MIB)}, ENDLESS], ids=["long", "endless"]
)
def test_what_a_stranger_sends_takes_no_memory_and_keeps_nobody_waiting(tmp_path, library, headers):
    write_empty(tmp_path / "data" / "iib.db")
    with started(
        tmp_path,
        "serve",
        library,
        "--port",
        0,
        "--data-dir",
        tmp_path / "data",
        IIB_SECRET_KEY=SECRET,
    ) as (process, url):
        asks.post(url + "/db/search", json={})
        server, ended, most = psutil.Process(process.pid), threading.Event(), [0]

        def watch() -> None:
            while not ended.wait(0.02):
                most[0] = max(most[0], server.memory_info().rss)

        before = server.memory_info().rss
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            with connected(url) as connection:
                send_head(connection, "/db/search", headers)
                assert read_status(connection) == 401
                with contextlib.suppress(ConnectionError):
                    for _ in range(200 * 16):
                        connection.sendall(CHUNK)
                assert asks.get(url + "/hello").json() == "hello"
        finally:
            ended.set()
            watcher.join()
        assert most[0] - before < 32 * MIB


@each(WITH_BODY)
def test_a_body_above_the_limit_is_413_by_its_header_alone(shared, route):  # noqa: F811
    with connected(shared().url) as connection:
        send_head(
            connection, route.path, {"Content-Length": str(MAX_BYTES + 1)}, min(route.methods)
        )
        status, answer = read_answer(connection)
    assert (status, answer["code"]) == (413, "BodyTooLarge") and answer["detail"].endswith(".")


def test_a_body_that_grows_above_the_limit_is_413_while_it_comes(shared):  # noqa: F811
    with connected(shared().url) as connection:
        send_head(connection, "/db/search", ENDLESS)
        for _ in range(MAX_BYTES // 0x10000 + 1):
            connection.sendall(CHUNK)
        status, answer = read_answer(connection)
    assert (status, answer["code"]) == (413, "BodyTooLarge")


@pytest.mark.parametrize("path", ["/db/search", "/login"])
@pytest.mark.parametrize("dribbles", [False, True], ids=["nothing comes", "a byte now and then"])
def test_a_body_that_comes_too_slowly_is_ended(serve, library, path, dribbles):
    served = serve(library, request_timeout_s=1)
    with connected(served.url) as connection:
        send_head(connection, path, {"Content-Length": "4000"})
        connection.settimeout(0.1)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                assert read_status(connection) in (408, 0)
                return
            except TimeoutError:
                if dribbles:
                    connection.sendall(b" ")
    raise AssertionError("the body is still waited for")


def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_error(serve, library, caplog):
    served = serve(library)
    with connected(served.url) as connection:
        send_head(connection, "/db/search", {"Content-Length": "100"})
        connection.sendall(b'{"query"')
    assert served.get("/hello").json() == "hello"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_the_paths_of_a_large_folder_fit_into_one_body(serve, library):
    paths = [f"{library}/{'x' * 130}, {number}.png" for number in range(100_000)]
    assert serve(library).post("/db/search", {"query": "fox", "paths": paths}).status_code == 200


@pytest.mark.parametrize("part", ["[],", "{},", '{"a":1},', '"",', "1,"])
def test_a_body_that_would_be_too_much_work_to_read_is_400(serve, library, part):
    content = '{"paths": [' + part * (MAX_BYTES // len(part) - 100) + "1]}"
    served = serve(library)
    answer = served.client.post(
        "/check_path_exists", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400 and "too many values" in answer.json()["detail"]


@pytest.mark.timing
def test_the_largest_bodies_keep_nobody_else_waiting_for_long(tmp_path, library, limit):
    """Each body has as many values as are allowed, or one large text."""
    bodies = {
        "paths": [f"/{'x' * 148}" for _ in range(100_000)],
        "lists": [[] for _ in range(740_000)],
        "keys": [{f"{number:x}": 0 for number in range(740_000)}],
        "numbers": [1.5] * 1_490_000,
        "text": "x" * (31 * MIB),
    }
    with started(tmp_path, "serve", library, "--port", 0, "--data-dir", tmp_path / "data") as (
        _,
        url,
    ):
        slowest_s = {
            name: _slowest_hello_s(
                url, json.dumps({"query": "fox", "more": value}, separators=(",", ":"))
            )
            for name, value in bodies.items()
        }
    limit.check(max(slowest_s.values()), 2)


def _slowest_hello_s(url: str, content: str) -> float:
    """The longest wait of another client while ``content`` is sent."""
    sent = threading.Thread(
        target=lambda: asks.post(
            url + "/db/search", content=content, headers={"Content-Type": "application/json"}
        )
    )
    sent.start()
    waits = [0.0]
    while sent.is_alive():
        start = time.monotonic()
        asks.get(url + "/hello")
        waits.append(time.monotonic() - start)
    return max(waits)


def test_a_field_that_is_missing_or_wrong_is_named(serve, library):
    served = serve(library)
    answers = [
        served.post("/db/search", {}),
        served.post("/db/rate", {"query": "fox", "rating": 4}),
        served.get("/file"),
    ]
    assert [answer.json()["detail"].partition(": ")[0] for answer in answers] == [
        "query",
        "query",
        "path",
    ]
