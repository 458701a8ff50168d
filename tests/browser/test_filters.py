"""The panel of filters: it counts what a search finds, and writes what is chosen into the search."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.browser.conftest import PHONE, Visit, post, search, wait_for_index

MODELS = ("dream 8", "flux_dev", "flux_dev_v2")
SAMPLERS = ("Euler", "Euler a")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 pictures, a day apart: of three models, two samplers and two shapes."""
    folder = tmp_path_factory.mktemp("filters") / "out"
    folder.mkdir()
    for number in range(60):
        size = (64, 96) if number % 4 == 0 else (96, 64)
        info = PngInfo()
        info.add_text(
            "parameters",
            f"a fox, {'snow' if number % 2 else 'rain'}\nSteps: 20, Sampler: {SAMPLERS[number % 2]}, CFG "
            f"scale: 7, Seed: {number}, Size: {size[0]}x{size[1]}, Model: {MODELS[number % 3]}",
        )
        path = folder / f"{number:02d}.png"
        Image.new("RGB", size, (number * 4, 90, 120)).save(path, pnginfo=info)
        os.utime(path, (1_741_953_600 - number * 86_400,) * 2)  # the newest on 14 March 2025
    return folder


@pytest.fixture(scope="module")
def url(run_server: Callable[..., str], folder: Path) -> str:
    url = run_server(folder)
    wait_for_index(url)
    rated = [str(folder / f"{number:02d}.png") for number in range(10)]
    for rating, paths in ((5, rated[:4]), (4, rated[4:6]), (2, rated[6:])):
        assert post(url, "db/rate", {"img_paths": paths, "rating": rating})
    return url


def opened(
    visit: Callable[..., Visit], url: str, address: str = "#/library", **options: Any
) -> Visit:
    seen = visit(url, **options).open(address)
    seen.page.locator(".tile.is-known").first.wait_for()
    seen.page.get_by_role("button", name="Filter", exact=True).click()
    seen.page.locator(".facet__value").first.wait_for()
    return seen


def value(seen: Visit, facet: str, name: str) -> Any:
    values = seen.page.get_by_role("list", name=facet, exact=True)
    return values.locator("label", has=seen.page.get_by_text(name, exact=True))


def counted(seen: Visit, facet: str, name: str, count: str) -> None:
    value(seen, facet, name).get_by_text(count, exact=True).wait_for()


def query(seen: Visit, text: str, files: str) -> None:
    seen.until(lambda: seen.page.get_by_role("combobox", name="Search").input_value() == text)
    if text:
        seen.wait_for_count(files)


def unfold(seen: Visit, facet: str) -> None:
    seen.page.locator("summary", has_text=facet).click()


def test_values_are_chosen_beside_each_other(visit: Callable[..., Visit], url: str) -> None:
    seen = opened(visit, url)
    counted(seen, "Model", "dream 8", "20")
    value(seen, "Model", "dream 8").click()
    query(seen, 'model:="dream 8"', "20 files")
    counted(seen, "Rating", "5 stars", "2")
    counted(seen, "Model", "flux_dev", "20")
    value(seen, "Model", "flux_dev").click()
    query(seen, 'model:="dream 8" OR model:=flux_dev', "40 files")
    unfold(seen, "Sampler")
    counted(seen, "Sampler", "Euler", "20")
    value(seen, "Sampler", "Euler").click()
    query(seen, 'model:="dream 8" OR model:=flux_dev sampler:=Euler', "20 files")
    counted(seen, "Model", "flux_dev", "10")
    seen.page.locator(".search-term", has_text="=Euler").get_by_role(
        "button", name="Remove"
    ).click()
    query(seen, 'model:="dream 8" OR model:=flux_dev', "40 files")
    assert not value(seen, "Sampler", "Euler").locator("input").is_checked()
    value(seen, "Model", "dream 8").click()
    query(seen, "model:=flux_dev", "20 files")
    seen.page.get_by_role("button", name="Clear", exact=True).click()
    query(seen, "", "")
    counted(seen, "Model", "dream 8", "20")


def test_stars_and_days_and_shapes(visit: Callable[..., Visit], url: str) -> None:
    seen = opened(visit, url)
    page = seen.page
    panel = page.get_by_role("complementary", name="Filter")
    panel.get_by_role("button", name="4 stars").click()
    query(seen, "rating:>=4", "6 files")
    counted(seen, "Rating", "2 stars", "4")
    panel.get_by_role("button", name="4 stars").click()
    query(seen, "", "")
    page.get_by_label("From", exact=True).fill("2025-03-10")
    query(seen, "date:2025-03-10..", "5 files")
    page.get_by_label("To", exact=True).fill("2025-03-12")
    query(seen, "date:2025-03-10..2025-03-12", "3 files")
    page.get_by_label("From", exact=True).fill("")
    query(seen, "date:..2025-03-12", "58 files")
    page.get_by_label("To", exact=True).fill("")
    query(seen, "", "")
    value(seen, "Date", "March 2025").click()
    query(seen, "date:2025-03", "14 files")
    unfold(seen, "Shape")
    counted(seen, "Shape", "Portrait", "4")
    value(seen, "Shape", "Portrait").click()
    query(seen, "date:2025-03 aspect:portrait", "4 files")


def test_the_counts_follow_what_is_typed(visit: Callable[..., Visit], url: str) -> None:
    seen = opened(visit, url)
    search(seen, "snow model:=flux_dev")
    counted(seen, "Model", "dream 8", "10")
    assert value(seen, "Model", "flux_dev").locator("input").is_checked()
    search(seen, "nothing at all")
    seen.page.locator(".facet__value").first.wait_for(state="detached")
    search(seen, "model:=gone")
    assert value(seen, "Model", "gone").locator("input").is_checked()
    value(seen, "Model", "gone").click()
    query(seen, "", "")


def test_estimates_are_shown_as_such_until_they_are_exact(
    visit: Callable[..., Visit], url: str
) -> None:
    seen = visit(url)
    bodies: list[Any] = []

    def estimate(route: Any) -> None:
        answer = route.fetch().json()
        bodies.append(answer)
        if len(bodies) < 3:
            answer["exact"] = False
            for facet in answer["facets"]:
                facet["exact"] = False
        route.fulfill(body=json.dumps(answer), content_type="application/json")

    seen.page.route("**/db/facets", estimate)
    seen.open("#/library")
    seen.page.locator(".tile.is-known").first.wait_for()
    seen.page.get_by_role("button", name="Filter", exact=True).click()
    counted(seen, "Model", "dream 8", "about 20")
    counted(seen, "Model", "dream 8", "20")
    assert len(bodies) == 3


@pytest.mark.console_may_say("500")
def test_what_cannot_be_counted_can_be_asked_for_again(
    visit: Callable[..., Visit], url: str
) -> None:
    seen = visit(url)
    refusal = {
        "status": 500,
        "content_type": "application/json",
        "body": '{"detail": "no", "code": "x"}',
    }
    seen.page.route("**/db/facets", lambda route: route.fulfill(**refusal))
    seen.open("#/library")
    seen.page.locator(".tile.is-known").first.wait_for()
    seen.page.get_by_role("button", name="Filter", exact=True).click()
    seen.page.get_by_role("alert").get_by_text("could not be loaded").wait_for()
    seen.page.unroute("**/db/facets")
    seen.page.get_by_role("button", name="Try again").click()
    counted(seen, "Model", "dream 8", "20")


def test_by_keys(visit: Callable[..., Visit], url: str) -> None:
    seen = visit(url).open("#/library").wait_for_pictures(4)
    page = seen.page
    page.locator(".grid").focus()
    page.keyboard.press("f")
    value(seen, "Rating", "5 stars").wait_for()
    assert page.evaluate("document.activeElement.className") == "side-panel__body"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "none"
    value(seen, "Model", "dream 8").locator("input").focus()
    page.keyboard.press("Space")
    query(seen, 'model:="dream 8"', "20 files")
    assert page.evaluate(
        "document.activeElement.closest('.facet__value')?.textContent.includes('dream 8')"
    )
    page.keyboard.press("Escape")
    page.locator(".filters").wait_for(state="detached")
    assert page.evaluate("document.activeElement.classList.contains('grid')")
    assert page.locator(".search__filter").get_attribute("aria-expanded") == "false"


def test_it_stays_open_after_a_reload_and_takes_no_focus_then(
    visit: Callable[..., Visit], url: str
) -> None:
    seen = opened(visit, url)
    seen.page.reload()
    counted(seen, "Model", "dream 8", "20")
    assert not seen.page.evaluate("document.activeElement.closest('.filters') !== null")
    seen.page.get_by_role("button", name="Close filter").click()
    seen.page.locator(".filters").wait_for(state="detached")


def test_on_a_phone_it_is_a_sheet(visit: Callable[..., Visit], url: str) -> None:
    seen = opened(visit, url, viewport=PHONE, has_touch=True)
    page = seen.page
    box = page.locator(".filters").bounding_box()
    assert box["x"] + box["width"] == PHONE["width"] and box["width"] < PHONE["width"]
    first, last = (page.get_by_label(name, exact=True) for name in ("From", "To"))
    assert first.bounding_box()["width"] > 200  # a whole date, and the button of its calendar
    assert first.bounding_box()["x"] == last.bounding_box()["x"]
    value(seen, "Model", "dream 8").tap()
    query(seen, 'model:="dream 8"', "20")
    page.touchscreen.tap(10, 400)
    page.locator(".filters").wait_for(state="detached")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_statistics_of_what_is_found(visit: Callable[..., Visit], url: str) -> None:
    seen = opened(visit, url, '#/library?q=model:="dream 8" snow')
    page = seen.page
    page.get_by_role("link", name="Statistics of these files").click()
    page.get_by_text('Statistics of “model:="dream 8" snow”').wait_for()
    assert page.locator(".figures dd").first.inner_text() == "10"
    assert page.locator(".calendar a").count() == 10
    samplers = page.locator(".page__part", has_text="Samplers")
    assert samplers.locator(".bar").all_inner_texts() == ["Euler a\n10"]
    models = page.locator(".page__part", has=page.get_by_role("heading", name="Models"))
    assert models.locator(".bar").count() == 3  # what could be counted in its place
    page.locator(".search-term", has_text="snow").get_by_role("button", name="Remove").click()
    page.get_by_text('Statistics of “model:="dream 8"”').wait_for()
    seen.until(lambda: page.locator(".figures dd").first.inner_text() == "20")
    models.get_by_role("link", name="flux_dev_v2").click()
    query(seen, "model:=flux_dev_v2", "20 files")
    page.go_back()
    page.locator(".calendar a").last.click()
    query(seen, 'model:="dream 8" date:2025-03-14', "1 file")
    page.go_back()
    page.get_by_role("link", name="Whole library").click()
    seen.until(lambda: page.locator(".figures dd").first.inner_text() == "60")
    prompt_words = page.locator(".page__part", has=page.get_by_role("heading", name="Prompt words"))
    assert prompt_words.locator(".bar").first.inner_text() == "a fox\n60"


def test_a_long_list_has_a_field_that_looks_in_it(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    for number in range(20):
        info = PngInfo()
        info.add_text(
            "parameters", f"a fox\nSteps: 20, Seed: 1, Size: 64x64, Model: model {number:02d}"
        )
        Image.new("RGB", (64, 64)).save(tmp_path / f"{number}.png", pnginfo=info)
    url = run_server(tmp_path)
    wait_for_index(url)
    seen = opened(visit, url)
    values = seen.page.get_by_role("list", name="Model", exact=True).get_by_role("listitem")
    assert values.count() == 6
    seen.page.get_by_role("button", name="Show all 20").click()
    seen.page.get_by_role("searchbox", name="Find in Model").fill("MODEL 1")
    seen.until(lambda: values.count() == 10)
    values.first.get_by_role("checkbox").check()
    query(seen, 'model:="model 10"', "1 file")
    seen.page.get_by_role("button", name="Show fewer").click()
    seen.until(lambda: values.count() == 6)


def test_a_folder_is_narrowed_down_with_all_below_it(
    visit: Callable[..., Visit], run_server: Callable[..., str], folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    for number, name in enumerate(("a", "a/below", "b")):
        (root / name).mkdir(parents=True)
        for path in sorted(folder.glob(f"{number}*.png")):
            (root / name / path.name).write_bytes(path.read_bytes())
    url = run_server(root)
    wait_for_index(url)
    seen = visit(url).open(f"#/folder/{root}/a")
    page = seen.page
    page.locator(".tile.is-known").nth(9).wait_for()
    page.keyboard.press("f")
    # Of the folder and the one in it, not of the third.
    counted(seen, "Model", "flux_dev_v2", "6")
    value(seen, "Model", "flux_dev_v2").click()
    query(seen, "model:=flux_dev_v2", "6")
    assert page.url.endswith("root%2Fa")
    counted(seen, "Model", "flux_dev", "7")
    page.go_back()
    page.locator(".tile.is-dir").wait_for()
    # Another folder is counted anew.
    seen.open(f"#/folder/{root}/b")
    counted(seen, "Model", "flux_dev_v2", "4")
    seen.open(f"#/folder/{root}/a?walk=1")
    counted(seen, "Model", "flux_dev_v2", "6")
    value(seen, "Model", "flux_dev").click()
    query(seen, "model:=flux_dev", "7")
    # Albums are nothing to count.
    seen.open("#/albums")
    page.locator(".filters").wait_for(state="hidden")
