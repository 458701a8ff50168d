"""Shared fixtures: folders with real pictures, and the real server on a real socket."""

from __future__ import annotations

import ctypes
import gc
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import settings
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from starlette.types import ASGIApp, Receive, Scope, Send

from iib_core.config import BASE, Config
from iib_core.core import Core, Host
from iib_core.db.search import pages
from iib_core.files import desktop
from iib_core.routes.standalone import create_app
from tests import asks
from tests.databases import ENGINES, empty_all, engine_settings, write_empty
from tests.links import can_link
from tests.searches import rounds
from tests.timing import Limit

# No deadline for hypothesis: it would measure how busy the machine is.
settings.register_profile("no clock", deadline=None, max_examples=rounds(100))
settings.load_profile("no clock")

INFOTEXT = (
    "a red fox in the snow\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, "
    "Seed: 42, Size: 64x48, Model: fox_v1"
)


@dataclass
class Served:
    """A running server: its core, its address and a client whose paths begin below the API's base."""

    core: Core
    url: str
    client: httpx.Client

    def get(self, route: str, /, **params: object) -> httpx.Response:
        return self.client.get(route, params=params or None)  # type: ignore[arg-type]

    def post(self, route: str, body: object) -> httpx.Response:
        return self.client.post(route, json=body)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database to copy."""
    return write_empty(tmp_path_factory.mktemp("database") / "iib.db")


class Slot:
    """A server on its own port whose app can be exchanged, because starting and stopping one takes
    longer than most tests.
    """

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self._apps: dict[tuple[object, ...], FastAPI] = {}
        listener = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )  # with a name, otherwise Nagle's algorithm delays every answer by 40 ms
        listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        options = {
            "log_level": "warning",
            "ws": "none",
            "http": "h11",
            "loop": "asyncio",
            "lifespan": "off",
            "interface": "asgi3",
            "timeout_graceful_shutdown": 2,
        }
        self._server = uvicorn.Server(uvicorn.Config(self._dispatch, **options))  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]})
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    def show(self, core: Core) -> None:
        """Serve ``core``.

        The app is built once for all tests with the same settings: on the hosts' stacks that takes
        longer than most tests.
        """
        kind = (core.config.base, core.config.cors_origins)
        if kind not in self._apps:
            self._apps[kind] = create_app(core)
        self._apps[kind].state.iib_core = core
        self.app = self._apps[kind]

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="session")
def slots() -> Iterator[list[Slot]]:
    """The servers that are not in use."""
    free: list[Slot] = []
    yield free
    for slot in free:
        slot.close()


class Servers:
    """Servers that run at the same time, each with its own data folder below ``folder``."""

    def __init__(
        self, folder: Path, empty_database: Path, slots: list[Slot], engine: str = ENGINES[0]
    ) -> None:
        self._folder = folder
        self._engine = engine
        self._empty_database = empty_database
        self._slots = slots
        self._running: list[tuple[Slot, Served]] = []

    def start(self, *roots: Path | str, host_app: Host | None = None, **settings: object) -> Served:
        """A server with some roots; ``settings`` are fields of Config.

        It indexes the roots, and watches them only if the settings say so. Without a service, the
        built-in model is used, whether a sentence model is installed or not.
        """
        data_dir = self._folder / f"data{len(self._running)}"
        defaults: dict[str, object] = {
            "data_dir": str(data_dir),
            "roots": tuple(map(str, roots)),
            "watch": False,
            **engine_settings(settings.get("data_dir", data_dir), self._engine),
        }
        if not settings.keys() & {"openai_base_url", "openai_api_key"}:
            defaults["embedding_model"] = "local"
        config = Config(**{**defaults, **settings})  # type: ignore[arg-type]
        os.makedirs(config.data_dir, exist_ok=True)
        shutil.copy(self._empty_database, config.data_dir)
        core = Core(config, host_app)
        slot = self._slots.pop() if self._slots else Slot()
        slot.show(core)
        # No certificates are needed, and reading those of the system takes longer than most tests.
        client = asks.client(base_url=slot.url + BASE)
        served = Served(core, slot.url, client)
        self._running.append((slot, served))
        return served

    def close(self) -> None:
        for slot, served in self._running:
            served.client.close()
            served.core.close()
            self._slots.append(slot)


@pytest.fixture
def serve(
    tmp_path: Path, empty_database: Path, slots: list[Slot], engine: str
) -> Iterator[Callable[..., Served]]:
    """Starts a server: ``Servers.start``."""
    servers = Servers(tmp_path, empty_database, slots, engine)
    yield servers.start
    servers.close()


@pytest.fixture
def limit(request: pytest.FixtureRequest) -> Limit:
    """``limit.check(seconds, limit_s)``, for tests that are marked ``timing``."""
    assert request.node.get_closest_marker("timing"), "mark this test with pytest.mark.timing"
    return Limit()


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """See ``make_library``."""
    return make_library(tmp_path / "library")


def make_library(root: Path) -> Path:
    """A root with a PNG with an infotext, a JPEG, a text beside it, and a picture in a subfolder."""
    (root / "sub").mkdir(parents=True)
    write_png(root / "fox.png")
    Image.new("RGB", (80, 60), "blue").save(root / "sea.jpg")
    (root / "fox.txt").write_text("a sidecar")
    write_png(root / "sub" / "deep.png", infotext="")
    for number, path in enumerate(sorted(root.rglob("*.*"))):
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    return root


def write_png(
    path: Path, size: tuple[int, int] = (64, 48), colour: str = "red", infotext: str = INFOTEXT
) -> Path:
    """One small PNG as AUTOMATIC1111 writes it."""
    info = PngInfo()
    if infotext:
        info.add_text("parameters", infotext)
    Image.new("RGB", size, colour).save(path, pnginfo=info)
    return path


@pytest.fixture(scope="session", autouse=True)
def no_windows_open() -> Iterator[None]:
    """Lets no test open anything on the desktop."""
    if sys.platform != "win32":
        yield
        return

    def start(command: object, **options: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", ""], **options)

    with pytest.MonkeyPatch.context() as patch:
        known = {name: getattr(subprocess, name) for name in ("DEVNULL", "TimeoutExpired")}
        patch.setattr(desktop, "subprocess", SimpleNamespace(Popen=start, **known))
        patch.setattr(os, "startfile", lambda path: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_search_cut_short() -> Iterator[None]:
    """Gives searches the time that they need: on a busy machine their limits would end them early."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "FIND_S", 60.0)
        patch.setattr(pages, "COUNT_S", 60.0)
        yield


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The database engine of a test: SQLite, and of one that is marked ``engine`` each."""
    yield str(getattr(request, "param", ENGINES[0]))
    empty_all()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs what is marked ``engine`` on each of them."""
    is_marked = metafunc.definition.get_closest_marker("engine")
    if is_marked and "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", ENGINES, indirect=True)


def pytest_collection_finish() -> None:
    """Lets the garbage collector pass over what was imported and collected: to look through ten
    thousand tests again and again takes a tenth of their time.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips tests that this system cannot run."""
    if item.get_closest_marker("needs_links") and not can_link():
        pytest.skip("this system, or its user, may not make links")
    posix_only = item.get_closest_marker("posix_only")
    if posix_only and os.name != "posix":
        pytest.skip(f"needs POSIX: {posix_only.args[0]}")
    not_on_wine = item.get_closest_marker("not_on_wine")
    if not_on_wine and is_wine():
        pytest.skip(f"Wine cannot do this: {not_on_wine.args[0]}")


def is_wine() -> bool:
    """Whether this Windows is Wine, which lacks some features."""
    return sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")
