"""What was done to files: a list of it, and the way back from each."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import PHONE, Visit, post, wait_for_index, write_picture
from tests.browser.test_accessibility import AXE, check

SECRET = "correct horse battery"


@pytest.fixture
def url(run_server: Callable[..., str], tmp_path: Path) -> str:
    """A server over three pictures that it knows."""
    for number in (1, 2, 3):
        write_picture(tmp_path / f"{number}.png", number)
    url = run_server(tmp_path)
    wait_for_index(url)
    return url


def test_what_was_done_is_listed_and_undone(
    visit: Callable[..., Visit], url: str, tmp_path: Path
) -> None:
    seen = visit(url).open("#/trash")
    page = seen.page
    page.get_by_role("link", name="History").click()
    page.get_by_role("heading", name="Nothing has been done yet").wait_for()
    files = [str(tmp_path / f"{number}.png") for number in (1, 2)]
    moved = {"file_paths": files, "dest": str(tmp_path / "kept"), "create_dest_folder": True}
    post(url, "move_files", moved)
    post(url, "delete_files", {"file_paths": [str(tmp_path / "3.png")]})
    page.get_by_role("button", name="Refresh").click()
    rows = page.locator(".history li")
    rows.nth(1).wait_for()
    texts = rows.locator("p:first-child").all_inner_texts()
    assert [text.strip() for text in texts] == ["Deleted 1 file", "Moved 2 files to kept"]
    assert page.get_by_role("combobox", name="Person").count() == 0
    details = rows.locator(".history__detail").all_inner_texts()
    assert not any(platform.node() in detail for detail in details)
    rows.filter(has_text="Moved 2 files").get_by_role("button", name="Undo").click()
    rows.filter(has_text="Moved 2 files").get_by_text("undone", exact=True).wait_for()
    assert (tmp_path / "1.png").exists() and not (tmp_path / "3.png").exists()
    assert rows.filter(has_text="Moved 2 files").get_by_role("button").count() == 0
    rows.filter(has_text="Deleted 1 file").get_by_role("button", name="Undo").click()
    rows.filter(has_text="Deleted 1 file").get_by_text("undone", exact=True).wait_for()
    assert (tmp_path / "3.png").exists()
    page.get_by_role("navigation", name="Folder").get_by_role("link", name="Trash").click()
    page.get_by_role("heading", name="The trash is empty").wait_for()


def test_an_entry_leads_to_where_files_are_now(
    visit: Callable[..., Visit], url: str, tmp_path: Path
) -> None:
    kept = str(tmp_path / "kept")
    files = {"file_paths": [str(tmp_path / "1.png")], "dest": kept, "create_dest_folder": True}
    post(url, "move_files", files)
    post(url, "db/rename", {"path": str(tmp_path / "2.png"), "name": "two.png"})
    fox = post(url, "db/add_custom_tag", {"tag_name": "red fox"})["id"]
    given = {"img_paths": [str(tmp_path / "3.png")], "tag_id": fox, "action": "add"}
    post(url, "db/batch_update_image_tag", {**given, "undoable": True})
    seen = visit(url).open("#/history")
    page = seen.page
    page.get_by_role("link", name="kept", exact=True).click()
    seen.wait_for_all_pictures()
    assert seen.names() == ["1.png"]
    page.go_back()
    page.get_by_role("link", name="two.png").click()
    seen.tile("two.png").wait_for()
    page.go_back()
    page.get_by_role("link", name="red fox").click()
    seen.wait_for_count("1 file").wait_for_all_pictures()
    assert seen.names() == ["3.png"]


def log_in(seen: Visit, name: str) -> Visit:
    page = seen.page
    page.goto(seen.url)
    page.get_by_label("Password").fill(SECRET)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Log in").click()
    page.locator(".tile.is-loaded").first.wait_for()
    return seen


def send(seen: Visit, route: str, body: dict[str, object]) -> dict[str, object]:
    answer = seen.page.request.post(f"{seen.url}/{route}", data=body)
    assert answer.ok, answer.text()
    return dict(answer.json())


def lines(seen: Visit) -> list[str]:
    texts = seen.page.locator(".history li p:first-child").all_inner_texts()
    return [text.strip() for text in texts]


@pytest.mark.console_may_say("401")
def test_the_history_says_who_did_it(
    visit: Callable[..., Visit],
    run_server: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in (1, 2, 3):
        write_picture(tmp_path / f"{number}.png", number)
    monkeypatch.setenv("IIB_SECRET_KEY", SECRET)
    url = run_server(tmp_path)
    anna, ben = log_in(visit(url), "Anna"), log_in(visit(url, PHONE), "Ben")
    paths = [str(tmp_path / f"{number}.png") for number in (1, 2, 3)]
    kept = {"dest": str(tmp_path / "kept"), "create_dest_folder": True}
    send(anna, "move_files", {"file_paths": paths[:1], **kept})
    fox = send(ben, "db/add_custom_tag", {"tag_name": "fox"})["id"]
    given = {"img_paths": paths[1:], "undoable": True}
    send(ben, "db/batch_update_image_tag", {**given, "tag_id": fox, "action": "add"})
    send(anna, "db/rate", {**given, "rating": 4})

    page = anna.open("#/history").page
    page.locator(".history li").nth(2).wait_for()
    by_ben = "Ben added the tag fox to 2 files"
    everything = ["Anna rated 2 files: 4 stars", by_ben, "Anna moved 1 file to kept"]
    assert lines(anna) == everything
    people = page.get_by_role("combobox", name="Person")
    assert people.locator("option").all_inner_texts() == ["Everyone", "Anna", "Ben"]
    people.select_option("Ben")
    anna.until(lambda: lines(anna) == [by_ben])
    page.reload()
    page.locator(".history li").first.wait_for()
    assert lines(anna) == [by_ben] and people.input_value() == "Ben"
    people.select_option("Everyone")
    anna.until(lambda: lines(anna) == everything)
    marks = page.locator(".history li").filter(has_text="added the tag")
    marks.get_by_role("button", name="Undo").click()
    page.get_by_text("Undid the change of 2 files").wait_for()
    marks.get_by_text("undone", exact=True).wait_for()
    assert marks.get_by_role("button").count() == 0 and lines(anna) == everything
    found = send(anna, "db/marks", {"paths": paths[1:]})["marks"]
    assert [(mark["rating"], mark["tags"]) for mark in dict(found).values()] == [(4, [])] * 2

    ben.open("#/history").page.locator(".history li").nth(2).wait_for()
    assert lines(ben) == everything
    width = ben.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    if AXE:
        violations: dict[str, list[str]] = {}
        for seen in (anna, ben):
            check(seen, "history", violations)
        assert violations == {}


def test_single_files_of_the_trash_come_back_or_go(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    for number in (1, 2, 3):
        write_picture(tmp_path / f"{number}.png", number)
    url = run_server(tmp_path)
    wait_for_index(url)
    post(
        url,
        "delete_files",
        {"file_paths": [str(tmp_path / f"{number}.png") for number in (1, 2, 3)]},
    )
    seen = visit(url).open("#/trash")
    page = seen.page
    files = page.locator(".trash__files li")
    files.nth(2).wait_for()
    page.get_by_role("button", name="Actions for 1.png").click()
    page.get_by_role("menuitem", name="Restore").click()
    page.get_by_text("Restored 1 file").wait_for()
    seen.until(lambda: files.count() == 2)
    assert (tmp_path / "1.png").exists() and not (tmp_path / "2.png").exists()
    files.filter(has_text="2.png").click(button="right")
    page.get_by_role("menuitem", name="Delete permanently").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete permanently").click()
    seen.until(lambda: files.count() == 1)
    page.get_by_role("button", name="Restore", exact=True).click()
    page.get_by_role("heading", name="The trash is empty").wait_for()
    assert (tmp_path / "3.png").exists() and not (tmp_path / "2.png").exists()
