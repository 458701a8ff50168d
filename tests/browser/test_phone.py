"""The page in one hand: swiping up and down, stars, sharing, and the page as an app."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, Visit, box_at_rest

Pages = Callable[..., Visit]
TOUCH = {"viewport": PHONE, "has_touch": True, "is_mobile": True}


def touch(seen: Visit, *way: tuple[int, int]) -> None:
    """A finger that comes down, goes the way, and leaves."""
    session = seen.page.context.new_cdp_session(seen.page)

    def tell(kind: str, *points: tuple[int, int]) -> None:
        shown = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": shown})

    tell("touchStart", way[0])
    for point in way[1:]:
        tell("touchMove", point)
    tell("touchEnd")
    session.detach()


def swipe(seen: Visit, start: int, end: int) -> None:
    steps = [(195, start + (end - start) * step // 8) for step in range(9)]
    touch(seen, *steps)


@pytest.fixture
def vertical(visit: Pages, root_url: str, out: Path) -> Visit:
    """The viewer on a phone, with pictures one below the other."""
    seen = visit(root_url, **TOUCH).open(f"#/folder/{out}").wait_for_pictures(8)
    seen.tile("24.png").tap()
    seen.page.get_by_role("button", name="Swipe up and down").tap()
    seen.page.locator(".viewer.is-vertical.is-bare .pswp__img").first.wait_for()
    return seen


def name_of(seen: Visit) -> str:
    return str(seen.page.locator(".viewer-bar__name").text_content())


def test_a_swipe_up_brings_the_next_picture_and_one_down_the_one_before(vertical: Visit) -> None:
    page = vertical.page
    stage = box_at_rest(page.locator(".viewer__stage"))
    assert (stage["y"], stage["height"]) == (0, PHONE["height"])
    swipe(vertical, 600, 300)
    vertical.until(lambda: name_of(vertical) == "23.png")
    assert box_at_rest(page.locator(".pswp__container"))["y"] == 0
    swipe(vertical, 600, 300)
    vertical.until(lambda: name_of(vertical) == "22.png")
    swipe(vertical, 300, 600)
    vertical.until(lambda: name_of(vertical) == "23.png")
    # Too little is nothing, and before the first picture there is none.
    box_at_rest(page.locator(".pswp__container"))
    swipe(vertical, 400, 430)
    assert box_at_rest(page.locator(".pswp__container"))["y"] == 0
    assert name_of(vertical) == "23.png"
    page.reload()
    page.locator(".viewer.is-vertical.is-bare .pswp__img").first.wait_for()


def test_a_quick_finger_need_not_wait(vertical: Visit) -> None:
    for _ in range(3):
        swipe(vertical, 600, 300)
    vertical.until(lambda: name_of(vertical) == "21.png")
    assert box_at_rest(vertical.page.locator(".pswp__container"))["y"] == 0


def test_a_double_tap_likes_and_never_takes_a_like_away(vertical: Visit) -> None:
    page = vertical.page
    liked = page.locator(".viewer__marks [aria-pressed=true]")
    for _ in range(2):
        page.locator(".viewer__stage").evaluate(DOUBLE_TAP)
        page.locator(".viewer__heart").wait_for()
        liked.wait_for(state="attached")
    assert "is-bare" in page.locator(".viewer").get_attribute("class")


# Two taps at once, however slow the machine is.
DOUBLE_TAP = """stage => { const target = stage.querySelector('.pswp__img');
  for (let tap = 0; tap < 2; tap += 1)
    for (const [name, buttons] of [['pointerdown', 1], ['pointerup', 0]])
      target.dispatchEvent(new PointerEvent(name, { bubbles: true, cancelable: true, buttons,
        pointerType: 'touch', isPrimary: true, pointerId: 7, clientX: 195, clientY: 420 })); }"""


def test_the_bar_of_a_selection_has_stars_and_the_folder_its_name(
    visit: Pages, root_url: str, out: Path
) -> None:
    (out / "a folder of a rather long name").mkdir()
    seen = visit(root_url, **TOUCH).open(f"#/folder/{out}").wait_for_pictures(8)
    page = seen.page
    seen.choose("24.png", "23.png")
    bar = page.locator(".selection-bar")
    bar.get_by_role("button", name="3 stars").tap()
    # In one look of the page at both: the message goes away by itself.
    page.wait_for_function(
        """() => { const [toast, bar] = ['.toast', '.selection-bar'].map(name =>
          document.querySelector(name));
        return toast?.innerText.includes('Rated 2 files') &&
          toast.getBoundingClientRect().bottom <= bar.getBoundingClientRect().top; }"""
    )
    page.goto(f"{seen.url}#/folder/{out}/a folder of a rather long name")
    name = page.locator("h1.crumb", has_text="a folder of a rather long name")
    box = box_at_rest(name)
    assert box["x"] < 30 and box["width"] > 180
    assert name.evaluate("element => element.scrollWidth <= element.clientWidth")


SHARE = """() => { window.shared = [];
  navigator.canShare = data => Boolean(data.files);
  navigator.share = async data => {
    if (window.refuses) { window.refuses = false; throw new DOMException('', 'NotAllowedError'); }
    window.shared.push(data.files.map(file => [file.name, file.type, file.size])); }; }"""


def test_files_are_shared_and_a_tap_that_is_too_old_can_be_given_again(
    visit: Pages, root_url: str, out: Path
) -> None:
    seen = visit(root_url, **TOUCH)
    seen.page.add_init_script(f"({SHARE})()")
    seen.open(f"#/folder/{out}").wait_for_pictures(8)
    page = seen.page
    seen.choose("24.png", "23.png")
    page.locator(".selection-bar").get_by_role("button", name="More").tap()
    page.get_by_role("menuitem", name="Share").tap()
    seen.until(lambda: bool(page.evaluate("shared")))
    (files,) = page.evaluate("shared")
    assert sorted(files) == [
        [name, "image/png", (out / name).stat().st_size] for name in ("23.png", "24.png")
    ]
    page.evaluate("window.refuses = true")
    page.locator(".selection-bar").get_by_role("button", name="More").tap()
    page.get_by_role("menuitem", name="Share").tap()
    page.get_by_text("The files are ready").wait_for()
    page.locator(".toast__action").tap()
    seen.until(lambda: len(page.evaluate("shared")) == 2)


@pytest.mark.console_may_say("ERR_INTERNET_DISCONNECTED")
def test_the_shell_of_the_page_is_kept_and_nothing_else(
    visit: Pages, root_url: str, out: Path
) -> None:
    seen = visit(root_url)
    page = seen.page
    page.goto(f"{seen.url}/#/folder/{out}")
    seen.wait_for_pictures(8)
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    page.reload()
    seen.wait_for_pictures(8)
    kept = page.evaluate(
        """async () => { const caches_ = await Promise.all((await caches.keys()).map(caches.open, caches));
          return (await Promise.all(caches_.map(cache => cache.keys()))).flat().map(one => one.url); }"""
    )
    assert f"{seen.url}/" in kept
    assert all(url == f"{seen.url}/" or url.startswith(f"{seen.url}/static/") for url in kept)
    scopes = page.evaluate(
        "async () => (await navigator.serviceWorker.getRegistrations()).map(one => one.scope)"
    )
    assert scopes == [f"{seen.url}/"]
    page.context.set_offline(True)
    page.reload()
    page.get_by_text("No connection").wait_for()
    page.context.set_offline(False)
    seen.wait_for_pictures(8)


def test_in_the_frame_of_a_host_nothing_is_kept(visit: Pages, root_url: str) -> None:
    seen = visit(root_url)
    page = seen.page
    page.route(
        "**/host.html",
        lambda route: route.fulfill(
            content_type="text/html", body=f"<iframe src='{seen.url}/'></iframe>"
        ),
    )
    page.goto(f"{seen.url.rsplit('/', 1)[0]}/host.html")
    page.frame_locator("iframe").locator(".rail").wait_for()
    framed: Any = page.frames[1]
    framed.wait_for_load_state("load")
    count = "async () => (await navigator.serviceWorker.getRegistrations()).length"
    assert framed.evaluate(count) == 0
