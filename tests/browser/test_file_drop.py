"""Files that are dragged from other programs onto the page."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visit, write_picture

# Drags files of these names and base64 contents over what a selector finds, and drops them there.
DROP = """([selector, files, isDropped]) => {
  const data = new DataTransfer();
  for (const [name, content] of files) {
    const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
    data.items.add(new File([bytes], name));
  }
  const target = document.querySelector(selector);
  const taken = ['dragover', ...(isDropped ? ['drop'] : [])].map(kind => {
    const event = new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
    return !target.dispatchEvent(event);
  });
  return taken.every(Boolean);
}"""


def drop(page: Any, selector: str, *paths: Path) -> None:
    files = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in paths]
    assert page.evaluate(DROP, [selector, files, True]), "the browser would open the file"


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("new 1.png", "new 2.png", "23.png")]
    for number, path in enumerate(paths):
        write_picture(path, 40 + number)
    (tmp_path / "notes.txt").write_text("no picture")
    return [*paths, tmp_path / "notes.txt"]


def test_files_are_added_to_the_folder_that_is_shown_and_removed_again(
    folder: Visit, out: Path, pictures: list[Path]
) -> None:
    page = folder.page
    # The browser repeats the event for as long as the mouse holds the files.
    page.evaluate(f"dragging = setInterval(() => ({DROP})(['.grid', [['a.png', '']], false]), 50)")
    page.get_by_text(f"Add to {out.name}").wait_for()
    page.evaluate("clearInterval(dragging)")
    page.get_by_text(f"Add to {out.name}").wait_for(state="detached")
    drop(page, ".grid", *pictures[:2])
    page.get_by_text(f"Added 2 files to {out.name}").wait_for()
    folder.tile("new 1.png").wait_for()
    assert (out / "new 2.png").read_bytes() == pictures[1].read_bytes()
    page.keyboard.press("Control+z")
    folder.tile("new 1.png").wait_for(state="detached")
    assert not (out / "new 1.png").exists() and not (out / "new 2.png").exists()


def test_names_that_are_taken_are_asked_about_and_nothing_is_overwritten(
    folder: Visit, out: Path, pictures: list[Path]
) -> None:
    page, before = folder.page, (out / "23.png").read_bytes()
    drop(page, ".grid", *pictures[1:3])
    page.get_by_role("button", name="Keep both").click()
    page.get_by_text(f"Added 1 file to {out.name}").wait_for()
    folder.tile("23 (1).png").wait_for()
    assert (out / "23.png").read_bytes() == before
    assert (out / "23 (1).png").read_bytes() == pictures[2].read_bytes() and (
        out / "new 2.png"
    ).exists()


def test_a_file_that_is_replaced_comes_back_by_undo(
    folder: Visit, out: Path, pictures: list[Path]
) -> None:
    page, before = folder.page, (out / "23.png").read_bytes()
    drop(page, ".grid", *pictures[2:3])
    page.get_by_role("button", name="Replace").click()
    folder.until(lambda: (out / "23.png").read_bytes() == pictures[2].read_bytes())
    page.get_by_text(f"Added 1 file to {out.name}").wait_for()
    page.keyboard.press("Control+z")
    folder.until(lambda: (out / "23.png").read_bytes() == before)


def test_undo_can_be_clicked_while_a_dialog_is_open(
    folder: Visit, out: Path, pictures: list[Path]
) -> None:
    page = folder.page
    drop(page, ".grid", *pictures[1:3])
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Keep both").wait_for()
    page.get_by_text(f"Added 1 file to {out.name}").wait_for()
    assert (out / "new 2.png").exists()
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    folder.until(lambda: not (out / "new 2.png").exists())
    dialog.get_by_role("button", name="Skip").click()
    dialog.wait_for(state="detached")
    # What comes after it is shown where the page is.
    page.locator(".toast").wait_for(state="detached")
    folder.choose("24.png")
    page.keyboard.press("4")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    page.get_by_text("Undone: 4 stars", exact=True).wait_for()


def test_files_go_into_the_folder_below_the_mouse_and_what_is_no_picture_is_told(
    folder: Visit, out: Path, pictures: list[Path]
) -> None:
    page = folder.page
    drop(page, ".tile.is-dir[title='keep']", pictures[0], pictures[3])
    page.get_by_role("dialog").get_by_text("notes.txt", exact=True).wait_for()
    assert (out / "keep" / "new 1.png").exists() and not (out / "new 1.png").exists()


def test_where_no_folder_is_shown_one_is_chosen(
    root_url: str, visit: Callable[..., Visit], out: Path, pictures: list[Path]
) -> None:
    seen = visit(root_url).open("#/library").wait_for_pictures()
    drop(seen.page, ".grid", pictures[0])
    for name in (out.name, "keep"):
        seen.page.get_by_placeholder("Search all folders").fill(name)
        seen.page.keyboard.press("Enter")
        seen.page.locator(".folders__way [aria-current]", has_text=name).wait_for()
    seen.page.get_by_role("button", name="Add here").click()
    seen.page.get_by_text("Added 1 file to keep").wait_for()
    assert (out / "keep" / "new 1.png").exists()
