"""The page in a real Chromium, against a real ``iib serve`` of its own over folders made for the
purpose.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests import forks
from tests.browsers import find_chromium
from tests.databases import write_empty

REPOSITORY = Path(__file__).parents[2]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# The page asks for no more pictures at once.
AT_ONCE = 24
# So that the browser asks nobody but the server under test.
QUIET = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "console_may_say(pattern): what the browser itself logs of an answer that the test provokes",
    )


@dataclass
class Visit:
    """A page in the browser, and what must not have happened in it."""

    page: Any
    url: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def open(self, address: str = "#/folders", *, loads: bool = True) -> Visit:
        """Opens the page on the folders, where the address does not say otherwise: what it opens on
        by itself depends on how far the index is.

        Without ``loads`` pictures may stay away, which a browser would wait for.
        """
        self.page.goto(self.url + address, wait_until="load" if loads else "domcontentloaded")
        return self

    def wait_for_pictures(self, at_least: int = 1) -> Visit:
        self.page.wait_for_function(
            "least => document.querySelectorAll('.tile.is-loaded').length >= least", arg=at_least
        )
        return self

    def wait_for_count(self, files: str) -> Visit:
        """Waits for the number of files found, which stands elsewhere on a phone."""
        places = ".search__count:visible, .toolbar__found:visible"
        self.page.locator(places, has_text=files).wait_for()
        return self

    def wait_for_all_pictures(self, but: tuple[str, ...] = ()) -> Visit:
        """Waits for the picture of each file that is drawn, in view or a screen beyond it; ``but``:
        names of those that have none.
        """
        self.page.wait_for_function(
            """but => { const tiles =
              [...document.querySelectorAll('.tile:not(.is-dir)')].filter(tile => !but.includes(tile.title));
            return tiles.length && tiles.every(tile => tile.classList.contains('is-loaded')); }""",
            arg=list(but),
        )
        return self

    def until(self, is_so: Callable[[], bool], timeout_s: float = 30.0) -> None:
        """Waits for what the test itself sees, such as a request; the browser's events come in
        meanwhile.
        """
        deadline = time.monotonic() + timeout_s
        while not is_so():
            assert time.monotonic() < deadline
            self.page.wait_for_timeout(20)

    def names(self) -> list[str]:
        """Names of the files in the grid in the order in which they are shown."""
        return list(
            self.page.evaluate(
                """() => [...document.querySelectorAll('.row')]
                .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
                .flatMap(row => [...row.children])
                  .filter(tile => !tile.classList.contains('is-dir')).map(tile => tile.title)"""
            )
        )

    def tile(self, name: str) -> Any:
        return self.page.locator(f".tile[title='{name}']").first

    def choose(self, *names: str) -> None:
        """Selects files one by one."""
        for name in names:
            self.tile(name).click(modifiers=["Control"])

    def selected(self) -> list[str]:
        return sorted(
            self.page.eval_on_selector_all(
                ".tile.is-selected", "tiles => tiles.map(tile => tile.title)"
            )
        )

    def current(self) -> str:
        return str(self.page.locator(".tile.is-current").get_attribute("title"))

    def hear(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(f"{message.text} {message.location['url']}")

    def dangling(self) -> list[str]:
        """Attributes that name an element which is not there, in the page and in its frames."""
        return [found for frame in self.page.frames for found in frame.evaluate(DANGLING)]

    def scroll(self) -> int:
        return int(self.page.evaluate("document.querySelector('.grid').scrollTop"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright_api = pytest.importorskip(
        "playwright.sync_api", reason="the Python package playwright is not installed"
    )
    with playwright_api.sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        found = find_chromium() or (own if os.path.exists(own) else None)
        if not found:
            pytest.skip("no Chromium: set IIB_CHROMIUM, or run `playwright install chromium`")
        browser = playwright.chromium.launch(executable_path=found, args=[*QUIET, "--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """A function that starts ``iib serve`` over folders and returns the page's address; they end
    with it. ``model`` embeds the prompts; "" is the one that is used by default.
    """
    running: list[forks.Fork | subprocess.Popen[str]] = []

    def start(*folders: Path, flags: tuple[str, ...] = (), model: str = "local") -> str:
        data = tmp_path_factory.mktemp("data")
        write_empty(data / "iib.db")
        options = ("--port", "0", "--data-dir", str(data), "--no-watch", *flags)
        environ = {**os.environ, "PYTHONUNBUFFERED": "1", "EMBEDDING_MODEL": model}
        arguments = ["serve", *map(str, folders), *options]
        process = forks.start(arguments, environ=environ, stderr=subprocess.DEVNULL)
        running.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if ready := re.search(r"ready at (\S+)", line):
                return ready[1]
        raise AssertionError(f"the server ended with status {process.wait()} before it was ready")

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        process.wait(timeout=20)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="session")
def run_shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """For servers that many modules use."""
    with servers(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def run_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """For those of one module: a hundred of them at once would fill the memory."""
    with servers(tmp_path_factory) as start:
        yield start


def wait_for_index(url: str, timeout_s: float = 60.0) -> None:
    """Returns when the server has read its whole library."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{url}/db/index_status", timeout=timeout_s) as answer:
            status = json.load(answer)
        if status["last"] and not status["running"]:
            return
        time.sleep(0.1)
    raise AssertionError("the index is still being built")


# Attributes that name other elements by their ids, and of these the ids that no element has, or
# more than one.
DANGLING = """() => ['aria-activedescendant', 'aria-controls',
  'aria-describedby', 'aria-details', 'aria-errormessage', 'aria-flowto',
    'aria-labelledby', 'aria-owns', 'for', 'list'].flatMap(name => [...document.querySelectorAll(`[${name}]`)]
  .flatMap(element => element.getAttribute(name).trim().split(/\\s+/)
    .filter(id => document.querySelectorAll(`[id="${CSS.escape(id)}"]`).length !== 1)
    .map(id => `${element.cloneNode().outerHTML} names ${id || 'nothing'}`)))"""


@pytest.fixture
def visit(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visit]]:
    """A function that opens a browser window on an address.

    At the end nothing may have been logged or asked of another server, and no attribute may name an
    element that is not there.
    """
    visits: list[Visit] = []
    expected = [mark.args[0] for mark in request.node.iter_markers("console_may_say")]

    def start(url: str, viewport: dict[str, int] | None = None, **options: Any) -> Visit:
        context = chromium.new_context(
            viewport=viewport or DESKTOP, **{"locale": "en-GB", "timezone_id": "UTC", **options}
        )
        context.set_default_timeout(30_000)
        seen = Visit(context.new_page(), url)
        origin = "/".join(url.split("/")[:3])
        seen.page.on("console", seen.hear)
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on(
            "request",
            lambda sent: (
                None
                if sent.url.startswith((origin, "data:", "blob:"))
                else seen.foreign.append(sent.url)
            ),
        )
        visits.append(seen)
        return seen

    yield start
    for seen in visits:
        dangling = [] if seen.page.is_closed() else seen.dangling()
        seen.page.context.close()
        assert [
            error
            for error in seen.errors
            if not any(re.search(pattern, error) for pattern in expected)
        ] == []
        assert seen.foreign == []
        assert dangling == []


def box_at_rest(locator: Any) -> dict[str, float]:
    """The box of an element once nothing of the page moves it any more."""
    locator.evaluate(
        """element => new Promise(resolve => { let before = '', same = 0;
        const look = () => {
          const moves = document.getAnimations().some(animation =>
            animation.playState === 'running' &&
            animation.effect.getTiming().iterations !== Infinity);
          const box = JSON.stringify(element.getBoundingClientRect());
          same = box === before && !moves ? same + 1 : 0;
          before = box;
          if (same >= 5) resolve(); else requestAnimationFrame(look);
        };
        look(); })"""
    )
    return dict(locator.bounding_box())


LIGHTHOUSE = "a (lighthouse:1.3) on <b>cliff</b> {number}, <lora:storm:0.7>"


def write_picture(
    path: Path,
    number: int,
    size: tuple[int, int] = (96, 64),
    prompt: str = LIGHTHOUSE,
    sampler: str = "Euler a",
) -> None:
    """A PNG in a colour of its own, made "an hour later" than the one before, with an infotext as
    AUTOMATIC1111 writes it.
    """
    info = PngInfo()
    info.add_text(
        "parameters",
        f"{prompt.format(number=number)}\nNegative prompt: blurry\n"
        f"Steps: 28, Sampler: {sampler}, CFG scale: 7, Seed: {1000 + number}, Size: {size[0]}x{size[1]}, "
        "Model: dream_v1",
    )
    colour = ((number * 37) % 256, (number * 91) % 256, (number * 53) % 256)
    # Whole at once, with its time: the page may look at any moment.
    partial = path.with_name(f".{path.name}.part")
    kind = Image.registered_extensions()[path.suffix.lower()]
    Image.new("RGB", size, colour).save(partial, kind, pnginfo=info)
    os.utime(partial, (1_700_000_000 + number * 3600,) * 2)
    os.replace(partial, path)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 pictures ``001.png`` (oldest) to ``300.png``, a note, and a folder ``day 2`` with three
    more.
    """
    root = tmp_path_factory.mktemp("browser") / "library"
    (root / "day 2").mkdir(parents=True)
    for number in range(1, 301):
        write_picture(root / f"{number:03d}.png", number, (96, 64) if number % 2 else (64, 96))
    for number in range(1, 4):
        write_picture(root / "day 2" / f"b{number}.png", number)
    (root / "note.txt").write_text("no picture")
    return root


@pytest.fixture(scope="session")
def library_url(run_shared_server: Callable[..., str], library: Path) -> str:
    return run_shared_server(library)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library for tests that change it, with a folder for each (``out``)."""
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="session")
def root_url(run_shared_server: Callable[..., str], root: Path) -> str:
    return run_shared_server(root)


@pytest.fixture
def out(root: Path, request: pytest.FixtureRequest) -> Path:
    """A folder of the test's own: 24 pictures ``01.png`` (oldest) to ``24.png``, and a folder
    ``keep`` that has a ``24.png`` too.
    """
    own = root / str(request.node.name)
    (own / "keep").mkdir(parents=True)
    for number in range(1, 25):
        write_picture(own / f"{number:02d}.png", number)
    write_picture(own / "keep" / "24.png", 99)
    return own


@pytest.fixture
def folder(root_url: str, visit: Callable[..., Visit], out: Path) -> Visit:
    return (
        visit(root_url, permissions=["clipboard-read", "clipboard-write"])
        .open(f"#/folder/{out}")
        .wait_for_pictures(8)
    )


LIGHTHOUSES = 1230


@pytest.fixture(scope="session")
def indexed_url(
    run_shared_server: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """1230 pictures of lighthouses in two folders, one of them named ``x.png`` in each, half an
    hour apart; read by the index.
    """
    root = tmp_path_factory.mktemp("library") / "out"
    for name in ("a", "b"):
        (root / name).mkdir(parents=True)
    first = root / "a" / "0001.png"
    write_picture(first, 1)
    data = first.read_bytes()
    os.utime(first, (1_700_000_000 + 1800,) * 2)
    for number in range(2, LIGHTHOUSES + 1):
        path = (
            root
            / ("a" if number % 2 else "b")
            / ("x.png" if number > LIGHTHOUSES - 2 else f"{number:04d}.png")
        )
        if number % 100:
            path.write_bytes(data)
        else:
            write_picture(path, number)
        os.utime(path, (1_700_000_000 + number * 1800,) * 2)
    url = run_shared_server(root)
    wait_for_index(url)
    return url


def search(seen: Visit, text: str) -> Visit:
    seen.page.get_by_role("combobox", name="Search").fill(text)
    return seen


def post(url: str, route: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"{url}/{route}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def wait_until(is_so: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
