"""Headings above files in every order, and the labels beside the grid that follow them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.browser.conftest import PHONE, Visit, wait_for_index

MODELS = ("dream 8", "flux_dev", "xl")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two others in it, and pictures of three models: 90, 3 and 2, named after what
    they show.
    """
    folder = tmp_path_factory.mktemp("headings") / "out"
    for name in ("one", "two"):
        (folder / name).mkdir(parents=True)
    for number in range(95):
        model = MODELS[0 if number < 90 else 1 if number < 93 else 2]
        size = (64, 96) if number % 4 == 0 else (96, 64)
        info = PngInfo()
        info.add_text(
            "parameters",
            f"a fox\nSteps: {20 + number % 2}, Sampler: Euler a, Seed: {number}, Size: "
            f"{size[0]}x{size[1]}, Model: {model}",
        )
        if number >= 93:
            info.add_text("padding", "x" * 300_000)
        place = folder if number < 80 else folder / ("one" if number < 92 else "two")
        path = place / f"{'fox' if number % 2 else 'owl'} {number:02d}.png"
        Image.new("RGB", size, (number * 2, 90, 120)).save(path, pnginfo=info)
        os.utime(path, (1_741_953_600 - number * 3600,) * 2)  # the newest on 14 March 2025
    return folder


@pytest.fixture(scope="module")
def url(run_server: Callable[..., str], folder: Path) -> str:
    url = run_server(folder)
    wait_for_index(url)
    return url


def headings(seen: Visit) -> list[str]:
    """The words of the headings that are drawn, from above."""
    return list(
        seen.page.evaluate(
            """() => [...document.querySelectorAll('.grid :is(.month, .day)')]
            .map(heading => ({ box: heading.getBoundingClientRect(), words: heading.innerText.trim() }))
            .sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left)
            .map(({ words }) => words.replace(',', ''))"""
        )
    )


def shows(seen: Visit, *expected: str) -> None:
    seen.until(lambda: headings(seen)[: len(expected)] == list(expected))


@pytest.mark.parametrize("shape", ["square", "justified"])
def test_the_library_has_headings_in_every_order(
    visit: Callable[..., Visit], url: str, shape: str
) -> None:
    seen = visit(url).open("#/library?sort=model&order=desc")
    page = seen.page
    if shape == "justified":
        page.get_by_role("button", name="Show whole pictures").click()
    shows(seen, "xl", "flux_dev", "dream 8")
    # What is short shares a row.
    tops = [page.locator(".grid .day", has_text=name).bounding_box()["y"] for name in MODELS[::-1]]
    assert tops[0] <= tops[1] < tops[2] and (tops[0] == tops[1] or shape == "justified")
    for sort, *names in (
        ("steps", "Steps: 21"),
        ("size", "256 KB – 512 KB", "Under 256 KB"),
        ("ratio", "Landscape"),
        ("name&order=asc", "F"),
    ):
        seen.open(f"#/library?sort={sort}")
        shows(seen, *names)
    seen.open("#/library?sort=path")
    shows(seen, "out")
    seen.open("#/library?sort=date")
    shows(seen, "March 2025", "Fri 14 March")
    # One value, or one for each file, needs no heading.
    for sort in ("type", "seed", "random"):
        seen.open(f"#/library?sort={sort}")
        seen.page.locator(".tile.is-known").first.wait_for()
        seen.until(lambda: headings(seen) == [])


def test_a_heading_selects_what_is_below_it(visit: Callable[..., Visit], url: str) -> None:
    seen = visit(url).open("#/library?sort=model&order=desc")
    shows(seen, "xl", "flux_dev", "dream 8")
    heading = seen.page.locator(".grid .day", has_text="flux_dev")
    heading.hover()
    heading.get_by_role("button", name="Select flux_dev").click()
    seen.page.get_by_text("3 selected").wait_for()


def test_the_labels_beside_the_grid_follow_the_order(visit: Callable[..., Visit], url: str) -> None:
    seen = visit(url, viewport={"width": 700, "height": 500}).open(
        "#/library?sort=model&order=desc"
    )
    page = seen.page
    slider = page.get_by_role("slider", name="Sections")
    slider.wait_for()
    # The end of the list is in the last section.
    slider.press("End")
    seen.until(lambda: slider.get_attribute("aria-valuetext") == "dream 8")
    slider.press("Home")
    seen.until(lambda: slider.get_attribute("aria-valuetext") == "xl")
    slider.press("ArrowDown")
    seen.until(lambda: slider.get_attribute("aria-valuetext") == "flux_dev")
    assert "dream 8" in page.locator(".scrubber__label").all_inner_texts()
    seen.open("#/library?sort=date")
    page.get_by_role("slider", name="Dates").wait_for()


def test_a_folder_has_headings_below_its_folders(
    visit: Callable[..., Visit], url: str, folder: Path
) -> None:
    seen = visit(url).open(f"#/folder/{folder}")
    page = seen.page
    shows(seen, "March 2025", "Fri 14 March", "Thu 13 March")
    cards = page.locator(".tile.is-dir")
    assert cards.count() == 2
    bottom = cards.first.bounding_box()
    assert page.locator(".grid .month").bounding_box()["y"] >= bottom["y"] + bottom["height"]
    page.get_by_label("Sort by").select_option("Name")
    shows(seen, "F", "O")
    # Every picture is reached by keys, over the headings.
    page.locator(".grid").focus()
    page.keyboard.press("End")
    seen.until(lambda: seen.current() == "owl 78.png")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    seen.until(lambda: seen.current().startswith("fox"))
    page.get_by_label("Sort by").select_option("Size")
    seen.until(lambda: headings(seen) == [])  # all are small
    seen.open(f"#/folder/{folder}/two?sort=size")
    shows(seen, "256 KB – 512 KB", "Under 256 KB")


def test_a_folder_comes_back_to_its_place(
    visit: Callable[..., Visit], url: str, folder: Path
) -> None:
    seen = visit(url, viewport=PHONE).open(f"#/folder/{folder}")
    seen.wait_for_pictures(4)
    page = seen.page
    page.evaluate("document.querySelector('.grid').scrollTop = 1500")
    page.wait_for_function("() => history.state?.anchor?.name")
    page.reload()
    seen.until(lambda: abs(seen.scroll() - 1500) <= 1)
