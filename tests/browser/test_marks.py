"""Stars, likes, tags and albums by keys, and what differs between two pictures."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.conftest import Visit, post, wait_until


def test_what_is_typed_before_a_dialog_is_there_is_no_command(folder: Visit) -> None:
    page = folder.page
    held: list[Any] = []
    page.route("**/later.mjs", lambda route: held.append(route))
    page.reload()
    folder.wait_for_pictures(4)
    folder.choose("24.png")
    page.keyboard.press("a")
    page.keyboard.press("5")
    while not held:
        page.wait_for_timeout(20)
    for route in held:
        route.continue_()
    page.get_by_placeholder("Find or create an album").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("4")
    page.get_by_text("4 stars").wait_for()
    page.keyboard.press("Control+z")
    page.locator(".tile[title='24.png'] .tile__marks:empty").wait_for(state="attached")


def test_marks_by_keys_and_what_differs(folder: Visit) -> None:
    post(folder.url, "db/update_image_data", {})
    page = folder.page
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("5")
    page.get_by_text("5 stars").wait_for()
    page.locator(".tile[title='24.png'] .tile__marks", has_text="5").wait_for()
    page.keyboard.press("Control+z")
    page.locator(".tile[title='24.png'] .tile__marks:empty").wait_for(state="attached")
    folder.choose("24.png", "23.png")
    page.keyboard.press("4")
    page.keyboard.press("l")
    page.get_by_text("Liked").wait_for()
    page.keyboard.press("t")
    page.get_by_placeholder("Find or create a tag").fill("sea")
    page.keyboard.press("Enter")
    page.locator(".picks__row[aria-checked=true]", has_text="sea").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.get_by_placeholder("Find or create an album").fill("Best of")
    page.keyboard.press("Enter")
    page.locator(".picks__row[aria-checked=true]", has_text="Best of").wait_for()
    page.keyboard.press("Escape")
    # What is chosen is shown before the server has answered.
    query = {"query": 'rating:4 tag:sea tag:like album:"Best of"'}
    wait_until(
        lambda: (
            sorted(file["name"] for file in post(folder.url, "db/search", query)["files"])
            == ["23.png", "24.png"]
        )
    )
    page.keyboard.press("v")
    comparison = page.locator("dialog.comparison")
    comparison.get_by_text("1023", exact=True).wait_for()
    divider = comparison.get_by_role("slider")
    before = int(divider.get_attribute("aria-valuenow"))
    page.keyboard.press("ArrowRight")
    assert int(divider.get_attribute("aria-valuenow")) == before + 2
    comparison.get_by_role("button", name="Side by side").click()
    first, second = (pane.bounding_box() for pane in comparison.locator("figure").all())
    assert first["x"] + first["width"] <= second["x"]
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    folder.tile("22.png").click()
    page.keyboard.press("Shift+D")
    page.keyboard.press("ArrowRight")
    page.locator(".is-pinned ins", has_text="1021").wait_for()
    page.locator(".is-pinned del", has_text="1022").wait_for()
    # A term of the prompt leads to others that have it.
    page.locator(".prompt a.word", has_text="lighthouse").first.click()
    page.locator(".viewer").wait_for(state="hidden")
    page.wait_for_function(
        "() => document.querySelector('.search__field').value.includes('lighthouse')"
    )
    page.locator(".info .chip, .tile.is-loaded").first.wait_for()
    folder.tile("21.png").click()
    page.locator(".prompt mark").first.wait_for()


@pytest.mark.console_may_say("ERR_FAILED|ERR_CONNECTION")
def test_nothing_looks_saved_that_the_server_did_not_take(folder: Visit) -> None:
    page = folder.page
    marks = page.locator(".tile[title='24.png'] .tile__marks")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("3")
    page.get_by_text("3 stars").wait_for()
    # All requests but those of the page's own modules fail, as they do once the server has ended.
    requests = re.compile("/infinite_image_browsing/(?!static/)")
    page.route(requests, lambda route: route.abort())
    page.keyboard.press("5")
    page.locator(".banner", has_text="Changes are not saved").wait_for()
    folder.until(lambda: marks.inner_text() == "3")
    folder.tile("24.png").click()
    page.locator(".viewer").wait_for()
    assert page.locator(".banner").is_visible()
    page.keyboard.press("Escape")
    # A search waits, and does not say that the server starts.
    page.get_by_role("combobox", name="Search").fill("lighthouse")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Loading").wait_for()
    assert page.locator(".banner").is_visible()
    assert page.get_by_text("The server is starting").count() == 0
    page.unroute(requests)
    page.locator(".banner").wait_for(state="detached")


def test_a_refusal_of_the_server_is_shown_as_it_is(folder: Visit, out: Any) -> None:
    post(folder.url, "db/update_image_data", {})
    page = folder.page
    marks = page.locator(".tile[title='23.png'] .tile__marks")
    post(folder.url, "db/rate", {"img_paths": [str(out / "23.png")], "rating": 2})
    page.reload()
    folder.wait_for_pictures(8)
    folder.until(lambda: marks.inner_text() == "2")
    refusal = {
        "errors": [{"path": str(out / "23.png"), "error": "It is locked.", "code": "Locked"}]
    }
    page.route("**/db/rate", lambda route: route.fulfill(json=refusal))
    folder.choose("23.png")
    page.keyboard.press("5")
    page.get_by_text("It is locked.").wait_for()
    assert page.get_by_text("5 stars", exact=True).count() == 0
    folder.until(lambda: marks.inner_text() == "2")


def test_undo_takes_back_only_what_was_changed(folder: Visit, out: Any) -> None:
    post(folder.url, "db/update_image_data", {})
    page = folder.page
    tag = post(folder.url, "db/add_custom_tag", {"tag_name": "kept"})["id"]
    album = post(folder.url, "albums", {"name": "Kept"})["id"]
    had = {"img_paths": [str(out / "24.png")]}
    post(folder.url, "db/batch_update_image_tag", {**had, "action": "add", "tag_id": tag})
    post(folder.url, "db/rate", {**had, "rating": 2})
    post(folder.url, "albums/add", {**had, "id": album})

    def found(query: str) -> list[str]:
        # Other tests rate files of the same library.
        about = {"query": query, "folder_paths": [str(out)]}
        return sorted(file["name"] for file in post(folder.url, "db/search", about)["files"])

    def until_found(query: str, count: int) -> None:
        folder.until(lambda: len(found(query)) == count)

    def undo(query: str, before: list[str]) -> None:
        page.locator(".toast__action").wait_for()
        page.keyboard.press("Control+z")
        folder.until(lambda: found(query) == before)
        page.locator(".toast", has_text="Undone: ").wait_for()
        assert page.locator(".toast__action").count() == 0
        page.locator(".toast").wait_for(state="detached")

    page.reload()
    folder.wait_for_pictures(8)
    folder.choose("24.png", "23.png", "22.png")
    for key, name, query in (("t", "kept", "tag:kept"), ("a", "Kept", "album:Kept")):
        page.keyboard.press(key)
        page.locator(".picks__row", has_text=name).click()
        until_found(query, 3)
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        assert folder.selected() == ["22.png", "23.png", "24.png"]
        undo(query, ["24.png"])
    page.keyboard.press("4")
    until_found("rating:4", 3)
    undo("rating:>=1", ["24.png"])
    assert found("rating:2") == ["24.png"]
    # All results at once can be undone as well.
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    page.keyboard.press("5")
    until_found("rating:5", 24)
    undo("rating:>=1", ["24.png"])
    page.locator(".tile[title='24.png'] .tile__marks", has_text="2").wait_for()


def test_undo_takes_back_the_tag_and_the_album_that_were_made_for_it(
    folder: Visit, out: Any
) -> None:
    page = folder.page
    post(folder.url, "db/add_custom_tag", {"tag_name": "unused before"})

    def names(path: str, kind: str) -> list[str]:
        answer = page.request.get(f"{folder.url}/{path}").json()
        return [mark["name"] for mark in answer[kind]]

    def make(key: str, name: str) -> None:
        page.keyboard.press(key)
        page.get_by_role("dialog").get_by_role("textbox").fill(name)
        page.keyboard.press("Enter")
        page.locator(".toast__action").wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")

    folder.choose("23.png", "22.png")
    for key, path, kind in (
        ("t", "db/tags?category=custom&limit=1000", "tags"),
        ("a", "albums", "albums"),
    ):
        make(key, "made here")
        folder.until(lambda path=path, kind=kind: "made here" in names(path, kind))
        page.keyboard.press("Control+z")
        folder.until(lambda path=path, kind=kind: "made here" not in names(path, kind))
        page.locator(".toast").wait_for(state="detached")
    # One that was there stays, also where no file has it.
    make("t", "unused before")
    page.keyboard.press("Control+z")
    page.locator(".toast").wait_for(state="detached")
    assert "unused before" in names("db/tags?category=custom&limit=1000", "tags")
