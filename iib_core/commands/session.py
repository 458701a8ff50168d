"""Session: what answers a command, which is the running server or, without one, the data folder
itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from iib_core import announcement, config
from iib_core.client import Client, ClientError
from iib_core.client.transport import Answer
from iib_core.commands.options import load
from iib_core.errors import ConfigError

_UNREACHABLE = "Unreachable"


@dataclass(frozen=True)
class Session:
    """Something that answers the API. ``url`` is empty where no server runs."""

    client: Client
    url: str
    data_dir: str


@contextmanager
def opened(arguments: argparse.Namespace, *, makes_library: bool = False) -> Iterator[Session]:
    """The server at ``--url``, or that over the data folder, or the data folder itself.

    Raises ConfigError where there is no library yet, unless the command ``makes_library``.
    """
    settings = load(arguments)
    running = _find_server(arguments.url, settings)
    if running is not None:
        yield running
        return
    has_library = settings.database_url or os.path.exists(os.path.join(settings.data_dir, "iib.db"))
    if not makes_library and not has_library:
        raise ConfigError(
            f"There is no library in the data folder {settings.data_dir} yet: begin one with 'iib serve "
            "FOLDER' or 'iib roots add FOLDER'."
        )
    with _direct(settings) as client:
        yield Session(client, "", settings.data_dir)


def _find_server(url: str | None, settings: config.Config) -> Session | None:
    found = url or announcement.find_url(settings.data_dir)
    if found is None:
        return None
    client = Client(found, settings.secret_key)
    try:
        client.hello()
    except ClientError as exc:
        if url or exc.code != _UNREACHABLE:
            raise
        return None
    return Session(client, found, settings.data_dir)


@contextmanager
def _direct(settings: config.Config) -> Iterator[Client]:
    """The API over the data folder in this process. A user who can read the folder needs no
    password.
    """
    from iib_core.core import Core

    own = replace(settings, watch=False, idle_thumbnails=False, secret_key="", host="127.0.0.1")
    core = Core(own, updates_index=False)
    try:
        yield Client(_InProcess(core))
    finally:
        core.close()


class _InProcess:
    """A transport that hands requests to the routes without a connection."""

    def __init__(self, core: Any) -> None:
        from iib_core.routes.standalone import create_app

        self._app = create_app(core)
        self._base = core.config.base

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | Iterable[bytes] | None,
    ) -> Answer:
        """The answer, whatever its status."""
        path, _, query = target.partition("?")
        names = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        content = body if isinstance(body, bytes) else b"".join(body or ())
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": self._base + unquote(path),
            "raw_path": (self._base + path).encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"localhost"), (b"content-length", b"%d" % len(content)), *names],
            "client": ("127.0.0.1", 0),
            "server": ("localhost", 80),
        }
        return asyncio.run(self._run(scope, content))

    async def _run(self, scope: dict[str, Any], content: bytes) -> Answer:
        status, pieces, requests = (
            500,
            [],
            [{"type": "http.request", "body": content, "more_body": False}],
        )

        async def receive() -> dict[str, Any]:
            if requests:
                return requests.pop()
            await asyncio.Event().wait()  # the client stays until it has the answer
            raise AssertionError

        async def send(message: Mapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                pieces.append(message.get("body", b""))

        await self._app(scope, receive, send)
        return Answer(status, b"".join(pieces))


def add_flags(
    command: argparse.ArgumentParser, *, has_json: bool = True, is_nested: bool = False
) -> None:
    """Which server, and how the answer is printed. ``is_nested``: the command around has the flags
    too.
    """
    options: dict[str, Any] = {"default": argparse.SUPPRESS} if is_nested else {}
    command.add_argument(
        "--data-dir",
        dest="data_dir",
        metavar="FOLDER",
        help="the data folder of the library",
        **options,
    )
    command.add_argument(
        "--url",
        help="address of a server, as it prints it. Default: the one that runs over the data folder",
        **options,
    )
    if has_json:
        command.add_argument(
            "--json", action="store_true", help="print the answer of the API as JSON", **options
        )
