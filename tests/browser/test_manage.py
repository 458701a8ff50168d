"""Albums and tags are managed where they are listed, by a menu on each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Visit, post, wait_for_index, write_picture


@pytest.fixture
def url(run_server: Callable[..., str], tmp_path: Any) -> str:
    root = tmp_path / "out"
    root.mkdir()
    for number in range(1, 5):
        write_picture(root / f"{number}.png", number)
    url = run_server(root)
    wait_for_index(url)
    return url


def paths_of(url: str, query: str = "", **more: str) -> list[str]:
    return list(post(url, "db/columns", {"query": query, "limit": 10, **more})["path"])


def choose(seen: Visit, name: str, action: str) -> None:
    """Opens the menu of a card or chip by its button, and chooses an action."""
    seen.page.get_by_role("button", name=f"Actions for {name}", exact=True).click()
    seen.page.get_by_role("menuitem", name=action).click()


def enter(seen: Visit, name: str, button: str) -> None:
    dialog = seen.page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill(name)
    dialog.get_by_role("button", name=button, exact=True).click()
    dialog.wait_for(state="detached")


def test_an_album_is_created_renamed_and_deleted(visit: Callable[..., Visit], url: str) -> None:
    seen = visit(url).open("#/albums")
    page = seen.page
    page.get_by_role("button", name="New album").click()
    enter(seen, "Besst", "Create")
    page.get_by_role("link", name="Besst").wait_for()
    choose(seen, "Besst", "Rename")
    enter(seen, "Best", "Rename")
    page.get_by_role("link", name="Best", exact=False).get_by_text("Best", exact=True).wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Besst", exact=True).first.wait_for()
    page.get_by_role("link", name="Besst").click(button="right")
    page.get_by_role("menuitem", name="Delete album").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete album").click()
    page.get_by_role("heading", name="No albums yet").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("link", name="Besst").wait_for()


def test_a_taken_name_is_said(visit: Callable[..., Visit], url: str) -> None:
    post(url, "albums", {"name": "One"})
    seen = visit(url).open("#/albums")
    seen.page.get_by_role("button", name="New album").click()
    enter(seen, "one", "Create")
    seen.page.get_by_text("There is an album 'One' already").wait_for()
    seen.errors.clear()  # the browser logs the 409


def test_an_album_gets_another_cover_and_order(visit: Callable[..., Visit], url: str) -> None:
    album = post(url, "albums", {"name": "Best"})
    paths = paths_of(url)
    post(url, "albums/add", {"id": album["id"], "img_paths": paths})
    seen = visit(url).open("#/albums")
    choose(seen, "Best", "Cover and order")
    dialog = seen.page.get_by_role("dialog")
    tiles = dialog.locator(".order__one")
    tiles.nth(3).click()
    dialog.get_by_role("button", name="Use as cover").click()
    last = paths[3].rpartition("/")[2]
    dialog.locator(f"li:first-child .order__one[title='{last}']").wait_for()
    dialog.get_by_role("button", name="Move later").click()
    dialog.locator(f"li:nth-child(2) .order__one[title='{last}']").wait_for()
    tiles.nth(1).drag_to(tiles.nth(3))
    dialog.locator(f"li:nth-child(4) .order__one[title='{last}']").wait_for()
    tiles.nth(1).click()
    dialog.get_by_role("button", name="Move earlier").click()
    dialog.locator(f"li:first-child .order__one[title='{paths[1].rpartition('/')[2]}']").wait_for()
    dialog.get_by_role("button", name="Done").click()
    expected = [paths[1], paths[0], paths[2], paths[3]]
    seen.until(lambda: paths_of(url, "album:Best", sort="album", order="asc") == expected)


@pytest.fixture
def tags(url: str) -> dict[str, int]:
    """Ids of the tags ``portrait``, on two files, and ``portraits``, on one; one file is liked."""
    ids = {name: post(url, "db/add_custom_tag", {"tag_name": name})["id"] for name in TAGGED}
    for name, count in TAGGED.items():
        body = {"img_paths": paths_of(url)[:count], "tag_id": ids[name], "action": "add"}
        post(url, "db/batch_update_image_tag", body)
    return ids


TAGGED = {"portrait": 2, "portraits": 1, "like": 1}


def test_a_tag_is_renamed_coloured_merged_and_deleted(
    visit: Callable[..., Visit], url: str, tags: dict[str, int]
) -> None:
    seen = visit(url).open("#/tags")
    page = seen.page
    page.get_by_role("link", name="Liked 1").wait_for()
    assert page.get_by_role("link", name="like", exact=False).count() == 1
    choose(seen, "portraits", "Rename")
    enter(seen, "faces", "Rename")
    page.get_by_role("link", name="faces 1").wait_for()
    choose(seen, "faces", "Colour")
    page.get_by_role("dialog").get_by_role("button", name="Green").click()
    page.locator(".name", has_text="faces").locator(".name__dot").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.locator(".name", has_text="faces").locator(".name__dot").wait_for(state="detached")
    choose(seen, "portrait", "Merge into")
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_role("button", name="Merge", exact=True).is_disabled()
    dialog.get_by_role("radio", name="faces").click()
    dialog.get_by_role("button", name="Merge", exact=True).click()
    page.get_by_role("link", name="faces 2").wait_for()
    page.get_by_role("link", name="portrait", exact=False).wait_for(state="detached")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("link", name="portrait 2").wait_for()
    page.get_by_role("link", name="faces 1").wait_for()
    choose(seen, "portrait", "Merge into")
    dialog.get_by_role("radio", name="faces").click()
    dialog.get_by_role("button", name="Merge", exact=True).click()
    page.get_by_role("link", name="faces 2").wait_for()
    choose(seen, "faces", "Delete tag")
    page.get_by_role("dialog").get_by_text("2 files").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Delete tag").click()
    page.get_by_role("link", name="faces 2").wait_for(state="detached")
    page.get_by_role("link", name="Liked 1").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("link", name="faces 2").wait_for()


def test_what_the_files_say_has_no_menu(
    visit: Callable[..., Visit], url: str, tags: dict[str, int]
) -> None:
    seen = visit(url).open("#/tags")
    seen.page.get_by_role("link", name="dream_v1").wait_for()
    assert seen.page.locator(".page").get_by_role("button", name="Actions for").count() == 2


def test_a_read_only_server_offers_no_menu(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Any
) -> None:
    write_picture(tmp_path / "1.png", 1)
    url = run_server(tmp_path, flags=("--read-only",))
    seen = visit(url).open("#/albums")
    seen.page.get_by_role("heading", name="No albums yet").wait_for()
    assert seen.page.get_by_role("button", name="New album").count() == 0


def test_the_dialog_of_tags_counts_at_once(
    visit: Callable[..., Visit], url: str, tags: dict[str, int]
) -> None:
    seen = visit(url).open("#/library").wait_for_pictures(4)
    page = seen.page
    seen.choose("1.png", "2.png", "3.png", "4.png")
    page.keyboard.press("t")
    row = page.get_by_role("checkbox", name="portraits")
    row.click()
    row.locator("small", has_text="4").wait_for()
    row.click()
    row.locator("small", has_text="0").wait_for()
    assert page.get_by_role("checkbox", name="like", exact=False).count() == 0
    page.get_by_role("dialog").get_by_role("textbox").fill("new")
    page.get_by_role("button", name="Create “new”").click()
    page.get_by_role("checkbox", name="new").locator("small", has_text="4").wait_for()


def test_tags_are_a_tree_whose_branches_are_renamed(visit: Callable[..., Visit], url: str) -> None:
    paths = paths_of(url)
    for name, count in (("person/miku", 2), ("person/miku/live", 3), ("alone", 1)):
        tag = post(url, "db/add_custom_tag", {"tag_name": name})["id"]
        body = {"img_paths": paths[:count], "tag_id": tag, "action": "add"}
        post(url, "db/batch_update_image_tag", body)
    seen = visit(url).open("#/tags")
    page = seen.page
    page.get_by_role("link", name="live 3", exact=True).wait_for()
    page.get_by_role("link", name="person 3", exact=True).wait_for()
    page.get_by_role("button", name="Collapse person/miku").click()
    page.get_by_role("link", name="live 3").wait_for(state="detached")
    page.reload()
    page.get_by_role("button", name="Expand person/miku").click()
    page.get_by_role("searchbox", name="Filter tags").fill("live")
    page.get_by_role("link", name="alone 1").wait_for(state="detached")
    page.get_by_role("link", name="live 3").wait_for()
    page.get_by_role("searchbox", name="Filter tags").fill("")
    choose(seen, "person", "Rename")
    enter(seen, "character", "Rename")
    page.get_by_role("link", name="character 3", exact=True).wait_for()
    assert len(paths_of(url, "tag:character/miku")) == 3
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("link", name="person 3", exact=True).wait_for()
    assert len(paths_of(url, "tag:=person/miku")) == 2
    page.get_by_role("link", name="person 3", exact=True).click()
    page.locator(".search__count", has_text="3 files").wait_for()
