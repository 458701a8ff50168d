"""Selecting files by click, circle, key, box and finger, and the bar of what is selected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import PHONE, Visit


def test_selecting_by_click_keys_and_box(folder: Visit) -> None:
    page = folder.page
    folder.choose("24.png", "22.png")
    assert folder.selected() == ["22.png", "24.png"]
    folder.tile("20.png").click(modifiers=["Shift"])
    assert folder.selected() == ["20.png", "21.png", "22.png", "24.png"]
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("x")
    page.locator(".selection-bar").get_by_text("4 selected").wait_for()
    assert folder.selected() == ["20.png", "21.png", "22.png", "24.png"]
    page.keyboard.press("Escape")
    assert folder.selected() == []
    start, end = folder.tile("23.png").bounding_box(), folder.tile("21.png").bounding_box()
    page.keyboard.down("Shift")
    page.mouse.move(start["x"] + 20, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(end["x"] + 20, end["y"] + 40, steps=6)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert folder.selected() == ["21.png", "22.png", "23.png"]
    assert page.locator(".select-box").count() == 0
    page.keyboard.press("Control+a")
    page.locator(".selection-bar").get_by_text("24 selected").wait_for()
    page.keyboard.press("Shift+C")
    page.get_by_text("Copied").wait_for()
    assert len(page.evaluate("navigator.clipboard.readText()").splitlines()) == 24


def test_with_a_finger_a_long_press_selects(
    root_url: str, visit: Callable[..., Visit], out: Path
) -> None:
    seen = (
        visit(root_url, viewport=PHONE, has_touch=True).open(f"#/folder/{out}").wait_for_pictures(4)
    )
    page = seen.page
    box = seen.tile("24.png").bounding_box()
    session = page.context.new_cdp_session(page)
    session.send(
        "Input.dispatchTouchEvent",
        {"type": "touchStart", "touchPoints": [{"x": box["x"] + 30, "y": box["y"] + 30}]},
    )
    page.locator(".selection-bar").wait_for()
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    seen.tile("23.png").tap()
    page.get_by_text("2 selected").wait_for()
    assert seen.selected() == ["23.png", "24.png"]
    page.locator(".selection-bar").get_by_role("button", name="More").tap()
    for item in page.get_by_role("menuitem").all():
        assert item.bounding_box()["height"] >= 40
    assert page.locator(".menu").bounding_box()["width"] == PHONE["width"]


def test_a_circle_selects_and_a_box_is_drawn_from_empty_space(folder: Visit) -> None:
    page = folder.page
    tile = folder.tile("24.png")
    assert not tile.locator(".tile__check").is_visible()
    tile.hover()
    tile.locator(".tile__check").click()
    assert folder.selected() == ["24.png"]
    assert page.locator(".viewer").is_hidden()
    # From now on all tiles show theirs; with Shift it is a range.
    folder.tile("21.png").locator(".tile__check").click(modifiers=["Shift"])
    assert folder.selected() == ["21.png", "22.png", "23.png", "24.png"]
    folder.tile("22.png").locator(".tile__check").click()
    assert folder.selected() == ["21.png", "23.png", "24.png"]
    # A plain drag that begins between folders and files.
    start, end = folder.tile("24.png").bounding_box(), folder.tile("23.png").bounding_box()
    page.mouse.move(start["x"] + 20, start["y"] - 8)
    page.mouse.down()
    page.mouse.move(end["x"] + 20, end["y"] + 40, steps=6)
    page.mouse.up()
    assert folder.selected() == ["23.png", "24.png"]


def test_a_heading_selects_its_day(visit: Callable[..., Visit], indexed_url: str) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures(8)
    page = seen.page
    day = page.locator(".day").first
    name = day.get_by_role("rowheader").inner_text()
    day.hover()
    check = day.get_by_role("button", name=f"Select {name}")
    check.click()
    page.locator(".selection-bar").get_by_text("selected").wait_for()
    # Pictures are half an hour apart.
    count = int(page.locator(".selection-bar p").inner_text().split()[0])
    assert 1 <= count <= 48
    seen.until(lambda: check.get_attribute("aria-pressed") == "true")
    seen.tile(seen.selected()[0]).locator(".tile__check").click()
    seen.until(lambda: check.get_attribute("aria-pressed") == "false")
    check.click()
    seen.until(lambda: check.get_attribute("aria-pressed") == "true")
    check.click()
    page.locator(".selection-bar").wait_for(state="detached")


@pytest.mark.parametrize("language", ["en", "de", "ja"])
@pytest.mark.parametrize("width", [1440, 1100, 720, 390])
def test_the_bar_keeps_delete_and_more_at_any_width(
    visit: Callable[..., Visit], library_url: str, language: str, width: int
) -> None:
    """720 px are what a window of 1440 px has at 200 % zoom."""
    seen = (
        visit(library_url, {"width": width, "height": 700})
        .open(f"?lang={language}")
        .wait_for_pictures(4)
    )
    page = seen.page
    seen.choose("300.png", "299.png")
    bar = page.locator(".selection-bar")
    bar.wait_for()
    room = bar.bounding_box()
    assert room["x"] >= 0
    assert room["x"] + room["width"] <= width
    kept = [bar.locator(".button.is-delete"), bar.locator(".icon-button").last]
    for button in [*kept, *bar.locator("button:visible").all()]:
        box = button.bounding_box()
        assert box["x"] >= room["x"]
        assert box["x"] + box["width"] <= room["x"] + room["width"]
        assert box["height"] <= 44
    kept[1].click()
    # What has no room in the bar is there.
    assert page.get_by_role("menuitem").count() > bar.locator(".button").count()


def test_the_bar_takes_what_it_has_room_for(visit: Callable[..., Visit], library_url: str) -> None:
    seen = visit(library_url).open().wait_for_pictures(8)
    page = seen.page
    seen.choose("300.png", "299.png")
    label = page.locator(".selection-bar .is-album span")

    def width() -> float:
        return (label.bounding_box() or {"width": 0})["width"]

    assert width() > 20
    page.set_viewport_size({"width": 900, "height": 700})
    seen.until(lambda: width() <= 1)
    assert page.locator(".selection-bar .is-album").is_visible()
    page.set_viewport_size({"width": 660, "height": 700})
    page.locator(".selection-bar .is-album").wait_for(state="hidden")
    page.set_viewport_size({"width": 1440, "height": 700})
    seen.until(lambda: width() > 20)


def test_like_is_pressed_while_all_selected_are_liked(folder: Visit) -> None:
    page = folder.page
    like = page.locator(".selection-bar").get_by_role("button", name="Like")
    folder.choose("24.png")
    assert like.get_attribute("aria-pressed") == "false"
    like.click()
    folder.until(lambda: like.get_attribute("aria-pressed") == "true")
    folder.choose("23.png")
    folder.until(lambda: like.get_attribute("aria-pressed") == "false")
    folder.choose("23.png")
    folder.until(lambda: like.get_attribute("aria-pressed") == "true")
