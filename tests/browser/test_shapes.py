"""Pictures of a folder in their own shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.browser.conftest import Visit, wait_for_index

SHAPES = """() => Object.fromEntries([...document.querySelectorAll('.tile:not(.is-dir)')]
  .filter(tile => tile.offsetParent)
  .map(tile => [tile.title, Math.round(tile.offsetWidth / tile.offsetHeight * 10) / 10]))"""
PLACES = """() => Object.fromEntries([...document.querySelectorAll('.tile')].map(tile => {
  const { x, y, width, height } = tile.getBoundingClientRect();
  return [tile.title, [x, y, width, height]]; }))"""
# Odd numbers are 96 x 64, even ones 64 x 96.
LYING, STANDING = 1.5, 0.7


def whole(seen: Visit) -> Any:
    return seen.page.get_by_role("button", name="Show whole pictures")


def test_pictures_of_a_folder_are_shown_whole(
    visit: Callable[..., Visit], library_url: str
) -> None:
    wait_for_index(library_url)
    seen = visit(library_url).open().wait_for_pictures(8)
    page = seen.page
    page.locator(".grid").evaluate("grid => grid.scrollTop = 1500")
    page.wait_for_function(
        "() => document.elementFromPoint(600, 450)?.closest('.tile.is-loaded') && "
        "history.state?.anchor?.offset !== undefined"
    )
    middle = page.evaluate("() => document.elementFromPoint(600, 450).closest('.tile').title")
    held: list[Any] = []
    page.route("**/files/columns?*sizes=true*", lambda route: held.append(route))
    whole(seen).click()
    seen.until(lambda: bool(held))
    assert set(page.evaluate(SHAPES).values()) == {1.0}, "the shapes are not known yet"
    held[0].continue_()
    page.wait_for_function("() => document.querySelector('.grid.is-justified')")
    shapes = page.evaluate(SHAPES)
    assert {shape for name, shape in shapes.items() if int(name[:3]) % 2} <= {
        LYING - 0.1,
        LYING,
        LYING + 0.1,
    }
    assert {shape for name, shape in shapes.items() if not int(name[:3]) % 2} <= {
        STANDING - 0.1,
        STANDING,
        STANDING + 0.1,
    }
    assert middle in shapes, "it is where the user was"
    page.unroute("**/files/columns?*sizes=true*")
    # Remembered, and asked for at once.
    asked: list[str] = []
    page.on(
        "request",
        lambda request: asked.append(request.url) if "/files/columns?" in request.url else None,
    )
    page.reload()
    seen.wait_for_pictures(8)
    assert len(asked) == 1 and "sizes=true" in asked[0]
    assert page.evaluate(SHAPES) == shapes
    page.get_by_role("button", name="Show squares").click()
    page.wait_for_function("() => !document.querySelector('.grid.is-justified')")


def test_shapes_that_are_known_later_move_nothing_that_is_seen(
    visit: Callable[..., Visit], library_url: str
) -> None:
    wait_for_index(library_url)
    seen = visit(library_url)
    page = seen.page

    def unknown(route: Any) -> None:
        answer = route.fetch()
        listed = answer.json()
        nothing = [0] * len(listed["name"])
        route.fulfill(
            response=answer, body=json.dumps({**listed, "width": nothing, "height": nothing})
        )

    page.route("**/files/columns?*sizes=true*", unknown)
    page.add_init_script("localStorage['iib.shape'] = '\"justified\"'")
    seen.open().wait_for_pictures(8)
    before = page.evaluate(PLACES)
    assert len(set(page.evaluate(SHAPES).values())) < 3, "all are taken for the usual shape"
    page.unroute("**/files/columns?*sizes=true*")
    with page.expect_response("**/files/columns?*sizes=true*"):
        page.get_by_role("button", name="Refresh").click()
    page.locator(".icon-button.is-turning").wait_for(state="detached")
    after = page.evaluate(PLACES)
    assert {name: after[name] for name in before} == before
    # The next layout has them.
    page.set_viewport_size({"width": 1300, "height": 900})
    page.wait_for_function(f"() => Math.abs(({SHAPES})()['299.png'] - {LYING}) < 0.2")
    assert abs(page.evaluate(SHAPES)["300.png"] - STANDING) < 0.2
