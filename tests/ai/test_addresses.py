"""Which addresses a language model service may have, and which parts of its answers are shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytestmark = pytest.mark.stack

ASK = {"messages": [{"role": "user", "content": "Where is the red fox?"}]}


class Answering:
    """A server that gives every request the same answer, and records the requested paths."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 200, {"Content-Type": "text/html"}, b""
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(f"{self.command} {self.path}")
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(outer.status)
                for name, value in {
                    **outer.headers,
                    "Content-Length": str(len(outer.body)),
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(outer.body)

            do_POST = do_GET

            def log_message(self, *_arguments: Any) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def page() -> Iterator[Answering]:
    server = Answering()
    yield server
    server.close()


@pytest.fixture
def other() -> Iterator[Answering]:
    server = Answering()
    yield server
    server.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://a b",
        "http://a b/v1",
        "ftp://a/v1",
        "file:///etc/passwd",
        "gopher://127.0.0.1",
        "//127.0.0.1",
        "http://",
        "http://:80",
        "http://[",
        "http://[::1",
        "http://127.0.0.1:x",
        "http://127.0.0.1:0",
        "http://me@127.0.0.1/v1",
        "http://me:pw@127.0.0.1/v1",
        "http://a%00b",
        "http://\u00e9.example",
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(serve, tmp_path, url):
    answer = serve(tmp_path).post("/ai/settings", {"openai_base_url": url})
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "openai_base_url: give an address such as http://127.0.0.1:11434/v1.",
    )


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.0.1:8080",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
    ],
)
def test_an_address_where_clouds_keep_keys_is_refused(serve, tmp_path, host):
    answer = serve(tmp_path).post("/ai/settings", {"openai_base_url": f"http://{host}/v1"})
    assert (
        answer.status_code == 400
        and "reserved for services of the network" in answer.json()["detail"]
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11434/v1",
        "http://localhost:1234/v1",
        "http://192.168.0.7:8000",
        "http://[::1]:8000/v1",
        "https://api.example.com/v1",
        "http://nas_2/v1",
    ],
)
def test_this_machine_and_the_network_are_allowed(serve, tmp_path, url):
    assert (
        serve(tmp_path).post("/ai/settings", {"openai_base_url": url}).json()["openai_base_url"]
        == url
    )


@pytest.mark.parametrize("url", ["http://a b", "http://169.254.169.254/v1"])
def test_an_address_of_the_start_is_held_to_the_same(serve, tmp_path, url):
    answer = serve(tmp_path, openai_base_url=url).post("/ai-chat", ASK)
    assert (answer.status_code, answer.json()["code"]) == (
        502,
        "ServiceFailed",
    ) and "openai_base_url" in answer.json()["detail"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(serve, tmp_path, page, other, status):
    page.status, page.headers = status, {"Location": other.url + "/secret"}
    served = serve(tmp_path, openai_base_url=page.url)
    for stream in (False, True):
        answer = served.post("/ai-chat", {**ASK, "stream": stream})
        assert answer.status_code == 502 and "not followed" in answer.json()["detail"]
    served.get("/ai/models")
    assert page.asked and not other.asked


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>root:x:0:0 CANARY</html>", ""),
        (b"CANARY", ""),
        (b'"CANARY"', ""),
        (b'["CANARY"]', ""),
        (b'{"token": "CANARY"}', ""),
        (b'{"error": {"token": "CANARY"}}', ""),
        (b'{"error": {"message": "no such model"}}', ": no such model"),
        (b'{"error": "no such model"}', ": no such model"),
        (b'{"object": "error", "message": "no such model"}', ": no such model"),
        (b'{"detail": "no such model"}', ": no such model"),
    ],
)
def test_of_a_failure_only_the_services_own_sentence_is_told(serve, tmp_path, page, body, told):
    page.status, page.headers, page.body = 404, {"Content-Type": "application/json"}, body
    answer = serve(tmp_path, openai_base_url=page.url).post("/ai-chat", ASK)
    assert answer.status_code == 502
    assert "CANARY" not in answer.text
    assert answer.json()["detail"].endswith(f"answered with status 404{told or '.'}")


def test_of_a_page_that_is_no_answer_nothing_is_told(serve, tmp_path, page):
    page.body = b"<html>CANARY</html>"
    served = serve(tmp_path, openai_base_url=page.url)
    answer = served.post("/ai-chat", ASK)
    assert answer.status_code in (200, 502) and "CANARY" not in answer.text
    assert "CANARY" not in served.get("/ai/models").text
