"""A first walk through the page by mouse, step by step: how many clicks each step takes is in
docs/development.md, and stays so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visit, wait_for_index, write_picture

DOCS = Path(__file__).parents[2] / "docs" / "development.md"
ROW = re.compile(r"^\| (?P<step>[^|]+) \| (?P<clicks>\d+) \| [^|]* \|$", re.M)


class Walk:
    """Clicks that are counted, by step."""

    def __init__(self) -> None:
        self.clicks: dict[str, int] = {}
        self._step = ""

    def begin(self, step: str) -> None:
        self._step = step
        self.clicks[step] = 0

    def click(self, target: Any) -> None:
        target.click()
        self.clicks[self._step] += 1


def documented() -> dict[str, int]:
    """Clicks by step, as the guide says."""
    text = DOCS.read_text("utf-8")
    table = text[text.index("## A newcomer's first walk") :]
    return {row["step"]: int(row["clicks"]) for row in ROW.finditer(table)}


@pytest.mark.console_may_say("409")
def test_a_newcomer_gets_far_with_few_clicks(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    shots, kept = tmp_path / "shots", tmp_path / "shots" / "kept"
    kept.mkdir(parents=True)
    for number in range(1, 5):
        prompt = "a red fox" if number < 3 else "the sea"
        write_picture(shots / f"{number}.png", number, prompt=prompt)
    write_picture(kept / "1.png", 9, prompt="a barn")
    before = (kept / "1.png").read_bytes()
    walk = Walk()
    url = run_server()
    seen = visit(url).open("")
    page = seen.page
    button = page.get_by_role

    walk.begin("Add a folder")
    walk.click(button("button", name="Choose a folder…"))
    field = page.get_by_role("dialog").get_by_role("textbox")
    field.fill(str(shots))
    field.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="kept").wait_for()
    walk.click(button("button", name="Add this folder"))
    seen.wait_for_pictures(5)
    wait_for_index(url)

    walk.begin("Find pictures by a word of their prompt")
    walk.click(button("combobox", name="Search"))
    page.keyboard.type("fox")
    page.keyboard.press("Enter")
    seen.until(lambda: sorted(seen.names()) == ["1.png", "2.png"])

    walk.begin("Select two of them by mouse")
    for name in ("1.png", "2.png"):
        seen.tile(name).hover()
        walk.click(seen.tile(name).locator(".tile__check"))
    page.get_by_text("2 selected").wait_for()

    walk.begin("Put them into a new album")
    walk.click(page.locator(".selection-bar").get_by_role("button", name="Album"))
    page.get_by_placeholder("Find or create an album").fill("Best")
    page.keyboard.press("Enter")
    page.locator(".picks__row[aria-checked=true]", has_text="Best").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")

    walk.begin("Move them where one name is taken, keeping both")
    walk.click(page.locator(".selection-bar").get_by_role("button", name="Move"))
    walk.click(page.locator("dialog .folders__row", has_text="kept").first)
    page.locator(".folders__way [aria-current]", has_text="kept").wait_for()
    walk.click(button("button", name="Move here"))
    walk.click(button("button", name="Keep both"))
    seen.until(lambda: (kept / "2.png").exists() and (kept / "1 (1).png").exists())
    assert (kept / "1.png").read_bytes() == before

    walk.begin("Undo the move")
    walk.click(page.get_by_role("status").get_by_role("button", name="Undo"))
    seen.until(lambda: (shots / "2.png").exists() and not (kept / "2.png").exists())
    assert (shots / "1.png").exists()

    walk.begin("Choose the dark theme")
    walk.click(page.locator(".rail").get_by_role("link", name="Settings"))
    walk.click(
        page.get_by_role("radiogroup", name="Theme").get_by_text("Dark", exact=True),
    )
    seen.until(lambda: page.evaluate("document.documentElement.dataset.theme") == "dark")
    assert walk.clicks == documented()
