"""A service for language models on loopback, as OpenAI's API is: vectors follow from the words of a
text, answers from a script. For tests and benchmarks.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

DIM = 1536
_WORD = re.compile(r"\w+")
# Real models see some likeness between any two prompts.
_COMMON = 0.35


class OpenAIServer:
    """Runs from construction to ``close``.

    ``embed`` and ``chat`` may be exchanged; what they return is sent: ``(status, body, headers)``,
    a body, or an iterator of its bytes.

    ``texts`` and ``chats`` are what was asked for.
    """

    def __init__(self, dim: int = DIM) -> None:
        self.dim = dim
        self.texts: list[str] = []
        self.calls: list[str] = []
        self.chats: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.embed: Callable[[dict[str, Any]], Any] = self.vectors
        self.chat: Callable[[dict[str, Any]], Any] = lambda _body: (
            '{"title": "A title", "keywords": ["one", "two"]}'
        )
        self.models: Any = {
            "object": "list",
            "data": [{"id": name, "object": "model"} for name in ("embed-a", "embed-b", "chat-a")],
        }
        self._http = _Quiet(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """What to set as OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def vectors(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request for vectors."""
        pack = _packed if body.get("encoding_format") == "base64" else np.ndarray.tolist
        data = [
            {"object": "embedding", "index": at, "embedding": pack(vector_of(text, self.dim))}
            for at, text in enumerate(body["input"])
        ]
        return {
            "object": "list",
            "model": body["model"],
            "data": data,
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }

    def close(self) -> None:
        """End it."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that went away is no news."""


def vector_of(text: str, dim: int = DIM) -> np.ndarray[Any, Any]:
    """The vector of a text: the sum of those of its words and pairs of words, plus one that all
    texts share; of unit length.
    """
    words = _WORD.findall(text.lower())
    total = np.zeros(dim)
    for name in dict.fromkeys(
        [*words, *(f"{words[at]} {words[at + 1]}" for at in range(len(words) - 1))]
    ):
        total += _direction(name, dim)
    total /= max(1e-9, float(np.linalg.norm(total)))
    mixed = total + _COMMON * _direction("", dim)
    return np.asarray(mixed / np.linalg.norm(mixed))


def _packed(vector: np.ndarray[Any, Any]) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


@lru_cache(maxsize=65_536)
def _direction(name: str, dim: int) -> np.ndarray[Any, Any]:
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    return np.random.default_rng(seed).standard_normal(dim).astype(np.float32) / np.float32(
        dim**0.5
    )


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(server.models)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            server.calls.append(self.path)
            server.headers.append(dict(self.headers))
            if self.path.endswith("/embeddings"):
                server.texts += body["input"]
                return self._send(server.embed(body))
            server.chats.append(body)
            answer = server.chat(body)
            if not isinstance(answer, str):
                return self._send(answer)
            return self._stream(answer) if body.get("stream") else self._send(_completion(answer))

        def _send(self, answer: Any) -> None:
            if isinstance(answer, Iterator):
                return self._send_parts(answer)
            status, content, headers = answer if isinstance(answer, tuple) else (200, answer, {})
            data = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {
                "content-type": "application/json",
                "content-length": str(len(data)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
            return None

        def _send_parts(self, parts: Iterator[bytes]) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("connection", "close")
            self.end_headers()
            for part in parts:
                self.wfile.write(part)
                self.wfile.flush()
            self.close_connection = True

        def _stream(self, text: str) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            for word in re.findall(r"\S+\s*", text):
                chunk = {
                    "id": "x",
                    "object": "chat.completion.chunk",
                    "created": 1,
                    "model": "m",
                    "choices": [{"index": 0, "delta": {"content": word}}],
                }
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                self.wfile.flush()
                time.sleep(0.002)
            self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            return None

    return Handler


def _completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
