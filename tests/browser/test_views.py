"""The views of the rail that are no grid: albums, tags and figures; and going to a date."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from tests.browser.conftest import PHONE, Visit, wait_for_index, write_picture

PROMPTS = (
    "a lighthouse on a cliff, stormy sea, dark clouds",
    "a grey cat asleep on a sofa, soft window light",
)


@pytest.fixture(scope="module")
def changing_url(run_server: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A library of its own, for what is changed in it."""
    root = tmp_path_factory.mktemp("views") / "out"
    root.mkdir()
    for number in range(1, 13):
        write_picture(root / f"{number:02d}.png", number * 24 * 20, prompt=PROMPTS[number % 2])
    url = run_server(root)
    wait_for_index(url)
    return url


def go(seen: Visit, place: str) -> None:
    seen.page.locator(".rail").get_by_text(place, exact=True).click()
    seen.page.locator("h1", has_text=place).wait_for()


def post(seen: Visit, route: str, body: object) -> dict:
    headers = "{ 'Content-Type': 'application/json' }"
    script = (
        "async ([route, body]) => (await fetch(route, "
        f"{{ method: 'POST', headers: {headers}, body: JSON.stringify(body) }})).json()"
    )
    return dict(seen.page.evaluate(script, [f"{seen.url}/{route}", body]))


def test_albums_and_tags_lead_to_their_pictures(
    visit: Callable[..., Visit], changing_url: str
) -> None:
    seen = visit(changing_url).open("#/library").wait_for_pictures(4)
    page = seen.page
    go(seen, "Albums")
    page.get_by_role("heading", name="No albums yet").wait_for()
    paths = post(seen, "db/columns", {"query": "", "limit": 3})["path"]
    album = post(seen, "albums", {"name": "Best of it"})
    post(seen, "albums/add", {"id": album["id"], "img_paths": paths})
    page.get_by_role("button", name="Refresh").click()
    page.get_by_role("link", name="Best of it").click()
    page.locator(".search__count", has_text="3 files").wait_for()
    assert page.get_by_label("Sort by").input_value() == "album"
    go(seen, "Tags")
    page.get_by_label("Filter tags").fill("dream")
    page.locator(".name", has_text="Euler").wait_for(state="detached")
    page.get_by_role("link", name="dream_v1").click()
    page.locator(".search__count", has_text="12 files").wait_for()
    page.go_back()
    page.locator("h1", has_text="Tags").wait_for()
    assert page.get_by_label("Sort by").count() == 0


def test_figures_lead_to_what_they_count(visit: Callable[..., Visit], changing_url: str) -> None:
    seen = visit(changing_url).open("#/stats")
    page = seen.page
    page.locator(".figures", has_text="Files").wait_for()
    assert page.locator(".figures dd").first.inner_text() == "12"
    assert page.locator(".months a").count() >= 6
    folder = page.locator(".page__part", has_text="Disk space by folder").locator(".bar").first
    assert folder.locator(".bar__count").inner_text().endswith("KB")
    folder.click()
    seen.wait_for_pictures(4)
    assert "#/folder/" in page.url
    seen.open("#/stats?q=cat")
    page.locator(".figures dd", has_text="6").first.wait_for()
    words = page.locator(".page__part", has_text="Prompt words").locator(".bar__count")
    assert words.first.inner_text() == "6"
    seen.open("#/stats")
    page.locator(".months a").last.click()
    page.locator(".search__count", has_text="file").wait_for()
    assert "date" in page.get_by_role("combobox", name="Search").input_value()


@pytest.fixture(scope="module")
def dated_url(run_server: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Pictures at both ends of days and months of Tokyo."""
    root = tmp_path_factory.mktemp("dated") / "out"
    root.mkdir()
    march = ("13T14:00", "13T16:00", "14T14:00", "14T16:00", "31T14:30", "31T15:30")
    moments = [f"2026-03-{moment}" for moment in march]
    for number, moment in enumerate((*moments, "2025-10-01T12:00", "2025-12-01T12:00")):
        path = root / f"{number}.png"
        write_picture(path, number)
        at_s = datetime.fromisoformat(moment).replace(tzinfo=timezone.utc).timestamp()
        os.utime(path, (at_s, at_s))
    url = run_server(root)
    wait_for_index(url)
    return url


def test_a_day_is_the_same_day_in_headings_searches_and_figures(
    visit: Callable[..., Visit], dated_url: str
) -> None:
    seen = visit(dated_url, timezone_id="Asia/Tokyo").open("#/library?q=date%3A2026-03-14")
    page = seen.page
    page.locator(".search__count", has_text="2 files").wait_for()
    seen.wait_for_pictures(2)
    assert page.locator(".day").all_inner_texts() == ["Sat 14 March"]
    seen.open("#/stats")
    april = page.locator(".months a[aria-label='April 2026: 1 file']")
    april.wait_for()
    labels = page.locator(".months__label").all_text_contents()
    assert labels == ["2025", "", "2026", ""]
    april.click()
    page.locator(".search__count", has_text="1 file").wait_for()
    seen.wait_for_pictures(1)
    assert page.locator(".day").all_inner_texts() == ["Wed 1 April"]


def test_topics_are_found_and_lead_to_their_pictures(
    visit: Callable[..., Visit], changing_url: str
) -> None:
    seen = visit(changing_url).open("#/topics")
    page = seen.page
    page.get_by_role("button", name="Find topics").click()
    card = page.locator(".card", has_text="cat").filter(has_text="6 files")
    card.wait_for(timeout=60_000)
    card.click()
    page.locator(".toolbar__summary", has_text="6 files").wait_for()
    seen.wait_for_pictures(4)
    place = page.url
    page.locator(".tile").nth(2).click()
    page.locator(".viewer-bar").get_by_text("3 of 6").wait_for()
    page.reload()
    page.locator(".viewer-bar").get_by_text("3 of 6").wait_for()
    page.keyboard.press("Escape")
    page.locator(".viewer-bar").wait_for(state="detached")
    assert page.url == place
    page.locator(".crumbs a").click()
    card.wait_for()


STALLED = "No progress for 3 min: it waits for the built-in model, which learns from 471 prompts."
SILENT = "The process that learns from the prompts sent no heartbeat for 300 s and was ended: start it again."


def job_told(seen: Visit, address: str, states: list[dict[str, object]]) -> None:
    """The server's answers about a job from now on, one after the other; the last one stays."""
    state = {
        "progress": 0.0,
        "stage": "embedding",
        "done": 0,
        "total": 471,
        "message": "",
        "error": "",
        "result": None,
        "preview": None,
    }

    def answer(route: Any) -> None:
        route.fulfill(
            json={"job_id": "a" * 32, **state, **(states.pop(0) if len(states) > 1 else states[0])}
        )

    seen.page.route(address, answer)


def test_topics_that_stall_or_fail_say_so_and_can_be_started_again(
    visit: Callable[..., Visit], changing_url: str
) -> None:
    seen = visit(changing_url).open("#/topics")
    page = seen.page
    begun: list[int] = []
    page.route(
        "**/db/cluster_iib_output_job_start",
        lambda route: (begun.append(1), route.fulfill(json={"job_id": "a" * 32})),
    )
    stalls, states = {"status": "running", "message": STALLED}, [{"status": "running"}]
    job_told(seen, "**/jobs/*", states)
    page.get_by_role("button", name="Find topics").click()
    line = page.locator(".work", has_text="Finding topics")
    line.wait_for()
    assert "No progress" not in line.inner_text()
    states.append(stalls)
    line.get_by_text(STALLED).wait_for()
    states.append({"status": "running", "done": 3})
    line.get_by_text(STALLED).wait_for(state="detached")
    states.append({"status": "failed", "error": SILENT})
    page.locator(".page").get_by_text(SILENT).wait_for()
    states[:] = [{"status": "running"}]
    page.locator(".toast").get_by_role("button", name="Try again").click()
    line.wait_for()
    assert len(begun) == 2
    assert page.locator(".page").get_by_text(SILENT).count() == 0
    states.append({"status": "failed", "error": SILENT})
    page.locator(".page").get_by_text(SILENT).wait_for()
    page.locator(".page").get_by_role("button", name="Find topics").click()
    states.append({"status": "cancelled"})
    line.wait_for(state="detached")
    assert len(begun) == 3


def test_a_plan_that_stalls_or_fails_says_so_and_can_be_made_again(
    visit: Callable[..., Visit], changing_url: str
) -> None:
    seen = visit(changing_url)
    states: list[dict[str, object]] = [{"status": "running", "message": STALLED}]
    job_told(seen, "**/db/organize_files_status?**", states)
    seen.open(f"#/organise/{'a' * 32}")
    page = seen.page
    page.locator(".organise__busy").get_by_text(STALLED).wait_for()
    states.append({"status": "failed", "error": SILENT})
    page.get_by_text(SILENT).wait_for()
    page.get_by_role("button", name="Organise again").click()
    page.get_by_role("dialog").wait_for()


def test_a_date_is_gone_to_by_key_and_by_the_scrubber(
    visit: Callable[..., Visit], changing_url: str
) -> None:
    seen = (
        visit(changing_url, viewport={"width": 900, "height": 500})
        .open("#/library")
        .wait_for_pictures()
    )
    page = seen.page
    page.locator(".grid").focus()
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.get_by_label("Date", exact=True).fill("2024-01-05")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_function("() => document.querySelector('.grid').scrollTop > 300")
    scrubber = page.get_by_role("slider", name="Dates")
    assert "2024" in scrubber.get_attribute("aria-valuetext")
    scrubber.focus()
    page.keyboard.press("End")
    page.wait_for_function(
        "() => { const g = document.querySelector('.grid'); return g.scrollTop > g.scrollHeight - "
        "g.clientHeight - 2; }"
    )
    box = scrubber.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 2, steps=4)
    page.mouse.up()
    assert seen.scroll() == 0


def test_a_phone_has_the_other_views_in_a_menu(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url, viewport=PHONE, has_touch=True).open("#/library").wait_for_pictures()
    page = seen.page
    assert page.locator(".rail__place:visible").all_inner_texts() == [
        "Library",
        "Folders",
        "Albums",
        "Tags",
        "More",
    ]
    more = page.locator(".rail").get_by_role("button", name="More")
    more.tap()
    page.get_by_role("menuitem", name="Settings").tap()
    page.get_by_role("heading", name="This browser").wait_for()
    assert more.get_attribute("aria-current") == "page"
