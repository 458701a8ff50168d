"""What was done to files: a list of it, and the way back from each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.browser.conftest import Visit, post, wait_for_index, write_picture


def test_what_was_done_is_listed_and_undone(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    for number in (1, 2, 3):
        write_picture(tmp_path / f"{number}.png", number)
    url = run_server(tmp_path)
    wait_for_index(url)
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
    assert [text.strip() for text in texts] == ["Deleted 1 file", "Moved 2 files"]
    rows.filter(has_text="Moved 2 files").get_by_role("button", name="Undo").click()
    rows.filter(has_text="Moved 2 files").get_by_text("undone", exact=True).wait_for()
    assert (tmp_path / "1.png").exists() and not (tmp_path / "3.png").exists()
    assert rows.filter(has_text="Moved 2 files").get_by_role("button").count() == 0
    rows.filter(has_text="Deleted 1 file").get_by_role("button", name="Undo").click()
    rows.filter(has_text="Deleted 1 file").get_by_text("undone", exact=True).wait_for()
    assert (tmp_path / "3.png").exists()
    page.get_by_role("navigation", name="Folder").get_by_role("link", name="Trash").click()
    page.get_by_role("heading", name="The trash is empty").wait_for()


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
