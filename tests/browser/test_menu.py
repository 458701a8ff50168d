"""The menu of a file, what it offers, and the dialogs that it opens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Visit


@pytest.mark.console_may_say("409")
def test_the_menu_renames_and_the_text_is_edited(folder: Visit, out: Path) -> None:
    page = folder.page
    folder.tile("24.png").click(button="right")
    page.get_by_role("menu").wait_for()
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    field = page.get_by_label("New name")
    assert (
        field.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)")
        == "24"
    )
    page.keyboard.type("23")
    page.keyboard.press("Enter")
    page.locator(".toast").wait_for()
    assert (out / "24.png").is_file()
    page.keyboard.press("F2")
    page.keyboard.press("Control+a")
    page.keyboard.type("dawn.webp")
    warning = page.get_by_text("The file type changes from .png to .webp")
    warning.wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.type("dawn")
    page.get_by_text("The name loses its .png").wait_for()
    page.keyboard.type(".png")
    warning.wait_for(state="detached")
    page.keyboard.press("Enter")
    page.get_by_text("Renamed to dawn.png").wait_for()
    page.wait_for_function("() => document.querySelector('.tile.is-current')?.title === 'dawn.png'")
    page.keyboard.press("e")
    page.locator("dialog textarea").fill("a violet dawn\nSteps: 12, Sampler: Heun, Seed: 5")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Generation data saved").wait_for()
    page.keyboard.press("i")
    page.locator(".info").get_by_text("a violet dawn", exact=True).first.wait_for()
    page.locator(".info").get_by_text("Heun", exact=True).wait_for()
    page.get_by_text("All metadata").click()
    page.locator(".info dt", has_text="container").wait_for()
    page.keyboard.press("?")
    sheet = page.locator("dialog.sheet")
    for words in ("Rate", "Use this frame as cover", "Drag to select", "Undo"):
        sheet.locator("dd").get_by_text(words, exact=True).wait_for()


def test_where_nothing_may_change_nothing_offers_it(
    run_server: Callable[..., str], visit: Callable[..., Visit], out: Path
) -> None:
    seen = visit(run_server(out, flags=("--read-only",))).open().wait_for_pictures(4)
    page = seen.page
    seen.choose("24.png")
    page.keyboard.press("Delete")
    page.keyboard.press("5")
    page.locator(".selection-bar").get_by_role("button", name="More").click()
    assert page.get_by_role("menuitem", name="Copy path").count() == 1
    assert page.get_by_role("menuitem", name="Delete").count() == 0
    assert page.locator(".star").count() == 0
    assert (out / "24.png").is_file()
