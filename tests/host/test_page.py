"""The gallery in the host's tab, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import pytest

from tests.host.conftest import RunningHost
from tests.host.pages import Visit, playwright, tab_button

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(playwright is None, reason="playwright is not installed"),
]


@pytest.fixture
def visit(visit_host: Callable[..., Visit], host: RunningHost) -> Callable[..., Visit]:
    """A function that opens the usual host's page."""
    return partial(visit_host, host)


def test_the_tab_shows_thumbnails(visit: Callable[..., Visit]):
    seen = visit()
    assert not [url for url in seen.requests if "infinite_image_browsing" in url], (
        "nothing of ours is asked for before the tab is shown"
    )
    picture = seen.open_tab().locator("img[src*='image-thumbnail']").first
    picture.wait_for()
    playwright.expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0
    assert seen.ours == []
    assert {urlsplit(url).netloc for url in seen.requests if "infinite_image_browsing" in url} == {
        urlsplit(seen.host.url).netloc
    }


def test_the_frame_fills_the_window_and_no_more(visit: Callable[..., Visit]):
    seen = visit(viewport={"width": 1280, "height": 900})
    seen.open_tab().locator("img").first.wait_for()
    box = seen.page.locator("#iib-mount iframe").bounding_box()
    assert box["width"] > 1000
    assert 780 < box["y"] + box["height"] <= 900


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (1000, 600)])
def test_the_hosts_page_does_not_scroll_around_it(
    visit: Callable[..., Visit], size: tuple[int, int]
):
    seen = visit(viewport={"width": size[0], "height": size[1]})
    seen.open_tab().locator("img").first.wait_for()
    seen.page.wait_for_function("() => document.documentElement.scrollHeight <= innerHeight")
    box = seen.page.locator("#iib-mount iframe").bounding_box()
    assert box["height"] > size[1] / 2
    assert size[1] - 160 < box["y"] + box["height"] <= size[1]
    seen.page.set_viewport_size({"width": size[0], "height": size[1] - 100})
    seen.page.wait_for_function("() => document.documentElement.scrollHeight <= innerHeight")


def test_nor_where_much_of_a_low_window_is_the_hosts(visit: Callable[..., Visit]):
    seen = visit(viewport={"width": 1000, "height": 600})
    # As in Neo, whose bar of settings takes two lines there.
    seen.page.evaluate("document.body.style.padding = '150px 0 60px'")
    seen.open_tab().locator("img").first.wait_for()
    seen.page.wait_for_function("() => document.documentElement.scrollHeight <= innerHeight")
    assert seen.page.locator("#iib-mount iframe").bounding_box()["height"] >= 240


def test_on_a_phone_the_frame_is_the_window_and_a_button_leads_to_the_hosts_tabs(
    visit: Callable[..., Visit],
):
    seen = visit(viewport={"width": 390, "height": 844})
    gallery = seen.open_tab()
    gallery.locator("img").first.wait_for()
    seen.page.wait_for_function(
        "() => Math.abs(document.querySelector('#iib-mount iframe').getBoundingClientRect().top) < 2"
    )
    box = seen.page.locator("#iib-mount iframe").bounding_box()
    assert (round(box["x"]), round(box["width"]), round(box["height"])) == (0, 390, 844)
    bar = gallery.locator(".rail").bounding_box()
    assert bar["y"] + bar["height"] <= 845
    assert seen.page.evaluate(
        "[5, 385].every(x => document.elementFromPoint(x, 400)?.tagName === 'IFRAME')"
    ), "nothing of the host's hides its edges"
    gallery.get_by_role("button", name="WebUI").click()
    seen.page.wait_for_function("() => scrollY === 0")
    assert tab_button(seen.page, "txt2img").bounding_box()["y"] >= 0
    tab_button(seen.page, "txt2img").click()
    seen.open_tab()
    seen.page.wait_for_function(
        "() => Math.abs(document.querySelector('#iib-mount iframe').getBoundingClientRect().top) < 2"
    )


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_theme_is_the_hosts(visit: Callable[..., Visit], theme: str):
    seen = visit(f"?__theme={theme}", color_scheme="light" if theme == "dark" else "dark")
    frame = seen.open_tab()
    frame.locator("img").first.wait_for()
    colour = frame.locator("body").evaluate(
        "body => getComputedStyle(body).backgroundColor || "
        "getComputedStyle(document.documentElement).backgroundColor"
    )
    shade = sum(int(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]) / 3
    assert shade < 80 if theme == "dark" else shade > 180, colour


def test_the_language_is_the_hosts(
    visit_host: Callable[..., Visit], host: RunningHost, poor_host: RunningHost
):
    assert (
        visit_host(poor_host, locale="en-GB").frame.evaluate("document.documentElement.lang")
        == "de"
    )
    assert (
        visit_host(host, locale="ja-JP").frame.evaluate("document.documentElement.lang") == "ja"
    )  # the host has none chosen


def test_a_folder_that_the_host_has_yet_to_make_says_so_and_is_there_with_its_first_picture(
    visit: Callable[..., Visit], host: RunningHost
):
    seen = visit(viewport={"width": 1440, "height": 900})
    gallery = seen.open_tab()
    row = gallery.locator(".rail-roots__one", has_text="extras-images")
    row.locator("text=Not made yet").wait_for(state="attached")
    assert "is-not-made" in row.get_attribute("class")
    assert gallery.locator(".rail-roots__one.is-offline").count() == 0
    row.click()
    gallery.get_by_role("heading", name="extras-images does not exist yet").wait_for()
    folder = host.pictures.with_name("extras-images")
    folder.mkdir()
    try:
        shutil.copy(host.pictures / "00001-42.png", folder / "first.png")
        row.locator("small", has_text="1").wait_for()
        # The page sees by itself that it is there.
        gallery.locator("img[src*='first.png']").first.wait_for()
    finally:
        shutil.rmtree(folder)
