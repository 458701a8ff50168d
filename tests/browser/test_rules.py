"""Auto-tag rules are made, tried and applied in the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Visit, post, wait_for_index, write_picture


@pytest.fixture
def url(run_server: Callable[..., str], tmp_path: Any) -> str:
    root = tmp_path / "out"
    root.mkdir()
    for number in range(1, 6):
        write_picture(
            root / f"{number}.png", number, prompt="a {number} fox" if number < 4 else "sea"
        )
    url = run_server(root)
    wait_for_index(url)
    return url


def found(url: str, query: str) -> int:
    return int(post(url, "db/timeline", {"query": query})["total"])


def test_a_rule_is_tried_saved_applied_and_undone(visit: Callable[..., Visit], url: str) -> None:
    seen = visit(url).open("#/tags")
    page = seen.page
    page.get_by_role("link", name="Auto-tag rules").click()
    page.get_by_role("button", name="New rule").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Tag", exact=True).fill("foxes")
    assert dialog.get_by_role("button", name="Save").is_disabled()
    dialog.get_by_label("Value").fill("fox")
    dialog.get_by_text("3 files match").wait_for()
    dialog.locator("img").nth(2).wait_for()
    dialog.get_by_label("Value").fill("re:/fox|sea/")
    dialog.get_by_text("5 files match").wait_for()
    dialog.get_by_role("button", name="Add condition").click()
    dialog.get_by_label("Field").nth(1).select_option("path")
    dialog.get_by_label("Value").nth(1).fill("1.png")
    dialog.get_by_text("1 file matches").wait_for()
    dialog.get_by_role("button", name="Remove condition").nth(1).click()
    dialog.get_by_label("Value").fill("fox")
    dialog.get_by_text("3 files match").wait_for()
    dialog.get_by_role("button", name="Save").click()
    page.get_by_role("checkbox", name="foxes").wait_for()
    page.get_by_role("button", name="Apply to the library").click()
    page.get_by_text("Added 3 tags").first.wait_for()
    assert found(url, "tag:foxes") == 3
    page.locator(".toast").get_by_role("button", name="Undo").click()
    page.get_by_text("Removed 3 tags").wait_for()
    assert found(url, "tag:foxes") == 0
    page.get_by_role("checkbox", name="foxes").click()
    page.locator("button:disabled", has_text="Apply to the library").wait_for()
    page.get_by_role("button", name="Actions for foxes").click()
    page.get_by_role("menuitem", name="Delete rule").click()
    page.get_by_role("heading", name="No rules yet").wait_for()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    page.get_by_role("checkbox", name="foxes").wait_for()


@pytest.mark.console_may_say("400")
def test_a_wrong_expression_is_said_in_one_sentence(visit: Callable[..., Visit], url: str) -> None:
    seen = visit(url).open("#/rules")
    seen.page.get_by_role("button", name="New rule").click()
    dialog = seen.page.get_by_role("dialog")
    dialog.get_by_label("Tag", exact=True).fill("x")
    dialog.get_by_label("Value").fill("re:/(/")
    dialog.get_by_text("'prompt': Invalid regular expression: missing )").wait_for()
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_text("'prompt': Invalid regular expression: missing )").wait_for()
    dialog.get_by_label("Value").fill("fox")
    dialog.get_by_text("3 files match").wait_for()


@pytest.mark.console_may_say("400")
def test_a_refusal_that_comes_late_is_not_said_of_what_was_typed_since(
    visit: Callable[..., Visit], url: str
) -> None:
    seen = visit(url).open("#/rules")
    page = seen.page
    page.get_by_role("button", name="New rule").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Tag", exact=True).fill("x")
    dialog.get_by_label("Value").fill("re:/(/")
    dialog.get_by_text("'prompt': Invalid regular expression: missing )").wait_for()
    held: list[Any] = []
    page.route("**/app_fe_setting", lambda route: held.append(route))
    dialog.get_by_role("button", name="Save").click()
    seen.until(lambda: bool(held))
    dialog.get_by_label("Value").fill("fox")
    dialog.get_by_text("3 files match").wait_for()
    with page.expect_response("**/app_fe_setting"):
        held[0].continue_()
    page.wait_for_timeout(200)
    dialog.get_by_text("3 files match").wait_for()


def test_a_read_only_server_shows_no_way_to_change_rules(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Any
) -> None:
    write_picture(tmp_path / "1.png", 1)
    url = run_server(tmp_path, flags=("--read-only",))
    seen = visit(url).open("#/rules")
    seen.page.get_by_role("heading", name="No rules yet").wait_for()
    assert seen.page.get_by_role("button", name="New rule").count() == 0
