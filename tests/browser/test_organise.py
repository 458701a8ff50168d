"""Sorting files into folders from the page, from the wish to its undo; and the offer to bring tags
from another program.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, Visit, wait_for_index, write_picture
from tests.index.test_import_export import write_foreign

PROMPTS = (
    "a lighthouse on a cliff, stormy sea, dark clouds",
    "a grey cat asleep on a sofa, soft window light",
    "a red fox in the snow, winter forest",
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures of each theme, one of them in a folder ``day 2`` under a name that is taken;
    one like no other; beside it another program's database.
    """
    root = tmp_path_factory.mktemp("organise") / "outputs"
    (root / "day 2").mkdir(parents=True)
    for number in range(1, 13):
        write_picture(root / f"{number:02d}.png", number, prompt=PROMPTS[number % 3])
    os.rename(root / "12.png", root / "day 2" / "03.png")
    write_picture(root / "13.png", 13, prompt="zx")
    write_foreign(
        root.parent / "extensions/iib/iib.db",
        "late",
        {str(root / "01.png"): ["Blau", "Rot"], str(root / "later.png"): ["Rot"]},
    )
    return root


@pytest.fixture(scope="module")
def out_url(run_server: Callable[..., str], out: Path) -> str:
    url = run_server(out)
    wait_for_index(url)
    return url


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*.png")
        if ".iib-trash" not in path.parts
    }


def ask_for_preview(seen: Visit) -> None:
    page = seen.page
    page.locator("dialog").get_by_role("button", name="Preview").click()
    page.get_by_role("region", name="Preview").wait_for(timeout=60_000)


def test_a_folder_is_sorted_by_theme_and_brought_back(
    visit: Callable[..., Visit], out_url: str, out: Path
) -> None:
    before = tree(out)
    seen = visit(out_url).open(f"#/folder/{out}").wait_for_pictures(4)
    page = seen.page
    page.get_by_role("button", name="Organise this folder").click()
    dialog = page.get_by_role("dialog", name="Organise “outputs”")
    dialog.get_by_role("slider", name="Similarity").press("ArrowLeft")
    assert (
        dialog.get_by_role("slider", name="Similarity").get_attribute("aria-valuetext") == "Related"
    )
    ask_for_preview(seen)
    cards = page.locator(".organise__card")
    assert cards.count() == 4 and page.get_by_text("13 files into 4 folders").is_visible()
    assert (
        page.locator(".organise__facts")
        .get_by_text("1 renamed because the name exists")
        .is_visible()
    )
    assert cards.first.locator("img").count() == 4
    assert tree(out) == before
    # The preview is kept by the server: its address is enough.
    page.reload()
    cards.nth(3).wait_for()
    lighthouses, cats = cards.filter(has_text="lighthouse"), cards.filter(has_text="grey cat")
    name = lighthouses.get_by_role("textbox", name="Folder name")
    move = page.get_by_role("button", name="Move 13 files")
    name.fill("sea: all of it")
    page.get_by_text("A name cannot contain").wait_for()
    assert move.is_disabled()
    name.fill("By the sea")
    cats.get_by_role("checkbox").uncheck()
    page.reload()
    lighthouses.locator("summary").click()
    assert (name.input_value(), cats.get_by_role("checkbox").is_checked()) == ("By the sea", False)
    lighthouses.locator(".organise__files").get_by_text("By the sea/03 (1).png").wait_for()
    page.get_by_role("button", name="Move 9 files").click()
    page.locator(".toast").get_by_role("button", name="Undo").wait_for()
    after = tree(out)
    assert sorted(path for path in after if path.startswith("By the sea/")) == [
        f"By the sea/{name}.png" for name in ("03 (1)", "03", "06", "09")
    ]
    assert (
        sorted(after.values()) == sorted(before.values())
        and len([path for path in after if "/" not in path]) == 4
    )
    page.locator(".toast").get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="Undone").wait_for()
    assert tree(out) == before and not (out / "By the sea").exists()
    # Once more by its address: it is over, and says so.
    page.reload()
    page.get_by_role("heading", name="Undone").wait_for()
    page.get_by_role("button", name="Show folder").click()
    seen.wait_for_pictures(4)


@pytest.mark.console_may_say("404")  # of a plan that is no longer there
def test_chosen_files_are_copied_by_a_rule_and_a_plan_is_dropped(
    visit: Callable[..., Visit], out_url: str, out: Path
) -> None:
    before = tree(out)
    seen = visit(out_url, viewport=PHONE).open(f"#/folder/{out}").wait_for_pictures(4)
    page = seen.page
    for name in ("13.png", "11.png"):
        page.locator(f".tile[title='{name}']").first.click(modifiers=["Control"])
    page.locator(".selection-bar").get_by_role("button", name="Organise").click()
    dialog = page.get_by_role("dialog", name="Organise 2 files")
    dialog.get_by_text("Model", exact=True).click()
    pattern = dialog.get_by_role("textbox", name="Folders")
    assert pattern.input_value() == "{model}"
    pattern.fill("{date:%Y}/{modle}")
    dialog.get_by_text("Unknown field {modle}").wait_for()
    assert dialog.get_by_role("button", name="Preview").is_disabled()
    pattern.fill("{model}/{date:%Y}")
    dialog.get_by_text("Copy", exact=True).click()
    ask_for_preview(seen)
    assert page.get_by_role("textbox", name="Folder name").input_value() == "dream_v1/2023"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Copy 2 files").click()
    page.get_by_role("heading", name="Copied 2 files").wait_for()
    assert {path: data for path, data in tree(out).items() if path not in before} == {
        f"dream_v1/2023/{name}": before[name] for name in ("11.png", "13.png")
    }
    page.locator(".notice").get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="Undone").wait_for()
    assert tree(out) == before
    seen.open("#/organise/0123456789abcdef")
    page.get_by_role("heading", name="no longer exists").wait_for()


@pytest.mark.console_may_say("503")
def test_no_picture_is_asked_for_from_where_a_plan_takes_it_away(
    visit: Callable[..., Visit], out_url: str, out: Path
) -> None:
    seen = visit(out_url).open(f"#/folder/{out}").wait_for_pictures(4)
    page = seen.page
    page.locator(".tile[title='11.png']").click(modifiers=["Control"])
    page.locator(".tile[title='10.png']").click(modifiers=["Control"])
    page.keyboard.press("Shift+S")
    page.get_by_role("dialog").get_by_text("Date", exact=True).click()
    ask_for_preview(seen)
    held: list[Any] = []
    page.route("**/organize_files_confirm", lambda route: held.append(route))
    with page.expect_request("**/organize_files_confirm"):
        page.get_by_role("button", name="Move 2 files").click()
    page.evaluate("folder => { location.hash = `#/folder/${folder}`; }", str(out))
    seen.wait_for_all_pictures(but=("11.png", "10.png"))
    assert (
        page.locator(".tile.is-loaded[title='11.png'], .tile.is-loaded[title='10.png']").count()
        == 0
    )
    held[0].fulfill(status=503, json={"detail": "The drive is busy.", "code": "Busy"})
    page.locator(".tile.is-loaded[title='11.png']").wait_for()


def test_files_and_folders_chosen_together_are_sorted_together(
    visit: Callable[..., Visit], out_url: str, out: Path
) -> None:
    before = tree(out)
    seen = visit(out_url).open(f"#/folder/{out}").wait_for_pictures(4)
    page = seen.page
    for name in ("day 2", "11.png"):
        page.locator(f".tile[title='{name}']").first.click(modifiers=["Control"])
    page.locator(".selection-bar").get_by_text("2 selected").wait_for()
    page.keyboard.press("Shift+S")
    dialog = page.get_by_role("dialog", name="Organise 1 file and the pictures in 1 folder")
    dialog.get_by_text(str(out), exact=True).wait_for()
    dialog.get_by_text("Include subfolders").wait_for()
    dialog.get_by_text("Date", exact=True).click()
    ask_for_preview(seen)
    page.get_by_text("2 files into 1 folder", exact=False).wait_for()
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("heading", name="discarded").wait_for()
    assert tree(out) == before


def test_tags_of_another_program_are_offered_once(
    visit: Callable[..., Visit], out_url: str
) -> None:
    seen = visit(out_url).open("#/library").wait_for_pictures(4)
    page = seen.page
    offer = page.get_by_role("complementary", name="Tags from infinite-image-browsing")
    offer.get_by_text("It has 2 tags on 2 files, and 0 folders.").wait_for()
    offer.get_by_role("button", name="Not now").click()
    offer.wait_for(state="detached")
    page.reload()
    offer.get_by_role("button", name="Import").click()
    page.locator(".toast").get_by_text(
        "Imported 2 tags on 1 file. Tags of 1 more file are kept until it is found."
    ).wait_for()
    page.locator(".rail").get_by_text("Tags", exact=True).click()
    page.get_by_role("link", name="Blau").wait_for()
    # It was answered; it can still be asked for, and what is no such file is told.
    page.get_by_role("button", name="Import tags").click()
    path = page.get_by_role("combobox", name="Path on the server")
    seen.until(lambda: path.input_value().endswith("iib.db"))
    path.fill("")
    assert page.locator("dialog").get_by_role("button", name="Import").is_disabled()
    page.keyboard.press("Escape")
    # Nothing is left to offer: it is looked for once more, and then not at every visit.
    asked: list[str] = []
    page.on(
        "request",
        lambda request: (
            asked.append(request.url) if request.url.endswith("/db/importable") else None
        ),
    )
    with page.expect_response("**/db/importable"):
        page.goto(out_url + "/?again#/library")
    page.wait_for_function("() => localStorage['iib.import_looked']")
    assert offer.count() == 0 and len(asked) == 1
    page.clock.install()
    page.reload()
    seen.wait_for_pictures(4)
    page.clock.run_for(5000)
    assert len(asked) == 1
    page.evaluate("localStorage['iib.import_looked'] -= 8 * 24 * 3600 * 1000")
    with page.expect_response("**/db/importable"):
        page.reload()
