"""The grid: keys, order, the address, and coming back to the same place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.browser.conftest import Visit


def test_keys_move_through_folders_and_pictures(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url).open().wait_for_pictures()
    keys = seen.page.keyboard
    keys.press("ArrowRight")
    assert seen.current() == "day 2"
    keys.press("ArrowDown")
    assert seen.current() == "300.png"
    keys.press("ArrowRight")
    assert seen.current() == "299.png"
    keys.press("End")
    assert seen.current() == "001.png"
    assert seen.scroll() > 1000
    keys.press("PageUp")
    assert seen.current() not in {"001.png", "300.png"}
    keys.press("Home")
    assert (seen.current(), seen.scroll()) == ("day 2", 0)
    assert (
        seen.page.evaluate("document.querySelector('.grid').getAttribute('aria-activedescendant')")
        == "tile-0"
    )
    keys.press("Enter")
    seen.page.locator("h1", has_text="day 2").wait_for()
    seen.wait_for_pictures(3)
    keys.press("Backspace")
    seen.page.locator("h1", has_text="library").wait_for()


def test_the_current_tile_is_named_as_long_as_it_is_drawn(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url).open().wait_for_pictures()
    grid = seen.page.locator(".grid")
    seen.page.keyboard.press("ArrowRight")
    assert grid.get_attribute("aria-activedescendant") == "tile-0"
    grid.evaluate("grid => grid.scrollTop = grid.scrollHeight")
    seen.page.locator(".tile[title='001.png']").wait_for()
    assert seen.page.locator("#tile-0").count() == 0
    assert seen.dangling() == []
    seen.page.keyboard.press("ArrowDown")
    assert seen.current() == "300.png"
    assert grid.get_attribute("aria-activedescendant") == "tile-1"
    # Another list has no current tile.
    seen.page.keyboard.press("End")
    seen.open("#/library?q=0050")
    seen.page.locator(".tile[title='001.png']").wait_for(state="detached")
    assert grid.get_attribute("aria-activedescendant") is None


def test_the_grid_tells_its_rows_and_cells(
    visit: Callable[..., Visit], library_url: str, library: Path
) -> None:
    # All names begin with a digit, so that no heading is between them.
    seen = visit(library_url).open(f"#/folder/{library}?sort=name").wait_for_pictures()
    grid = seen.page.get_by_role("grid", name="library")
    columns = int(grid.get_attribute("aria-colcount"))
    assert int(grid.get_attribute("aria-rowcount")) == 1 + -(-300 // columns)
    row = seen.page.locator(".row[aria-rowindex='2']")
    assert [cell.get_attribute("aria-colindex") for cell in row.get_by_role("gridcell").all()] == [
        str(i + 1) for i in range(columns)
    ]


def test_order_is_in_the_address_and_remembered(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url).open().wait_for_pictures()
    seen.page.get_by_label("Sort by").select_option("name")
    assert seen.names()[0] == "001.png"
    seen.page.get_by_role("button", name="A to Z").click()
    assert seen.names()[0] == "300.png"
    assert "sort=name&order=desc" in seen.page.url
    seen.page.get_by_label("Sort by").select_option("date")
    seen.page.get_by_role("button", name="Newest first").click()
    assert seen.names()[0] == "001.png"
    seen.open().wait_for_pictures()
    assert seen.names()[0] == "001.png"


def test_back_forward_and_reload_keep_the_place(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url).open().wait_for_pictures()
    seen.page.evaluate("document.querySelector('.grid').scrollTop = 2000")
    seen.page.wait_for_function("() => history.state?.anchor?.offset !== undefined")
    place = seen.scroll()
    seen.page.evaluate("location.hash += '/day 2'")
    seen.page.locator("h1", has_text="day 2").wait_for()
    seen.page.go_back()
    seen.page.locator("h1", has_text="library").wait_for()
    seen.wait_for_pictures()
    assert abs(seen.scroll() - place) <= 1
    seen.page.reload()
    seen.wait_for_pictures()
    assert abs(seen.scroll() - place) <= 1
    seen.page.go_forward()
    seen.page.locator("h1", has_text="day 2").wait_for()


def test_the_thumbnail_size_changes_columns_and_keeps_the_place(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url).open().wait_for_pictures()
    grid = seen.page.locator(".grid")
    before = int(grid.get_attribute("aria-colcount"))
    seen.page.evaluate("document.querySelector('.grid').scrollTop = 1500")
    top = seen.page.evaluate(
        "async () => { await new Promise(r => setTimeout(r, 200)); const g = "
        "document.querySelector('.grid').getBoundingClientRect();"
        " return document.elementFromPoint(g.left + 30, g.top + 20).closest('.tile').title; }"
    )
    seen.page.get_by_role("slider", name="Thumbnail size").fill("320")
    assert int(grid.get_attribute("aria-colcount")) < before
    visible = seen.page.locator(f".tile[title='{top}']").bounding_box()
    assert visible is not None
    assert -400 < visible["y"] < 900


def test_ctrl_shift_and_x_select(visit: Callable[..., Visit], library_url: str) -> None:
    seen = visit(library_url).open().wait_for_pictures(10)
    tiles = seen.page.locator(".tile.is-image")
    tiles.nth(0).click(modifiers=["Control"])
    tiles.nth(3).click(modifiers=["Shift"])
    bar = seen.page.get_by_role("region", name="Selection")
    assert bar.inner_text().startswith("4 selected")
    seen.page.keyboard.press("ArrowRight")
    seen.page.keyboard.press("x")
    assert seen.page.locator(".tile[aria-selected=true]").count() == 5
    seen.page.keyboard.press("Control+a")
    assert bar.inner_text().startswith("300 selected")
    seen.page.keyboard.press("Escape")
    bar.wait_for(state="detached")


def test_the_sheet_of_keys_opens_and_closes(visit: Callable[..., Visit], library_url: str) -> None:
    seen = visit(library_url).open().wait_for_pictures()
    seen.page.keyboard.press("?")
    sheet = seen.page.get_by_role("dialog", name="Keyboard shortcuts")
    sheet.wait_for()
    seen.page.keyboard.press("Escape")
    sheet.wait_for(state="detached")
