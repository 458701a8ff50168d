"""The search field: what it offers, terms that are moved instead of typed, where is searched, and
searches that are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import AT_ONCE, PHONE, Visit, search


def terms(seen: Visit) -> dict[str, list[str]]:
    """Texts of the chips by their group."""
    return dict(
        seen.page.evaluate(
            """() => Object.fromEntries([...document.querySelectorAll('.terms__zone')]
              .map(zone => [zone.ariaLabel,
            [...zone.querySelectorAll('button.search-term__text')].map(term => term.innerText.trim())]))"""
        )
    )


def ask(seen: Visit, text: str) -> Visit:
    """Searches, and goes on to the pictures, which closes what is offered."""
    search(seen, text).page.keyboard.press("Enter")
    return seen


def found(seen: Visit, files: str) -> None:
    seen.wait_for_count(files)


@pytest.mark.console_may_say("400")
def test_a_search_does_not_wait_for_the_pictures_of_the_last_one(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url)
    page = seen.page
    pictures: list[Any] = []
    answers: list[Any] = []
    given_up: list[str] = []
    page.on("requestfailed", lambda request: given_up.append(request.url))
    page.route("**/image-thumbnail?**", lambda route: pictures.append(route))
    seen.open("#/library", loads=False)
    page.locator(".tile.is-known").first.wait_for()
    seen.until(
        lambda: (
            len(pictures) > 8
            and len(pictures) == min(AT_ONCE, page.locator(".tile.is-known").count())
        )
    )  # they are on their way and do not come
    page.route("**/db/timeline", lambda route: answers.append(route))
    search(seen, "steps:many")
    seen.until(
        lambda: bool(answers) and len(given_up) == len(pictures)
    )  # the connections are free for the search
    asked = len(pictures)
    answers.pop().continue_()
    page.get_by_text("whole number").first.wait_for()
    seen.until(
        lambda: len(pictures) == 2 * asked
    )  # what stays in view is asked for again where the search is refused
    for picture in pictures[asked:]:
        picture.continue_()
    seen.wait_for_pictures(8)


def test_what_is_typed_is_completed_by_key_and_by_pointer(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = search(visit(indexed_url).open("#/library").wait_for_pictures(), "dream")
    page, field = seen.page, seen.page.get_by_role("combobox", name="Search")
    offer = page.get_by_role("option", name="dream_v1")
    offer.wait_for()
    assert "1,230" in offer.inner_text()
    field.press("ArrowDown")
    assert offer.get_attribute("aria-selected") == "true"
    assert field.get_attribute("aria-activedescendant") == offer.get_attribute("id")
    field.press("Enter")
    assert field.input_value() == "model:dream_v1 "
    found(seen, "1,230 files")
    field.type("sam")
    page.locator(".suggestion", has_text="sampler:").click()
    page.locator(".suggestion", has_text="Euler a").click()
    assert field.input_value() == 'model:dream_v1 sampler:"Euler a" '
    assert terms(seen) == {"all of": ["model dream_v1", "sampler Euler a"]}
    field.type("x")
    field.press("Escape")
    assert page.locator(".suggestion").count() == 0


def test_what_is_found_only_elsewhere_is_offered(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures()
    page = seen.page
    page.keyboard.press("/")
    page.get_by_role("option", name="date:today").wait_for()
    ask(seen, "lighthose:dawn euler")
    page.get_by_text("Unknown field “lighthose”").wait_for()
    ask(seen, "euler")
    page.get_by_role("button", name="Everywhere").click()
    found(seen, "1,230 files")
    assert page.get_by_role("combobox", name="Search").input_value() == "any:euler"


def test_what_can_find_nothing_is_said_at_the_field(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures()
    page = seen.page
    field = page.get_by_role("combobox", name="Search")
    ask(seen, "rating:9")
    page.get_by_role("alert").get_by_text(
        "“rating:9” finds nothing: the values are 0 to 5"
    ).wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    ask(seen, "steps:90..1")
    page.get_by_role("alert").get_by_text("“steps:90..1” finds nothing").wait_for()
    page.get_by_role("button", name="“steps:1..90”").click()
    found(seen, "1,230 files")
    assert field.input_value() == "steps:1..90"
    assert field.get_attribute("aria-invalid") == "false"


def test_an_operator_of_another_language_is_said_to_be_a_word(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures()
    page = seen.page
    ask(seen, "lighthouse AND x.png")
    page.get_by_text("“AND” is searched as a word").wait_for()
    page.get_by_role("button", name="“lighthouse x.png”").wait_for()
    assert page.get_by_role("button", name="Without AND").count() == 0
    ask(seen, "NOT x.png")
    page.get_by_text("Write “-x.png” to exclude it").wait_for()
    page.get_by_role("button", name="“-x.png”").click()
    found(seen, "1,228 files")
    assert page.get_by_role("combobox", name="Search").input_value() == "-x.png"


def test_terms_move_between_all_any_and_none(visit: Callable[..., Visit], indexed_url: str) -> None:
    seen = ask(visit(indexed_url).open("#/library").wait_for_pictures(), "0500 0600 lighthouse")
    page = seen.page
    page.get_by_role("heading", name="No pictures match").wait_for()
    for term in ("0500", "0600"):
        page.get_by_role("button", name=term, exact=True).click()
        page.get_by_role("menuitemradio", name="any of").click()
    found(seen, "2 files")
    assert terms(seen) == {"all of": ["lighthouse"], "any of": ["0500", "0600"]}
    chip = page.locator(".search-term.is-any", has_text="0600")
    chip.hover()
    page.mouse.down()
    page.mouse.move(700, 300)
    none = page.get_by_role("group", name="none of")
    none.wait_for()
    none.hover()
    page.mouse.up()
    found(seen, "1 file")
    assert terms(seen) == {"all of": ["lighthouse"], "any of": ["0500"], "none of": ["0600"]}
    page.go_back()
    page.locator("h1", has_text="Library").wait_for()
    page.go_forward()
    found(seen, "1 file")
    page.get_by_role("button", name="Remove 0500").click()
    found(seen, "1,229 files")
    assert page.get_by_role("combobox", name="Search").input_value() == "lighthouse -0600"


def focused(seen: Visit) -> str:
    return str(
        seen.page.evaluate(
            "document.activeElement.innerText.trim() || document.activeElement.ariaLabel"
        )
    )


def test_terms_are_moved_and_removed_by_keys_alone(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = ask(
        visit(indexed_url).open("#/library").wait_for_pictures(), "lighthouse 0500 dawn 0600"
    )
    page = seen.page
    page.get_by_role("heading", name="No pictures match").wait_for()
    said = page.locator(".toolbar__terms [role=status]")
    page.get_by_role("button", name="0600", exact=True).focus()
    for key, group, now in (
        ("ArrowUp", None, {"all of": ["lighthouse", "0500", "dawn", "0600"]}),
        ("ArrowDown", "any of", {"all of": ["lighthouse", "0500", "dawn"], "any of": ["0600"]}),
        ("ArrowDown", "none of", {"all of": ["lighthouse", "0500", "dawn"], "none of": ["0600"]}),
        ("ArrowDown", None, {"all of": ["lighthouse", "0500", "dawn"], "none of": ["0600"]}),
        ("ArrowUp", "any of", {"all of": ["lighthouse", "0500", "dawn"], "any of": ["0600"]}),
    ):
        page.keyboard.press(key)
        if group:
            said.get_by_text(f"0600: {group}").wait_for()
        assert (terms(seen), focused(seen)) == (now, "0600")
    for _ in range(4):  # each term, and its button
        page.keyboard.press("ArrowLeft")
    assert focused(seen) == "0500"
    for term, then in (("0500", "dawn"), ("dawn", "0600")):
        page.keyboard.press("Delete")
        said.get_by_text(f"Removed {term}").wait_for()
        assert focused(seen) == then
    page.keyboard.press("Enter")
    assert page.get_by_role("menuitemradio", name="any of").get_attribute("aria-checked") == "true"
    page.keyboard.press("Escape")
    assert focused(seen) == "0600"
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    found(seen, "1,230 files")
    assert (terms(seen), focused(seen)) == ({"all of": ["lighthouse"]}, "lighthouse")
    page.keyboard.press("Backspace")
    page.locator("h1", has_text="Library").wait_for()
    assert focused(seen) == "Search"


def test_terms_are_moved_by_a_finger(visit: Callable[..., Visit], indexed_url: str) -> None:
    seen = ask(
        visit(indexed_url, PHONE, has_touch=True).open("#/library").wait_for_pictures(),
        "lighthouse 0500",
    )
    page = seen.page
    found(seen, "1 file")
    page.get_by_role("button", name="0500", exact=True).tap()
    none = page.get_by_role("menuitemradio", name="none of")
    assert none.bounding_box()["height"] >= 40
    none.tap()
    found(seen, "1,229 files")
    assert terms(seen) == {"all of": ["lighthouse"], "none of": ["0500"]}


def test_a_search_from_a_folder_can_stay_in_it(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open()
    page = seen.page
    page.locator(".tile.is-dir", has_text="a").first.click()
    page.locator("h1", has_text="a").wait_for()
    ask(seen, "lighthouse")
    found(seen, "1,230 files")
    page.get_by_role("button", name="Only in a").click()
    found(seen, "615 files")
    assert "in=" in page.url
    page.reload()
    found(seen, "615 files")
    page.get_by_role("button", name="Search everywhere").click()
    found(seen, "1,230 files")


def test_a_folder_with_all_below_it(visit: Callable[..., Visit], indexed_url: str) -> None:
    seen = visit(indexed_url).open()
    page = seen.page
    walk = page.get_by_role("button", name="With subfolders")
    walk.click()
    page.locator(".toolbar__summary", has_text="1,230 files").wait_for()
    assert page.locator(".crumbs").inner_text() == "out"
    assert page.get_by_role("rowheader").count() > 1
    assert "walk=1" in page.url
    walk.click()
    page.locator(".tile.is-dir").first.click()
    seen.wait_for_pictures()
    # It has no folders.
    walk.wait_for(state="detached")


def test_searches_are_kept_and_remembered(visit: Callable[..., Visit], indexed_url: str) -> None:
    seen = ask(visit(indexed_url).open("#/library").wait_for_pictures(), "0100 lighthouse")
    found(seen, "1 file")
    seen.page.get_by_role("button", name="Save search").click()
    seen.page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    ask(seen, "0200")
    found(seen, "1 file")
    other = visit(indexed_url).open("#/library").wait_for_pictures()
    other.page.get_by_role("combobox", name="Search").click()
    kept = other.page.get_by_role("option", name="0100 lighthouse")
    assert "saved" in kept.inner_text()
    kept.click()
    found(other, "1 file")
    other.page.get_by_role("button", name="Remove saved search").click()
    search(seen, "").page.get_by_role("combobox", name="Search").click()
    assert "recent" in seen.page.get_by_role("option", name="0200").inner_text()
    again = visit(indexed_url).open("#/library").wait_for_pictures()
    again.page.get_by_role("combobox", name="Search").click()
    again.page.locator(".suggestion").first.wait_for()
    assert again.page.get_by_role("option", name="0100 lighthouse").count() == 0


def test_random_has_a_seed_and_kinds_can_be_left_out(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures()
    page = seen.page
    page.get_by_label("Sort by").select_option("random")
    page.wait_for_function(
        "() => location.hash.includes('seed=') && !document.querySelector('.month')"
    )
    seen.wait_for_pictures(8)
    first = seen.names()[:8]
    page.reload()
    seen.wait_for_pictures(8)
    assert seen.names()[:8] == first
    page.get_by_role("button", name="Shuffle again").click()
    page.wait_for_function(
        "first => document.querySelector('.tile').title !== first || "
        "document.querySelectorAll('.tile')[1].title",
        arg=first[0],
    )
    page.get_by_label("File type").select_option("video")
    page.get_by_role("heading", name="No videos here").wait_for()
    page.get_by_role("button", name="Show all types").click()
    seen.wait_for_pictures(8)


def test_whole_pictures_in_rows(visit: Callable[..., Visit], library_url: str) -> None:
    seen = visit(library_url).open("#/library").wait_for_pictures(8)
    seen.page.get_by_role("button", name="Show whole pictures").click()
    seen.wait_for_pictures(8)
    shapes = seen.page.evaluate(
        "[...document.querySelectorAll('.tile.is-loaded')].map(tile => tile.offsetWidth / tile.offsetHeight)"
    )
    assert min(shapes) < 0.75 and max(shapes) > 1.35
    place = "document.querySelector('.grid').scrollTop = 2500"
    seen.page.evaluate(place)
    seen.page.wait_for_function("() => history.state?.anchor?.name")
    seen.page.get_by_role("button", name="Show squares").click()
    seen.wait_for_pictures(8)
    assert seen.scroll() > 500


def test_beside_results_a_name_that_is_no_field_is_told(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures(8)
    ask(seen, "lighthouse:1.3")
    seen.page.locator(".terms__hint", has_text="“lighthouse”").wait_for()
    seen.wait_for_pictures(8)
    ask(seen, "lighthouse")
    seen.page.locator(".terms__hint").wait_for(state="detached")


def test_a_parameter_that_a_search_names_can_be_sorted_by(
    visit: Callable[..., Visit], indexed_url: str
) -> None:
    seen = visit(indexed_url).open("#/library").wait_for_pictures(8)
    page = seen.page
    choice = page.get_by_label("Sort by")
    ask(seen, 'lighthouse OR param:"Clip skip">1')
    choice.locator("option", has_text="Clip skip").nth(1).wait_for(state="attached")
    with page.expect_request("**/db/timeline") as asked:
        choice.select_option("param:Clip skip")
    assert asked.value.post_data_json["sort"] == "param:Clip skip"
    seen.wait_for_pictures(8)
    page.reload()
    seen.wait_for_pictures(8)
    assert choice.input_value() == "param:Clip skip"
