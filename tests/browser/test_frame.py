"""``iib.mjs`` in a page that is built as a host builds it: the tab's content comes late and hidden."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.conftest import REPOSITORY, Visit, write_picture

HOST = """<!doctype html><style>body {{ margin: 0; --primary-500: #f97316 }} header {{ height: 90px }}</style>
<body class="dark"><header>host</header><gradio-app><div id="tab_iib" hidden></div></gradio-app>
<script type="module" src="{script}"></script></body>"""


def open_host(seen: Visit) -> Any:
    """The stand-in for the host's page, on the server's own origin."""
    root, base = seen.url.rsplit("/", 1)
    script = (REPOSITORY / "javascript" / "iib.mjs").read_text("utf-8")
    seen.page.route(
        "**/host.html",
        lambda route: route.fulfill(
            content_type="text/html", body=HOST.format(script="/iib.mjs?123.4")
        ),
    )
    seen.page.route(
        "**/iib.mjs?**", lambda route: route.fulfill(content_type="text/javascript", body=script)
    )
    seen.page.goto(f"{root}/host.html")
    seen.page.evaluate(
        "base => { document.querySelector('#tab_iib').innerHTML = `<div id='iib-mount' "
        "data-src='${base}#/folders'></div>` }",
        base,
    )
    return seen.page


def test_the_frame_comes_when_the_tab_is_first_shown(
    visit: Callable[..., Visit], library_url: str
) -> None:
    page = open_host(visit(library_url))
    page.wait_for_timeout(200)
    assert page.locator("iframe").count() == 0
    page.evaluate("document.querySelector('#tab_iib').hidden = false")
    frame = page.frame_locator("#iib-mount iframe")
    frame.locator(".tile.is-loaded").first.wait_for()
    box = page.locator("iframe").bounding_box()
    assert (box["y"], box["width"]) == (90, 1440)
    assert 900 - 20 <= box["y"] + box["height"] <= 900
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_theme_and_accent_follow_the_host(visit: Callable[..., Visit], library_url: str) -> None:
    page = open_host(visit(library_url, color_scheme="light"))
    page.evaluate("document.querySelector('#tab_iib').hidden = false")
    html = page.frame_locator("#iib-mount iframe").locator("html")
    page.frame_locator("#iib-mount iframe").locator(".tile.is-loaded").first.wait_for()
    assert html.get_attribute("data-theme") == "dark"
    assert "rgb(249" in html.evaluate("root => root.style.getPropertyValue('--accent')")
    page.evaluate("document.body.classList.remove('dark')")
    page.frame_locator("#iib-mount iframe").locator("html[data-theme=light]").wait_for()


def test_keys_of_the_host_stay_with_the_host(visit: Callable[..., Visit], library_url: str) -> None:
    page = open_host(visit(library_url))
    page.evaluate("document.querySelector('#tab_iib').hidden = false")
    page.frame_locator("#iib-mount iframe").locator(".tile.is-loaded").first.wait_for()
    page.evaluate(
        "window.pressed = []; document.addEventListener('keydown', event => "
        "window.pressed.push([event.key, event.defaultPrevented]))"
    )
    page.locator("header").click()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("window.pressed") == [["ArrowRight", False]]
    assert page.frame_locator("#iib-mount iframe").locator(".is-current").count() == 0


def test_the_place_is_kept_and_new_pictures_come_when_the_tab_is_shown_again(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    for number in range(1, 101):
        write_picture(tmp_path / f"{number:03d}.png", number)
    seen = visit(run_server(tmp_path))
    seen.page.clock.install()
    page = open_host(seen)
    page.evaluate("document.querySelector('#tab_iib').hidden = false")
    frame = page.frame_locator("#iib-mount iframe")
    frame.locator(".tile.is-loaded").first.wait_for()
    frame.locator(".grid").evaluate("grid => { grid.scrollTop = 700 }")
    seen.until(
        lambda: frame.locator(":root").evaluate("() => history.state?.anchor?.offset !== undefined")
    )
    page.evaluate("document.querySelector('#tab_iib').hidden = true")
    # A busy browser may draw nothing between two changes, and then the page was never hidden.
    frame.locator(":root").evaluate(
        "root => new Promise(done => new IntersectionObserver(entries => "
        "entries.at(-1).isIntersecting || done()).observe(root))"
    )
    write_picture(tmp_path / "new.png", 101)
    page.clock.fast_forward(3200)
    page.evaluate("document.querySelector('#tab_iib').hidden = false")
    frame.get_by_text("101 files").wait_for()
    top = frame.locator(".grid").evaluate("grid => grid.scrollTop")
    # One more picture in front moves the others on by one place, and what was seen stays seen.
    assert 500 < top < 1100
