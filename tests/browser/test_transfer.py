"""Marks as a file and from one, and a library that has moved: from the settings page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visit, post, wait_for_index, wait_until, write_picture


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in (1, 2):
        write_picture(folder / f"{number}.png", number)
    return folder


@pytest.fixture
def url(run_server: Callable[..., str], pictures: Path) -> str:
    url = run_server(pictures)
    wait_for_index(url)
    return url


def settings(visit: Callable[..., Visit], url: str) -> Any:
    page = visit(url).open("#/settings").page
    page.get_by_role("heading", name="This browser").wait_for()
    return page


def found(url: str, query: str) -> list[str]:
    return [file["name"] for file in post(url, "db/search", {"query": query})["files"]]


def test_marks_are_saved_as_a_file(visit: Callable[..., Visit], url: str, pictures: Path) -> None:
    post(url, "db/rate", {"img_paths": [str(pictures / "1.png")], "rating": 4})
    page = settings(visit, url)
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Export tags, stars and albums").click()
    file = downloaded.value
    lines = [json.loads(line) for line in Path(file.path()).read_text().splitlines()]
    assert file.suggested_filename == "iib-marks.jsonl"
    assert {"path": str(pictures / "1.png"), "rating": 4}.items() <= lines[-1].items()


def test_a_file_is_looked_at_and_then_imported(
    visit: Callable[..., Visit], url: str, pictures: Path, tmp_path: Path
) -> None:
    lines = [
        {"kind": "tag", "name": "Blau", "color": ""},
        {"kind": "album", "name": "Best"},
        {"kind": "file", "path": str(pictures / "1.png"), "tags": ["Blau"], "rating": 3},
        {"kind": "file", "path": str(pictures / "later.png"), "tags": ["Blau"]},
    ]
    file = tmp_path / "marks.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    page = settings(visit, url)
    page.get_by_role("button", name="Import from a file").click()
    dialog = page.get_by_role("dialog")
    with page.expect_file_chooser() as chooser:
        dialog.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(file)
    dialog.get_by_text(
        "This imports 1 tag and 1 album; 1 file of the library get theirs. "
        "Tags of 1 more file are kept until it is found. What is there already stays."
    ).wait_for()
    assert found(url, "rating:3") == [] and dialog.get_by_text("marks.jsonl", exact=True).count()
    dialog.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("Imported 1 tag on 1 file.").wait_for()
    assert found(url, "tag:Blau rating:3") == ["1.png"]


@pytest.mark.console_may_say("40[04]")
def test_why_a_file_cannot_be_imported_is_said_in_the_dialog(
    visit: Callable[..., Visit], url: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("milk\n")
    page = settings(visit, url)
    page.get_by_role("button", name="Import from a file").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(tmp_path / "notes.txt")
    dialog.get_by_role("alert").get_by_text("This file holds no marks of pictures").wait_for()
    dialog.get_by_label("Or its path on the server").fill(str(tmp_path / "nothing.db"))
    assert dialog.get_by_role("alert").count() == 0
    page.keyboard.press("Enter")
    dialog.get_by_role("alert").wait_for()


@pytest.mark.console_may_say("400")
def test_what_comes_late_about_one_file_is_not_said_of_another(
    visit: Callable[..., Visit], url: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("milk\n")
    page = settings(visit, url)
    page.get_by_role("button", name="Import from a file").click()
    dialog = page.get_by_role("dialog")
    held: list[Any] = []
    page.route("**/db/import*", lambda route: held.append(route))
    dialog.locator("input[type=file]").set_input_files(tmp_path / "notes.txt")
    wait_until(lambda: page.wait_for_timeout(20) or bool(held))
    dialog.get_by_label("Or its path on the server").fill(str(tmp_path / "other.jsonl"))
    look = dialog.get_by_role("button", name="Import…")
    assert look.is_enabled()
    with page.expect_response("**/db/import*"):
        held[0].continue_()
    page.wait_for_timeout(200)
    assert dialog.get_by_role("alert").count() == 0


def test_a_library_that_has_moved_is_followed(
    visit: Callable[..., Visit], url: str, pictures: Path, tmp_path: Path
) -> None:
    post(url, "db/rate", {"img_paths": [str(pictures / "1.png")], "rating": 4})
    moved = tmp_path / "elsewhere"
    pictures.rename(moved)
    page = settings(visit, url)
    page.get_by_role("button", name="The library has moved").click()
    dialog = page.get_by_role("dialog", name="The library has moved")
    assert dialog.get_by_label("Where they were").input_value() == str(pictures)
    change = dialog.get_by_role("button", name="Change paths")
    assert change.is_disabled()
    dialog.get_by_role("button", name="Choose a folder").click()
    chooser = page.get_by_role("dialog", name="Where they are now")
    chooser.get_by_role("textbox").fill(str(moved))
    page.keyboard.press("Enter")
    chooser.get_by_role("button", name="They are here").click()
    dialog.get_by_text("2 files in 1 folder get their new paths.").wait_for()
    change.click()
    page.get_by_text("2 files have their new paths").wait_for()
    assert found(url, "rating:4") == ["1.png"]
    seen = visit(url).open("#/library")
    seen.wait_for_pictures(2)
    wait_until(lambda: found(url, f'folder:"{moved}"') != [])
    assert len(found(url, "type:image")) == 2


def test_a_folder_that_the_library_does_not_know_is_said(
    visit: Callable[..., Visit], url: str, tmp_path: Path
) -> None:
    page = settings(visit, url)
    page.get_by_role("button", name="The library has moved").click()
    dialog = page.get_by_role("dialog", name="The library has moved")
    old = dialog.get_by_label("Where they were")
    old.fill(str(tmp_path / "never"))
    dialog.get_by_role("button", name="Choose a folder").click()
    chooser = page.get_by_role("dialog", name="Where they are now")
    chooser.get_by_role("textbox").fill(str(tmp_path))
    page.keyboard.press("Enter")
    chooser.get_by_role("button", name="They are here").click()
    dialog.get_by_text("The library knows nothing in that folder.").wait_for()
    assert dialog.get_by_role("button", name="Change paths").is_disabled()


def test_a_server_that_changes_nothing_exports_only(
    visit: Callable[..., Visit], run_server: Callable[..., str], pictures: Path
) -> None:
    page = settings(visit, run_server(pictures, flags=("--read-only",)))
    page.get_by_role("link", name="Export tags, stars and albums").wait_for()
    assert page.get_by_role("button", name="Import from a file").count() == 0
    assert page.get_by_role("button", name="The library has moved").count() == 0
