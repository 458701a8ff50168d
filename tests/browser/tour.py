"""Every view of the page and its dialogs on a small library: for tests that look at all of them, and
for pictures of them.

``python -m tests.browser.tour URL FOLDER`` writes a PNG of each view of a server that runs, in three
widths, dark and light, such as of ``iib demo``; a third argument is the language, such as ``de``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Opening:
    """How a dialog, a panel or a menu is opened: the view below it, then keys, then clicks; and what
    is there then. ``only``: on which screens there is a way to it.
    """

    shown: str
    keys: tuple[str, ...] = ()
    clicks: tuple[str, ...] = ()
    view: str = "#/library"
    only: str = ""


# Icons in place of names, so that the tour goes through each language.
OPENINGS = {
    "keys": Opening("dialog[open]", ("?",)),
    "a date": Opening("dialog[open] input", ("g", "d")),
    "filter": Opening(".facet__value", ("f",)),
    "suggestions": Opening(".suggestion", ("/", "f")),
    "what can be typed": Opening(
        "dialog[open]", ("/",), (".search button:has(.icon-circle-help)",), only="wide"
    ),
    "view options": Opening(
        "[role=menu], .popover, .toolbar select:visible",
        clicks=("button:has(.icon-sliders-horizontal)",),
        only="phone",
    ),
    "more views": Opening("[role=menu]", clicks=(".rail button",), only="phone"),
    "selection": Opening(".selection-bar", ("Control+a",)),
    "menu of a picture": Opening("[role=menu]", ("Home", "ArrowDown", "Shift+F10")),
    "info": Opening(".info", ("Home", "ArrowDown", "i")),
    "more like this": Opening(".similar-bar", ("Home", "ArrowDown", "w")),
    "comparison": Opening(
        "dialog.comparison[open] img", ("Home", "ArrowDown", "x", "ArrowRight", "x", "v")
    ),
    "move": Opening("dialog .folders__list", ("Control+a", "m")),
    "tag": Opening("dialog[open] input", ("Control+a", "t")),
    "album": Opening("dialog[open] input", ("Control+a", "a")),
    "marks": Opening("dialog[open] input", ("Control+a", "Shift+T")),
    "rename": Opening("dialog[open] input", ("Home", "ArrowDown", "F2")),
    "generation data": Opening("dialog[open] textarea", ("Home", "ArrowDown", "e")),
    "organise": Opening("dialog[open] .segments", ("Control+a", "Shift+S")),
    "a new album": Opening(
        "dialog[open] input", clicks=(".page__head button:has(.icon-plus)",), view="#/albums"
    ),
    "menu of a tag": Opening("[role=menu]", clicks=(".page .with-menu__button",), view="#/tags"),
    "a new rule": Opening(
        "dialog[open] .rule",
        clicks=(".page__head button:has(.icon-plus), .notice button.is-primary",),
        view="#/rules",
    ),
    "resolving duplicates": Opening(
        "dialog[open]",
        clicks=(".duplicates button.is-primary",),
        view="#/duplicates",
    ),
    "emptying the trash": Opening("dialog[open]", clicks=(".trash__head button",), view="#/trash"),
    "menu in the trash": Opening(
        "[role=menu]", clicks=(".trash__files .with-menu__button",), view="#/trash"
    ),
    "models": Opening(".vision__model, p:has-text('iib[vision]')", view="#/settings"),
    "export and import": Opening(
        "dialog[open] input[type=text]", clicks=("button:has(.icon-upload)",), view="#/settings"
    ),
    "a library that has moved": Opening(
        "dialog[open] input",
        clicks=(".form__pair button:has(.icon-folder-input)",),
        view="#/settings",
    ),
    "adding a folder": Opening(
        "dialog .folders__row", clicks=(".settings .rail-roots header button",), view="#/settings"
    ),
}
WIDTHS_PX = {1440: 900, 1024: 768, 390: 844}
PHONE_PX = 640


def views(page: Any, url: str) -> Iterator[str]:
    """Opens one view after the other, and tells its name once it is drawn."""
    for name, (address, shown) in VIEWS.items():
        page.goto(f"{url}/{address}")
        page.locator(shown).first.wait_for()
        yield name


def openings(page: Any, url: str) -> Iterator[str]:
    """Opens one dialog, panel or menu after the other, and closes it when the caller goes on."""
    for name, opening in openings_of(page):
        show(page, url, opening)
        yield name
        page.keyboard.press("Escape")


def openings_of(page: Any) -> Iterator[tuple[str, Opening]]:
    """Those that there are on a screen of the page's size, by name."""
    screen = "phone" if page.viewport_size["width"] < PHONE_PX else "wide"
    return ((name, one) for name, one in OPENINGS.items() if one.only in ("", screen))


def show(page: Any, url: str, opening: Opening) -> None:
    """Opens it, in a page that was loaded anew."""
    page.goto(f"{url}/{opening.view}")
    page.reload()
    drawn = next(shown for address, shown in VIEWS.values() if address == opening.view)
    page.locator(drawn).first.wait_for()
    for key in opening.keys:
        page.keyboard.press(key)
    for place in opening.clicks:
        page.locator(f"{place}:visible" if "," not in place else place).first.click()
    page.locator(opening.shown).first.wait_for()
    # Not Playwright's own, which waits until it rests: suggestions come again and again.
    into_view = "element => element.scrollIntoView({ block: 'nearest' })"
    page.locator(opening.shown).first.evaluate(into_view)


def viewer(page: Any, url: str) -> None:
    """Opens the first picture."""
    page.goto(f"{url}/#/library")
    page.reload()
    page.locator(".tile.is-loaded").first.click()
    page.locator(".pswp__img:not(.pswp__img--placeholder)").first.wait_for()


def main(url: str, folder: str, language: str = "en") -> None:
    """Write a picture of each view and dialog of the server at ``url`` into ``folder``. Says which
    ones this library has nothing for, such as an empty trash.
    """
    from playwright.sync_api import TimeoutError as NotThere
    from playwright.sync_api import sync_playwright

    Path(folder).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("IIB_CHROMIUM") or None)
        for width, height in WIDTHS_PX.items():
            for scheme in ("dark", "light"):
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    locale=language,
                    reduced_motion="reduce",
                    has_touch=width < PHONE_PX,
                )
                page = context.new_page()

                def shoot(name: str, page: Any = page, end: str = f"{width}-{scheme}") -> None:
                    page.screenshot(path=str(Path(folder) / f"{name.replace(' ', '-')}-{end}.png"))

                for name in views(page, url):
                    page.wait_for_load_state("networkidle")
                    shoot(name)
                page.set_default_timeout(10_000)
                for name, opening in openings_of(page):
                    try:
                        show(page, url, opening)
                    except NotThere:
                        print(f"{name}: nothing of it at {width} px")
                        continue
                    shoot(name)
                viewer(page, url)
                shoot("viewer")
                context.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:4])
