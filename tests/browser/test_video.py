"""Videos in the viewer: single frames, and a frame as cover."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Visit

needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="ffmpeg, which makes the clip, is not installed"
)


def write_clip(folder: Path) -> Path:
    """A folder with one clip: a second of red and one of blue, ten frames a second."""
    folder.mkdir()
    source = [
        "-f",
        "lavfi",
        "-i",
        "color=red:size=64x48:duration=1:rate=10",
        "-f",
        "lavfi",
        "-i",
        "color=blue:size=64x48:duration=1:rate=10",
    ]
    join = ["-filter_complex", "[0][1]concat=n=2", "-c:v", "libvpx", str(folder / "a.webm")]
    subprocess.run(["ffmpeg", "-v", "error", *source, *join], check=True, timeout=60)
    return folder


@needs_ffmpeg
def test_a_frame_becomes_the_cover(root_url: str, visit: Callable[..., Visit], root: Path) -> None:
    clip = write_clip(root / "clips")
    seen = visit(root_url).open(f"#/folder/{clip}").wait_for_pictures()
    page = seen.page
    page.locator(".tile.is-video").click()
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
    page.keyboard.press("k")
    page.wait_for_function("() => document.querySelector('video').paused")
    page.evaluate("() => { document.querySelector('video').currentTime = 1.5; }")
    page.wait_for_function("() => !document.querySelector('video').seeking")
    at = page.evaluate("document.querySelector('video').currentTime")
    page.keyboard.press(".")
    page.wait_for_function("at => document.querySelector('video').currentTime > at", arg=at)
    page.wait_for_function("() => !document.querySelector('video').seeking")
    page.keyboard.press("u")
    page.get_by_text("Cover changed").wait_for()
    assert page.evaluate("document.querySelector('video').currentTime") > at
    page.keyboard.press("Escape")
    blue = """() => { const image = document.querySelector('.tile.is-video img');
      if (!image.complete || !image.naturalWidth) return false;
      const canvas = document.createElement('canvas'); canvas.width = canvas.height = 1;
      const context = canvas.getContext('2d'); context.drawImage(image, 0, 0, 1, 1);
      const [r, , b] = context.getImageData(0, 0, 1, 1).data; return b > 150 && r < 100; }"""
    page.wait_for_function(blue)


@needs_ffmpeg
def test_a_step_is_a_frame_wherever_the_video_was_sent_before(
    root_url: str, visit: Callable[..., Visit], root: Path
) -> None:
    seen = visit(root_url)
    page = seen.page
    # As where a browser plays nothing by itself: the first frames that it shows are those it is
    # sent to.
    page.add_init_script(
        "HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    seen.open(f"#/folder/{write_clip(root / 'stepped')}").wait_for_pictures()
    page.locator(".tile.is-video").click()
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
    shown = """at => new Promise(resolve => { const video = document.querySelector('video');
      video.requestVideoFrameCallback(() => resolve()); video.currentTime = at; })"""
    time_s = "document.querySelector('video').currentTime"
    still = "() => !document.querySelector('video').seeking"
    for at in (0.85, 1.35):
        page.evaluate(shown, at)
        page.wait_for_function(still)
    page.keyboard.press(".")
    page.wait_for_function(f"() => {time_s} > 1.35")
    assert page.evaluate(time_s) < 1.5
    page.evaluate(shown, 1.85)
    for _ in range(6):
        page.keyboard.press(".")
        page.wait_for_function(still)
    assert 1.9 < page.evaluate(time_s) <= 2
    page.keyboard.press(",")
    page.wait_for_function(still)
    assert page.evaluate(time_s) < 1.96
