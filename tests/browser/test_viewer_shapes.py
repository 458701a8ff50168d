"""Where the viewer puts pictures of every shape, how it zooms and pans them, and what lies on them."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat

from tests.browser.conftest import PHONE, Visit, box_at_rest, write_picture

FFMPEG = shutil.which("ffmpeg")
# Names with the size in which each is shown.
SHAPES = {
    "wide.png": (3000, 150),
    "tall.png": (150, 3000),
    "large.png": (2400, 1600),
    "tiny.png": (12, 9),
    "pixel.png": (1, 1),
    "turned.jpg": (400, 900),
}
BELOW_PX = 8
LARGEST_UPSCALE = 4
SHOWN = """name => {
  const image = document.querySelector(
    '.pswp__item[aria-hidden=false] .pswp__img:not(.pswp__img--placeholder)');
  return image?.alt === name && image.complete && image.naturalWidth > 0;
}"""
PICTURE = ".pswp__item[aria-hidden=false] .pswp__img:not(.pswp__img--placeholder)"


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "other").mkdir()
    for name, size in SHAPES.items():
        if name != "turned.jpg":
            write_picture(folder / name, len(name), size)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (900, 400), "teal").save(folder / "turned.jpg", exif=exif)
    return folder


@pytest.fixture(scope="module")
def shapes_url(run_server: Callable[..., str], shapes: Path) -> str:
    return run_server(shapes)


def picture(seen: Visit, name: str) -> dict[str, float]:
    """The box of the picture once it is shown and rests."""
    seen.page.wait_for_function(SHOWN, arg=name)
    return box_at_rest(seen.page.locator(PICTURE))


def place(seen: Visit, size: tuple[int, int]) -> list[Any]:
    """Where a picture of this size belongs: in the middle of the stage, as large as it or the
    limit.
    """
    stage = box_at_rest(seen.page.locator(".viewer__stage"))
    room = stage["width"], stage["height"] - BELOW_PX
    scale = min(room[0] / size[0], room[1] / size[1], LARGEST_UPSCALE)
    width, height = size[0] * scale, size[1] * scale
    left, top = stage["x"] + (room[0] - width) / 2, stage["y"] + (room[1] - height) / 2
    return [pytest.approx(value, abs=1.5) for value in (left, top, width, height)]


def values(box: dict[str, float]) -> list[float]:
    return [box[name] for name in ("x", "y", "width", "height")]


def zoom(seen: Visit) -> str:
    return str(seen.page.locator(".viewer-bar .has-text").inner_text())


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, PHONE])
@pytest.mark.parametrize("name", SHAPES)
def test_a_picture_is_in_the_middle_each_time_it_is_opened_by_address(
    visit: Callable[..., Visit],
    shapes_url: str,
    shapes: Path,
    name: str,
    viewport: dict[str, int],
) -> None:
    seen = visit(shapes_url, viewport=viewport)
    seen.open(f"#/folder/{shapes}?open={name}")
    assert values(picture(seen, name)) == place(seen, SHAPES[name])
    seen.page.reload()
    assert values(picture(seen, name)) == place(seen, SHAPES[name])
    # From elsewhere, while the browser still has the picture and the page has forgotten its size.
    seen.page.evaluate("path => { location.hash = `#/folder/${path}/other`; }", str(shapes))
    seen.page.locator(".viewer").wait_for(state="hidden")
    seen.page.locator("h1", has_text="other").wait_for()
    seen.page.evaluate(
        "([path, name]) => { location.hash = `#/folder/${path}?open=${name}`; }",
        [str(shapes), name],
    )
    assert values(picture(seen, name)) == place(seen, SHAPES[name])


def test_a_picture_stays_where_the_user_has_zoomed_it_when_the_original_comes(
    visit: Callable[..., Visit], shapes_url: str, shapes: Path
) -> None:
    seen = visit(shapes_url)
    page = seen.page
    held: list[Any] = []
    page.route("**/file?**large.png**", lambda route: held.append(route))
    page.goto(f"{shapes_url}#/folder/{shapes}?open=large.png", wait_until="commit")
    thumbnail = page.locator(".pswp__item[aria-hidden=false] .pswp__img--placeholder")
    page.wait_for_function(
        "() => document.querySelector('.pswp__img--placeholder')?.naturalWidth > 0"
    )
    stage = page.locator(".viewer__stage").bounding_box()
    before = box_at_rest(thumbnail)
    assert before["width"] / before["height"] == pytest.approx(1.5, abs=0.02)
    page.mouse.move(stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    page.mouse.wheel(0, -400)
    zoomed = box_at_rest(thumbnail)
    assert zoomed["width"] > before["width"] * 1.5
    for route in held:
        route.continue_()
    page.unroute("**/file?**large.png**")
    box = picture(seen, "large.png")
    assert box["width"] == pytest.approx(zoomed["width"], rel=0.02)
    assert box["x"] == pytest.approx(zoomed["x"], abs=box["width"] * 0.02)


def test_zoom_is_told_in_percent_and_leads_to_100(
    visit: Callable[..., Visit], shapes_url: str, shapes: Path
) -> None:
    seen = visit(shapes_url).open(f"#/folder/{shapes}?open=large.png")
    page = seen.page
    whole = picture(seen, "large.png")
    fit = f"{round(100 * whole['width'] / 2400)} %"
    assert zoom(seen) == fit
    page.keyboard.press("z")
    seen.until(lambda: zoom(seen) == "100 %")
    assert picture(seen, "large.png")["width"] == 2400
    # It can be dragged about.
    before = page.locator(PICTURE).bounding_box()
    page.mouse.move(500, 400)
    page.mouse.down()
    page.mouse.move(400, 350, steps=4)
    page.mouse.up()
    after = box_at_rest(page.locator(PICTURE))
    assert after["x"] < before["x"] - 50
    assert after["y"] < before["y"] - 20
    page.keyboard.press("z")
    seen.until(lambda: zoom(seen) == fit)
    assert values(picture(seen, "large.png")) == values(whole)
    # What is below the mouse stays there.
    x, y = whole["x"] + whole["width"] / 4, whole["y"] + whole["height"] / 4
    page.mouse.dblclick(x, y)
    seen.until(lambda: zoom(seen) == "100 %")
    box = picture(seen, "large.png")
    assert [(x - box["x"]) / box["width"], (y - box["y"]) / box["height"]] == [
        pytest.approx(0.25, abs=0.01)
    ] * 2
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    picture(seen, "large.png")
    page.get_by_role("button", name="Actual size").click()
    seen.until(lambda: zoom(seen) == "100 %")


def test_a_small_picture_is_shown_in_its_own_size_too(
    visit: Callable[..., Visit], shapes_url: str, shapes: Path
) -> None:
    seen = visit(shapes_url, device_scale_factor=2).open(f"#/folder/{shapes}?open=tiny.png")
    assert picture(seen, "tiny.png")["width"] == 48
    assert zoom(seen) == "800 %"
    seen.page.keyboard.press("z")
    seen.until(lambda: zoom(seen) == "100 %")
    assert picture(seen, "tiny.png")["width"] == 6  # 12 pixels of the screen


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_ground_is_dark_and_nothing_lies_on_the_picture_while_the_mouse_rests(
    visit: Callable[..., Visit], shapes_url: str, shapes: Path, system: str
) -> None:
    seen = visit(shapes_url, color_scheme=system).open(f"#/folder/{shapes}?open=tall.png")
    page = seen.page
    picture(seen, "tall.png")
    page.mouse.move(400, 400)
    arrow = page.locator(".viewer-arrow:not(:disabled)").first
    page.locator(".viewer.is-idle").wait_for()
    seen.until(lambda: arrow.evaluate("arrow => getComputedStyle(arrow).opacity") == "0")
    stage = page.locator(".viewer__stage").bounding_box()
    shot = page.screenshot(clip={**stage, "width": 200})
    assert ImageStat.Stat(Image.open(io.BytesIO(shot)).convert("L")).mean[0] < 40
    page.mouse.move(420, 400)
    seen.until(lambda: arrow.evaluate("arrow => getComputedStyle(arrow).opacity") == "1")


def test_on_a_phone_stars_are_below_the_picture(
    visit: Callable[..., Visit], root_url: str, out: Path
) -> None:
    seen = visit(root_url, PHONE, has_touch=True).open(f"#/folder/{out}?open=24.png")
    picture(seen, "24.png")
    seen.page.locator(".viewer__marks").get_by_role("button", name="4 stars").tap()
    seen.page.locator(".viewer__marks [aria-pressed=true][aria-label='4 stars']").wait_for()
    seen.page.locator(".viewer__marks").get_by_role("button", name="Like").tap()
    seen.page.locator(".viewer__marks .heart[aria-pressed=true]").wait_for()


@pytest.mark.skipif(not FFMPEG, reason="ffmpeg, which makes the clip, is not installed")
def test_whether_a_video_begins_again_is_switched_and_kept(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    source = ["-f", "lavfi", "-i", "testsrc=size=64x48:duration=2:rate=10"]
    clip = tmp_path / "clip.webm"
    subprocess.run(
        [FFMPEG, "-v", "error", *source, "-c:v", "libvpx", str(clip)], check=True, timeout=60
    )
    seen = visit(run_server(tmp_path)).open(f"#/folder/{tmp_path}?open=clip.webm")
    page = seen.page
    # Short ones begin again by themselves.
    page.wait_for_function("() => document.querySelector('video')?.loop")
    switch = page.get_by_role("button", name="Repeat video")
    page.locator(".viewer-bar [aria-label='Repeat video'][aria-pressed=true]").wait_for()
    switch.click()
    page.wait_for_function("() => document.querySelector('video').loop === false")
    page.reload()
    page.locator(".viewer-bar [aria-label='Repeat video'][aria-pressed=false]").wait_for()
    page.keyboard.press("Shift+L")
    page.wait_for_function("() => document.querySelector('video').loop")
