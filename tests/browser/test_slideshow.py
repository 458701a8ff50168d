"""Turned pictures, the filmstrip, and the slideshow with its pace and order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.browser.conftest import Visit, box_at_rest


def shown(page: Any) -> str:
    return str(page.evaluate("decodeURIComponent(location.hash.match(/open=([^&]*)/)?.[1] ?? '')"))


def stop_the_clock(page: Any) -> None:
    """From here on time passes only where the test says so: the machine may be slow."""
    now = datetime(2027, 1, 1)
    page.clock.install(time=now)
    page.clock.pause_at(now + timedelta(seconds=10))


def test_turning_filmstrip_and_slideshow(folder: Visit) -> None:
    page = folder.page
    folder.tile("24.png").click()
    image = page.locator(".pswp__item[aria-hidden=false] .pswp__img:not(.pswp__img--placeholder)")
    before = box_at_rest(image)
    page.keyboard.press("r")
    page.locator(".turned.is-sideways").wait_for()
    after = box_at_rest(page.locator(".turned img"))
    assert before["width"] / before["height"] == pytest.approx(
        after["height"] / after["width"], abs=0.05
    )
    page.keyboard.press("Shift+R")
    page.locator(".turned").wait_for(state="detached")
    strip = page.locator(".filmstrip")
    assert strip.locator("[aria-current]").get_attribute("title") == "24.png"
    strip.locator("[title='21.png']").click()
    page.get_by_text("4 of 24").wait_for()
    page.keyboard.press("h")
    strip.wait_for(state="detached")
    stop_the_clock(page)
    page.keyboard.press("p")
    page.locator(".viewer.is-bare").wait_for()
    page.clock.run_for(5500)
    page.wait_for_function("() => location.hash.includes('20.png')")
    page.clock.resume()
    page.keyboard.press("Escape")
    page.locator(".viewer").wait_for(state="hidden")


def test_the_pace_of_the_slideshow_is_changed_while_it_runs_and_remembered(folder: Visit) -> None:
    page = folder.page
    folder.tile("24.png").click()
    page.locator(".viewer-bar").wait_for()
    stop_the_clock(page)
    page.keyboard.press("p")
    page.clock.run_for(4900)
    assert shown(page) == "24.png"
    page.mouse.move(300, 300)
    page.mouse.move(310, 300)
    bar = page.get_by_role("group", name="Slideshow")
    bar.get_by_role("button", name="A picture every 2 seconds").click()
    page.clock.run_for(1900)
    assert shown(page) == "24.png"  # a new pace gives the picture its time anew
    page.clock.run_for(200)
    page.wait_for_function("() => location.hash.includes('23.png')")
    page.keyboard.press("-")
    page.get_by_text("A picture every 3 seconds", exact=True).wait_for()
    page.clock.run_for(2900)
    assert shown(page) == "23.png"
    page.clock.run_for(200)
    page.wait_for_function("() => location.hash.includes('22.png')")
    # By keys alone: the bar is there as long as the focus is in it.
    page.keyboard.press("Tab")
    page.locator(".viewer:not(.is-bare)").wait_for()
    page.clock.run_for(2900)
    assert page.locator(".viewer.is-bare").count() == 0
    page.keyboard.press("p")
    bar.wait_for(state="detached")
    page.clock.resume()
    page.reload()
    page.locator(".viewer-bar").wait_for()
    page.keyboard.press("p")
    assert bar.locator("[aria-pressed=true]").inner_text() == "3 s"


def test_the_slideshow_in_random_order_shows_each_file_once(folder: Visit) -> None:
    page = folder.page
    folder.tile("24.png").click()
    page.locator(".viewer-bar").wait_for()
    stop_the_clock(page)
    page.keyboard.press("p")
    page.mouse.move(300, 300)
    page.mouse.move(310, 300)
    page.get_by_role("group", name="Slideshow").get_by_role("button", name="Shuffle").click()
    order = [shown(page)]
    for _ in range(23):
        page.clock.run_for(5100)
        page.wait_for_function("last => !location.hash.includes(last)", arg=order[-1])
        order.append(shown(page))
    assert sorted(order) == sorted(f"{number:02d}.png" for number in range(1, 25))
    assert order != sorted(order, reverse=True)
