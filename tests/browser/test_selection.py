"""Selecting files by click, by keys, by a box and by a finger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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


def test_with_a_finger_a_long_press_selects(root_url: str, visit: Callable[..., Visit], out: Path) -> None:
    seen = visit(root_url, viewport=PHONE, has_touch=True).open(f"#/folder/{out}").wait_for_pictures(4)
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
