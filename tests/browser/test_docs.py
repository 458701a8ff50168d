"""The description of the API, in a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

from tests.browser.conftest import Visit


def test_a_browser_shows_the_description_of_the_api(
    run_server: Callable[..., str], visit: Callable[..., Visit], tmp_path: Path
):
    url = urljoin(run_server(tmp_path), "/docs")
    page = visit(url).page
    page.goto(url)
    page.locator("summary", has_text="/db/search").first.click()
    assert page.locator("details[open] a", has_text="SearchRequest").first.is_visible()
    assert page.locator("body").evaluate("body => getComputedStyle(body).maxWidth") == "900px"
