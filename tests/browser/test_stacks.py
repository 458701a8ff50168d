"""Stacks in the page: pictures of one prompt, batch or seed as one tile."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.browser.conftest import Visit, post, search, wait_for_index

PROMPTS = ("a red fox", "a grey wolf", "a barn owl")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three prompts with four pictures each, ``0 0.png`` to ``2 3.png``, and one without a prompt;
    the newest is ``0 3.png``.
    """
    folder = tmp_path / "out"
    folder.mkdir()
    for prompt, text in enumerate(PROMPTS):
        for number in range(4):
            info = PngInfo()
            seed = 100 * prompt + number
            info.add_text("parameters", f"{text}\nSteps: 20, Sampler: Euler a, Seed: {seed}")
            path = folder / f"{prompt} {number}.png"
            colour = (60 * prompt + 40, 50 * number + 40, 120)
            Image.new("RGB", (96, 64), colour).save(path, pnginfo=info)
            os.utime(path, (1_741_953_600 - prompt * 86_400 + number * 60,) * 2)
    plain = folder / "plain.png"
    Image.new("RGB", (96, 64), "blue").save(plain)
    os.utime(plain, (1_741_953_600 - 3 * 86_400,) * 2)
    return folder


@pytest.fixture
def url(run_server: Callable[..., str], folder: Path) -> str:
    url = run_server(folder)
    wait_for_index(url)
    return url


@pytest.fixture
def stacked(visit: Callable[..., Visit], url: str) -> Visit:
    """The library in stacks by prompt, as the menu makes them."""
    seen = visit(url).open("#/library")
    seen.page.locator(".tile.is-known").nth(12).wait_for()
    by(seen, "By prompt")
    shows(seen, "0 3.png", "1 3.png", "2 3.png", "plain.png")
    return seen


def by(seen: Visit, kind: str) -> None:
    seen.page.get_by_role("button", name="Stacks").click()
    seen.page.get_by_role("menuitemradio", name=kind).click()


def shows(seen: Visit, *names: str) -> None:
    seen.until(lambda: seen.names() == list(names))


def counts(seen: Visit) -> list[str]:
    return [text for text in seen.page.locator(".tile__stack").all_inner_texts() if text]


def badge(seen: Visit, name: str) -> Any:
    return seen.tile(name).locator(".tile__stack")


def test_stacks_are_chosen_kept_and_left(stacked: Visit) -> None:
    page = stacked.page
    assert counts(stacked) == ["4", "4", "4"]
    assert "stack=prompt" in page.url
    page.get_by_text("13 files in 4 tiles").wait_for()
    assert badge(stacked, "0 3.png").get_attribute("aria-label") == "4 files in 1 stack"
    page.reload()
    shows(stacked, "0 3.png", "1 3.png", "2 3.png", "plain.png")
    by(stacked, "By batch")
    stacked.until(lambda: "stack=batch" in page.url)
    assert counts(stacked) == ["4", "4", "4"]
    # The habit holds where the address says nothing.
    stacked.open("#/library?q=fox")
    shows(stacked, "0 3.png")
    by(stacked, "No stacks")
    shows(stacked, *(f"0 {number}.png" for number in (3, 2, 1, 0)))
    assert "stack=none" in page.url


def test_a_stack_is_opened_and_left_by_keys(stacked: Visit) -> None:
    page = stacked.page
    page.locator(".grid").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    stacked.until(lambda: stacked.current() == "1 3.png")
    page.keyboard.press("Enter")
    shows(stacked, *(f"1 {number}.png" for number in (3, 2, 1, 0)))
    page.get_by_text("One prompt").first.wait_for()
    page.locator(".grid").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("5")
    stacked.tile("1 3.png").get_by_label("5 stars").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**open=**")
    page.keyboard.press("Escape")
    stacked.until(lambda: "open=" not in page.url)
    page.locator(".viewer").wait_for(state="hidden")
    page.keyboard.press("Backspace")
    shows(stacked, "0 3.png", "1 3.png", "2 3.png", "plain.png")
    stacked.until(lambda: stacked.current() == "1 3.png")


def test_a_click_opens_a_stack_and_its_way_leads_back(stacked: Visit) -> None:
    page = stacked.page
    badge(stacked, "2 3.png").click()
    shows(stacked, *(f"2 {number}.png" for number in (3, 2, 1, 0)))
    page.get_by_role("navigation").get_by_role("link", name="Stacks").click()
    shows(stacked, "0 3.png", "1 3.png", "2 3.png", "plain.png")
    # A link to an open stack works by itself.
    badge(stacked, "2 3.png").click()
    shows(stacked, *(f"2 {number}.png" for number in (3, 2, 1, 0)))
    page.reload()
    shows(stacked, *(f"2 {number}.png" for number in (3, 2, 1, 0)))


def test_a_stack_of_a_search_holds_what_the_search_finds(stacked: Visit) -> None:
    search(stacked, 'name:"0 1" OR name:"0 2" OR owl')
    shows(stacked, "0 2.png", "2 3.png")
    assert counts(stacked) == ["2", "4"]
    badge(stacked, "0 2.png").click()
    shows(stacked, "0 2.png", "0 1.png")


def test_culling_in_a_stack_shows_in_its_tile(stacked: Visit) -> None:
    page = stacked.page
    badge(stacked, "0 3.png").click()
    shows(stacked, *(f"0 {number}.png" for number in (3, 2, 1, 0)))
    stacked.choose("0 3.png", "0 0.png")
    page.keyboard.press("Delete")
    shows(stacked, "0 2.png", "0 1.png")
    page.keyboard.press("Backspace")
    shows(stacked, "0 2.png", "1 3.png", "2 3.png", "plain.png")
    stacked.until(lambda: counts(stacked) == ["2", "4", "4"])


def test_the_cover_is_chosen_in_the_stack(stacked: Visit) -> None:
    page = stacked.page
    badge(stacked, "0 3.png").click()
    shows(stacked, *(f"0 {number}.png" for number in (3, 2, 1, 0)))
    stacked.tile("0 1.png").click(button="right")
    page.get_by_role("menuitem", name="Use as cover of the stack").click()
    page.get_by_text("0 1.png is now the cover of its stack").wait_for()
    page.keyboard.press("Backspace")
    shows(stacked, "0 1.png", "1 3.png", "2 3.png", "plain.png")
    page.keyboard.press("Control+z")
    badge(stacked, "0 1.png").click()
    page.keyboard.press("Backspace")
    shows(stacked, "0 3.png", "1 3.png", "2 3.png", "plain.png")
    # Elsewhere there is no such thing.
    stacked.tile("plain.png").click(button="right")
    page.get_by_role("menuitem", name="Rename").wait_for()
    assert not page.get_by_role("menuitem", name="Use as cover of the stack").count()
    page.keyboard.press("Escape")


def test_what_is_done_with_stacks_is_done_with_all_their_files(
    stacked: Visit, url: str, folder: Path
) -> None:
    page = stacked.page
    stacked.choose("0 3.png", "1 3.png")
    page.get_by_text("8 files in 2 stacks").wait_for()
    page.keyboard.press("4")
    page.get_by_text("Rated 8 files").wait_for()
    found = post(url, "db/search", {"query": "rating:4"})["files"]
    assert len(found) == 8
    page.get_by_role("button", name="Undo").click()
    stacked.until(lambda: not post(url, "db/search", {"query": "rating:4"})["files"])
    stacked.choose("plain.png")
    page.get_by_text("9 files, some in 2 stacks").wait_for()
    stacked.choose("plain.png")
    page.keyboard.press("Delete")
    page.get_by_text("Move 8 files in 2 stacks to the trash?").wait_for()
    page.keyboard.press("Escape")
    assert len(list(folder.glob("*.png"))) == 13
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    shows(stacked, "2 3.png", "plain.png")
    stacked.until(lambda: len(list(folder.glob("*.png"))) == 5)
    page.get_by_role("button", name="Undo").click()
    shows(stacked, "0 3.png", "1 3.png", "2 3.png", "plain.png")


def test_everything_but_a_stack(stacked: Visit, url: str) -> None:
    page = stacked.page
    page.locator(".grid").focus()
    page.keyboard.press("Control+a")
    page.get_by_text("13 files, some in 3 stacks").wait_for()
    stacked.choose("2 3.png")
    page.get_by_text("9 files, some in 2 stacks").wait_for()
    page.keyboard.press("3")
    stacked.until(lambda: len(post(url, "db/search", {"query": "rating:3"})["files"]) == 9)


def test_a_folder_with_all_below_it_has_stacks_too(
    visit: Callable[..., Visit], url: str, folder: Path
) -> None:
    seen = visit(url).open(f"#/folder/{folder}?walk=1&stack=prompt")
    shows(seen, "0 3.png", "1 3.png", "2 3.png", "plain.png")
    badge(seen, "1 3.png").click()
    shows(seen, *(f"1 {number}.png" for number in (3, 2, 1, 0)))
    seen.page.keyboard.press("Backspace")
    shows(seen, "0 3.png", "1 3.png", "2 3.png", "plain.png")
    # The folder alone is sorted by the page.
    seen.open(f"#/folder/{folder}")
    seen.page.locator(".tile.is-known").nth(12).wait_for()
    assert not seen.page.get_by_role("button", name="Stacks").count()
