"""Moving and copying files to another folder, names that are taken there, and the way back."""

from __future__ import annotations

import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import AT_ONCE, Visit, write_picture


@pytest.mark.console_may_say("409")
def test_moving_and_copying_with_names_that_are_taken_and_back(folder: Visit, out: Path) -> None:
    page = folder.page
    folder.choose("23.png", "22.png")
    page.keyboard.press("m")
    page.get_by_role("button", name="New folder").click()
    page.get_by_label("Folder name").fill("best")
    page.keyboard.press("Enter")
    page.locator(".folders__way [aria-current]", has_text="best").wait_for()
    page.get_by_role("button", name="Move here").click()
    page.get_by_text("Moved 2 files to best").wait_for()
    assert sorted(path.name for path in (out / "best").iterdir()) == ["22.png", "23.png"]
    page.locator(".tile[title='22.png']").wait_for(state="detached")
    assert page.locator(".selection-bar").count() == 0
    page.keyboard.press("Control+z")
    page.get_by_text("Restored 2 files").wait_for()
    folder.tile("22.png").wait_for()
    assert (out / "23.png").is_file()
    # Copying onto a name that is taken asks first, and the folder used last is at hand.
    folder.choose("24.png", "21.png")
    page.keyboard.press("Shift+M")
    # Other tests have folders of that name.
    page.get_by_placeholder("Search all folders").fill(f"{out.name} keep")
    page.keyboard.press("Enter")
    page.locator(".folders__way [aria-current]", has_text="keep").wait_for()
    page.get_by_role("button", name="Copy here").click()
    page.get_by_role("button", name="Keep both").click()
    page.get_by_text("Copied 2 files to keep").wait_for()
    assert len(list((out / "keep").iterdir())) == 3
    page.keyboard.press("Escape")
    folder.choose("20.png")
    page.keyboard.press("m")
    page.locator(".folders__way [aria-current]", has_text="keep").wait_for()
    page.locator("dialog .folders__list h3", has_text="Recent").wait_for()
    page.locator(".folders__row", has_text="best").first.wait_for()
    page.keyboard.press("Escape")
    # Dragging to a folder moves.
    page.keyboard.press("Escape")
    folder.tile("19.png").drag_to(page.locator(".tile.is-dir[title='keep']"))
    page.get_by_text("Moved 1 file to keep").wait_for()
    assert (out / "keep" / "19.png").is_file()
    assert not (out / "19.png").exists()
    link = """() => { const data = new DataTransfer();
      document.querySelector(".tile[title='18.png']").dispatchEvent(
        new DragEvent('dragstart', { dataTransfer: data, bubbles: true }));
      return data.getData('DownloadURL'); }"""
    kind, name, url = page.evaluate(link).split(":", 2)
    assert (kind, name) == ("image/png", "18.png")
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.read() == (out / "18.png").read_bytes()


def test_of_many_files_those_whose_names_are_taken_are_asked_about(
    root_url: str, visit: Callable[..., Visit], out: Path
) -> None:
    many, keep = out / "many", out / "many" / "keep"
    keep.mkdir(parents=True)
    for number in range(1, 211):
        shutil.copy(out / "01.png", many / f"{number:03d}.png")
    for name in ("007.png", "150.png"):
        write_picture(keep / name, 5)
    before = (keep / "007.png").read_bytes()
    seen = visit(root_url).open(f"#/folder/{many}").wait_for_pictures(8)
    page = seen.page
    page.keyboard.press("Control+a")
    page.keyboard.press("m")
    page.get_by_placeholder("Search all folders").fill(f"{out.name} many/keep")
    page.keyboard.press("Enter")
    page.locator(".folders__way [aria-current]", has_text="keep").wait_for()
    page.get_by_role("button", name="Move here").click()
    page.get_by_text("2 files were skipped").wait_for()
    page.get_by_text("Moved 208 files to keep").wait_for()
    assert sorted(path.name for path in many.glob("*.png")) == ["007.png", "150.png"]
    page.get_by_label("Apply to all 2").check()
    page.get_by_role("button", name="Keep both").click()
    page.get_by_text("Moved 2 files to keep").wait_for()
    assert not list(many.glob("*.png"))
    assert {"007 (1).png", "150 (1).png"} <= {path.name for path in keep.iterdir()}
    assert (keep / "007.png").read_bytes() == before
    page.keyboard.press("Control+z")
    page.get_by_text("Restored 2 files").wait_for()
    page.keyboard.press("Control+z")
    page.get_by_text("Restored 208 files").wait_for()
    assert len(list(many.glob("*.png"))) == 210


@pytest.mark.console_may_say("409")
def test_files_whose_names_are_taken_are_shown_side_by_side_one_after_the_other(
    folder: Visit, out: Path
) -> None:
    for number in (22, 23):
        write_picture(out / "keep" / f"{number}.png", number + 30, (640, 480))
    before = (out / "keep" / "22.png").read_bytes()
    page = folder.page
    folder.choose("24.png", "23.png", "22.png", "21.png")
    page.keyboard.press("m")
    page.locator("dialog .folders__row", has_text="keep").click()
    page.locator(".folders__way [aria-current]", has_text="keep").wait_for()
    page.get_by_role("button", name="Move here").click()
    dialog = page.get_by_role("dialog", name="3 of 4 files already exist in keep")
    dialog.get_by_text("Nothing has been changed yet.").wait_for()
    names = []
    for position in range(1, 4):
        dialog.get_by_text(f"{position} of 3", exact=True).wait_for()
        name = dialog.locator(".conflict h3").inner_text()
        names.append(name)
        sides = dialog.locator(".conflict__side")
        for side, path in zip(sides.all(), (out / name, out / "keep" / name)):
            size = f"{path.stat().st_size / 1024:.1f} KB"
            side.get_by_text(size).or_(side.get_by_text(f"{path.stat().st_size} B")).wait_for()
            side.get_by_text("2023").wait_for()
            loaded = side.locator("img")
            folder.until(lambda image=loaded: image.evaluate("image => image.naturalWidth") > 0)
        assert (out / name).is_file()
        dialog.get_by_role("button", name="Skip" if name == "23.png" else "Keep both").click()
    assert sorted(names) == ["22.png", "23.png", "24.png"]
    page.get_by_text("Moved 3 files to keep").wait_for()
    assert {path.name for path in out.glob("2[1-4]*.png")} == {"23.png"}
    assert (out / "keep" / "22.png").read_bytes() == before
    assert {"22 (1).png", "24 (1).png", "21.png"} <= {
        path.name for path in (out / "keep").iterdir()
    }
    page.keyboard.press("Control+z")
    page.get_by_text("Restored 3 files").wait_for()
    assert len(list(out.glob("2[1-4]*.png"))) == 4


@pytest.mark.console_may_say("409")
def test_a_file_is_replaced_by_choice_and_one_undo_brings_both_back(
    folder: Visit, out: Path
) -> None:
    for number in (22, 23):
        write_picture(out / "keep" / f"{number}.png", number + 30, (640, 480))
    (out / "keep" / "22.txt").write_text("old")
    before = {path: path.read_bytes() for path in out.rglob("2[1-4].*")}
    page = folder.page
    folder.choose("24.png", "23.png", "22.png", "21.png")
    page.keyboard.press("m")
    page.locator("dialog .folders__row", has_text="keep").click()
    page.locator(".folders__way [aria-current]", has_text="keep").wait_for()
    page.get_by_role("button", name="Move here").click()
    dialog = page.get_by_role("dialog", name="3 of 4 files already exist in keep")
    dialog.get_by_text("to the trash. Undo brings both back.").wait_for()
    for position in range(1, 4):
        dialog.get_by_text(f"{position} of 3", exact=True).wait_for()
        name = dialog.locator(".conflict h3").inner_text()
        dialog.get_by_role("button", name="Replace" if name == "22.png" else "Keep both").click()
    page.get_by_text("Moved 4 files to keep · 2 files moved to the trash").wait_for()
    assert (out / "keep" / "22.png").read_bytes() == before[out / "22.png"]
    assert not (out / "keep" / "22.txt").exists()
    assert {"21.png", "23 (1).png", "24 (1).png"} <= {p.name for p in (out / "keep").iterdir()}
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Restored 6 files").wait_for()
    assert {path: path.read_bytes() for path in out.rglob("2[1-4].*")} == before


def test_a_folder_is_found_anywhere_and_that_of_the_files_is_no_target(
    folder: Visit, out: Path
) -> None:
    (out / "keep" / "deep" / "nook").mkdir(parents=True)
    (out / "beside").mkdir()
    page = folder.page
    folder.choose("24.png")
    page.keyboard.press("m")
    move = page.get_by_role("button", name="Move here")
    page.locator(".folders__row", has_text="keep").wait_for()
    assert move.is_disabled()
    field = page.get_by_placeholder("Search all folders")
    field.fill("NOOK")
    page.locator(".folders__row", has_text=str(out / "keep" / "deep" / "nook")).wait_for()
    field.fill("no such folder")
    page.get_by_text("No folder matches").wait_for()
    field.fill("nook")
    page.keyboard.press("Enter")
    page.locator(".folders__way [aria-current]", has_text="nook").wait_for()
    # From below, folders beside it are found too.
    field.fill("beside")
    page.locator(".folders__row", has_text=str(out / "beside")).wait_for()
    field.fill("")
    move.click()
    page.get_by_text("Moved 1 file to nook").wait_for()
    assert (out / "keep" / "deep" / "nook" / "24.png").is_file()


def test_from_a_folder_without_others_the_dialog_begins_above_it(folder: Visit, out: Path) -> None:
    page = folder.page
    page.goto(f"{folder.url}#/folder/{out.as_posix()}/keep")
    folder.until(lambda: folder.names() == ["24.png"])
    folder.choose("24.png")
    page.keyboard.press("m")
    page.locator(".folders__row", has_text="keep").wait_for()
    assert page.locator(".folders__way [aria-current]").inner_text() == out.name
    assert page.get_by_role("button", name="Move here").is_enabled()


@pytest.mark.console_may_say("409")
def test_the_grid_has_the_focus_after_a_dialog_that_did_something(folder: Visit, out: Path) -> None:
    """Of two dialogs that follow each other, too."""
    page = folder.page
    has_focus = "document.activeElement.classList.contains('grid')"
    folder.choose("24.png")
    page.keyboard.press("m")
    page.locator(".folders__row", has_text="keep").click()
    page.get_by_role("button", name="Move here").click()
    page.get_by_role("button", name="Keep both").click()
    page.get_by_role("dialog").wait_for(state="detached")
    page.wait_for_function(has_focus)
    page.get_by_text("Moved 1 file to keep").wait_for()
    folder.choose("23.png")
    page.keyboard.press("F2")
    page.get_by_role("dialog").get_by_role("textbox").fill("another.png")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for(state="detached")
    page.wait_for_function(has_focus)


@pytest.mark.console_may_say("404")
def test_where_the_last_target_is_gone_the_dialog_begins_at_the_files(
    folder: Visit, out: Path
) -> None:
    (out / "gone").mkdir()
    page = folder.page
    folder.choose("24.png")
    page.keyboard.press("Shift+M")
    page.locator(".folders__row", has_text="gone").click()
    page.get_by_role("button", name="Copy here").click()
    page.get_by_text("Copied 1 file to gone").wait_for()
    shutil.rmtree(out / "gone")
    page.keyboard.press("m")
    page.locator(".folders__way [aria-current]", has_text=out.name).wait_for()
    page.locator(".folders__row", has_text="keep").wait_for()


@pytest.mark.console_may_say("503")
def test_no_picture_is_asked_for_from_where_a_file_is_leaving(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url).open().wait_for_all_pictures()
    page = seen.page
    held: list[Any] = []
    page.route("**/move_files", lambda route: held.append(route))
    page.keyboard.press("Control+a")
    page.get_by_text("300 selected").wait_for()
    page.keyboard.press("m")
    page.locator("dialog").get_by_text("day 2").click()
    with page.expect_request("**/move_files"):
        page.get_by_role("button", name="Move here").click()
    asked: list[str] = []
    page.on(
        "request",
        lambda request: asked.append(request.url) if "image-thumbnail" in request.url else None,
    )
    page.clock.install()
    page.keyboard.press("End")
    page.locator(".tile[title='001.png']").wait_for()
    page.clock.run_for(2000)
    assert asked == []
    assert len(held) == 1
    held[0].fulfill(status=503, json={"detail": "The drive is busy.", "code": "Busy"})
    page.locator(".tile.is-loaded[title='001.png']").wait_for()


@pytest.mark.console_may_say("503")
def test_pictures_under_way_of_files_that_leave_are_given_up(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url)
    page = seen.page
    pictures: list[Any] = []
    moves: list[Any] = []
    given_up: list[str] = []
    page.on("requestfailed", lambda request: given_up.append(request.url))
    page.route(
        "**/image-thumbnail?**",
        lambda route: (
            pictures.append(route) if "day" not in route.request.url else route.continue_()
        ),
    )
    page.route("**/move_files", lambda route: moves.append(route))
    seen.open(loads=False)
    tiles = page.locator(".tile.is-known:not(.is-dir)")
    seen.until(lambda: len(pictures) > 8 and len(pictures) == min(AT_ONCE, tiles.count()))
    asked = len(pictures)
    page.keyboard.press("Control+a")
    page.get_by_text("300 selected").wait_for()
    page.keyboard.press("m")
    page.locator("dialog").get_by_text("day 2").click()
    page.get_by_role("button", name="Move here").click()
    seen.until(lambda: len(given_up) == asked)
    seen.until(lambda: bool(moves))
    moves[0].fulfill(status=503, json={"detail": "The drive is busy.", "code": "Busy"})
    seen.until(lambda: len(pictures) == 2 * asked)
    for picture in pictures[asked:]:
        picture.continue_()
    seen.wait_for_pictures(8)
