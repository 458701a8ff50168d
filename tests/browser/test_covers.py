"""Pictures of folders, videos and sounds in the grid."""

from __future__ import annotations

import shutil
import subprocess
import wave
from collections.abc import Callable

import pytest

from tests.browser.conftest import Visit, write_picture

needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")


@pytest.fixture(scope="module")
def covered_url(run_server: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folders with four pictures, one picture and none; forty more with one each; a clip and a
    sound.
    """
    root = tmp_path_factory.mktemp("covers")
    for name, count in [
        ("four", 4),
        ("one", 1),
        ("none", 0),
        *((f"more {number:02d}", 1) for number in range(40)),
    ]:
        (root / name).mkdir()
        for number in range(1, count + 1):
            write_picture(root / name / f"{number}.png", number)
    with wave.open(str(root / "sound.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x00\x10" * 8000)
    if shutil.which("ffmpeg"):
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=duration=2:size=128x96:rate=8",
            "-pix_fmt",
            "yuv420p",
            str(root / "clip.mp4"),
        ]
        subprocess.run(command, check=True, timeout=60)
    (root / "broken.mp4").write_bytes(b"no video")
    return run_server(root)


def test_folders_show_what_is_in_them(visit: Callable[..., Visit], covered_url: str) -> None:
    seen = visit(covered_url)
    asked: list[list[str]] = []
    seen.page.on(
        "request",
        lambda sent: (
            asked.append(sent.post_data_json["paths"]) if "batch_top_4" in sent.url else None
        ),
    )
    seen.open("#/folders?sort=name")
    pictures = (
        "name => [...document.querySelectorAll('.tile.is-dir')].find(tile => tile.title === "
        "name)?.querySelectorAll('.tile__cover img').length"
    )
    seen.page.wait_for_function(f"() => ({pictures})('four') === 4")
    before = seen.page.locator(".tile[title=four]").bounding_box()
    seen.page.wait_for_function(f"() => ({pictures})('one') === 1")
    assert seen.page.evaluate(f"({pictures})('none')") == 0
    assert seen.page.locator(".tile[title=four]").bounding_box() == before
    assert all(len(paths) <= 12 for paths in asked)
    assert len({path for paths in asked for path in paths}) == sum(len(paths) for paths in asked)


def test_folders_say_how_many_files_they_have(
    visit: Callable[..., Visit], covered_url: str
) -> None:
    seen = visit(covered_url).open("#/folders?sort=name")
    detail = ".tile.is-dir[title='{}'] .tile__detail"
    seen.page.locator(detail.format("four"), has_text="4 files").wait_for()
    seen.page.locator(detail.format("one"), has_text="1 file").wait_for()
    seen.page.get_by_role("button", name="Folder tree").click()
    seen.page.locator(".tree__toggle").first.click()
    seen.page.locator(".tree__row", has_text="four").locator("small", has_text="4").wait_for()


@needs_ffmpeg
def test_a_video_has_a_picture_and_moves_under_the_pointer(
    visit: Callable[..., Visit], covered_url: str
) -> None:
    seen = visit(covered_url).open("#/folders?sort=name")
    seen.page.locator(".tile").first.wait_for()
    seen.page.keyboard.press("End")
    seen.page.locator(".tile[title='clip.mp4'].is-loaded").wait_for()
    seen.page.locator(".tile[title='broken.mp4'].is-broken .icon-film").wait_for()
    seen.page.locator(".tile[title='clip.mp4']").hover()
    preview = seen.page.locator(".tile[title='clip.mp4'] .tile__preview")
    preview.wait_for()
    assert "/video_preview?" in preview.get_attribute("src")
    seen.page.mouse.move(2, 2)
    preview.wait_for(state="detached")


@needs_ffmpeg
def test_nothing_moves_under_the_pointer_for_who_asked_for_that(
    visit: Callable[..., Visit], covered_url: str
) -> None:
    seen = visit(covered_url, reduced_motion="reduce").open("#/folders?sort=name")
    seen.page.locator(".tile").first.wait_for()
    seen.page.keyboard.press("End")
    tile = seen.page.locator(".tile[title='clip.mp4'].is-loaded")
    tile.wait_for()
    seen.page.clock.install()
    tile.hover()
    seen.page.clock.run_for(2000)
    assert seen.page.locator(".tile__preview").count() == 0
