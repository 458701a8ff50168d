"""Answers that are produced while they are sent: an early error has a status, a late one breaks the
connection off.
"""

from __future__ import annotations

import asyncio
import errno
import io
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import starlette
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Route

from iib_core.config import BASE
from iib_core.errors import AccessDenied, Conflict
from iib_core.routes.shared import ranges
from iib_core.routes.shared.streamed_body import StreamedBody
from tests import asks, loops
from tests.conftest import Slot

pytestmark = [pytest.mark.stack, pytest.mark.windows]

MIB = 1 << 20


class BadDisk(io.FileIO):
    """A file whose disk fails from some byte on."""

    def __init__(self, path: Path, bad_from: int) -> None:
        super().__init__(path, "rb")
        self._bad_from = bad_from

    def read(self, size: int = -1) -> bytes:
        if self.tell() >= self._bad_from:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().read(size)


def answer(file, **headers):
    return ranges.file_response(file, "a.png", headers, head=False, headers={})


@pytest.fixture
def large(tmp_path) -> Path:
    path = tmp_path / "large.png"
    with open(path, "wb") as file:
        file.truncate(3 * MIB)
    return path


@pytest.mark.parametrize("headers", [{}, {"range": f"bytes={2 * MIB}-"}])
def test_a_file_that_cannot_be_read_is_told_before_anything_is_sent(large, headers):
    file = BadDisk(large, 0)
    with pytest.raises(AccessDenied, match=r"cannot be read: .*error"):
        answer(file, **headers)
    assert file.closed


@pytest.mark.parametrize("sent", [1, 2])
def test_an_aborted_answer_closes_its_file_at_once(large, sent):
    file = open(large, "rb")  # noqa: SIM115  the answer closes it
    body = answer(file)
    messages = []

    async def send(message) -> None:
        messages.append(message)
        if len(messages) > sent:
            raise OSError("the client has gone")

    async def receive():
        await asyncio.sleep(60)

    scope = {"type": "http", "method": "GET", "asgi": {"version": "3.0", "spec_version": "2.4"}}
    with pytest.raises(BaseException):  # noqa: B017  as each version of the framework has it
        loops.apart(lambda: asyncio.run(body(scope, receive, send)))
    assert file.closed


def test_a_file_that_was_cut_before_it_is_sent_is_told(large):

    class CutNow(io.FileIO):
        def read(self, size: int = -1) -> bytes:
            os.truncate(large, 0)
            return super().read(size)

    with pytest.raises(Conflict, match=f"{3 * MIB} bytes are missing"):
        answer(CutNow(large, "rb"))


@pytest.fixture
def show(slots) -> Iterator[object]:
    """Serves one answer, in a host with middleware or without, and returns its address."""
    slot = slots.pop() if slots else Slot()

    async def pass_on(request, call_next):
        return await call_next(request)

    def show(make, in_host):
        layers = [Middleware(BaseHTTPMiddleware, dispatch=pass_on)] if in_host else []
        slot.app = Starlette(routes=[Route("/", lambda _: make())], middleware=layers)
        return slot.url + "/"

    yield show
    slots.append(slot)


@pytest.mark.parametrize("in_host", [False, True])
@pytest.mark.parametrize("with_length", [True, False])
def test_what_fails_in_the_middle_is_no_whole_answer(show, large, caplog, in_host, with_length):
    if in_host and not with_length and not starlette.__version__.startswith("0."):
        pytest.skip(
            "middleware of this version ends every answer of unknown length as if it were whole; no "
            "host has it"
        )

    def make():
        if with_length:
            return ranges.file_response(
                BadDisk(large, MIB), "a.png", {}, head=False, headers={}, in_host=in_host
            )

        def pieces():
            yield b"a" * MIB
            raise AccessDenied("The drive is gone.")

        return StreamedBody(pieces(), in_host=in_host, media_type="application/zip")

    url = show(make, in_host)
    got = b""
    with pytest.raises(httpx.RemoteProtocolError), httpx.stream("GET", url) as response:
        assert response.status_code == 200
        for chunk in response.iter_raw():
            got += chunk
    assert len(got) == MIB
    told = [record for record in caplog.records if "broken off" in record.getMessage()]
    assert len(told) == 1 and not told[0].exc_info
    if not in_host:  # the server of a host logs it in its own way
        assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("in_host", [False, True])
def test_what_does_not_fail_is_whole(show, large, in_host):
    url = show(
        lambda: ranges.file_response(
            BadDisk(large, 4 * MIB), "a.png", {}, head=False, headers={}, in_host=in_host
        ),
        in_host,
    )
    assert len(asks.get(url).content) == 3 * MIB
    url = show(
        lambda: StreamedBody(iter(["a", "", "b"]), in_host=in_host, media_type="text/plain"),
        in_host,
    )
    assert asks.get(url).text == "ab"
    url = show(
        lambda: StreamedBody(iter([b""][:0]), in_host=in_host, media_type="text/plain"), in_host
    )
    assert asks.get(url).text == ""


def test_a_mistake_of_ours_in_the_middle_has_its_traceback_in_the_log(show, caplog):
    def pieces():
        yield b"a"
        raise ZeroDivisionError

    with pytest.raises(httpx.RemoteProtocolError):
        asks.get(
            show(lambda: StreamedBody(pieces(), in_host=False, media_type="text/plain"), False)
        )
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [
        ZeroDivisionError
    ]


def test_a_file_that_is_cut_while_it_is_sent_is_seen_to_be_incomplete(serve, library, caplog):
    path = library / "film.mp4"
    with open(path, "wb") as file:
        file.truncate(64 * MIB)
    served = serve(library)
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(
            f"GET {BASE}/stream_video?path={quote(str(path))} HTTP/1.1\r\n"
            f"Host: {host}:{port}\r\n\r\n".encode()
        )
        got = len(client.recv(MIB))
        os.truncate(path, MIB)
        while chunk := client.recv(MIB):
            got += len(chunk)
    assert MIB <= got < 64 * MIB
    assert (
        len([record for record in caplog.records if "cut while it was read" in record.getMessage()])
        == 1
    )
    assert not [record for record in caplog.records if record.exc_info]


UNREADABLE = Path("/sys/class/net/lo/speed")


@pytest.mark.posix_only("reads a file of the system that says it has bytes and gives none")
def test_a_file_that_the_system_does_not_give_is_403_with_a_sentence(serve, library):
    if not UNREADABLE.exists():
        pytest.skip("this system has no such file")
    answer = serve(library).get("/file", path=str(UNREADABLE))
    assert (
        answer.status_code == 403
        and answer.json()["code"] == "AccessDenied"
        and answer.json()["detail"].startswith("The file cannot be read")
    )
