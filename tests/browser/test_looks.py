"""Dark and light, wide and narrow."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from tests.browser.conftest import PHONE, Visit


def brightness(seen: Visit) -> float:
    """Mean brightness of the bar above the pictures, 0 to 255."""
    shot = Image.open(
        io.BytesIO(seen.page.screenshot(clip={"x": 200, "y": 2, "width": 200, "height": 20}))
    )
    return float(ImageStat.Stat(shot.convert("L")).mean[0])


@pytest.mark.parametrize(
    ("system", "address", "dark"),
    [("dark", "", True), ("light", "", False), ("light", "?__theme=dark", True)],
)
def test_dark_and_light(
    visit: Callable[..., Visit], library_url: str, system: str, address: str, dark: bool
) -> None:
    seen = visit(library_url, color_scheme=system).open(address).wait_for_pictures()
    assert (brightness(seen) < 60) if dark else (brightness(seen) > 200)


def test_nothing_is_wider_than_the_window(visit: Callable[..., Visit], library_url: str) -> None:
    seen = visit(library_url).open().wait_for_pictures()
    too_wide = """() => [...document.querySelectorAll('body *')].filter(element => {
      const box = element.getBoundingClientRect();
      return box.width && box.right > innerWidth + 1 &&
        !element.closest('.crumbs, .pswp, .toast-region, .filmstrip');
    }).map(element => element.className || element.tagName)"""
    for opened in (False, True):
        if opened:
            seen.page.locator(".tile.is-image").first.click()
            seen.page.locator(".viewer-bar").wait_for()
        for width in (1440, 1024, 760, 390, 320):
            seen.page.set_viewport_size({"width": width, "height": 800})
            seen.page.wait_for_timeout(100)
            assert seen.page.evaluate(too_wide) == [], width
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1024, "height": 768}])
def test_that_nothing_can_be_changed_is_told_beside_the_count(
    visit: Callable[..., Visit],
    run_server: Callable[..., str],
    library: Path,
    viewport: dict[str, int],
) -> None:
    page = (
        visit(run_server(library, flags=("--read-only",)), viewport=viewport)
        .open()
        .wait_for_pictures()
        .page
    )
    state, count = (
        page.locator(".toolbar__summary").get_by_text(text, exact=True).bounding_box()
        for text in ("Read-only", "300 files")
    )
    assert 4 <= count["x"] - state["x"] - state["width"] <= 120


def test_on_a_phone_targets_are_large_and_info_is_a_sheet(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url, viewport=PHONE, has_touch=True).open().wait_for_pictures()
    for button in seen.page.locator(".toolbar button:visible, .toolbar select:visible").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 40
    seen.page.locator(".tile.is-image").nth(2).tap()
    seen.page.locator(".viewer-bar").wait_for()
    assert seen.page.locator(".info").count() == 0
    seen.page.locator(".viewer-bar").get_by_role("button", name="Info").tap()
    sheet = seen.page.locator(".info")
    sheet.get_by_text("Euler a", exact=True).wait_for()
    box = sheet.bounding_box()
    assert box["width"] == PHONE["width"]
    assert box["y"] > PHONE["height"] * 0.3


def test_nothing_moves_for_who_asked_for_that(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url, reduced_motion="reduce").open().wait_for_pictures()
    assert seen.page.evaluate(
        "getComputedStyle(document.querySelector('.tile img')).transitionDuration"
    ) in {
        "0s",
        "1e-05s",
    }


def test_tiles_do_not_move_while_pictures_come(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url)
    seen.page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries()) "
        "window.shift += entry.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    seen.open().wait_for_all_pictures()
    assert seen.page.evaluate("window.shift") < 0.01
