"""Saved searches and pinned folders in the rail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Visit, box_at_rest, search, wait_for_index, write_picture


@pytest.fixture
def url(run_server: Callable[..., str], tmp_path: Any) -> str:
    root = tmp_path / "out"
    (root / "best").mkdir(parents=True)
    for number in range(1, 5):
        write_picture(root / f"{number}.png", number)
    write_picture(root / "best" / "9.png", 9, prompt="a fox")
    url = run_server(root)
    wait_for_index(url)
    return url


def rail(seen: Visit) -> Any:
    return seen.page.get_by_role("region", name="Saved", exact=True)


def save(seen: Visit, query: str, name: str) -> None:
    search(seen, query).page.keyboard.press("Enter")
    seen.page.get_by_role("button", name="Save search").click()
    dialog = seen.page.get_by_role("dialog")
    assert dialog.get_by_role("textbox").input_value() == query
    dialog.get_by_role("textbox").fill(name)
    dialog.get_by_role("button", name="Save", exact=True).click()
    rail(seen).get_by_role("link", name=name).wait_for()


def names(seen: Visit) -> list[str]:
    return list(rail(seen).locator(".rail-roots__name").all_inner_texts())


def test_searches_are_saved_ordered_renamed_and_removed(
    visit: Callable[..., Visit], url: str
) -> None:
    seen = visit(url).open("#/library").wait_for_pictures(5)
    page = seen.page
    save(seen, "fox", "Foxes")
    save(seen, "lighthouse", "Sea")
    rail(seen).get_by_role("link", name="Foxes 1").wait_for()
    rail(seen).get_by_role("link", name="Sea 4").wait_for()
    other = visit(url).open("#/folders")
    rail(other).get_by_role("link", name="Sea 4").click()
    other.page.locator(".search__count", has_text="4 files").wait_for()
    page.get_by_role("button", name="Actions for Sea").click()
    page.get_by_role("menuitem", name="Move up").click()
    seen.until(lambda: names(seen) == ["Sea", "Foxes"])
    rail(seen).get_by_role("link", name="Sea").drag_to(rail(seen).get_by_role("link", name="Foxes"))
    seen.until(lambda: names(seen) == ["Foxes", "Sea"])
    page.get_by_role("button", name="Actions for Foxes").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("Animals")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    rail(seen).get_by_role("link", name="Animals 1").wait_for()
    page.get_by_role("button", name="Actions for Animals").click()
    page.get_by_role("menuitem", name="Remove from the rail").click()
    seen.until(lambda: names(seen) == ["Sea"])
    with page.expect_response("**/app_fe_setting"):
        page.locator(".toast").get_by_role("button", name="Undo").click()
    page.reload()
    rail(seen).get_by_role("link", name="Animals 1").wait_for()
    assert names(seen) == ["Animals", "Sea"]


def test_a_folder_is_pinned_and_takes_what_is_dropped(
    visit: Callable[..., Visit], url: str, tmp_path: Any
) -> None:
    seen = visit(url).open(f"#/folder/{tmp_path / 'out'}").wait_for_pictures(4)
    page = seen.page
    page.locator(".tile.is-dir[title='best']").click(button="right")
    page.get_by_role("menuitem", name="Pin folder to the rail").click()
    pinned = rail(seen).get_by_role("link", name="best 1")
    pinned.wait_for()
    seen.tile("1.png").drag_to(pinned)
    page.get_by_text("Moved").first.wait_for()
    assert (tmp_path / "out" / "best" / "1.png").exists()
    box = box_at_rest(pinned)
    page.mouse.click(box["x"] + 40, box["y"] + 8)
    seen.tile("9.png").wait_for()
    assert pinned.get_attribute("aria-current") == "page"
