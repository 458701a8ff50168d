"""The page in Chromium over a made-up library: ``python -m bench page [ROWS] [--keep FOLDER]``.

The rows are those of ``bench search``; every file is there, a link to one of a few pictures, so
that thumbnails are made as they would be. The browser runs on the same machine as the server, so
both share its cores. Beside each figure stands its limit.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from bench import corpus
from bench.search import BATCH, serve
from iib_core.db import images
from iib_core.db.engine import Database
from iib_core.db.rows import ImageRow

SCROLLED = 100_000
SCROLL_S = 30
LOOKED_AT = 20
_LINKS = 30_000  # a file system has a limit of links to one file
_WORDS = ("castle", "portrait", "lora:a", "model:mix", "zq1x")

# Told by the page itself, so that no way to it and back is counted.
_WATCH = """
window.bench = { tasks: [], tiles: 0 };
new PerformanceObserver(list =>
  window.bench.tasks.push(...list.getEntries().map(task => [task.startTime, task.duration])))
  .observe({ type: 'longtask', buffered: true });
"""
_FIRST = """() => new Promise(done => {
  const look = () => {
    const answers = performance.getEntriesByType('resource')
      .filter(one => one.name.includes('image-thumbnail') && one.responseStatus === 200);
    const times = answers.map(one => one.responseEnd);
    const grid = document.querySelector('.grid')?.getBoundingClientRect();
    const seen = [...document.querySelectorAll('.tile')].filter(tile => {
      const box = tile.getBoundingClientRect();
      return box.bottom > grid.top && box.top < grid.bottom;
    });
    if (seen.length && seen.every(tile => tile.matches('.is-loaded, .is-broken')))
      done([Math.min(...times), performance.now()]);
    else requestAnimationFrame(look);
  };
  look();
})"""
_SEARCH = """text => new Promise(done => {
  const field = document.querySelector('.search__field');
  const before = document.querySelector('.search__count').textContent;
  field.focus();
  field.value = text;
  const start = performance.now();
  field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  const look = () => {
    const count = document.querySelector('.search__count').textContent;
    const tile = document.querySelector('.tile.is-known');
    const isThere = count && count !== before &&
      location.hash.includes(encodeURIComponent(text).slice(0, 4)) &&
      (tile || document.querySelector('.notice'));
    if (isThere || performance.now() - start > 10000) done([performance.now() - start, count]);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""
# Nothing is on its way: each tile in view has its picture, and the network has been quiet.
_AT_REST = """() => {
  const last = Math.max(...performance.getEntriesByType('resource').map(one => one.responseEnd));
  const grid = document.querySelector('.grid')?.getBoundingClientRect();
  return performance.now() - last > 300 && [...document.querySelectorAll('.tile')].every(tile => {
    const { top, bottom } = tile.getBoundingClientRect();
    return bottom <= grid.top || top >= grid.bottom || tile.matches('.is-loaded, .is-broken');
  });
}"""
_SCROLL = """([items, seconds, total]) => new Promise(done => {
  const grid = document.querySelector('.grid');
  const end = (grid.scrollHeight - grid.clientHeight) * items / total;
  const start = performance.now();
  const step = now => {
    const part = Math.min(1, (now - start) / (seconds * 1000));
    grid.scrollTop = end * part;
    window.bench.tiles = Math.max(window.bench.tiles, document.querySelectorAll('.tile').length);
    if (part < 1) requestAnimationFrame(step);
    else done(start);
  };
  requestAnimationFrame(step);
})"""

# The next picture waits beside the one that is shown.
_PRELOADED = """() => {
  const stage = document.querySelector('.viewer__stage').getBoundingClientRect();
  return [...document.querySelectorAll('.pswp__img:not(.pswp__img--placeholder)')]
    .some(image => image.complete && image.naturalWidth && image.getBoundingClientRect().left >= stage.right);
}"""
# From the key to the picture: it fills the middle of the stage, is decoded, and two frames have
# been drawn with it.
_NEXT = """() => { window.bench.next = new Promise(done => addEventListener('keydown', event => {
  const middle = () => {
    const { left, top, width, height } = document.querySelector('.viewer__stage').getBoundingClientRect();
    const image = document.elementsFromPoint(left + width / 2, top + height / 2)
      .find(one => one.matches('.pswp__img:not(.pswp__img--placeholder)'));
    return image?.complete && image.naturalWidth ? image : null;
  };
  const before = middle();
  const look = async () => {
    const image = middle();
    if (!image || image === before) return requestAnimationFrame(look);
    await image.decode();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - event.timeStamp)));
  };
  look();
}, { capture: true, once: true })); }"""


def main(arguments: list[str]) -> int:
    """Build the library, serve it, open it.

    Returns 1 where a figure misses its limit with 200,000 rows or more.
    """
    parser = argparse.ArgumentParser(prog="python -m bench page")
    parser.add_argument("rows", nargs="?", type=int, default=200_000)
    parser.add_argument(
        "--keep", help="folder for the library; one that is there already is used again"
    )
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        folder = Path(options.keep or stack.enter_context(tempfile.TemporaryDirectory()))
        data = folder / "data"
        if not (data / "iib.db").exists():
            build(folder, options.rows)
        shutil.rmtree(data / "cache", ignore_errors=True)
        served = stack.enter_context(serve(str(data)))
        url = str(served.client.base_url).rstrip("/")
        page = stack.enter_context(browse())
        kept = [report(*figure) for figure in measure(page, url, options.rows)]
    return int(not all(kept) and options.rows >= 200_000)


def build(folder: Path, count: int) -> None:
    """Rows in the database, and a file for each."""
    started = time.perf_counter()
    top = folder / "library"
    top.mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir()
    sources = [
        _picture(folder / f"source{number}.png", number)
        for number in range(max(6, count // _LINKS + 1))
    ]
    database = Database(str(folder / "data" / "iib.db"))
    rows = (_placed(row, top) for row in corpus.rows(count))
    for number in itertools.count():
        batch = list(itertools.islice(rows, BATCH))
        if not batch:
            break
        with database.write() as conn:
            images.upsert_many(conn, batch)
        for at, row in enumerate(batch):
            Path(row.path).parent.mkdir(parents=True, exist_ok=True)
            os.link(sources[(number * BATCH + at) % len(sources)], row.path)
    database.close()
    print(f"built {count:,} rows and files in {time.perf_counter() - started:.0f} s", flush=True)


def _placed(row: ImageRow, top: Path) -> ImageRow:
    return replace(
        row,
        path=str(top)
        + row.path.removeprefix(corpus.ROOT).removesuffix(".mp4").removesuffix(".png")
        + ".png",
        media="image",
    )


def _picture(path: Path, number: int) -> Path:
    width, height = ((512, 768), (768, 512), (512, 512))[number % 3]
    noise = Image.effect_noise((width // 8, height // 8), 90).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    Image.merge(
        "RGB", (noise, noise.rotate(180), Image.new("L", noise.size, 40 * number % 256))
    ).save(path)
    return path


@contextlib.contextmanager
def browse() -> Iterator[Any]:
    """A page in a browser that has seen nothing before."""
    from playwright.sync_api import sync_playwright

    names = (os.environ.get("IIB_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, filter(None, names)) if path), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"],
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(60_000)
        page.add_init_script(_WATCH)
        yield page
        browser.close()


def measure(page: Any, url: str, rows: int) -> Iterator[tuple[str, float, str, float]]:
    """Figures as (name, value, unit, limit)."""
    page.goto(f"{url}#/library")
    first, all_seen = page.evaluate(_FIRST)
    yield "first thumbnail after navigation", first, "ms", 700
    yield "all thumbnails in view, nothing cached", all_seen, "ms", float("inf")
    page.reload()
    first, all_seen = page.evaluate(_FIRST)
    yield "first thumbnail, opened again", first, "ms", 700
    yield "all thumbnails in view, opened again", all_seen, "ms", float("inf")
    took = []
    for word in _WORDS:
        page.wait_for_function(_AT_REST)
        page.evaluate("performance.clearResourceTimings()")
        took.append(page.evaluate(_SEARCH, word)[0])
    yield "search result after the last key, median", sorted(took)[len(took) // 2], "ms", 250
    yield "search result after the last key, worst", max(took), "ms", 400
    page.goto("about:blank")
    page.goto(f"{url}#/library")
    page.evaluate(_FIRST)
    items = min(SCROLLED, rows)
    seconds = SCROLL_S * items / SCROLLED
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    before = _thread_s(session)
    start = page.evaluate(_SCROLL, [items, seconds, rows])
    busy = (_thread_s(session) - before) / seconds
    page.wait_for_timeout(500)
    tasks = page.evaluate("window.bench.tasks")
    yield (
        f"longest task while {items:,} items scroll by, after the first second",
        max([took for at, took in tasks if at > start + 1000], default=0),
        "ms",
        100,
    )
    yield "the page's thread at work while they do, of one core", busy * 100, "%", float("inf")
    yield "long tasks in all", len([at for at, _ in tasks if at > start + 1000]), "", float("inf")
    yield "most tile elements", page.evaluate("window.bench.tiles"), "", 700
    yield "heap after it", page.evaluate("performance.memory.usedJSHeapSize") / 2**20, "MiB", 200
    page.goto("about:blank")
    page.goto(f"{url}#/library")
    page.evaluate(_FIRST)
    page.locator(".tile.is-loaded").first.click()
    took = [next_picture(page) for _ in range(min(LOOKED_AT, rows - 1))]
    yield "viewer's next picture when preloaded, median", sorted(took)[len(took) // 2], "ms", 150
    yield "viewer's next picture when preloaded, worst", max(took), "ms", 150


def next_picture(page: Any) -> float:
    """Milliseconds from the key to the next picture, once it had time to be loaded ahead."""
    page.wait_for_function(_PRELOADED)
    page.evaluate(_NEXT)
    page.keyboard.press("ArrowRight")
    return float(page.evaluate("window.bench.next"))


def _thread_s(session: Any) -> float:
    """Processor time of the page's thread: a machine that does other things beside does not count
    into it.
    """
    return float(
        next(
            metric["value"]
            for metric in session.send("Performance.getMetrics")["metrics"]
            if metric["name"] == "ThreadTime"
        )
    )


def report(name: str, value: float, unit: str, limit: float) -> bool:
    """Print one figure beside its limit. Whether it is kept."""
    kept = value <= limit
    wanted = f"(at most {limit:,.0f})" if limit != float("inf") else ""
    print(f"{name:75} {value:9,.0f} {unit:4}{wanted}{'' if kept else '  <-- missed'}", flush=True)
    return kept
