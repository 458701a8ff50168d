"""The stand-in host in a process of its own: it starts in the order of the real one, and its
threads and files can be counted.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import httpx
import pytest

from iib_core.config import BASE
from tests import asks
from tests.conftest import write_png

TOP = Path(__file__).parents[2]
STANDIN = Path(__file__).parent / "standin"
START_S = 60


@dataclass
class RunningHost:
    """One host: its folder, its address, and the events that it has printed."""

    folder: Path
    number: int
    stdin: TextIO
    stdout: TextIO
    log: list[str] = field(default_factory=list)
    url: str = ""
    events: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    started: dict[str, Any] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def pictures(self) -> Path:
        """The folder that this host writes to, with one picture in it."""
        name = "outputs" if gradio_version().startswith("3.") else "output"
        return self.folder / name / "txt2img-images"

    def get(self, path: str, **options: Any) -> httpx.Response:
        """A GET of a path below the API's base."""
        return asks.get(self.url + BASE + path, **options)

    def wait_for(self, event: str) -> dict[str, Any]:
        """The next event, which must be this one."""
        try:
            told = self.events.get(timeout=START_S)
        except queue.Empty:
            pytest.fail(f"no '{event}' from the host:\n{self.text}")
        assert told["event"] == event, self.text
        self.url = told.get("url", self.url).rstrip("/")
        if event == "started":
            self.get("/hello")  # answered once our routes exist, some time after those of the host
        return told

    def order(self, word: str) -> None:
        """Tell the host to reload or to stop."""
        self.stdin.write(word + "\n")
        self.stdin.flush()

    @property
    def text(self) -> str:
        """All that the host has printed."""
        return "".join(self.log)

    def listen(self) -> None:
        """Read the host's events from its output until it ends."""
        for line in self.stdout:
            if line.startswith("@"):
                self.events.put(json.loads(line[1:]))
            else:
                self.log.append(line)
                print(line, end="")  # pytest shows it beside a failure
        self.events.put({"event": "end"})
        self.ended.set()

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.number, signal.SIGKILL)
        assert self.ended.wait(20)
        self.stdin.close()
        self.stdout.close()


class Nursery:
    """The process that the hosts are copies of, see its program."""

    def __init__(self) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        number = theirs.fileno()
        with theirs:
            # Memory of ended threads is returned to their arenas some time later, which hides or
            # looks like a leak until then. So there is only one arena.
            environ = {**_environ(), "MALLOC_ARENA_MAX": "1"}
            command = [sys.executable, str(STANDIN / "nursery.py"), str(number)]
            self._process = subprocess.Popen(
                command, env=environ, stdin=subprocess.DEVNULL, pass_fds=[number]
            )

    def start(self, folder: Path, flags: tuple[str, ...], environ: dict[str, str]) -> RunningHost:
        """A host that begins to start in a folder."""
        argv = ["--port", str(_free_port()), *flags]
        order = {"argv": argv, "cwd": str(folder), "environ": {**_environ(), **environ}}
        (stdin, ours), (theirs, stdout) = os.pipe(), os.pipe()
        socket.send_fds(self._orders, [json.dumps(order).encode()], [stdin, stdout])
        os.close(stdin)
        os.close(stdout)
        number = int(self._orders.recv(100))
        return RunningHost(
            folder, number, os.fdopen(ours, "w"), os.fdopen(theirs, errors="replace")
        )

    def close(self) -> None:
        """Start no more."""
        self._orders.close()
        self._process.wait(20)


class Hosts:
    """Starts hosts and ends them."""

    def __init__(self, tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> None:
        self._folders = tmp_path_factory
        self._nursery = nursery
        self._running: list[RunningHost] = []

    def start(
        self, *flags: str, folder: Path | None = None, environ: dict[str, str] | None = None
    ) -> RunningHost:
        """A host with these flags, once its API is there."""
        return self.start_all(flags, folder=folder, environ=environ)[0]

    def start_all(
        self,
        *many: tuple[str, ...],
        folder: Path | None = None,
        environ: dict[str, str] | None = None,
    ) -> list[RunningHost]:
        """One host for each tuple of flags, at the same time: most of a start is waiting."""
        hosts = []
        for flags in many:
            home = folder or self._folders.mktemp("host")
            _furnish(home)
            host = self._nursery.start(home, flags, environ or {})
            threading.Thread(target=host.listen, daemon=True).start()
            hosts.append(host)
        self._running += hosts
        for host in hosts:
            host.started = host.wait_for("started")
        return hosts

    def end(self) -> None:
        """End all hosts without waiting for their shutdown; other tests cover reloading and
        stopping.
        """
        for host in self._running:
            host.kill()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """The process and the folder that all hosts of these tests come from."""
    if importlib.util.find_spec("gradio") is None:
        pytest.skip(
            "gradio is not installed: these tests run in the environments of the host stacks"
        )
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Hosts]:
    """Hosts that end with the module."""
    hosts = Hosts(tmp_path_factory, nursery)
    yield hosts
    hosts.end()


@pytest.fixture(scope="module")
def start_host(hosts: Hosts) -> Callable[..., RunningHost]:
    """A function that starts a host with these flags and waits for its API."""
    return hosts.start


@pytest.fixture(scope="session")
def _two_hosts(
    tmp_path_factory: pytest.TempPathFactory, nursery: Nursery
) -> Iterator[list[RunningHost]]:
    hosts = Hosts(tmp_path_factory, nursery)
    yield hosts.start_all(
        ("--api", "--extension", "controlnet", "--extension", "openoutpaint"),
        (
            "--lacks",
            "extras",
            "--lacks",
            "infotext_utils",
            "--iib-no-watch",
            "--set-option",
            "localization=de_DE",
        ),
    )
    hosts.end()


@pytest.fixture(scope="session")
def host(_two_hosts: list[RunningHost]) -> RunningHost:
    """A host as most users start it, with its API and two other extensions that accept pictures."""
    return _two_hosts[0]


@pytest.fixture(scope="session")
def poor_host(_two_hosts: list[RunningHost]) -> RunningHost:
    """A host before 1.8, in German, without an extras tab and other extensions; ours does not watch
    its folders.
    """
    return _two_hosts[1]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The system's Chromium."""
    from tests.host import pages

    if pages.playwright is None or pages.CHROMIUM is None:
        pytest.skip(
            "no Chromium or no playwright: install them, or name the browser in IIB_CHROMIUM"
        )
    with pages.playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=pages.CHROMIUM, args=pages.FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit_host(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """A function that opens a host's page; our tab is in the background at first."""
    from tests.host import pages

    contexts: list[Any] = []

    def open_page(
        host: RunningHost, query: str = "", at: str | None = "", **options: object
    ) -> pages.Visit:
        """``at``: the address of the host's page if it is not the host's own; None for no page yet."""
        # Only now: without gradio there is no host, and a browser would run in vain beside that of
        # other tests.
        contexts.append(request.getfixturevalue("chromium").new_context(**options))
        seen = pages.Visit(contexts[-1].new_page(), host)
        seen.page.set_default_timeout(pages.PATIENCE_MS)
        if at is None:
            return seen
        seen.page.goto((at or host.url + "/") + query, wait_until="domcontentloaded")
        pages.tab_button(seen.page, "txt2img").wait_for()
        return seen

    yield open_page
    for context in contexts:
        context.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A host finds the extension through a link in its folder."""
    for item in items:
        if {"hosts", "home"} & set(getattr(item, "fixturenames", ())) and "host" in item.path.parts:
            item.add_marker(pytest.mark.needs_links)
            item.add_marker(pytest.mark.posix_only("hosts are forks of one process"))


def _furnish(folder: Path) -> None:
    """The content of a host's folder: our extension, and a picture in its output folder."""
    (folder / "extensions").mkdir(exist_ok=True)
    if not (folder / "extensions" / "iib").exists():
        (folder / "extensions" / "iib").symlink_to(TOP, target_is_directory=True)
    for name in ("output", "outputs"):  # one host writes to the one, the other to the other
        (folder / name / "txt2img-images").mkdir(parents=True, exist_ok=True)
        write_png(folder / name / "txt2img-images" / "00001-42.png", size=(512, 384))


def _environ() -> dict[str, str]:
    given = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("IIB_", "GRADIO_", "COMMANDLINE_"))
    }
    local = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1"}
    return {
        **given,
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "PYTHONWARNINGS": "ignore",
        **local,
    }


def gradio_version() -> str:
    """The installed gradio's."""
    return importlib.metadata.version("gradio")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
