"""Duplicates in the page: found, shown side by side, resolved and undone."""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, Visit, wait_for_index
from tests.browser.test_accessibility import AXE, check
from tests.look.pictures import draw, save, with_metadata


def make(root: Path) -> Path:
    """Three groups: copies in two folders, another format and size, and a crop; and pictures that
    are like no other.
    """
    for number in range(3):
        save(draw(number), root / f"single{number}.png")
    with_metadata(draw(10), root / "first/copied.png")
    save(draw(11), root / "second/plain.png")
    shutil.copy(root / "first/copied.png", root / "second/copied (1).png")
    with_metadata(draw(12), root / "told.png")
    save(draw(12).resize((160, 120)), root / "small.jpg", quality=85)
    save(draw(13), root / "whole.png")
    save(draw(13).crop((4, 3, 318, 238)), root / "cropped.png")
    for at, path in enumerate(sorted(root.rglob("*.*"))):
        os.utime(path, (1_700_000_000 + at * 3600,) * 2)
    return root


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return make(tmp_path / "library")


@pytest.fixture
def own_url(run_server: Callable[..., str], own: Path) -> str:
    url = run_server(own)
    wait_for_index(url)
    return url


def there(root: Path) -> set[str]:
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts)
    }


def open_groups(
    visit: Callable[..., Visit], url: str, address: str = "#/duplicates", **options: Any
) -> Visit:
    seen = visit(url, **options).open(address)
    seen.page.locator(".duplicates__group").first.wait_for()
    return seen


def update_index(url: str) -> None:
    """Lets the server see what was added to its library."""
    body = urllib.request.Request(
        f"{url}/db/update_image_data", b"{}", {"Content-Type": "application/json"}, method="POST"
    )
    urllib.request.urlopen(body, timeout=60).close()


def group(seen: Visit, name: str) -> Any:
    return seen.page.locator(".duplicates__group").filter(has_text=name)


def undo(seen: Visit) -> None:
    seen.page.locator(".toast").get_by_role("button", name="Undo").click()


def test_what_differs_is_shown_and_one_group_is_resolved_and_undone(
    visit: Callable[..., Visit], own_url: str, own: Path
) -> None:
    before = there(own)
    seen = visit(own_url).open("#/library").wait_for_pictures(4)
    page = seen.page
    page.get_by_role("link", name="Duplicates").click()
    page.get_by_text("3 groups of duplicates").wait_for()
    assert (
        page.locator(".duplicates__facts").first.inner_text().startswith("3 files can be deleted, ")
    )
    told = group(seen, "told.png")
    assert told.locator("h2").inner_text() == "Same picture in another format or size"
    kept, other = told.locator(".duplicates__file").all()
    assert kept.get_by_role("radio", name="Keep told.png").is_checked()
    assert kept.get_by_text("Most metadata").is_visible()
    different = [fact.inner_text() for fact in other.locator(".is-different").all()]
    assert {"JPG", "160 × 120", "No metadata"} <= set(different)
    # The other one is kept instead, and then none of them goes.
    other.get_by_role("radio", name="Keep small.jpg").check()
    assert other.get_by_text("Your choice").is_visible()
    kept.get_by_role("checkbox", name="Delete told.png").uncheck()
    assert told.get_by_role("button", name="Delete 0 files").is_disabled()
    kept.get_by_role("checkbox", name="Delete told.png").check()
    told.get_by_role("button", name="Delete 1 file").click()
    page.get_by_text("1 duplicate deleted").wait_for()
    page.get_by_text("2 groups of duplicates").wait_for()
    assert there(own) == before - {"told.png"} and told.count() == 0
    undo(seen)
    page.get_by_text("3 groups of duplicates").wait_for()
    assert there(own) == before and told.count() == 1


def test_all_of_a_kind_are_resolved_by_a_rule_and_undone_at_once(
    visit: Callable[..., Visit], own_url: str, own: Path
) -> None:
    shutil.copy(own / "first/copied.png", own / "second/copied (2).png")
    before = there(own)
    update_index(own_url)
    seen = open_groups(visit, own_url)
    page = seen.page
    page.get_by_role("button", name="Exact copies 1").click()
    page.locator(".duplicates__group").nth(1).wait_for(state="detached")
    page.get_by_role("combobox", name="Keep").select_option(label="In folder “second”")
    copied = group(seen, "copied.png")
    assert copied.get_by_text("In the folder you prefer").is_visible()
    page.get_by_role("button", name="Resolve 1 group").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("They go to the trash.").wait_for()
    dialog.get_by_role("button", name="Delete duplicates").click()
    page.get_by_text("2 duplicates deleted").wait_for()
    page.get_by_text("No duplicates of this kind").wait_for()
    gone = before - there(own)
    assert len(gone) == 2 and "first/copied.png" in gone
    undo(seen)
    copied.wait_for()
    assert there(own) == before


def test_what_is_no_duplicate_is_remembered_and_can_be_taken_back(
    visit: Callable[..., Visit], own_url: str
) -> None:
    seen = open_groups(visit, own_url)
    page = seen.page
    cropped = group(seen, "cropped.png")
    cropped.get_by_role("button", name="Not duplicates").click()
    page.get_by_text("2 groups of duplicates").wait_for()
    undo(seen)
    page.get_by_text("3 groups of duplicates").wait_for()
    cropped.get_by_role("button", name="Not duplicates").click()
    page.get_by_text("2 groups of duplicates").wait_for()
    page.reload()
    page.get_by_text("2 groups of duplicates").wait_for()
    page.get_by_role("button", name="Not duplicates…").click()
    row = page.get_by_role("dialog").locator("li", has_text="cropped.png")
    row.get_by_role("button", name="Compare again").click()
    page.get_by_role("dialog").get_by_text("You have not marked any files").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Refresh").click()
    page.get_by_text("3 groups of duplicates").wait_for()


@pytest.mark.needs_links
def test_another_name_of_a_file_is_shown_as_such_and_stays(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    root = tmp_path / "library"
    save(draw(1), root / "file.png")
    os.link(root / "file.png", root / "linked.png")
    shutil.copy2(root / "file.png", root / "really.png")
    url = run_server(root)
    wait_for_index(url)
    seen = open_groups(visit, url)
    page = seen.page
    assert page.get_by_text("Same file as linked.png (link): stays").is_visible()
    assert page.get_by_text("Same file as file.png (link): stays").is_visible()
    assert page.get_by_role("checkbox").count() == 1
    page.get_by_role("button", name="Delete 1 file").click()
    page.get_by_text("1 duplicate deleted").wait_for()
    assert there(root) == {"file.png", "linked.png"}


def test_a_folder_and_a_selection(visit: Callable[..., Visit], own_url: str, own: Path) -> None:
    shutil.copy(own / "second/plain.png", own / "second/plain (1).png")
    update_index(own_url)
    seen = visit(own_url).open(f"#/folder/{own / 'second'}").wait_for_pictures(3)
    page = seen.page
    page.get_by_role("button", name="Find duplicates in this folder").click()
    page.get_by_text("1 group of duplicates").wait_for()
    assert group(seen, "plain (1).png").count() == 1
    assert page.locator(".crumbs").get_by_text("second").is_visible()
    page.reload()
    page.get_by_text("1 group of duplicates").wait_for()
    seen.open(f"#/folder/{own}").wait_for_pictures(5)
    seen.choose("told.png", "small.jpg", "whole.png")
    page.keyboard.press("Shift+X")
    page.get_by_text("1 group of duplicates").wait_for()
    assert group(seen, "small.jpg").count() == 1
    # The address names the search.
    page.reload()
    group(seen, "small.jpg").wait_for()
    seen.open(f"#/folder/{own}").wait_for_pictures(5)
    seen.choose("told.png", "whole.png")
    page.keyboard.press("Shift+X")
    page.get_by_role("heading", name="No duplicates found").wait_for()


def test_keys_go_through_the_groups(visit: Callable[..., Visit], own_url: str, own: Path) -> None:
    seen = open_groups(visit, own_url)
    page = seen.page
    page.keyboard.press("j")
    first = page.locator(".duplicates__group.is-current")
    name = first.get_attribute("data-group")
    assert first.evaluate("element => element === document.activeElement")
    page.keyboard.press("j")
    assert first.get_attribute("data-group") != name
    page.keyboard.press("k")
    assert first.get_attribute("data-group") == name
    checked = first.locator("input[type=radio]:checked").get_attribute("aria-label")
    page.keyboard.press("ArrowRight")
    assert first.locator("input[type=radio]:checked").get_attribute("aria-label") != checked
    page.keyboard.press("v")
    page.locator("dialog.comparison[open] img").nth(1).wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    page.keyboard.press("Enter")
    page.get_by_text("1 duplicate deleted").wait_for()
    page.wait_for_function(
        "name => { const group = document.activeElement?.dataset.group; return group && group !== name; }",
        arg=name,
    )
    page.keyboard.press("n")
    page.get_by_text("1 group of duplicates").wait_for()
    for number in (2, 3):
        page.keyboard.press("Control+z")
        page.get_by_text(f"{number} groups of duplicates").wait_for()
    assert len(there(own)) == 10
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("heading", name="Among duplicates").wait_for()
    assert sheet.get_by_text("Delete the duplicates of the group").is_visible()


def test_how_far_it_is_while_pictures_are_looked_at(
    visit: Callable[..., Visit], own_url: str
) -> None:
    seen = visit(own_url)
    page = seen.page
    state = {
        "status": "running",
        "progress": 0.25,
        "stage": "looking at pictures",
        "done": 1200,
        "total": 31000,
        "message": "",
        "error": "",
        "result": None,
    }
    page.route("**/jobs/*", lambda route: route.fulfill(json=state))
    page.route(
        "**/jobs/*/cancel",
        lambda route: (state.update(status="cancelled"), route.fulfill(json=state)),
    )
    seen.open("#/duplicates")
    page.get_by_text("Analysing pictures: 1,200 of 31,000").wait_for()
    assert page.locator("progress").get_attribute("value") == "0.25"
    # It goes on while something else is looked at, and says so there.
    page.get_by_role("link", name="Library", exact=True).click()
    page.get_by_text("Looking for duplicates · Analysing pictures: 1,200 of 31,000").wait_for()
    page.go_back()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("heading", name="The search was cancelled").wait_for()
    page.unroute("**/jobs/*")
    page.get_by_role("button", name="Search again").or_(
        page.get_by_role("button", name="Find duplicates")
    ).click()
    page.get_by_text("3 groups of duplicates").wait_for()


def test_nothing_is_found(visit: Callable[..., Visit], own: Path, own_url: str) -> None:
    seen = visit(own_url).open(f"#/duplicates?in={own / 'first'}")
    seen.page.get_by_role("heading", name="No duplicates found").wait_for()
    assert seen.page.get_by_text("No two files in this folder show the same picture.").is_visible()


def test_where_nothing_can_be_changed_they_are_shown(
    visit: Callable[..., Visit], own_url: str
) -> None:
    def answer(route: Any) -> None:
        settings = route.fetch()
        route.fulfill(response=settings, json={**settings.json(), "is_readonly": True})

    seen = visit(own_url)
    seen.page.route("**/global_setting*", answer)
    seen.open("#/duplicates")
    seen.page.locator(".duplicates__group").first.wait_for()
    seen.page.locator(".toolbar__summary").get_by_text("Read-only").wait_for()
    assert seen.page.get_by_role("button", name="Delete").count() == 0
    assert seen.page.get_by_role("radio").count() == seen.page.get_by_role("checkbox").count() == 0
    assert seen.page.get_by_role("button", name="Compare", exact=True).count() == 3
    seen.page.keyboard.press("j")
    seen.page.keyboard.press("Enter")
    seen.page.get_by_text("3 groups of duplicates").wait_for()


def test_many_groups_come_as_they_are_scrolled_to(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    root = tmp_path / "library"
    root.mkdir()
    for number in range(120):
        data = f"{number}".encode() * (1000 + number)
        (root / f"{number}.mp3").write_bytes(data)
        (root / f"{number} (1).mp3").write_bytes(data)
    url = run_server(root)
    wait_for_index(url)
    seen = open_groups(visit, url)
    page = seen.page
    page.get_by_text("120 groups of duplicates").wait_for()
    assert page.locator(".duplicates__group").count() < 120
    page.wait_for_function(
        """() => { const scroll = document.querySelector('.duplicates__scroll');
        scroll.scrollTop = scroll.scrollHeight;
        return document.querySelectorAll('.duplicates__group').length === 120; }"""
    )
    page.get_by_role("button", name="Resolve 120 groups").click()
    page.get_by_role("dialog").get_by_text("Delete 120 duplicates").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Delete duplicates").click()
    page.get_by_role("heading", name="No duplicates left").wait_for(timeout=60_000)
    assert len(there(root)) == 120
    undo(seen)
    page.get_by_text("120 groups of duplicates").wait_for(timeout=60_000)
    assert len(there(root)) == 240


def test_a_phone_shows_two_side_by_side(visit: Callable[..., Visit], own_url: str) -> None:
    seen = open_groups(visit, own_url, viewport=PHONE, has_touch=True)
    page = seen.page
    first, second = (one.bounding_box() for one in page.locator(".duplicates__file").all()[:2])
    assert first["y"] == second["y"] and first["x"] < second["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for button in page.locator(".duplicates button:visible, .duplicates label:visible").all():
        assert button.bounding_box()["height"] >= 40


@pytest.mark.skipif(not os.path.exists(AXE), reason="axe-core is not there")
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_no_serious_violation(visit: Callable[..., Visit], own_url: str, scheme: str) -> None:
    found: dict[str, list[str]] = {}
    seen = open_groups(visit, own_url, color_scheme=scheme, reduced_motion="reduce")
    check(seen, "groups", found)
    seen.page.get_by_role("button", name="Not duplicates…").click()
    seen.page.get_by_role("dialog").get_by_text("You have not marked").wait_for()
    check(seen, "not duplicates", found)
    seen.page.keyboard.press("Escape")
    seen.open("#/duplicates?in=/nowhere-at-all")
    seen.page.locator(".notice").wait_for()
    check(seen, "nothing", found)
    assert found == {}, json.dumps(found)


def test_how_alike_two_files_must_be_is_a_choice(visit: Callable[..., Visit], own_url: str) -> None:
    seen = open_groups(visit, own_url)
    page = seen.page
    asked: list[Any] = []
    page.on(
        "request",
        lambda sent: asked.append(sent.post_data_json) if sent.method == "POST" else None,
    )
    choice = page.get_by_role("combobox", name="Similarity")
    assert choice.input_value() == "normal"
    choice.select_option("Loose")
    seen.until(lambda: any(body.get("distance") == 8 for body in asked if body))
    page.locator(".duplicates__group").first.wait_for()
    page.reload()
    page.locator(".duplicates__group").first.wait_for()
    assert page.get_by_role("combobox", name="Similarity").input_value() == "loose"
