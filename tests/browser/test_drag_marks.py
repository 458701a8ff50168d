"""Pictures that are dragged onto tags and albums get them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Visit, box_at_rest, post, wait_for_index, write_picture


@pytest.fixture
def url(run_server: Callable[..., str], tmp_path: Any) -> str:
    root = tmp_path / "out"
    root.mkdir()
    for number in range(1, 5):
        write_picture(root / f"{number}.png", number)
    url = run_server(root)
    wait_for_index(url)
    post(url, "db/add_custom_tag", {"tag_name": "todo", "color": "#30a46c"})
    post(url, "albums", {"name": "Best"})
    return url


def found(url: str, query: str) -> int:
    return int(post(url, "db/timeline", {"query": query})["total"])


def drag(seen: Visit, name: str, *places: str) -> None:
    """Drags a file over places, of which the last takes it; each comes when the mouse is over the
    one before.
    """
    mouse = seen.page.mouse
    seen.tile(name).hover()
    mouse.down()
    box = box_at_rest(seen.tile(name))
    mouse.move(box["x"] + 20, box["y"] + 20, steps=3)
    for place in places:
        target = seen.page.locator(place)
        target.wait_for()
        box = box_at_rest(target)
        over = seen.page.locator(f":is({place}).is-drop")
        # The browser says that something is over a place with the second move there.
        for step in range(100):
            mouse.move(box["x"] + 12 + step % 3, box["y"] + box["height"] / 2)
            if over.count():
                break
        over.wait_for()
    mouse.up()


def test_pictures_are_dragged_onto_tags_and_albums_in_the_rail(
    visit: Callable[..., Visit], url: str
) -> None:
    seen = visit(url).open("#/library").wait_for_pictures(4)
    page = seen.page
    assert page.locator(".drag-targets").count() == 0
    seen.choose("1.png", "2.png")
    drag(seen, "2.png", ".drag-target[data-tag]")
    page.get_by_text("Added tag todo").wait_for()
    page.locator(".drag-targets").wait_for(state="detached")
    assert found(url, "tag:todo") == 2
    page.locator(".toast").get_by_role("button", name="Undo").click()
    seen.until(lambda: found(url, "tag:todo") == 0)
    drag(seen, "4.png", ".drag-target[data-album]")
    page.get_by_text("Added to Best").wait_for()
    assert found(url, "album:Best") == 1


def test_a_view_opens_under_a_drag_and_its_rows_take_it(
    visit: Callable[..., Visit], url: str
) -> None:
    seen = visit(url).open("#/library").wait_for_pictures(4)
    page = seen.page
    drag(seen, "3.png", ".rail a[data-mark=tag]", ".page .name[data-tag]")
    page.get_by_text("Added tag todo").wait_for()
    seen.until(lambda: found(url, "tag:todo") == 1)
    seen.open("#/library").wait_for_pictures(4)
    drag(seen, "3.png", ".rail a[data-mark=album]", ".page .card[data-album]")
    page.get_by_text("Added to Best").wait_for()
    assert found(url, "album:Best") == 1


def test_what_is_dropped_on_a_view_is_asked_about(visit: Callable[..., Visit], url: str) -> None:
    seen = visit(url).open("#/library").wait_for_pictures(4)
    drag(seen, "3.png", ".rail a[data-mark=tag]")
    seen.page.get_by_role("checkbox", name="todo").click()
    seen.until(lambda: found(url, "tag:todo") == 1)
