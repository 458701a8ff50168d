"""Finding by meaning, more like this, topics in two levels, and their graph."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.ai.test_sentences import needs_model
from tests.browser.conftest import PHONE, Visit, search, wait_for_index

PROMPTS = {
    "cat": ("a {} cat sleeping on a sofa", ("grey", "white", "black", "small", "fat", "old")),
    "ship": ("a sailing ship at {} sea", ("stormy", "calm", "blue", "open", "dark", "northern")),
    "robot": (
        "a rusty robot walking in {} city",
        ("ruined", "neon", "rainy", "empty", "snowy", "big"),
    ),
}
COLOURS = {"cat": "orange", "ship": "navy", "robot": "grey"}


def write(path: Path, prompt: str, colour: str, number: int) -> None:
    info = PngInfo()
    info.add_text(
        "parameters", f"{prompt}\nSteps: 20, Sampler: Euler a, Seed: {number}, Size: 64x48"
    )
    picture = Image.new("RGB", (64, 48), colour)
    picture.paste("white", (8 * (number % 6), 8, 8 * (number % 6) + 16, 40))
    picture.save(path, pnginfo=info)


@pytest.fixture(scope="module")
def themes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighteen pictures: cats, ships and robots."""
    root = tmp_path_factory.mktemp("themes") / "out"
    root.mkdir()
    for name, (pattern, words) in PROMPTS.items():
        for number, word in enumerate(words):
            write(root / f"{name}{number}.png", pattern.format(word), COLOURS[name], number)
    return root


@pytest.fixture(scope="module")
def themes_url(run_server: Callable[..., str], themes: Path) -> str:
    url = run_server(themes)
    wait_for_index(url)
    return url


def names(seen: Visit) -> list[str]:
    """The names of the tiles that are shown, in their order."""
    tiles = seen.page.locator(".tile.is-known")
    found = tiles.evaluate_all("tiles => tiles.map(tile => [Number(tile.id.slice(5)), tile.title])")
    return [name for _, name in sorted(found)]


def similarities(seen: Visit) -> list[int]:
    """The similarities on the tiles, in percent, in the order of the tiles."""
    tiles = seen.page.locator(".tile.is-known")
    badges = "tile => [Number(tile.id.slice(5)), tile.querySelector('.tile__badge').textContent]"
    found = tiles.evaluate_all(f"tiles => tiles.map({badges})")
    return [int(text.removesuffix(" %")) for _, text in sorted(found)]


def test_nothing_is_said_not_to_be_similar_before_it_was_read(
    visit: Callable[..., Visit], themes_url: str
) -> None:
    seen = visit(themes_url).open("#/library").wait_for_pictures(4)
    page = seen.page
    answer = {"results": [], "files": [], "count": 0, "model": "local", "job_id": ""}
    page.route("**/db/similar", lambda route: route.fulfill(json={**answer, "complete": False}))
    seen.choose("cat0.png")
    page.keyboard.press("w")
    page.get_by_role("heading", name="Comparing prompts").wait_for()
    assert page.get_by_text("Nothing similar found").count() == 0
    page.unroute("**/db/similar")
    page.route("**/db/similar", lambda route: route.fulfill(json={**answer, "complete": True}))
    page.get_by_role("button", name="Refresh").click()
    page.get_by_text("No other picture is similar enough").wait_for()


def test_words_are_searched_by_their_meaning(visit: Callable[..., Visit], themes_url: str) -> None:
    seen = visit(themes_url).open("#/library").wait_for_pictures(18)
    page = seen.page
    toggle = page.get_by_role("button", name="Find by meaning")
    toggle.click()
    search(seen, "cat sleeping sofa")
    page.locator(".similar-bar", has_text="Compared with 18 prompts").wait_for()
    page.wait_for_url(re.compile("#/similar"))
    seen.wait_for_pictures(6)
    assert {name[:3] for name in names(seen)[:6]} == {"cat"}
    found = similarities(seen)
    assert found == sorted(found, reverse=True) and found[0] > 30
    page.reload()
    seen.wait_for_pictures(6)
    assert toggle.get_attribute("aria-pressed") == "true"
    assert names(seen)[0].startswith("cat")
    page.locator(".tile").first.click()
    page.locator(".viewer-bar").get_by_text(re.compile("^1 of ")).wait_for()
    page.keyboard.press("Escape")
    page.locator(".viewer-bar").wait_for(state="detached")
    toggle.click()
    page.locator(".search__count", has_text="6 files").wait_for()
    assert "#/library" in page.url


def test_a_search_by_meaning_is_offered_where_words_find_little(
    visit: Callable[..., Visit], themes_url: str
) -> None:
    seen = visit(themes_url).open("#/library").wait_for_pictures(18)
    page = seen.page
    search(seen, "cat asleep nowhere")
    page.locator(".notice").get_by_role("button", name="Find by meaning").click()
    seen.wait_for_pictures(6)
    assert names(seen)[0].startswith("cat")
    page.go_back()
    seen.wait_for_pictures(18)
    search(seen, "grey cat")
    page.keyboard.press("Enter")
    page.locator(".search__count", has_text="1 file").wait_for()
    page.locator(".terms").get_by_role("button", name="Find by meaning").click()
    page.locator(".similar-bar").wait_for()
    seen.wait_for_pictures(6)
    assert names(seen)[0] == "cat0.png"


def test_more_like_one_by_its_prompt_and_by_its_look(
    visit: Callable[..., Visit], themes_url: str
) -> None:
    seen = visit(themes_url).open("#/library?q=ship").wait_for_pictures(6)
    page = seen.page
    page.locator(".tile[title='ship3.png']").click()
    page.locator(".viewer-bar").get_by_role("button", name="More like this").click()
    page.locator(".similar-bar", has_text="Compared with").wait_for()
    page.locator(".viewer-bar").wait_for(state="detached")
    seen.wait_for_pictures(5)
    assert {name[:4] for name in names(seen)[:5]} == {"ship"} and "ship3.png" not in names(seen)
    assert similarities(seen) == sorted(similarities(seen), reverse=True)
    page.get_by_role("button", name="Look", exact=True).click()
    page.locator(".similar-bar", has_text="17 files").wait_for(timeout=20_000)
    page.wait_for_url(re.compile("by=look"))
    page.go_back()
    page.locator(".similar-bar", has_text="prompts").wait_for()
    assert names(seen)[0].startswith("ship")


def test_more_like_one_by_a_key_and_from_the_menu(
    visit: Callable[..., Visit], themes_url: str
) -> None:
    seen = visit(themes_url).open("#/library?q=robot").wait_for_pictures(6)
    page = seen.page
    page.locator(".grid").focus()
    page.keyboard.press("Home")
    page.keyboard.press("w")
    page.locator(".crumbs", has_text=re.compile(r"More like robot\d\.png")).wait_for()
    seen.wait_for_pictures(5)
    assert {name[:5] for name in names(seen)[:5]} == {"robot"}
    page.locator(".tile").nth(1).click(button="right")
    page.get_by_role("menuitem", name="More like this").click()
    page.locator(".crumbs", has_text="More like").wait_for()
    page.keyboard.press("?")
    page.locator(".sheet").get_by_text("More like this").wait_for()


def test_a_picture_without_a_prompt_has_others_of_its_look(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    root = tmp_path / "plain"
    root.mkdir()
    for number in range(3):
        picture = Image.new("RGB", (64, 48), "red")
        picture.paste("white", (8, 8, 24, 40 - number))
        picture.save(root / f"{number}.png")
    url = run_server(root)
    wait_for_index(url)
    seen = visit(url).open("#/library").wait_for_pictures(3)
    page = seen.page
    page.locator(".grid").focus()
    page.keyboard.press("Home")
    page.keyboard.press("w")
    page.locator(".similar-bar").get_by_role("button", name="Look", exact=True).click()
    page.locator(".similar-bar", has_text="file").wait_for()
    page.locator(".tile__badge", has_text="%").first.wait_for(timeout=20_000)


def test_topics_become_finer_by_a_slider(visit: Callable[..., Visit], themes_url: str) -> None:
    seen = visit(themes_url).open("#/topics")
    page = seen.page
    page.get_by_role("button", name="Find topics").click()
    page.locator(".topic, .card").first.wait_for(timeout=60_000)
    slider = page.get_by_role("slider", name="How fine topics are")
    assert slider.input_value() == "0"
    slider.focus()
    page.keyboard.press("ArrowRight")
    is_finer = re.compile("cluster_iib_output_job_start")
    with page.expect_response(
        lambda answer: is_finer.search(answer.url) and "0.5" in answer.request.post_data
    ):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "() => !document.body.innerText.includes('Finding topics')", timeout=60_000
    )
    page.locator(".card", has_text="6 files").first.wait_for(timeout=60_000)
    assert page.locator(".topic").count() == 0
    page.reload()
    page.locator(".card").first.wait_for()
    assert slider.input_value() == "2"


def test_the_graph_of_topics_leads_to_their_pictures(
    visit: Callable[..., Visit], themes_url: str
) -> None:
    seen = visit(themes_url).open("#/graph")
    page = seen.page
    page.locator(".graph__node.is-cluster").first.wait_for(timeout=60_000)
    topics, tags = page.locator(".graph__node.is-cluster"), page.locator(".graph__node.is-tag")
    rows = page.locator(".graph__table tbody tr")
    assert topics.count() >= 1 and tags.count() >= 3
    assert rows.count() == page.locator(".graph__node").count()
    left, right = (nodes.first.bounding_box()["x"] for nodes in (tags, topics))
    assert left < right
    width = page.locator(".graph__picture").bounding_box()["width"]
    page.get_by_role("button", name="Zoom in").click()
    assert page.locator(".graph__picture").bounding_box()["width"] > width
    page.get_by_role("button", name="Fit").click()
    word = tags.first.locator(".graph__label span").first.inner_text()
    page.get_by_role("searchbox", name="Search the graph").fill(word)
    assert page.locator(".graph__node.is-dim").count() >= 1
    assert all(word.lower() in row.inner_text().lower() for row in rows.all())
    page.get_by_role("searchbox", name="Search the graph").fill("")
    topics.first.click()
    seen.wait_for_pictures(3)
    page.go_back()
    page.locator(".graph__table a").last.click()
    page.locator(".search__count", has_text="file").wait_for()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_none_of_it_is_wider_than_a_phone(
    visit: Callable[..., Visit], themes_url: str, scheme: str
) -> None:
    seen = visit(themes_url, viewport=PHONE, color_scheme=scheme)
    for address, shown in (
        ("#/similar?q=a cat on a sofa", ".tile.is-known"),
        ("#/topics", ".card, .page .notice"),
        ("#/graph", ".graph__node"),
    ):
        seen.open(address)
        seen.page.locator(shown).first.wait_for(timeout=60_000)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address


@needs_model
def test_words_that_no_prompt_has_find_a_picture(
    visit: Callable[..., Visit], run_server: Callable[..., str], themes: Path
) -> None:
    url = run_server(themes, model="")
    wait_for_index(url)
    seen = visit(url).open("#/similar?q=a pet taking a nap")
    page = seen.page
    page.locator(".similar-bar", has_text="all-MiniLM-L6-v2").wait_for(timeout=60_000)
    seen.wait_for_pictures(6)
    assert {name[:3] for name in names(seen)[:6]} == {"cat"}
    seen.open("#/topics")
    page.get_by_role("button", name="Find topics").click()
    page.locator(".page", has_text="Rusty robot").wait_for(timeout=60_000)
