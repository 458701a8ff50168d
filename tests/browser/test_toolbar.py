"""What stands above the pictures: room for the search on a phone and in a narrow window, the orders,
and the way past it by keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.browser.conftest import PHONE, Visit

Pages = Callable[..., Visit]


def test_on_a_phone_the_count_leaves_the_search_its_room(visit: Pages, library_url: str) -> None:
    seen = visit(library_url, PHONE, has_touch=True).open("#/library?q=cliff")
    seen.wait_for_pictures(4)
    page = seen.page
    count = page.locator(".toolbar__found")
    count.wait_for()
    assert re.fullmatch(r"\d+ files", count.inner_text())
    assert not page.locator(".search__count").is_visible()
    field = page.get_by_role("combobox", name="Search")
    # All of the word is seen: it is no wider than the field.
    assert field.evaluate("element => element.scrollWidth <= element.clientWidth")
    title, found = page.get_by_role("heading", level=1).bounding_box(), count.bounding_box()
    assert title and found and abs(title["y"] - found["y"]) < title["height"]
    assert found["x"] + found["width"] <= PHONE["width"]


def test_in_a_narrow_window_terms_have_the_whole_row(visit: Pages, library_url: str) -> None:
    query = "lighthouse%20cliff%20storm%20-fox%20model:dream_v1%20steps:28"
    seen = visit(library_url, {"width": 1024, "height": 768}).open(f"#/library?q={query}")
    seen.wait_for_pictures(4)
    page = seen.page
    save = page.get_by_role("button", name="Save search")
    box, toolbar = save.bounding_box(), page.locator(".toolbar").bounding_box()
    assert box and toolbar and box["x"] + box["width"] <= toolbar["x"] + toolbar["width"]
    terms = page.locator(".terms")
    assert terms.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_orders_are_listed_under_headings(visit: Pages, library_url: str) -> None:
    seen = visit(library_url).open("#/library").wait_for_pictures(4)
    sort = seen.page.get_by_role("combobox", name="Sort by")
    headings = sort.locator("optgroup")
    assert headings.evaluate_all("all => all.map(one => one.label)") == [
        "Time",
        "File",
        "Generation",
        "Rating and order",
    ]
    sort.select_option(label="Sampler")
    seen.until(lambda: "sort=sampler" in seen.page.url)


def test_one_key_leads_past_the_toolbar(visit: Pages, library_url: str) -> None:
    seen = visit(library_url).open("#/library").wait_for_pictures(4)
    page = seen.page
    page.evaluate("document.activeElement?.blur()")
    page.keyboard.press("Tab")
    skip = page.get_by_role("button", name="Skip to the pictures")
    assert skip.evaluate("element => element === document.activeElement")
    box = skip.bounding_box()
    assert box and box["width"] > 40 and box["y"] >= 0
    page.keyboard.press("Enter")
    seen.until(lambda: page.evaluate("document.activeElement.closest('.grid') !== null"))
    page.keyboard.press("ArrowDown")
    page.locator(".tile.is-current").wait_for()
    seen.open("#/settings")
    page.get_by_role("heading", name="This browser").wait_for()
    skip.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.localName") == "main"
