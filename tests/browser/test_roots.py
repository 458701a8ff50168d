"""The folders of the library: the first one, those in the rail, and one that is not connected."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import PHONE, Visit, post, wait_for_index, write_picture


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "shots"
    (folder / "sub").mkdir(parents=True)
    for number in range(1, 4):
        write_picture(folder / f"{number}.png", number)
    return folder


def choose(seen: Visit, name: str, action: str) -> None:
    row = seen.page.locator(".rail-roots li", has_text=name)
    row.hover()
    row.get_by_role("button", name=f"Actions for {name}").click()
    seen.page.get_by_role("menuitem", name=action).click()


def test_a_library_without_folders_adds_one(
    visit: Callable[..., Visit], run_server: Callable[..., str], pictures: Path
) -> None:
    seen = visit(run_server()).open("")
    page = seen.page
    first = page.get_by_role("heading", name="Where are your pictures?")
    first.wait_for()
    # Nor is there anything to compare, to group or to count.
    for view in ("Duplicates", "Topics", "Stats"):
        page.get_by_role("link", name=view).click()
        page.wait_for_function("view => location.hash.includes(view)", arg=view.lower())
        first.wait_for()
    page.get_by_role("button", name="Choose a folder…").click()
    field = page.get_by_role("dialog").get_by_role("textbox")
    field.fill(str(pictures))
    page.get_by_text("Press Enter to open this path").wait_for()
    add = page.get_by_role("button", name="Add this folder")
    add.click()  # what was typed, not what was shown before: it is shown first
    page.get_by_role("dialog").get_by_role("button", name="sub", exact=True).wait_for()
    add.click()
    seen.wait_for_pictures(3)
    row = page.get_by_role("link", name=re.compile("^shots"))
    row.locator("small", has_text="3").wait_for()
    assert "#/library" in page.url


def test_the_sample_library_is_offered(
    visit: Callable[..., Visit], run_server: Callable[..., str]
) -> None:
    seen = visit(run_server(), viewport=PHONE).open("#/library")
    seen.page.get_by_role("button", name="Try the sample library").click()
    seen.page.get_by_role("heading", name="Where are your pictures?").wait_for(
        state="detached", timeout=120_000
    )
    seen.wait_for_pictures(2)


def test_where_others_reach_the_server_no_folder_is_offered(
    visit: Callable[..., Visit], run_server: Callable[..., str]
) -> None:
    seen = visit(run_server(flags=("--access-control", "on"))).open("")
    seen.page.get_by_role("heading", name="No folders yet").wait_for()
    assert seen.page.get_by_role("button", name="Choose a folder…").count() == 0


def test_a_folder_is_named_pinned_and_removed(
    visit: Callable[..., Visit], run_server: Callable[..., str], pictures: Path, tmp_path: Path
) -> None:
    other = tmp_path / "fixed"
    other.mkdir()
    url = run_server(other)
    post(url, "db/extra_paths", {"path": str(pictures)})
    wait_for_index(url)
    seen = visit(url).open("#/library").wait_for_pictures(3)
    page = seen.page
    rows = page.locator(".rail-roots__name")
    assert rows.all_inner_texts() == ["fixed", "shots"]
    choose(seen, "shots", "Rename")
    page.get_by_role("dialog").get_by_role("textbox").fill("Birds")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    rows.get_by_text("Birds").wait_for()
    choose(seen, "Birds", "Pin to the top")
    page.get_by_text("Pinned Birds").wait_for()
    seen.until(lambda: rows.all_inner_texts() == ["Birds", "fixed"])
    choose(seen, "Birds", "Unpin")
    seen.until(lambda: rows.all_inner_texts() == ["fixed", "Birds"])
    page.locator(".rail-roots li", has_text="fixed").get_by_role("button").click()
    assert page.get_by_role("menuitem").all_inner_texts() == [
        "Look for changes",
        "Read its files again",
    ]
    page.keyboard.press("Escape")
    choose(seen, "Birds", "Read its files again")
    page.get_by_text("The files of Birds are being read again").wait_for()
    choose(seen, "Birds", "Remove from library")
    page.get_by_role("dialog").get_by_role("button", name="Remove from library").click()
    seen.until(lambda: rows.all_inner_texts() == ["fixed"])
    assert (pictures / "1.png").exists()


def test_files_of_a_folder_that_is_not_connected_are_told_of(
    visit: Callable[..., Visit], run_server: Callable[..., str], pictures: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_picture(other / "9.png", 9)
    url = run_server(other, pictures)
    wait_for_index(url)
    shutil.move(pictures, tmp_path / "away")
    post(url, "db/update_image_data", {})
    seen = visit(url).open("#/library").wait_for_pictures(1)
    page = seen.page
    page.get_by_text("shots is not connected: 3 files are not shown").wait_for()
    page.locator(".rail-roots__one.is-offline", has_text="shots").wait_for()
    shutil.move(tmp_path / "away", pictures)
    post(url, "db/update_image_data", {})
    page.get_by_text("shots is not connected").wait_for(state="detached")
    page.locator(".rail-roots__one.is-offline").wait_for(state="detached")


@pytest.mark.console_may_say("404")
def test_a_folder_comes_back_with_its_drive(
    visit: Callable[..., Visit], run_server: Callable[..., str], pictures: Path, tmp_path: Path
) -> None:
    url = run_server(pictures)
    wait_for_index(url)
    shutil.move(pictures, tmp_path / "away")
    seen = visit(url).open(f"#/folder/{pictures.as_posix()}")
    seen.page.get_by_text("The drive of shots is not connected").wait_for()
    shutil.move(tmp_path / "away", pictures)
    seen.wait_for_pictures(3)
