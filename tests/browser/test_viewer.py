"""The viewer and the info beside it."""

from __future__ import annotations

import shutil
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.browser.conftest import PHONE, Visit, box_at_rest, write_picture

FFMPEG = shutil.which("ffmpeg")
CLIPBOARD = ["clipboard-read", "clipboard-write"]
SHOWN = """name => {
  const image = document.querySelector(
    '.pswp__item[aria-hidden=false] .pswp__img:not(.pswp__img--placeholder)');
  return image && image.alt === name && image.complete;
}"""


def test_open_next_previous_close(visit: Callable[..., Visit], library_url: str) -> None:
    seen = visit(library_url).open().wait_for_pictures()
    page = seen.page
    page.locator(".tile[title='300.png']").click()
    page.wait_for_function(SHOWN, arg="300.png")
    assert "open=300.png" in page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_function(SHOWN, arg="299.png")
    page.get_by_role("button", name="Next").click()
    page.wait_for_function(SHOWN, arg="298.png")
    assert page.locator(".viewer-bar__position").inner_text() == "3 of 300"
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(SHOWN, arg="299.png")
    page.keyboard.press("End")
    page.wait_for_function(SHOWN, arg="001.png")
    assert page.get_by_role("button", name="Next").count() == 0
    page.keyboard.press("Escape")
    page.locator(".viewer").wait_for(state="hidden")
    assert "open=" not in page.url
    assert seen.current() == "001.png"
    assert seen.scroll() > 1000


@pytest.mark.parametrize("opens", ["Enter", "click"])
def test_the_grid_has_the_focus_once_more_after_the_viewer(
    visit: Callable[..., Visit], library_url: str, opens: str
) -> None:
    seen = visit(library_url).open().wait_for_pictures()
    page = seen.page
    if opens == "click":
        page.locator(".tile[title='299.png']").click()
    else:
        page.locator(".grid").focus()
        page.keyboard.press("End")  # the first is a folder
        page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.classList.contains('viewer')")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    page.locator(".viewer").wait_for(state="hidden")
    seen.until(lambda: page.evaluate("document.activeElement.classList.contains('grid')"))


def test_back_closes_and_a_link_opens_the_picture(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url).open().wait_for_pictures()
    page = seen.page
    page.locator(".tile[title='297.png']").click()
    page.wait_for_function(SHOWN, arg="297.png")
    link = page.url
    page.go_back()
    page.locator(".viewer").wait_for(state="hidden")
    page.go_forward()
    page.wait_for_function(SHOWN, arg="297.png")
    other = visit(library_url)
    other.page.goto(link)
    other.page.wait_for_function(SHOWN, arg="297.png")
    other.page.keyboard.press("Escape")
    other.page.locator(".viewer").wait_for(state="hidden")
    assert other.current() == "297.png"


def test_the_picture_fills_the_stage_and_zooms(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url).open().wait_for_pictures()
    page = seen.page
    page.locator(".tile[title='300.png']").click()
    page.wait_for_function(SHOWN, arg="300.png")
    image = page.locator(".pswp__item[aria-hidden=false] .pswp__img:not(.pswp__img--placeholder)")
    before = box_at_rest(image)
    assert before["width"] / before["height"] == pytest.approx(64 / 96, abs=0.02)
    page.mouse.move(500, 400)
    page.mouse.wheel(0, -400)
    seen.until(lambda: image.bounding_box()["width"] > before["width"] * 1.5)
    page.keyboard.press("z")
    seen.until(lambda: image.bounding_box() == before)
    # Small pictures are enlarged, which is no reason not to be dragged away.
    page.mouse.move(500, 300)
    page.mouse.down()
    page.mouse.move(500, 700, steps=6)
    page.mouse.up()
    page.locator(".viewer").wait_for(state="hidden")


def test_how_it_was_made_is_shown_as_text_and_can_be_copied(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url, permissions=CLIPBOARD).open().wait_for_pictures()
    page = seen.page
    page.locator(".tile[title='300.png']").click()
    info = page.locator(".info")
    info.get_by_text("Euler a", exact=True).wait_for()
    assert (
        info.locator(".prompt")
        .first.inner_text()
        .startswith("a (lighthouse:1.3) on <b>cliff</b> 300,")
    )
    assert info.locator("b").count() == 0
    assert info.locator(".is-heavier").inner_text() == "(lighthouse:1.3)"
    assert "storm" in info.locator(".prompt .chip").first.inner_text()
    assert info.get_by_text("1300", exact=True).count() == 1
    page.get_by_role("button", name="Copy prompt").click()
    page.get_by_text("Copied").wait_for()
    assert (
        page.evaluate("navigator.clipboard.readText()")
        == "a (lighthouse:1.3) on <b>cliff</b> 300, <lora:storm:0.7>"
    )
    page.keyboard.press("ArrowRight")
    info.get_by_text("cliff</b> 299").first.wait_for()
    page.keyboard.press("c")
    page.wait_for_function(
        "() => navigator.clipboard.readText().then(text => text.includes('Seed: 1299'))"
    )
    page.keyboard.press("i")
    info.wait_for(state="detached")


def test_copying_works_without_the_clipboard_api(
    visit: Callable[..., Visit], library_url: str
) -> None:
    seen = visit(library_url)
    # What a page sees that is open as plain http from another machine.
    seen.page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false });")
    page = seen.open().wait_for_pictures().page
    page.evaluate(
        "addEventListener('copy', () => { window.copied = document.activeElement.value; })"
    )
    page.locator(".tile[title='300.png']").click()
    page.get_by_role("button", name="Copy negative prompt").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("window.copied") == "blurry"


@pytest.fixture(scope="module")
def mixed_url(run_server: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """By name: a picture, a damaged one, a sound, and a clip where there is an ffmpeg to make one."""
    folder = tmp_path_factory.mktemp("mixed")
    write_picture(folder / "a.png", 1)
    (folder / "b.png").write_bytes((folder / "a.png").read_bytes()[:60])
    with wave.open(str(folder / "c.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 800, "NONE", "not compressed"))
        sound.writeframes(b"\0\0" * 800)
    if FFMPEG:
        source = ["-f", "lavfi", "-i", "testsrc=size=64x48:duration=2:rate=10"]
        subprocess.run(
            [FFMPEG, "-v", "error", *source, "-c:v", "libvpx", str(folder / "d.webm")],
            check=True,
            timeout=60,
        )
    return run_server(folder)


def test_damaged_files_and_sound_are_shown_for_what_they_are(
    visit: Callable[..., Visit], mixed_url: str
) -> None:
    page = visit(mixed_url).open().wait_for_pictures().page
    page.get_by_label("Sort by").select_option("name")
    page.locator(".tile.is-broken[title='b.png']").click()
    page.get_by_text("This file cannot be shown").wait_for()
    in_strip = page.get_by_role("button", name="b.png", exact=True)
    in_strip.locator(".icon-image-off").wait_for()
    assert not in_strip.locator("img").is_visible()
    page.keyboard.press("ArrowRight")
    page.locator(".pswp__item[aria-hidden=false] audio").wait_for()
    assert page.locator(".viewer-bar__name").inner_text() == "c.wav"


@pytest.mark.skipif(not FFMPEG, reason="ffmpeg, which makes the clip, is not installed")
def test_a_video_plays_and_stops_when_left(visit: Callable[..., Visit], mixed_url: str) -> None:
    page = visit(mixed_url).open().wait_for_pictures().page
    page.get_by_label("Sort by").select_option("name")
    page.locator(".tile.is-video").click()
    page.wait_for_function("() => document.querySelector('video')?.currentTime > 0.1")
    page.keyboard.press("Home")
    page.wait_for_function(SHOWN, arg="a.png")
    page.wait_for_function(
        "() => [...document.querySelectorAll('video')].every(video => video.paused)"
    )


def test_a_bar_that_a_tap_has_sent_away_comes_back_with_the_focus(
    visit: Callable[..., Visit], library_url: str
) -> None:
    page = visit(library_url, PHONE, has_touch=True).open().wait_for_pictures().page
    page.locator(".tile.is-image").first.tap()
    page.locator(".viewer-bar").wait_for()
    box_at_rest(
        page.locator(".pswp__item[aria-hidden=false] .pswp__img:not(.pswp__img--placeholder)")
    )
    page.touchscreen.tap(200, 300)
    page.locator(".viewer.is-bare").wait_for()
    assert page.locator(".viewer-bar").evaluate("bar => getComputedStyle(bar).opacity") == "0"
    page.keyboard.press("Tab")
    page.locator(".viewer:not(.is-bare)").wait_for()


MADE = (
    "a lighthouse\nNegative prompt: fog\nSteps: 28, Sampler: Euler a, CFG scale: 7, Seed: 3, Size: "
    "96x64, Model: dream_v1, Denoising strength: 0.4, "
    'Hires upscale: 2, Hires upscaler: Latent, Refiner: late_v1 [7440042bbd], ControlNet 0: "Module: '
    'canny, Model: edges [d14c016b], Weight: 0.8"'
)


def test_the_info_is_grouped_with_later_passes_folded(
    visit: Callable[..., Visit], root_url: str, out: Path
) -> None:
    write_picture(out / "24.png", 24, prompt=MADE.partition("\n")[0])
    with Image.open(out / "24.png") as image:
        written = PngInfo()
        written.add_text("parameters", MADE)
        image.save(out / "24.png", pnginfo=written)
    page = visit(root_url).open(f"#/folder/{out}").wait_for_pictures(8).page
    page.locator(".tile[title='24.png']").click()
    info = page.locator(".info")
    info.get_by_text("edges, strength 0.8").wait_for()
    titles = [
        title
        for title in info.locator(".info__part h3").all_inner_texts()
        if title in ("Picture", "Generation", "Models and inputs", "Later passes")
    ]
    assert titles == ["Picture", "Generation", "Models and inputs", "Later passes"]
    assert info.locator("dt", has_text="Model 2").is_visible()
    passes = info.locator("details", has_text="Later passes")
    assert not passes.get_by_text("Hires upscaler").is_visible()
    passes.locator("summary").click()
    passes.get_by_text("Hires upscaler").wait_for()
