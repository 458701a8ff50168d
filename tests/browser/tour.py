"""Every view of the page and its dialogs on a small library: for tests that look at all of them, and
for pictures of them.

``python -m tests.browser.tour URL FOLDER`` writes a PNG of each view of a server that runs, in three
widths, dark and light, such as of ``iib demo``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The address of each view, and what is there once it is drawn.
VIEWS = {
    "library": ("#/library", ".tile.is-loaded"),
    "stacks": ("#/library?stack=prompt", ".tile.is-loaded"),
    "search": ("#/library?q=-blurry", ".tile.is-loaded"),
    "nothing found": ("#/library?q=zeppelin", ".notice"),
    "folders": ("#/folders", ".tile"),
    "albums": ("#/albums", ".page"),
    "tags": ("#/tags", ".page .name, .page .notice"),
    "rules": ("#/rules", ".page"),
    "topics": ("#/topics", ".page"),
    "duplicates": ("#/duplicates", ".duplicates__group, .notice:not(.duplicates__busy)"),
    "stats": ("#/stats", ".page .months"),
    "trash": ("#/trash", ".trash, .notice"),
    "history": ("#/history", ".history, .notice"),
    "settings": ("#/settings", ".settings__table"),
}
# Dialogs and panels above the library: the keys that open each, and what is there then.
DIALOGS = {
    "keys": (("?",), "dialog[open]"),
    "a date": (("g", "d"), "dialog[open]"),
    "move": (("Control+a", "m"), "dialog .folders__list"),
    "tag": (("Control+a", "t"), "dialog[open] input"),
    "album": (("Control+a", "a"), "dialog[open] input"),
    "info": (("Home", "ArrowDown", "i"), ".info"),
}
WIDTHS_PX = {1440: 900, 1024: 768, 390: 844}


def views(page: Any, url: str) -> Iterator[str]:
    """Opens one view after the other, and tells its name once it is drawn."""
    for name, (address, shown) in VIEWS.items():
        page.goto(f"{url}/{address}")
        page.locator(shown).first.wait_for()
        yield name


def dialogs(page: Any, url: str) -> Iterator[str]:
    """Opens one dialog after the other above the library, and closes it when the caller goes on."""
    for name, (keys, shown) in DIALOGS.items():
        page.goto(f"{url}/#/library")
        page.reload()
        page.locator(".tile.is-loaded").first.wait_for()
        for key in keys:
            page.keyboard.press(key)
        page.locator(shown).first.wait_for()
        yield name
        page.keyboard.press("Escape")


def viewer(page: Any, url: str) -> None:
    """Opens the first picture."""
    page.goto(f"{url}/#/library")
    page.reload()
    page.locator(".tile.is-loaded").first.click()
    page.locator(".pswp__img:not(.pswp__img--placeholder)").first.wait_for()


def main(url: str, folder: str) -> None:
    """Write a picture of each view and dialog of the server at ``url`` into ``folder``."""
    from playwright.sync_api import sync_playwright

    Path(folder).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("IIB_CHROMIUM") or None)
        for width, height in WIDTHS_PX.items():
            for scheme in ("dark", "light"):
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    reduced_motion="reduce",
                    has_touch=width < 640,
                )
                page = context.new_page()

                def shoot(name: str, page: Any = page, end: str = f"{width}-{scheme}") -> None:
                    page.screenshot(path=str(Path(folder) / f"{name.replace(' ', '-')}-{end}.png"))

                for name in views(page, url):
                    page.wait_for_load_state("networkidle")
                    shoot(name)
                for name in dialogs(page, url):
                    shoot(name)
                viewer(page, url)
                shoot("viewer")
                context.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
