"""Several files renamed by a pattern, in the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.browser.conftest import Visit, post, wait_until

# Names of the pictures that a test renames.
FIRST = ("01.png", "02.png", "03.png")


def open_dialog(folder: Visit) -> Any:
    """The dialog about the first three pictures."""
    post(folder.url, "db/update_image_data", {})
    folder.choose(*FIRST)
    folder.page.keyboard.press("Shift+F2")
    return folder.page.get_by_role("dialog", name="Rename 3 files")


def test_a_pattern_is_shown_before_and_one_undo_takes_it_back(folder: Visit, out: Path) -> None:
    page = folder.page
    dialog = open_dialog(folder)
    dialog.get_by_text("No name changes.").wait_for()
    names = dialog.get_by_role("list", name="New names")
    assert names.get_by_role("listitem").all_inner_texts() == list(FIRST)
    button = dialog.get_by_role("button", name="Rename", exact=True)
    assert button.is_disabled()
    field = dialog.get_by_label("Name pattern")
    wait_until(lambda: field.evaluate("field => field === document.activeElement"))
    field.fill("storm ")
    dialog.get_by_role("button", name="{n:3}", exact=True).click()
    assert field.input_value() == "storm {n:3}"
    names.get_by_text("storm 003.png").wait_for()
    button.click()
    folder.tile("storm 001.png").wait_for()
    assert {f"storm 00{number}.png" for number in (1, 2, 3)} <= {
        file.name for file in out.iterdir()
    }
    page.get_by_text("Renamed 3 files").wait_for()
    page.get_by_role("button", name="Undo").click()
    folder.tile("01.png").wait_for()
    wait_until(lambda: {*FIRST} <= {file.name for file in out.iterdir()})


def test_a_taken_name_is_said_before(folder: Visit, out: Path) -> None:
    post(folder.url, "db/update_image_data", {})
    folder.choose(*FIRST[:2])
    page = folder.page
    page.keyboard.press("F2")  # the key of one file, with several
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_label("Name pattern")
    field.fill("24")
    dialog.get_by_text("Name is taken").first.wait_for()
    dialog.get_by_text("2 files keep their names").wait_for()
    assert dialog.get_by_role("button", name="Rename", exact=True).is_disabled()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert {*FIRST} <= {file.name for file in out.iterdir()}


def test_only_names_that_are_shown_are_given(folder: Visit, out: Path) -> None:
    dialog = open_dialog(folder)
    field = dialog.get_by_label("Name pattern")
    field.fill("storm {n}")
    dialog.get_by_text("storm 3.png").wait_for()
    # The names of what is typed now come later than Enter.
    folder.page.route("**/db/rename_files", lambda route: None)
    field.fill("rain {n}")
    field.press("Enter")
    assert dialog.get_by_role("button", name="Rename", exact=True).is_disabled()
    assert dialog.is_visible()
    assert {*FIRST} <= {file.name for file in out.iterdir()}
