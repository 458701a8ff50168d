"""The pictures of the README: ``python -m tests.browser.screenshots [NAME ...]``.

Draws the sample library, serves it from an empty data folder, and writes a small WebP of each view
into ``docs/screenshots``. Theme, sizes, language and library are the same in every run.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from tests.browsers import find_chromium

TOP = Path(__file__).parents[2]
FOLDER = TOP / "docs" / "screenshots"
_WIDE, _PHONE = (1280, 800), (390, 780)
_PATIENCE_MS = 90_000
_QUALITY = 82
_ALL_SHOWN = """() => [...document.images]
    .filter((image) => image.getBoundingClientRect().top < innerHeight)
    .every((image) => image.complete && image.naturalWidth)"""


@contextmanager
def sample_library() -> Iterator[str]:
    """The address of a server with the sample library, once all of it is indexed."""
    with tempfile.TemporaryDirectory(prefix="iib-screenshots-") as data:
        command = [sys.executable, "-m", "iib_core", "demo", "--no-browser", "--port", "0"]
        process = subprocess.Popen(
            [*command, "--data-dir", data], cwd=TOP, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[-1]
            while ask(url, "/db/index_status")["last"] is None:
                time.sleep(0.2)
            yield url
        finally:
            process.terminate()
            process.wait()


def ask(url: str, route: str) -> Any:
    """The JSON of a route."""
    with urllib.request.urlopen(url + route, timeout=60) as answer:
        return json.load(answer)


def library(page: Any, url: str) -> None:
    """The newest pictures, with the stars of some."""
    page.goto(f"{url}/#/library")
    show_all(page)


def stacks(page: Any, url: str) -> None:
    """A search, folded into stacks, with the panel of filters."""
    page.goto(f"{url}/#/library?q=-blurry&stack=prompt")
    show_all(page)
    page.keyboard.press("f")
    page.locator(".facet").first.wait_for()
    show_all(page)


def viewer(page: Any, url: str) -> None:
    """One picture with its prompt and parameters."""
    page.goto(f"{url}/#/library?q=album:Calendar")
    show_all(page)
    page.locator(".tile.is-loaded").nth(1).click()
    page.locator(".pswp__img:not(.pswp__img--placeholder)").first.wait_for()
    page.wait_for_load_state("networkidle")
    if not page.locator(".info").is_visible():
        page.keyboard.press("i")
    page.locator(".info").first.wait_for()
    page.wait_for_load_state("networkidle")


def topics(page: Any, url: str) -> None:
    """The topics of the library."""
    page.goto(f"{url}/#/topics")
    page.get_by_role("button", name="Find topics").click()
    page.locator(".card").first.wait_for()
    show_all(page)


def organise(page: Any, url: str) -> None:
    """What sorting into folders would do."""
    page.goto(f"{url}/#/folder/{ask(url, '/global_setting')['roots'][0]['path']}")
    page.get_by_role("button", name="Organise this folder").click()
    page.locator("dialog").get_by_role("button", name="Preview").click()
    page.get_by_role("region", name="Preview").wait_for()
    show_all(page)


def duplicates(page: Any, url: str) -> None:
    """Duplicates side by side, with the file that is suggested."""
    page.goto(f"{url}/#/duplicates")
    page.locator(".duplicates__group").first.wait_for()
    show_all(page)


VIEWS: dict[str, tuple[Callable[[Any, str], None], tuple[int, int], str]] = {
    "library": (library, _WIDE, "dark"),
    "stacks": (stacks, _WIDE, "light"),
    "viewer": (viewer, _WIDE, "dark"),
    "topics": (topics, _WIDE, "light"),
    "organise": (organise, _WIDE, "light"),
    "duplicates": (duplicates, _WIDE, "dark"),
    "phone": (library, _PHONE, "dark"),
}


def show_all(page: Any) -> None:
    """Wait until every picture in view is there."""
    page.locator("img").first.wait_for()
    page.wait_for_function(_ALL_SHOWN)


def shoot(page: Any, path: Path) -> None:
    """Write a WebP of the page."""
    with Image.open(io.BytesIO(page.screenshot(animations="disabled"))) as image:
        image.convert("RGB").save(path, quality=_QUALITY, method=6)


def main(*names: str) -> None:
    """Write a picture of each view, or of those that are named."""
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(parents=True, exist_ok=True)
    with sample_library() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        for name in names or VIEWS:
            show, (width, height), scheme = VIEWS[name]
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
                locale="en-GB",
                timezone_id="UTC",
                has_touch=width < 640,
            )
            context.set_default_timeout(_PATIENCE_MS)
            page = context.new_page()
            show(page, url)
            shoot(page, FOLDER / f"{name}.webp")
            context.close()
            print(name, (FOLDER / f"{name}.webp").stat().st_size, flush=True)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
