"""Keys that the user gives to actions in the sheet of shortcuts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import PHONE, Visit


@pytest.fixture
def sheet(visit: Callable[..., Visit], library_url: str) -> Any:
    seen = visit(library_url).open().wait_for_pictures()
    return open_sheet(seen.page)


def open_sheet(page: Any) -> Any:
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    sheet.wait_for()
    return sheet


def cap(sheet: Any, name: str) -> Any:
    return sheet.get_by_role("button", name=name, exact=True)


def says(sheet: Any, words: str) -> None:
    sheet.get_by_role("status").filter(has_text=words).wait_for()


def close_sheet(sheet: Any) -> None:
    sheet.page.keyboard.press("Escape")
    sheet.wait_for(state="detached")


def selected(page: Any) -> int:
    return int(page.locator(".tile[aria-selected=true]").count())


def test_a_key_is_changed_remembered_and_told_everywhere(sheet: Any) -> None:
    page = sheet.page
    cap(sheet, "Select: X").click()
    says(sheet, "Press the new key for “Select”")
    page.keyboard.press("q")
    says(sheet, "Q is now the key for “Select”")
    cap(sheet, "Info: I").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    cap(sheet, "Info: J").wait_for()
    assert page.evaluate("document.activeElement.ariaLabel") == "Info: J"
    close_sheet(sheet)
    page.reload()
    page.locator(".tile.is-loaded").first.wait_for()
    assert page.get_by_role("button", name="Info", exact=True).get_attribute("title") == "Info (J)"
    for key, count in (("ArrowRight", 0), ("x", 0), ("q", 1)):
        page.keyboard.press(key)
        assert selected(page) == count
    page.locator(".tile[aria-selected=true]").click(button="right")
    assert page.get_by_role("menuitem", name="Deselect").locator("kbd").inner_text() == "Q"
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.locator(".info").wait_for()
    page.keyboard.press("i")
    assert page.locator(".info").is_visible()


def test_a_key_that_is_taken_is_exchanged_or_left(sheet: Any) -> None:
    page = sheet.page
    cap(sheet, "Move: M").click()
    page.keyboard.press("l")
    says(sheet, "L is the key for “Like”. Swap them?")
    page.keyboard.press("Escape")
    cap(sheet, "Like: L").wait_for()
    assert page.evaluate("document.activeElement.ariaLabel") == "Move: M"
    page.keyboard.press("Enter")
    page.keyboard.press("l")
    says(sheet, "Swap them?")
    page.keyboard.press("Enter")
    cap(sheet, "Move: L").wait_for()
    cap(sheet, "Like: M").wait_for()
    close_sheet(sheet)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("l")
    page.get_by_role("dialog", name=re.compile("^Move")).wait_for()


def test_a_key_that_cannot_be_had_is_refused_and_escape_cancels(sheet: Any) -> None:
    page = sheet.page
    cap(sheet, "Select: X").click()
    for key, words in (
        ("Tab", "Tab moves the focus"),
        ("Control+t", "Ctrl + T is used by the browser"),
        ("F5", "F5 is used by the browser"),
        ("g", "G starts a two-key shortcut"),
        ("d", "G D is the key for “Go to date”. Swap them?"),
    ):
        page.keyboard.press(key)
        says(sheet, words)
    page.keyboard.press("Escape")
    cap(sheet, "Info: I").click()
    page.keyboard.press("v")
    says(sheet, "V is used for “Compare")
    page.keyboard.press("Escape")
    cap(sheet, "Info: I").wait_for()
    cap(sheet, "Select: X").wait_for()
    assert sheet.is_visible()
    close_sheet(sheet)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    assert selected(page) == 1


def test_all_keys_are_as_they_were(sheet: Any) -> None:
    page = sheet.page
    reset = sheet.get_by_role("button", name="Reset all")
    assert reset.is_disabled()
    cap(sheet, "Left: ←").click()
    page.keyboard.press("q")
    cap(sheet, "Left: Q").wait_for()
    reset.click()
    says(sheet, "Reset all keys to default?")
    page.keyboard.press("Enter")
    cap(sheet, "Left: ←").wait_for()
    assert page.evaluate("localStorage['iib.keys']") == "{}"
    assert reset.is_disabled()


def test_a_key_counts_before_the_focus_has_left_a_sheet_that_closes(sheet: Any) -> None:
    page = sheet.page
    cap(sheet, "Select: X").focus()
    page.evaluate("""() => {
      document.querySelector('dialog').close();
      document.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true, cancelable: true }));
    }""")
    page.locator(".tile.is-current").wait_for()


def test_letters_that_move_select_a_range(sheet: Any) -> None:
    page = sheet.page
    cap(sheet, "Right: →").click()
    page.keyboard.press("n")
    cap(sheet, "Right: N").wait_for()
    close_sheet(sheet)
    for key in ("n", "Shift+N", "Shift+N"):
        page.keyboard.press(key)
    page.wait_for_function(
        "() => document.querySelectorAll('.tile[aria-selected=true]').length === 3"
    )


def test_a_finger_that_asks_for_a_key_can_leave_again(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url, PHONE, has_touch=True).open().wait_for_pictures()
    sheet = open_sheet(seen.page)
    key = cap(sheet, "Select: X")
    box = key.bounding_box()
    assert box["width"] >= 40 and box["height"] >= 40
    key.tap()
    says(sheet, "Press the new key")
    sheet.get_by_role("button", name="Cancel").tap()
    says(sheet, "Click a key to change it")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
