"""The outline of headings that a screen reader goes through."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visit

# The levels of the headings that are shown, in order, without those of the rail.
LEVELS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]
  .filter(one => one.checkVisibility() && !one.closest('.rail')).map(one => Number(one.localName[1]))"""
VIEWS = (
    "library",
    "folders",
    "albums",
    "tags",
    "rules",
    "topics",
    "graph",
    "duplicates",
    "stats",
    "trash",
    "history",
    "settings",
)


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_skips_a_level(visit: Callable[..., Visit], indexed_url: str, view: str) -> None:
    seen = visit(indexed_url).open(f"#/{view}")
    page = seen.page
    page.locator(".tile.is-loaded, .tile.is-dir, .page, .notice, .trash").first.wait_for()
    page.get_by_role("heading", level=1).wait_for()
    check_levels(page.evaluate(LEVELS))


def test_filters_info_and_viewer_skip_none(visit: Callable[..., Visit], indexed_url: str) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures(4)
    page = seen.page
    page.get_by_role("button", name="Filter").click()
    page.locator(".filters summary").first.wait_for()
    page.locator(".grid").focus()
    page.keyboard.press("Home")
    page.keyboard.press("i")
    page.get_by_role("heading", name="Prompt", exact=True).wait_for()
    check_levels(page.evaluate(LEVELS))
    page.keyboard.press("Enter")
    page.locator(".viewer-bar__name").wait_for()
    page.get_by_role("heading", name="Prompt", exact=True).wait_for()
    check_levels(page.evaluate(LEVELS))


def check_levels(levels: list[int]) -> None:
    assert levels.count(1) == 1
    for before, level in zip([0, *levels], levels):
        assert level <= before + 1, levels
