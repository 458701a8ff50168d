"""Links of the older extension's page open the views of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

from tests.browser.conftest import Visit, wait_for_index


def test_each_link_opens_its_view(
    visit: Callable[..., Visit], library_url: str, library: Path
) -> None:
    wait_for_index(library_url)
    seen = visit(library_url)
    page = seen.page

    def follow(**parameters: str) -> None:
        page.goto("about:blank")
        page.goto(f"{library_url}?{urlencode(parameters, quote_via=quote)}")

    follow(action="view", path=str(library / "299.png"))
    page.locator(".viewer-bar__name", has_text="299.png").wait_for()
    follow(action="pane", type="fuzzy-search", props=json.dumps({"substr": "300.png"}))
    seen.wait_for_pictures(1)
    assert seen.names() == ["300.png"]
    follow(action="open", path=str(library), mode="walk")
    seen.wait_for_pictures(8)
    assert "walk=1" in page.url
    two = {side: {"fullpath": str(library / name)} for side, name in SIDES.items()}
    follow(action="pane", type="img-sli", props=json.dumps(two))
    page.locator("dialog.comparison").wait_for()
    assert page.locator("dialog.comparison img").count() == 2
    assert "compare=" not in page.url
    two["right"]["fullpath"] = str(library / "gone.png")
    follow(action="pane", type="img-sli", props=json.dumps(two))
    page.get_by_text("no longer exists").wait_for()


SIDES = {"left": "001.png", "right": "002.png"}
