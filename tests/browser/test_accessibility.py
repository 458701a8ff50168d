"""No view has what axe-core calls a serious or critical violation, dark and light."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from tests.browser import tour
from tests.browser.conftest import PHONE, Visit, post, search, wait_for_index, write_picture

AXE = os.environ.get("IIB_AXE", "")
pytestmark = pytest.mark.skipif(
    not os.path.exists(AXE),
    reason="axe-core is not there: npm install axe-core, and name its axe.min.js in IIB_AXE",
)

RUN = """async (options) => (await axe.run({ resultTypes: ['violations'], ...options })).violations
  .filter(({ impact }) => ['serious', 'critical'].includes(impact))
  .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(' | ')}`)"""


# The rules about colours that axe has by default. Nothing else depends on the theme.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def check(
    seen: Visit, view: str, found: dict[str, list[str]], options: dict[str, object] | None = None
) -> None:
    # Not as a script element: the page forbids what does not come from its server.
    if seen.page.evaluate("typeof axe") == "undefined":
        seen.page.evaluate(Path(AXE).read_text("utf-8"))
    if violations := seen.page.evaluate(RUN, options or {}):
        found[view] = violations


def check_both(seen: Visit, view: str, found: dict[str, list[str]]) -> None:
    """Checks a view of a page that is dark, and then its colours while it is light."""
    check(seen, view, found)
    set_theme(seen, "light")
    check(seen, f"{view}, light", found, COLOURS)
    set_theme(seen, "dark")


def set_theme(seen: Visit, theme: Literal["dark", "light"]) -> None:
    """That of the system, which the page follows."""
    seen.page.emulate_media(color_scheme=theme)
    seen.page.wait_for_function(
        "theme => document.documentElement.dataset.theme === theme", arg=theme
    )


def manage(seen: Visit, found: dict[str, list[str]]) -> None:
    """The views and dialogs that change albums, tags and folders."""
    page = seen.page
    paths = post(seen.url, "db/columns", {"query": "", "limit": 3})["path"]
    number = page.evaluate("Date.now()")
    album = post(seen.url, "albums", {"name": f"Best {number}"})
    post(seen.url, "albums/add", {"id": album["id"], "img_paths": paths})
    for name in ("one", "other"):
        post(seen.url, "db/add_custom_tag", {"tag_name": name, "color": "#30a46c"})
    dialogs = {
        "albums": (("Cover and order", ".order img"), ("Rename", "dialog input")),
        "tags": (("Merge", "dialog .picks__row"), ("Colour", ".swatch")),
    }
    for view, actions in dialogs.items():
        seen.open(f"#/{view}")
        for action, place in actions:
            page.locator(".page .with-menu__button").first.click()
            page.get_by_role("menu").wait_for()
            check_both(seen, f"menu in {view}", found)
            page.get_by_role("menuitem", name=action).click()
            page.locator(place).first.wait_for()
            check_both(seen, f"{action} in {view}", found)
            page.keyboard.press("Escape")
            page.locator("dialog").wait_for(state="detached")
    rule = {"tag": "one", "match": {"prompt": "lighthouse"}}
    post(seen.url, "app_fe_setting", {"name": "autotag_rules", "value": [rule]})
    tree = post(seen.url, "db/add_custom_tag", {"tag_name": "one/below"})
    seen.open("#/rules")
    page.get_by_role("button", name="New rule").wait_for()
    check_both(seen, "rules", found)
    page.get_by_role("button", name="New rule").click()
    page.get_by_role("dialog").get_by_label("Value").fill("lighthouse")
    page.locator(".rule__samples img").first.wait_for()
    check_both(seen, "a new rule", found)
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    saved = {"name": "Saved", "query": "lighthouse", "folder": None}
    post(seen.url, "app_fe_setting", {"name": "saved_searches", "value": [saved]})
    seen.open("#/tags")
    page.reload()
    page.get_by_role("button", name="Collapse one").wait_for()
    page.locator(".rail").get_by_role("link", name="Saved").wait_for()
    check_both(seen, "tags as a tree", found)
    post(seen.url, "db/remove_custom_tag", {"tag_id": tree["id"]})
    post(seen.url, "app_fe_setting", {"name": "saved_searches", "value": []})
    page.get_by_role("button", name="Add a folder").click()
    page.locator("dialog .folders__row").first.wait_for()
    check_both(seen, "adding a folder", found)
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    post(seen.url, "albums/delete", {"id": album["id"]})


def test_the_first_run_has_no_serious_violation(
    visit: Callable[..., Visit], run_server: Callable[..., str]
) -> None:
    found: dict[str, list[str]] = {}
    seen = visit(run_server(), color_scheme="light").open("")
    seen.page.get_by_role("button", name="Choose a folder…").wait_for()
    check(seen, "first run", found)
    assert found == {}


@pytest.mark.console_may_say("409|ERR_FAILED")
def test_no_view_has_a_serious_violation(visit: Callable[..., Visit], indexed_url: str) -> None:
    found: dict[str, list[str]] = {}
    seen = (
        visit(indexed_url, color_scheme="dark", reduced_motion="reduce")
        .open("#/library")
        .wait_for_pictures(8)
    )
    page = seen.page
    check_both(seen, "library", found)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.locator(".facet__value").first.wait_for()
    page.locator(".facet summary").evaluate_all(
        "all => all.forEach(one => one.parentElement.open = true)"
    )
    check_both(seen, "filter", found)
    page.get_by_role("button", name="Close filter").click()
    search(seen, "dream")
    page.locator(".suggestion").first.wait_for()
    check_both(seen, "suggestions", found)
    search(seen, "lighthouse 0500 -dog").page.keyboard.press("Enter")
    page.locator(".search__count", has_text="1 file").wait_for()
    seen.wait_for_all_pictures()
    page.locator(".tile").first.click(modifiers=["Control"])
    check_both(seen, "search and selection", found)
    search(seen, "lighthouse zeppelin").page.keyboard.press("Enter")
    page.get_by_text("Without zeppelin").wait_for()
    check_both(seen, "nothing found", found)
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    check_both(seen, "keys", found)
    page.keyboard.press("Escape")
    seen.open("#/folders")
    page.locator(".tile.is-dir").first.wait_for()
    page.get_by_role("button", name="Show folder tree").click()
    page.get_by_role("treeitem").first.wait_for()
    check_both(seen, "folders", found)
    page.locator(".tile.is-dir").first.click()
    page.get_by_role("button", name="Organise this folder").click()
    page.get_by_role("dialog").wait_for()
    check_both(seen, "asking how to organise", found)
    page.get_by_role("dialog").get_by_text("Date", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Preview").click()
    page.locator(".organise__card summary").first.click(timeout=60_000)
    check_both(seen, "preview of organising", found)
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("heading", name="discarded").wait_for()
    shows = {
        "albums": ".page > .notice",
        "tags": ".page .names",
        "topics": ".page > .notice",
        "stats": ".page .months",
        "trash": ".trash, .notice",
        "settings": ".settings__table",
    }
    for view, place in shows.items():
        page.evaluate(f"location.hash = '#/{view}'")
        page.locator(f".rail a[href*='#/{view}'][aria-current=page]").wait_for()
        page.locator(place).first.wait_for()
        check_both(seen, view, found)
    page.evaluate("location.hash = '#/history'")
    page.locator(".history, .page > .notice").first.wait_for()
    check_both(seen, "history", found)
    manage(seen, found)
    seen.open("#/library?media=video")
    page.get_by_role("heading", name="No videos here").wait_for()
    check_both(seen, "no videos", found)
    seen.open("#/library").wait_for_pictures(8)
    for tile in (0, 1):
        page.locator(".tile").nth(tile).click(modifiers=["Control"])
    for key, place in (
        ("m", "dialog .folders__list"),
        ("t", "dialog .picks__row"),
        ("v", "dialog.comparison[open] img"),
    ):
        page.keyboard.press(key)
        page.locator(place).first.wait_for()
        check_both(seen, f"after {key}", found)
        page.keyboard.press("Escape")
        page.locator("dialog").wait_for(state="detached")
    page.locator(".tile").first.click(button="right")
    page.get_by_role("menu").wait_for()
    check_both(seen, "menu", found)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator(".tile").first.click()
    page.locator(".info").get_by_text("Euler a").first.wait_for()
    check_both(seen, "viewer", found)
    page.keyboard.press("Escape")
    # The newest file is in ``b``, and ``a`` has one of the same name.
    seen.open("#/library?q=name:x.png")
    page.locator(".search__count", has_text="2 files").wait_for()
    page.locator(".tile").first.click(modifiers=["Control"])
    page.get_by_text("1 selected").wait_for()
    page.keyboard.press("m")
    page.locator("dialog .folders__row", has_text="a").first.click()
    page.locator(".folders__way [aria-current]", has_text="a").wait_for()
    page.get_by_role("button", name="Move here").click()
    page.locator(".conflict").wait_for()
    check_both(seen, "names that are taken", found)
    page.keyboard.press("Escape")
    page.route("**/db/changes", lambda route: route.abort())
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.locator(".banner").wait_for()
    check_both(seen, "server that is gone", found)
    assert found == {}


def test_no_view_of_a_phone_has_a_serious_violation(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    found: dict[str, list[str]] = {}
    seen = (
        visit(
            indexed_url,
            viewport=PHONE,
            has_touch=True,
            color_scheme="dark",
            reduced_motion="reduce",
        )
        .open("#/library?q=lighthouse")
        .wait_for_pictures(4)
    )
    seen.page.get_by_role("button", name="View options").tap()
    check_both(seen, "library", found)
    seen.page.get_by_role("button", name="Filter", exact=True).tap()
    seen.page.locator(".facet__value").first.wait_for()
    check_both(seen, "filter", found)
    seen.page.get_by_role("button", name="Close filter").tap()
    seen.open("#/folders")
    seen.page.locator(".tile.is-dir").first.wait_for()
    check_both(seen, "folders", found)
    assert found == {}


@pytest.fixture
def curated_url(run_server: Callable[..., str], tmp_path: Path) -> str:
    """A small library with something in each view: stacks, tags, a rule, a saved search, duplicates,
    a deletion.
    """
    root = tmp_path / "out"
    (root / "sub").mkdir(parents=True)
    for number in range(1, 9):
        write_picture(root / f"{number}.png", number, prompt="a fox" if number % 2 else "a barn")
    shutil.copy(root / "1.png", root / "sub" / "copy.png")
    url = run_server(root)
    wait_for_index(url)
    tag = post(url, "db/add_custom_tag", {"tag_name": "animals/fox", "color": "#30a46c"})
    files = {"img_paths": [str(root / "2.png")]}
    post(url, "db/batch_update_image_tag", {**files, "tag_id": tag["id"], "action": "add"})
    post(url, "db/rate", {**files, "rating": 5})
    post(url, "albums/add", {**files, "id": post(url, "albums", {"name": "Best"})["id"]})
    rule = {"tag": "barns", "match": {"prompt": "barn"}}
    post(url, "app_fe_setting", {"name": "autotag_rules", "value": [rule]})
    post(url, "app_fe_setting", {"name": "blur_terms", "value": ["rating:1"]})
    saved = {"name": "Foxes", "query": "fox", "folder": None}
    post(url, "app_fe_setting", {"name": "saved_searches", "value": [saved]})
    post(url, "delete_files", {"file_paths": [str(root / "8.png")]})
    return url


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
def test_no_view_and_no_dialog_of_a_tour_has_a_serious_violation(
    visit: Callable[..., Visit], curated_url: str, viewport: dict[str, int] | None
) -> None:
    found: dict[str, list[str]] = {}
    seen = visit(curated_url, viewport, color_scheme="dark", reduced_motion="reduce")
    page = seen.page
    for name in tour.views(page, curated_url):
        check_both(seen, name, found)
    for name in tour.openings(page, curated_url):
        check_both(seen, f"above: {name}", found)
    tour.viewer(page, curated_url)
    check_both(seen, "viewer", found)
    assert found == {}


def test_what_lies_above_a_view_has_no_serious_violation(
    visit: Callable[..., Visit], curated_url: str
) -> None:
    found: dict[str, list[str]] = {}
    seen = visit(curated_url, color_scheme="dark", reduced_motion="reduce")
    page = seen.open("#/folders").page
    page.locator(".tile.is-dir, .tile.is-loaded").first.wait_for()
    page.get_by_role("button", name="Filter", exact=True).click()
    page.locator(".facet").first.wait_for()
    check_both(seen, "filter in folders", found)
    page.get_by_role("button", name="Close filter").click()
    seen.open("#/duplicates")
    page.locator(".duplicates__group").first.wait_for()
    check_both(seen, "duplicates", found)
    page.get_by_role("button", name="Resolve 1 group").click()
    page.get_by_role("dialog").wait_for()
    check_both(seen, "resolving duplicates", found)
    page.keyboard.press("Escape")
    seen.open("#/library").wait_for_pictures(4)
    page.get_by_role("combobox", name="Search").click()
    page.get_by_role("button", name="How to search").click()
    page.get_by_role("dialog").wait_for()
    check_both(seen, "what can be typed", found)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    seen.choose("3.png")
    page.keyboard.press("4")
    page.locator(".toast").wait_for()
    check_both(seen, "a message", found)
    assert found == {}
