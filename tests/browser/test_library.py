"""The library: all pictures by day, the search field, and the ways between library and folders."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import PHONE, Visit, search, wait_for_index, write_picture


def test_the_page_opens_on_all_pictures_by_day(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open("").wait_for_pictures(8)
    assert seen.page.locator("h1").inner_text() == "Library"
    assert seen.names()[:2] == ["x.png", "x.png"]
    assert seen.page.locator(".toolbar__summary").inner_text() == "1,230 files"
    assert seen.page.locator(".rail [aria-current=page]").inner_text() == "Library"
    headings = [heading.inner_text() for heading in seen.page.get_by_role("rowheader").all()]
    assert headings[0] == "December 2023"
    assert len(headings) > 2
    assert [
        heading for heading in headings[1:] if not re.fullmatch(r"\w{3},? \d+ December", heading)
    ] == []
    seen.page.get_by_label("Sort by").select_option("name")
    seen.page.locator(".tile[title='0001.png']").wait_for()
    headings = [heading.inner_text() for heading in seen.page.get_by_role("rowheader").all()]
    assert headings == ["0-9"]


def test_the_whole_library_can_be_reached_at_once(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures()
    height = seen.page.evaluate("document.querySelector('.grid').scrollHeight")
    seen.page.keyboard.press("End")
    seen.page.wait_for_function(
        "() => document.querySelector('.tile.is-current')?.title === '0001.png'"
    )
    assert seen.page.evaluate("document.querySelector('.grid').scrollHeight") == height
    assert seen.page.locator(".tile").count() < 600
    seen.page.wait_for_function("() => history.state?.current")
    place = seen.scroll()
    seen.page.locator(".rail__place", has_text="Folders").click()
    seen.page.locator("h1", has_text="out").wait_for()
    seen.page.go_back()
    seen.page.locator("h1", has_text="Library").wait_for()
    assert abs(seen.scroll() - place) <= 1
    seen.page.reload()
    seen.wait_for_pictures()
    assert abs(seen.scroll() - place) <= 1
    assert seen.current() == "0001.png"


def test_pictures_of_one_name_are_told_apart(visit: Callable[..., Visit], indexed_url: str) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures()
    seen.page.locator(".tile[title='x.png']").nth(1).click()
    seen.page.get_by_text("2 of 1,230").wait_for()
    seen.page.reload()
    seen.page.get_by_text("2 of 1,230").wait_for()
    seen.page.keyboard.press("Escape")
    seen.page.locator(".viewer-bar").wait_for(state="detached")


def test_a_link_to_a_picture_far_down_opens_it_in_its_folder(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open("#/library?sort=name&order=asc").wait_for_pictures()
    seen.page.locator(".tile[title='0001.png']").click()
    seen.page.locator(".viewer-bar").wait_for()
    address = seen.page.url.replace("sort=name&order=asc", "sort=date&order=desc")
    other = visit(indexed_url)
    other.page.goto(address)
    other.page.locator(".viewer-bar", has_text="0001.png").wait_for()
    assert "#/folder/" in other.page.url


def test_a_search_counts_and_can_be_cleared(visit: Callable[..., Visit], indexed_url: str) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures()
    seen.page.locator(".grid").focus()
    seen.page.keyboard.press("/")
    seen.page.keyboard.type('"cliff</b> 500"')
    count = seen.page.locator(".search__count")
    count.get_by_text("1 file", exact=True).wait_for()
    assert seen.names() == ["0500.png"]
    assert "q=" in seen.page.url
    search(seen, "lighthouse -name:x").page.locator(
        ".search__count", has_text="1,228 files"
    ).wait_for()
    seen.page.keyboard.press("Enter")
    assert seen.current() == "1228.png"
    seen.page.keyboard.press("/")
    seen.page.keyboard.press("Escape")
    seen.page.locator("h1", has_text="Library").wait_for()
    assert seen.page.get_by_role("combobox", name="Search").input_value() == ""
    assert "q=" not in seen.page.url


def test_a_search_from_a_folder_leads_back_there(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open().page.locator(".tile.is-dir", has_text="a").first
    seen.click()
    page = seen.page
    page.locator("h1", has_text="a").wait_for()
    folder = page.url
    page.get_by_role("combobox", name="Search").fill("0100")
    page.locator(".search__count", has_text="1 file").wait_for()
    page.get_by_role("button", name="Clear search").first.click()
    page.locator("h1", has_text="a").wait_for()
    assert page.url == folder


def test_a_search_without_result_says_what_to_try(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = search(visit(indexed_url).open("#/library").wait_for_pictures(), "zeppelin")
    notice = seen.page.locator(".notice")
    notice.get_by_role("heading", name="No pictures match").wait_for()
    notice.get_by_role("button", name="Clear search").click()
    seen.wait_for_pictures()


@pytest.mark.console_may_say("400")
def test_what_is_not_understood_is_said_under_the_field(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = search(visit(indexed_url).open("#/library").wait_for_pictures(), "steps:many")
    sentence = seen.page.locator(".search__problem")
    sentence.get_by_text("not a whole number").wait_for()
    assert seen.page.locator(".tile.is-loaded").count() > 0
    seen.page.evaluate("location.hash = '#/folders'")
    seen.page.locator(".tile.is-dir").first.wait_for()
    search(seen, "steps:many").page.locator(
        ".search__problem", has_text="not a whole number"
    ).wait_for()
    assert seen.page.locator(".tile.is-dir").count() == 0
    # Once, although there is nothing else to show.
    seen.page.get_by_role("heading", name="Can’t read this search").wait_for()
    assert seen.page.get_by_text("not a whole number").count() == 1
    search(seen, "steps:28")
    seen.page.locator(".search__count", has_text="files").wait_for()
    assert sentence.inner_text() == ""


@pytest.mark.console_may_say("404")
def test_without_an_index_the_page_opens_on_the_folders(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url)
    seen.page.route(
        "**/db/**", lambda route: route.fulfill(status=404, json={"detail": "Not Found"})
    )
    seen.open("")
    seen.page.locator(".tile.is-dir", has_text="a").first.wait_for()
    assert seen.page.locator(".rail, .search").count() == 0


def test_progress_of_the_index_is_one_quiet_line(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url)
    status = {"running": True, "done": 1200, "total": 5000, "seconds_left": 130.0}
    seen.page.route("**/db/index_status", lambda route: route.fulfill(json=status))
    seen.open("").wait_for_pictures()
    seen.page.get_by_text("Reading pictures: 1,200 of 5,000 · 2 minutes left").wait_for()
    status["message"] = "No progress for 2 min."
    seen.page.get_by_text("2 minutes left · No progress for 2 min.").wait_for()
    asked = []
    end = {"running": False}  # by the click, or the next look would take the button away before it
    seen.page.route(
        "**/db/index_cancel",
        lambda route: (
            asked.append(1),
            status.update(end),
            route.fulfill(json={"cancelled": True}),
        ),
    )
    seen.page.get_by_role("button", name="Cancel").click()
    seen.page.locator(".work").wait_for(state="detached")
    assert asked == [1]


def test_files_that_could_not_be_read_are_named_once(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url)
    problems = [{"path": "/library/odd.png", "error": "Permission denied"}]
    status = {"running": False, "done": 0, "total": 0, "seconds_left": None, "problems": problems}
    seen.page.route("**/db/index_status", lambda route: route.fulfill(json=status))
    seen.open("").wait_for_pictures()
    seen.page.locator(".work", has_text="1 file could not be read").get_by_role(
        "button", name="Show"
    ).click()
    seen.page.get_by_role("dialog").get_by_text("odd.png").wait_for()
    seen.page.get_by_role("dialog").get_by_text("Permission denied").wait_for()
    seen.page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    with seen.page.expect_response("**/db/index_status"):
        seen.open("").wait_for_pictures()
    assert seen.page.locator(".work").count() == 0
    problems.append({"path": "/library/other.png", "error": "Permission denied"})
    seen.open("")
    seen.page.locator(".work", has_text="2 files could not be read").wait_for()


def test_pictures_that_are_there_stay(visit: Callable[..., Visit], indexed_url: str) -> None:
    seen = visit(indexed_url)
    seen.page.add_init_script(
        """window.gone = [];
        new MutationObserver(changes => {
            for (const { target, oldValue } of changes)
                if (oldValue?.includes('is-loaded') && !target.classList.contains('is-loaded'))
                  window.gone.push(target.title);
        }).observe(document, { subtree: true, attributeFilter: ['class'], attributeOldValue: true });"""
    )
    for _ in range(
        3
    ):  # a browser that has the pictures already shows them sooner than the page is drawn
        seen.open("#/library").wait_for_pictures(8)
        seen.page.wait_for_timeout(200)
        assert seen.page.evaluate("window.gone") == []
        seen.page.reload()


@pytest.mark.console_may_say("ERR_FAILED|401")
def test_a_server_that_is_lost_is_told_above_the_pictures(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures(8)
    answers = [lambda route: route.abort()]
    seen.page.route("**/db/changes", lambda route: answers[0](route))
    look = "window.dispatchEvent(new Event('focus'))"
    seen.page.evaluate(look)
    seen.page.locator(".banner", has_text="The server is not responding").wait_for()
    assert seen.page.locator(".tile.is-loaded").count() >= 8
    answers[0] = lambda route: route.fulfill(
        status=401, json={"detail": "Log in first.", "code": "LoginRequired"}
    )
    seen.page.get_by_role("button", name="Try again").click()
    seen.page.get_by_role("button", name="Log in").wait_for()
    answers[0] = lambda route: route.continue_()
    seen.page.evaluate(look)
    seen.page.locator(".banner").wait_for(state="detached")


def test_new_pictures_wait_above_what_is_looked_at(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    for number in range(1, 121):
        write_picture(tmp_path / f"{number:03d}.png", number)
    url = run_server(tmp_path)
    wait_for_index(url)
    seen = visit(url).open("#/library").wait_for_pictures(8)
    page = seen.page
    page.evaluate("document.querySelector('.grid').scrollTop = 1500")
    page.wait_for_function("() => history.state?.anchor?.name")
    place = seen.scroll()
    for number in (200, 201):
        write_picture(tmp_path / f"{number}.png", number)
    page.evaluate(
        "async () => { await fetch('infinite_image_browsing/db/update_image_data', { method: 'POST' }); "
        "window.dispatchEvent(new Event('focus')); }"
    )
    pill = page.get_by_role("button", name="2 new")
    pill.wait_for()
    assert seen.scroll() == place
    pill.click()
    page.locator(".tile[title='201.png']").wait_for()
    assert seen.scroll() == 0
    pill.wait_for(state="detached")


def test_the_tree_of_folders_leads_to_each(visit: Callable[..., Visit], library_url: str) -> None:
    seen = visit(library_url).open().wait_for_pictures(8)
    page = seen.page
    page.get_by_role("button", name="Show folder tree").click()
    tree = page.get_by_role("tree")
    tree.get_by_role("treeitem", name="library").focus()
    page.keyboard.press("ArrowRight")
    tree.get_by_role("treeitem", name="day 2").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("h1", has_text="day 2").wait_for()
    assert tree.get_by_role("treeitem", name="day 2").get_attribute("aria-selected") == "true"
    page.reload()
    tree.get_by_role("treeitem", name="day 2").wait_for()


def test_who_may_change_nothing_is_told(
    visit: Callable[..., Visit], run_server: Callable[..., str], library: Path
) -> None:
    seen = visit(run_server(library, flags=("--read-only",))).open().wait_for_pictures(8)
    assert "Read-only" in seen.page.locator(".toolbar__summary").inner_text()


def test_new_pictures_come_when_asked_for(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    for number in range(1, 4):
        write_picture(tmp_path / f"{number}.png", number)
    url = run_server(tmp_path)
    wait_for_index(url)
    seen = visit(url).open("#/library").wait_for_pictures(3)
    write_picture(tmp_path / "new.png", 9)
    seen.page.get_by_role("button", name="Refresh").click()
    seen.page.get_by_text("4 files").wait_for()
    assert seen.names()[0] == "new.png"


def test_on_a_phone_the_views_are_at_the_bottom(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url, viewport=PHONE, has_touch=True).open("").wait_for_pictures()
    box = seen.page.locator(".rail").bounding_box()
    assert box["y"] + box["height"] == PHONE["height"]
    assert box["width"] == PHONE["width"]
    for place in seen.page.locator(".rail__place:visible").all():
        assert place.bounding_box()["height"] >= 40
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_all_results_are_selected_however_many(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures()
    page = seen.page
    page.keyboard.press("Control+a")
    page.get_by_text("1,230 selected").wait_for()
    page.keyboard.press("2")
    page.get_by_text("Rated 1,230 files").wait_for()
    # One is left out again, on the page and for the server.
    page.locator(".tile.is-image").first.click(modifiers=["Control"])
    page.get_by_text("1,229 selected").wait_for()
    page.keyboard.press("3")
    page.get_by_text("Rated 1,229 files").wait_for()
    page.keyboard.press("Escape")
    search(seen, "rating:2")
    page.locator(".toolbar__summary, .search__count").get_by_text("1 file").first.wait_for()
    search(seen, "rating:3")
    page.locator(".toolbar__summary, .search__count").get_by_text("1,229 files").first.wait_for()
