"""Opening the page: it shows pictures at once, or says in one sentence why not and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visit, wait_for_index, write_picture


def test_one_root_is_opened_at_once(visit: Callable[..., Visit], library_url: str) -> None:
    seen = visit(library_url).open().wait_for_pictures(8)
    assert seen.page.locator("h1").inner_text() == "library"
    assert "#/folder/" in seen.page.url
    assert seen.names()[:3] == ["300.png", "299.png", "298.png"]
    assert "1 folder" in seen.page.locator(".toolbar__summary").inner_text()
    assert "300 files" in seen.page.locator(".toolbar__summary").inner_text()


@pytest.fixture(scope="module")
def two_roots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("roots")
    for name in ("first", "second"):
        (folder / name).mkdir()
        write_picture(folder / name / "a.png", 1)
    return folder / "first", folder / "second"


@pytest.fixture(scope="module")
def two_roots_url(run_server: Callable[..., str], two_roots: tuple[Path, Path]) -> str:
    return run_server(*two_roots)


def test_several_roots_are_cards(visit: Callable[..., Visit], two_roots_url: str) -> None:
    seen = visit(two_roots_url).open()
    seen.page.locator(".tile.is-dir", has_text="second").hover()
    # Roots are not selected.
    assert not seen.page.locator(".tile.is-dir .tile__check").first.is_visible()
    seen.page.locator(".tile.is-dir", has_text="second").click()
    seen.wait_for_pictures()
    assert seen.page.locator(".crumbs").inner_text().split() == ["Folders", "second"]
    seen.page.locator(".crumbs a").click()
    seen.page.locator(".tile.is-dir", has_text="first").wait_for()
    assert seen.page.locator("h1").inner_text() == "Folders"


def test_a_double_click_opens_a_folder_and_nothing_in_it(
    visit: Callable[..., Visit], two_roots_url: str
) -> None:
    """A picture of the folder may be under the pointer when the second click comes."""
    seen = visit(two_roots_url).open()
    page = seen.page
    page.locator(".tile.is-dir", has_text="first").click()
    seen.wait_for_pictures()
    picture = page.locator(".tile.is-image").first
    picture.hover()
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    page.wait_for_timeout(300)
    assert page.locator(".viewer").is_hidden()
    picture.click()
    page.locator(".viewer").wait_for()


@pytest.mark.console_may_say("404")
def test_a_root_that_is_unplugged_says_so_and_can_be_tried_again(
    visit: Callable[..., Visit], two_roots_url: str, two_roots: tuple[Path, Path]
) -> None:
    root = two_roots[1]
    away = root.rename(root.with_name("away"))
    seen = visit(two_roots_url).open()
    seen.page.locator(".tile.is-offline", has_text="Not connected").click()
    seen.page.get_by_role("heading", name="The drive of second is not connected").wait_for()
    assert seen.page.get_by_role("button", name="With subfolders").count() == 0
    away.rename(root)
    seen.page.get_by_role("button", name="Try again").click()
    seen.wait_for_pictures()


@pytest.mark.console_may_say("404")
def test_a_folder_that_is_gone_leads_to_the_library(
    visit: Callable[..., Visit], library_url: str, library: Path
) -> None:
    seen = visit(library_url).open(f"#/folder/{library}/gone")
    seen.page.get_by_role("heading", name="This folder no longer exists").wait_for()
    seen.page.get_by_role("button", name="Go to library").click()
    seen.wait_for_pictures()


def test_an_empty_folder_says_so_and_looks_again(
    visit: Callable[..., Visit], library_url: str, library: Path
) -> None:
    empty = library / "day 2" / "empty"
    empty.mkdir()
    seen = visit(library_url).open(f"#/folder/{empty}")
    seen.page.get_by_role("heading", name="No pictures here yet").wait_for()
    write_picture(empty / "new.png", 1)
    seen.page.locator(".notice button").click()
    seen.wait_for_pictures()


@pytest.mark.console_may_say("401")
def test_who_is_not_logged_in_is_asked_to(visit: Callable[..., Visit], library_url: str) -> None:
    seen = visit(library_url)
    refusal = {"detail": "Log in first.", "code": "LoginRequired"}
    seen.page.route("**/global_setting", lambda route: route.fulfill(status=401, json=refusal))
    seen.page.route("**/files/columns?**", lambda route: route.fulfill(status=401, json=refusal))
    seen.open()
    seen.page.get_by_role("button", name="Log in").wait_for()


@pytest.mark.console_may_say("404")
def test_routes_that_come_late_are_waited_for(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url)
    # What a host says before our routes are registered.
    seen.page.route(
        "**/global_setting", lambda route: route.fulfill(status=404, json={"detail": "Not Found"})
    )
    seen.open()
    seen.page.get_by_role("heading", name="Connecting").wait_for()
    seen.page.unroute("**/global_setting")
    seen.wait_for_pictures()


def test_the_page_speaks_the_language_that_is_asked_for(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url).open("?lang=ja").wait_for_pictures()
    assert seen.page.get_by_role("button", name="新しい順").count() == 1
    assert seen.page.locator("html").get_attribute("lang") == "ja"


def test_the_first_picture_comes_after_few_requests(
    visit: Callable[..., Visit], library_url: str
) -> None:
    wait_for_index(library_url)
    seen = visit(library_url)
    asked: list[str] = []
    seen.page.on("request", lambda request: asked.append(request.url))
    seen.open().wait_for_pictures(1)
    before = next(place for place, url in enumerate(asked) if "image-thumbnail" in url)
    assert before <= 40, asked[:before]


def test_the_page_opens_on_the_library_also_before_anything_is_indexed(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    seen = visit(run_server(tmp_path)).open("")
    seen.page.locator(".rail a[href*='#/library'][aria-current=page]").wait_for()
    assert "#/library" in seen.page.url


def test_pictures_that_do_not_come_are_not_asked_for_by_the_hundred(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    """What else the page wants would wait behind them, and so would what is scrolled to."""
    seen = visit(indexed_url)
    asked: list[str] = []
    held: list[Any] = []
    seen.page.on("request", lambda request: asked.append(request.url))
    free: list[bool] = []
    seen.page.route(
        "**/image-thumbnail?**", lambda route: route.continue_() if free else held.append(route)
    )
    seen.open("#/library", loads=False)
    seen.page.wait_for_function("() => document.querySelectorAll('.tile.is-known').length > 60")
    seen.page.evaluate("new Promise(done => setTimeout(done, 200))")  # the grid has come to rest
    # A browser whose requests are held has no cache, and asks again for what is on its way.
    assert held and len(set(asked)) <= 40, asked
    free.append(True)
    for route in held:
        route.continue_()
    seen.wait_for_all_pictures()


def test_the_first_pictures_are_asked_for_before_the_grid_is_there(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url)
    asked: list[str] = []
    held: list[Any] = []
    seen.page.on("request", lambda request: asked.append(request.url))
    seen.page.route("**/main.mjs", lambda route: held.append(route))
    seen.page.goto(f"{seen.url}#/library", wait_until="commit")
    seen.until(lambda: sum("image-thumbnail" in url for url in asked) >= 6)
    assert seen.page.locator(".grid").count() == 0
    seen.until(lambda: bool(held))
    held[0].continue_()
    seen.wait_for_all_pictures()


def test_no_picture_is_asked_for_twice(visit: Callable[..., Visit], indexed_url: str) -> None:
    seen = visit(indexed_url)
    asked: list[str] = []
    seen.page.on("request", lambda request: asked.append(request.url))
    seen.open("#/library").wait_for_all_pictures()
    pictures = [url for url in asked if "image-thumbnail" in url]
    assert pictures and len(pictures) == len(set(pictures))
