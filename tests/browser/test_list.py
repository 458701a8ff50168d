"""Files as lines of a list, and what stands below tiles."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import PHONE, Visit, post, search


def as_list(seen: Visit) -> Any:
    seen.page.get_by_role("button", name="Show as a list").click()
    seen.page.locator(".grid.is-list .tile.is-loaded").first.wait_for()
    return seen.page


@pytest.fixture
def listed(visit: Any, library_url: str) -> Visit:
    seen: Visit = visit(library_url).open("#/library").wait_for_pictures(4)
    as_list(seen)
    return seen


def test_a_line_says_what_a_file_is_and_how_it_was_made(listed: Visit) -> None:
    line = listed.tile("300.png")
    line.locator(".tile__cell.is-model", has_text="dream_v1").wait_for()
    cells = line.locator(".tile__cell").all_inner_texts()
    assert cells[0].startswith("a (lighthouse:1.3) on <b>cliff</b> 300")
    assert cells[1:3] == ["dream_v1", "1300"]
    assert cells[3].endswith(" B")
    assert cells[4].startswith("27 Nov 2023, ")
    # One line each, below the heading of their day.
    boxes = [listed.tile(f"{number}.png").bounding_box() for number in (300, 299)]
    assert boxes[0] and boxes[1]
    assert boxes[0]["x"] == boxes[1]["x"]
    assert boxes[1]["y"] == boxes[0]["y"] + boxes[0]["height"]


def test_the_list_stays_after_a_reload_and_the_tiles_come_back(listed: Visit) -> None:
    page = listed.page
    page.reload()
    page.locator(".grid.is-list .tile.is-loaded").first.wait_for()
    assert page.get_by_role("slider", name="Thumbnail size").count() == 0
    page.get_by_role("button", name="Show as a list").click()
    page.locator(".grid:not(.is-list) .tile.is-loaded").first.wait_for()
    page.get_by_role("slider", name="Thumbnail size").wait_for()
    assert page.locator(".tile__line:not([hidden])").count() == 0


def test_keys_and_selection_are_those_of_the_grid(listed: Visit) -> None:
    page = listed.page
    page.locator(".grid").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert listed.current() == "299.png"
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    assert listed.selected() == ["297.png", "298.png", "299.png"]
    page.keyboard.press("Escape")
    listed.tile("296.png").hover()
    listed.tile("296.png").locator(".tile__check").click()
    assert listed.selected() == ["296.png"]
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    listed.until(lambda: listed.current() in ("001.png", "b1.png"))
    page.keyboard.press("Enter")
    page.locator(".viewer.is-open, .viewer:not([hidden]) .pswp").first.wait_for()


def test_a_selected_line_is_tinted_and_the_others_have_a_ring(visit: Any, library_url: str) -> None:
    seen: Visit = visit(library_url, color_scheme="light").open("#/library").wait_for_pictures(4)
    as_list(seen)
    seen.choose("299.png")
    seen.page.mouse.move(0, 0)

    def style(name: str, part: str, value: str, pseudo: str = "") -> str:
        return str(
            seen.tile(name)
            .locator(part)
            .evaluate(f"e => getComputedStyle(e, '{pseudo}').getPropertyValue('{value}')")
        )

    clear = "rgba(0, 0, 0, 0)"
    assert style("298.png", ".tile__check", "background-color") == clear
    ring = style("298.png", ".tile__check", "border-top-color")
    assert ring not in (clear, style("299.png", ".tile__check", "border-top-color"))
    assert style("299.png", "xpath=.", "box-shadow", "::after") == "none"
    assert style("299.png", "xpath=.", "background-color", "::after") != clear
    seen.page.keyboard.press("ArrowDown")
    assert seen.current() == "298.png"
    assert "2px inset" in style("298.png", "xpath=.", "box-shadow", "::after")


def test_a_folder_is_a_list_too_with_its_folders_first(visit: Any, library_url: str) -> None:
    seen: Visit = visit(library_url).open().wait_for_pictures(4)
    page = as_list(seen)
    folder = page.locator(".tile.is-dir")
    assert folder.locator(".tile__name").inner_text() == "day 2"
    folder.locator(".tile__detail", has_text="3 files").wait_for()
    assert folder.bounding_box()["height"] == seen.tile("300.png").bounding_box()["height"]
    seen.tile("300.png").locator(".tile__cell.is-seed", has_text="1300").wait_for()


def test_on_a_phone_the_prompt_is_below_the_name(visit: Any, library_url: str) -> None:
    seen: Visit = visit(library_url, PHONE, has_touch=True).open("#/library").wait_for_pictures(4)
    page = seen.page
    page.get_by_role("button", name="View options").click()
    as_list(seen)
    line = seen.tile("300.png")
    prompt = line.locator(".tile__cell.is-prompt")
    prompt.filter(has_text="lighthouse").wait_for()
    name = line.locator(".tile__name").bounding_box()
    assert prompt.bounding_box()["y"] >= name["y"] + name["height"] - 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("shape", ["squares", "whole pictures"])
def test_below_tiles_stands_the_name_or_the_prompt(
    visit: Any, library_url: str, shape: str
) -> None:
    seen: Visit = visit(library_url).open("#/settings")
    page = seen.page
    page.get_by_role("radio", name="Prompt", exact=True).check(force=True)
    seen.open("#/library")
    search(seen, "300").wait_for_pictures(1)
    if shape == "whole pictures":
        page.get_by_role("button", name="Show whole pictures").click()
        page.locator(".grid.is-justified .tile.is-loaded").first.wait_for()
    tile = seen.tile("300.png")
    text = tile.locator(".tile__name", has_text="a (lighthouse:1.3) on")
    text.wait_for()
    picture = tile.locator("img").first.bounding_box()
    # Below the picture, and in the room of its own tile.
    below = text.bounding_box()
    assert below["y"] >= picture["y"] + picture["height"]
    whole = tile.bounding_box()
    assert below["y"] + below["height"] <= whole["y"] + whole["height"]
    seen.open("#/settings")
    page.get_by_role("radio", name="File name", exact=True).check(force=True)
    seen.open("#/library")
    seen.wait_for_pictures(1)
    assert seen.tile("300.png").locator(".tile__name").inner_text() == "300.png"


def test_a_click_on_a_column_sorts_by_it_and_another_turns_the_order(listed: Visit) -> None:
    page = listed.page
    head = page.get_by_role("group", name="Sort by")
    name = head.get_by_role("button", name="Name")
    assert head.get_by_role("button", pressed=True).all_inner_texts() == ["Date"]
    name.click()
    listed.until(lambda: listed.names()[:2] == ["001.png", "002.png"])
    assert page.get_by_role("combobox", name="Sort by").input_value() == "name"
    head.get_by_role("button", name="Name", pressed=True).click()
    last = post(listed.url, "db/search", {"query": "", "sort": "name", "order": "desc", "size": 1})
    listed.until(lambda: listed.names()[0] == last["files"][0]["name"])
    # What a prompt is cannot be put in an order.
    assert head.get_by_role("button", name="Prompt").count() == 0


@pytest.mark.parametrize(("place", "width"), [("#/library", 1440), ("#/library?sort=size", 1024)])
def test_columns_stand_above_what_they_name(
    visit: Any, library_url: str, place: str, width: int
) -> None:
    seen: Visit = visit(library_url, viewport={"width": width, "height": 800}).open(place)
    seen.wait_for_pictures(4)
    page = as_list(seen)
    line = page.locator(".tile.is-known").first
    line.locator(".tile__cell.is-date").filter(has_text="2023").wait_for()
    named = {"prompt": "left", "date": "left", "size": "right"}
    for name, side in named.items():
        edges = [
            place.evaluate(f"element => element.getBoundingClientRect().{side}")
            for place in (
                page.locator(f".list-head__column.is-{name}"),
                line.locator(f".tile__cell.is-{name}"),
            )
        ]
        assert abs(edges[0] - edges[1]) < 1, name


def test_in_a_folder_only_what_files_are_is_sorted_by(folder: Visit) -> None:
    page = as_list(folder)
    head = page.get_by_role("group", name="Sort by")
    assert head.get_by_role("button").all_inner_texts() == ["Name", "Size", "Date"]
    assert head.get_by_text("Model").is_visible()
    head.get_by_role("button", name="Size").click()
    head.get_by_role("button", name="Size", pressed=True).wait_for()
