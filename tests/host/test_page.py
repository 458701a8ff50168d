"""The gallery in the host's tab, in a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from tests.host.conftest import RunningHost

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("IIB_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def browser(start_host: Callable[..., RunningHost]) -> Iterator[playwright.Browser]:
    """The system's Chromium; started after it is known that there is a host, or a browser would run beside that of other tests for nothing."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: install one, or name it in IIB_CHROMIUM")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def tab_button(page: playwright.Page, label: str) -> playwright.Locator:
    """The button above a tab; on classic it has no role."""
    return page.locator("#tabs button").filter(has_text=label).first


class Visit:
    """A page of the host, what it logged and what it asked for."""

    def __init__(self, page: playwright.Page, host: RunningHost) -> None:
        self.page, self.host = page, host
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.route(lambda url: urlsplit(url).hostname != "127.0.0.1", lambda route: route.abort())  # the host's own fonts
        page.on("console", lambda message: self.complaints.append(f"{message.text} ({message.location})") if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.complaints.append(f"{error.message} {error.stack}"))
        page.on("request", lambda request: self.requests.append(request.url))

    def open_tab(self) -> playwright.FrameLocator:
        """Show our tab, which opens on the pictures that the host has written."""
        tab_button(self.page, "IIB").click()
        return self.page.frame_locator("#tab_iib iframe")

    @property
    def ours(self) -> list[str]:
        """The complaints about files of ours."""
        return [text for text in self.complaints if "iib" in text or "infinite_image_browsing" in text]


@pytest.fixture
def visit(browser: playwright.Browser, host: RunningHost) -> Iterator[Callable[..., Visit]]:
    """A function that opens the host's page, with our tab in the background as it is at first."""
    contexts: list[playwright.BrowserContext] = []

    def open_page(query: str = "", **options: object) -> Visit:
        context = browser.new_context(**options)
        contexts.append(context)
        visit = Visit(context.new_page(), host)
        visit.page.set_default_timeout(PATIENCE_MS)
        visit.page.goto(host.url + "/" + query, wait_until="domcontentloaded")
        tab_button(visit.page, "txt2img").wait_for()
        return visit

    yield open_page
    for context in contexts:
        context.close()


def test_the_tab_shows_thumbnails(visit: Callable[..., Visit]):
    seen = visit()
    assert not [url for url in seen.requests if "infinite_image_browsing" in url], "nothing of ours is asked for before the tab is shown"
    picture = seen.open_tab().locator("img[src*='image-thumbnail']").first
    picture.wait_for()
    playwright.expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0
    assert seen.ours == []
    assert {urlsplit(url).netloc for url in seen.requests if "infinite_image_browsing" in url} == {urlsplit(seen.host.url).netloc}


def test_the_frame_fills_the_window_and_no_more(visit: Callable[..., Visit]):
    seen = visit(viewport={"width": 1280, "height": 900})
    seen.open_tab().locator("img").first.wait_for()
    box = seen.page.locator("#tab_iib iframe").bounding_box()
    assert box["width"] > 1000
    assert 780 < box["y"] + box["height"] <= 900


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_theme_is_the_hosts(visit: Callable[..., Visit], theme: str):
    seen = visit(f"?__theme={theme}", color_scheme="light" if theme == "dark" else "dark")
    frame = seen.open_tab()
    frame.locator("img").first.wait_for()
    colour = frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor || getComputedStyle(document.documentElement).backgroundColor")
    shade = sum(int(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]) / 3
    assert shade < 80 if theme == "dark" else shade > 180, colour
