"""20,000 files in one folder."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.browser.conftest import Visit, wait_for_index
from tests.timing import Limit

pytestmark = pytest.mark.timeout(600)  # on a busy machine the index alone takes minutes
COUNT = 20_000
# The page's own limit is one second; a slow machine gets three times that.
FIRST_PICTURE_S = 3.0


@pytest.fixture(scope="module")
def big_url(run_server: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("big")
    first = folder / "00000.png"
    Image.new("RGB", (16, 16), "teal").save(first)
    # Links and copies alike are files to the page, and links are made in no time; a file system has
    # a limit of links to one file.
    for number in range(1, COUNT):
        _link_or_copy(first, folder / f"{number:05d}.png")
    url = run_server(folder)
    # What is measured is the page, not how it shares this machine with the first reading of the
    # library.
    wait_for_index(url, 300)
    return url


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        target.write_bytes(source.read_bytes())


@pytest.mark.timing
def test_the_first_picture_is_there_at_once(
    visit: Callable[..., Visit], big_url: str, limit: Limit
) -> None:
    took = []
    for _ in range(3):
        seen = visit(big_url)
        start = time.monotonic()
        seen.open().wait_for_pictures()
        took.append(time.monotonic() - start)
    assert "20,000 files" in seen.page.locator(".toolbar__summary").inner_text()
    limit.check(min(took), FIRST_PICTURE_S)


def test_few_elements_however_far_it_is_scrolled(visit: Callable[..., Visit], big_url: str) -> None:
    seen = visit(big_url).open().wait_for_pictures()
    most = seen.page.evaluate(
        """async () => {
          const grid = document.querySelector('.grid');
          let most = 0;
          for (let step = 0; step <= 60; step += 1) {
            grid.scrollTop = (grid.scrollHeight - grid.clientHeight) * step / 60;
            await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
            most = Math.max(most, document.querySelectorAll('.tile').length);
          }
          return most;
        }"""
    )
    assert 50 < most < 600
    seen.page.wait_for_function("() => document.querySelector('#tile-19999.is-loaded')")
    # Requests for pictures that have left are given up, so those of the new place do not queue
    # behind them.
    for key in ("Home", "End", "Home"):
        seen.page.keyboard.press(key)
    seen.page.wait_for_function(
        "() => ['0', '1', '2'].every(number => document.querySelector(`#tile-${number}.is-loaded`))"
    )


def test_small_tiles_on_a_large_screen_stay_few(visit: Callable[..., Visit], big_url: str) -> None:
    seen = visit(big_url, viewport={"width": 2560, "height": 1440}).open().wait_for_pictures()
    seen.page.get_by_role("slider", name="Thumbnail size").fill("88")
    seen.page.keyboard.press("End")
    assert seen.page.locator(".tile").count() < 600


MILLION = 1_000_000


# Nothing has moved for a number of frames.
STANDS = """() => new Promise(done => {
  let before = null, frames = 0;
  const look = () => {
    const now = JSON.stringify([...document.querySelectorAll('.tile')]
      .map(tile => [tile.title, tile.getBoundingClientRect().y]));
    frames = now === before ? frames + 1 : 0;
    before = now;
    if (frames < 12) requestAnimationFrame(look); else done(true);
  };
  look();
})"""


def test_a_million_is_reached_from_end_to_end(visit: Callable[..., Visit], big_url: str) -> None:
    """On a phone it would be 40 million pixels high, which no browser can make an element."""
    seen = visit(big_url, viewport={"width": 390, "height": 844})
    page = seen.page
    days = [
        {
            "day": time.strftime("%Y-%m-%d", time.gmtime(1_700_000_000 - at * 86_400)),
            "count": MILLION // 1000,
        }
        for at in range(1000)
    ]
    timeline = {"snapshot": "x", "total": MILLION, "complete": True, "buckets": days, "change": 1}

    def columns(route: Any) -> None:
        asked = route.request.post_data_json
        ids = list(range(asked["offset"], min(MILLION, asked["offset"] + asked["limit"])))
        answer = {
            name: [None] * len(ids) for name in ("mtime", "bytes", "width", "height", "duration")
        }
        answer |= {
            "id": ids,
            "path": [f"/x/{at}.png" for at in ids],
            "type": ["image"] * len(ids),
            "rating": [0] * len(ids),
            "color": [""] * len(ids),
        }
        route.fulfill(
            json={
                "snapshot": "x",
                "offset": asked["offset"],
                "total": MILLION,
                "complete": True,
                **answer,
            }
        )

    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(picture, "WEBP")
    page.route("**/db/timeline", lambda route: route.fulfill(json=timeline))
    page.route("**/db/columns", columns)
    page.route("**/db/changes", lambda route: route.fulfill(json={"change": 1}))
    page.route(
        "**/image-thumbnail?*",
        lambda route: route.fulfill(body=picture.getvalue(), content_type="image/webp"),
    )
    seen.open("#/library").wait_for_pictures(6)
    page.locator(".grid").focus()
    page.keyboard.press("End")
    page.wait_for_function(
        "last => document.querySelector('.tile.is-current.is-loaded')?.title === last",
        arg=f"{MILLION - 1}.png",
    )
    page.evaluate(
        "document.querySelector('.grid').scrollTop = document.querySelector('.grid').scrollHeight / 2"
    )
    middle = """() => { const tiles = [...document.querySelectorAll('.tile.is-loaded')];
      return tiles.length > 6 && Math.abs(parseInt(tiles[3].title) - 500000) < 20000; }"""
    page.wait_for_function(middle)
    page.wait_for_function(STANDS)
    # A turn of the wheel is a turn of the wheel, in the middle too.
    box = (
        "() => [...document.querySelectorAll('.tile')].map(tile => [tile.title, "
        "tile.getBoundingClientRect().y])"
    )
    before = dict(page.evaluate(box))
    page.mouse.move(150, 500)
    page.mouse.wheel(0, 240)
    moved = (
        "places => [...document.querySelectorAll('.tile')].some(t => t.title in places && "
        "t.getBoundingClientRect().y !== places[t.title])"
    )
    page.wait_for_function(moved, arg=before)
    page.wait_for_function(STANDS)
    after = dict(page.evaluate(box))
    same = [before[name] - after[name] for name in before.keys() & after.keys() if name]
    assert same and max(same) - min(same) <= 1 and abs(same[0] - 240) <= 1
    place = page.evaluate("history.state.anchor.name")
    page.reload()
    seen.wait_for_pictures(6)
    page.wait_for_function(
        "name => [...document.querySelectorAll('.tile')].some(tile => '/x/' + tile.title === name)",
        arg=place,
    )
    page.locator(".grid").focus()
    page.keyboard.press("Home")
    page.wait_for_function(
        "() => document.querySelector('.tile.is-current')?.title === '0.png' && "
        "document.querySelector('.grid').scrollTop === 0"
    )
    assert page.locator(".tile").count() < 600
