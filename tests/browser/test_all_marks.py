"""All marks of several files in one dialog: shown, changed together, and undone at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.browser.conftest import Visit, post

NAMES = ("22.png", "23.png", "24.png")


def marks_of(folder: Visit, paths: list[str]) -> list[tuple[list[str], int, list[str]]]:
    """Tags, rating and albums of files, as the server has them."""
    found = post(folder.url, "db/marks", {"paths": paths})["marks"]
    return [
        (
            [tag["name"] for tag in found[path]["tags"]],
            found[path]["rating"],
            [album["name"] for album in found[path]["albums"]],
        )
        for path in paths
    ]


def prepare(folder: Visit, paths: list[str]) -> None:
    """The first file has a tag, and the second one stars."""
    tag = post(folder.url, "db/add_custom_tag", {"tag_name": "fox"})
    body = {"tag_id": tag["id"], "action": "add", "img_paths": paths[:1]}
    post(folder.url, "db/batch_update_image_tag", body)
    post(folder.url, "db/rate", {"img_paths": paths[1:2], "rating": 2})


def own_tags(folder: Visit) -> list[str]:
    """The user's tags, those too that no file has."""
    answer = folder.page.request.get(f"{folder.url}/db/tags?category=custom&limit=1000").json()
    return [tag["name"] for tag in answer["tags"]]


def open_dialog(page: Any) -> Any:
    page.keyboard.press("Shift+T")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Nothing changes yet.").wait_for()
    return dialog


def test_marks_of_three_files_are_changed_together_and_undone_at_once(
    folder: Visit, out: Path
) -> None:
    page, paths = folder.page, [str(out / name) for name in NAMES]
    prepare(folder, paths)
    before = marks_of(folder, paths)
    folder.choose(*NAMES)
    dialog = open_dialog(page)
    dialog.get_by_role("heading", name="Marks of 3 files").wait_for()
    assert dialog.get_by_label("Find or create a tag").evaluate("e => e === document.activeElement")
    fox = dialog.get_by_role("checkbox", name="fox")
    assert fox.get_attribute("aria-checked") == "mixed"
    assert fox.inner_text().split("\n")[-1] == "1 of 3"
    assert dialog.get_by_text("mixed").is_visible()
    fox.click()
    dialog.get_by_role("button", name="4 stars").click()
    dialog.get_by_label("Find or create an album").fill("All marks")
    page.keyboard.press("Enter")
    dialog.get_by_text("+ fox on 2 files, 4 stars on 3, into album All marks: 3").wait_for()
    assert marks_of(folder, paths) == before
    page.keyboard.press("Enter")
    page.get_by_text("Changed marks of 3 files").wait_for()
    assert marks_of(folder, paths) == [
        (["fox"], 4, ["All marks"]),
        (["fox"], 4, ["All marks"]),
        (["fox"], 4, ["All marks"]),
    ]
    folder.until(lambda: folder.tile("22.png").locator(".tile__marks").inner_text() == "4")
    page.keyboard.press("Control+z")
    folder.until(lambda: marks_of(folder, paths) == before)
    page.keyboard.press("Control+z")
    page.get_by_text("Nothing to undo").wait_for()


def test_on_a_phone_no_number_is_broken_into_two_lines(folder: Visit, out: Path) -> None:
    page, paths = folder.page, [str(out / name) for name in NAMES]
    prepare(folder, paths)
    like = post(folder.url, "db/add_custom_tag", {"tag_name": "like"})
    body = {"tag_id": like["id"], "action": "add", "img_paths": paths[:1]}
    post(folder.url, "db/batch_update_image_tag", body)
    folder.choose(*NAMES)
    page.set_viewport_size({"width": 340, "height": 844})
    dialog = open_dialog(page)
    numbers = dialog.locator(".all-marks__row small")
    numbers.filter(has_text="1 of 3").wait_for()
    assert all(small.bounding_box()["height"] < 24 for small in numbers.all())
    heart = dialog.get_by_role("button", name="Like").bounding_box()
    number = numbers.filter(has_text="1 of 3").bounding_box()
    assert abs(heart["y"] + heart["height"] / 2 - number["y"] - number["height"] / 2) < 2


def test_a_tag_is_removed_from_all_and_escape_changes_nothing(folder: Visit, out: Path) -> None:
    page, paths = folder.page, [str(out / name) for name in NAMES]
    prepare(folder, paths)
    before = marks_of(folder, paths)
    folder.choose(*NAMES)
    dialog = open_dialog(page)
    fox = dialog.get_by_role("checkbox", name="fox")
    fox.click()
    fox.click()
    dialog.get_by_text("\u2212 fox on 1 file", exact=True).wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert marks_of(folder, paths) == before
    dialog = open_dialog(page)
    page.keyboard.type("all new")
    page.keyboard.press("Enter")
    dialog.get_by_text("+ all new on 3 files").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("Changed marks of 3 files").wait_for()
    tags = [tags for tags, _, _ in marks_of(folder, paths)]
    assert tags == [["all new", "fox"], ["all new"], ["all new"]]
    assert "all new" in own_tags(folder)
    page.keyboard.press("Control+z")
    folder.until(lambda: marks_of(folder, paths) == before)
    folder.until(lambda: "all new" not in own_tags(folder))
    assert "fox" in own_tags(folder)


def test_a_dialog_opens_again_at_once_after_it_was_closed(folder: Visit) -> None:
    folder.choose(*NAMES)
    dialog = open_dialog(folder.page)
    folder.page.evaluate(
        """() => {
            document.querySelector("dialog").close();
            const key = { key: "T", code: "KeyT", shiftKey: true, bubbles: true };
            document.body.dispatchEvent(new KeyboardEvent("keydown", key));
        }"""
    )
    dialog.get_by_text("Nothing changes yet.").wait_for()
    folder.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def test_all_results_of_a_search_are_changed_also_where_the_change_changes_the_search(
    folder: Visit, out: Path
) -> None:
    page, paths = folder.page, [str(out / name) for name in NAMES]
    prepare(folder, paths)
    post(folder.url, "db/update_image_data", {})
    words = quote(f'rating:2 path:"{out}"')  # the library holds those of other tests too
    folder.open(f"#/library?q={words}")
    folder.until(lambda: folder.names() == ["23.png"])
    page.keyboard.press("Control+a")
    dialog = open_dialog(page)
    dialog.get_by_role("button", name="5 stars").click()
    dialog.get_by_label("Find or create a tag").fill("later")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.get_by_text("Changed marks of 1 file").wait_for()
    assert marks_of(folder, paths)[1] == (["later"], 5, [])
