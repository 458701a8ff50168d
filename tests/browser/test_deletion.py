"""Deleting files, the trash, and the way back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Visit, write_picture


@pytest.mark.console_may_say("40[04]")
def test_deleting_goes_on_with_the_next_picture_and_the_trash_gives_back(
    folder: Visit, out: Path
) -> None:
    page = folder.page
    folder.tile("23.png").click()
    name = page.locator(".viewer-bar__name")
    page.get_by_text("2 of 24").wait_for()
    page.keyboard.press("Delete")
    page.wait_for_function(
        "() => document.querySelector('.viewer-bar__name').textContent === '22.png'"
    )
    page.get_by_text("Deleted 1 file").wait_for()
    page.get_by_text("2 of 23").wait_for()
    assert not (out / "23.png").exists()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "() => document.querySelector('.viewer-bar__name').textContent === '24.png'"
    )
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Restored 1 file").wait_for()
    page.get_by_text("1 of 24").wait_for()
    assert name.inner_text() == "24.png"
    page.keyboard.press("Escape")
    folder.choose("20.png", "19.png")
    page.keyboard.press("Delete")
    page.get_by_text("Deleted 2 files").wait_for()
    page.locator(".tile[title='19.png']").wait_for(state="detached")
    folder.tile("18.png").click(button="right")
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_text("Deleted 1 file").wait_for()
    page.locator(".rail").get_by_text("Trash").click()
    page.locator(".trash__part").nth(1).wait_for()
    page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('.trash img')]; return all.length === 3 && "
        "all.every(i => i.naturalWidth); }"
    )
    page.get_by_role("button", name="Restore").nth(1).click()
    page.get_by_text("Restored 2 files").wait_for()
    assert (out / "19.png").is_file()
    page.get_by_role("button", name="Empty trash").click()
    page.locator("dialog").get_by_role("button", name="Delete permanently").click()
    page.get_by_text("The trash is empty").wait_for()
    assert not (out / "18.png").exists()


def test_enter_deletes_what_can_be_restored(folder: Visit, out: Path) -> None:
    page = folder.page
    page.goto(f"{folder.url}#/settings")
    page.get_by_label("Ask before deleting").check()
    page.go_back()
    folder.wait_for_pictures(4)
    folder.choose("20.png")
    page.keyboard.press("Delete")
    page.get_by_text("Move 1 file to the trash?").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("Deleted 1 file").wait_for()
    assert not (out / "20.png").exists()


def test_where_nothing_comes_back_deleting_asks_first(
    run_server: Callable[..., str],
    visit: Callable[..., Visit],
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IIB_DELETE_MODE", "permanent")
    seen = visit(run_server(out)).open().wait_for_pictures(4)
    page = seen.page
    seen.choose("24.png")
    page.keyboard.press("Delete")
    dialog = page.locator("dialog")
    dialog.get_by_text("This cannot be undone.").wait_for()
    dialog.get_by_role("button", name="Cancel").last.click()
    assert (out / "24.png").is_file()
    page.keyboard.press("Delete")
    dialog.get_by_text("This cannot be undone.").wait_for()
    page.keyboard.press("Enter")
    dialog.wait_for(state="detached")
    assert (out / "24.png").is_file()
    page.keyboard.press("Delete")
    dialog.get_by_role("button", name="Delete permanently").click()
    page.get_by_text("Deleted 1 file").wait_for()
    assert not (out / "24.png").exists()


@pytest.mark.console_may_say("404")
def test_many_files_are_changed_by_a_job_that_can_be_undone(
    root_url: str, visit: Callable[..., Visit], root: Path
) -> None:
    many = root / "many"
    many.mkdir()
    write_picture(many / "000.png", 1)
    for number in range(1, 260):
        shutil.copy2(many / "000.png", many / f"{number:03d}.png")
    seen = visit(root_url).open(f"#/folder/{many}").wait_for_pictures(8)
    page = seen.page
    page.keyboard.press("Control+a")
    page.get_by_text("260 selected").wait_for()
    page.keyboard.press("Delete")
    page.get_by_text("Deleted 260 files").wait_for()
    page.get_by_text("No pictures here yet").wait_for()
    assert list(many.iterdir()) == []
    page.keyboard.press("Control+z")
    page.get_by_text("Restored 260 files").wait_for()
    seen.wait_for_pictures(8)
    assert len(list(many.iterdir())) == 260
    assert page.locator(".work").count() == 0
