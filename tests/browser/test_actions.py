"""What can be done with pictures: selecting, moving, deleting, undoing, marking, comparing."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, Visit, write_picture

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg, which makes the clip, is not installed")

CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("actions")


@pytest.fixture(scope="module")
def root_url(run_server: Callable[..., str], root: Path) -> str:
    return run_server(root)


@pytest.fixture
def out(root: Path, request: pytest.FixtureRequest) -> Path:
    """A folder of the test's own: 24 pictures ``01.png`` (oldest) to ``24.png``, and a folder ``keep`` that has a ``24.png`` too."""
    own = root / str(request.node.name)
    (own / "keep").mkdir(parents=True)
    for number in range(1, 25):
        write_picture(own / f"{number:02d}.png", number)
    write_picture(own / "keep" / "24.png", 99)
    return own


@pytest.fixture
def folder(root_url: str, visit: Callable[..., Visit], out: Path) -> Visit:
    return visit(root_url, permissions=CLIPBOARD).open(f"#/folder/{out}").wait_for_pictures(8)


def tile(seen: Visit, name: str) -> Any:
    return seen.page.locator(f".tile[title='{name}']").first


def choose(seen: Visit, *names: str) -> None:
    for name in names:
        tile(seen, name).click(modifiers=["Control"])


def selected(seen: Visit) -> list[str]:
    return sorted(seen.page.eval_on_selector_all(".tile.is-selected", "tiles => tiles.map(tile => tile.title)"))


def post(url: str, route: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(f"{url}/{route}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_selecting_by_click_keys_and_box(folder: Visit) -> None:
    page = folder.page
    choose(folder, "24.png", "22.png")
    assert selected(folder) == ["22.png", "24.png"]
    tile(folder, "20.png").click(modifiers=["Shift"])
    assert selected(folder) == ["20.png", "21.png", "22.png", "24.png"]
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("x")
    page.locator(".selection-bar").get_by_text("4 selected").wait_for()
    assert selected(folder) == ["20.png", "21.png", "22.png", "24.png"]
    page.keyboard.press("Escape")
    assert selected(folder) == []
    start, end = tile(folder, "23.png").bounding_box(), tile(folder, "21.png").bounding_box()
    page.keyboard.down("Shift")
    page.mouse.move(start["x"] + 20, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(end["x"] + 20, end["y"] + 40, steps=6)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert selected(folder) == ["21.png", "22.png", "23.png"]
    assert page.locator(".select-box").count() == 0
    page.keyboard.press("Control+a")
    page.locator(".selection-bar").get_by_text("24 selected").wait_for()
    page.keyboard.press("Shift+C")
    page.get_by_text("Copied").wait_for()
    assert len(page.evaluate("navigator.clipboard.readText()").splitlines()) == 24


@pytest.mark.console_may_say("409")
def test_moving_and_copying_with_names_that_are_taken_and_back(folder: Visit, out: Path) -> None:
    page = folder.page
    choose(folder, "23.png", "22.png")
    page.keyboard.press("m")
    page.get_by_role("button", name="New folder").click()
    page.get_by_label("Name of the new folder").fill("best")
    page.keyboard.press("Enter")
    page.locator(".folders__way [aria-current]", has_text="best").wait_for()
    page.get_by_role("button", name="Move here").click()
    page.get_by_text("Moved 2 files to best").wait_for()
    assert sorted(path.name for path in (out / "best").iterdir()) == ["22.png", "23.png"]
    page.locator(".tile[title='22.png']").wait_for(state="detached")
    assert page.locator(".selection-bar").count() == 0
    page.keyboard.press("Control+z")
    page.get_by_text("2 files are back").wait_for()
    tile(folder, "22.png").wait_for()
    assert (out / "23.png").is_file()
    # Copying onto a name that is taken asks first, and the folder used last is at hand.
    choose(folder, "24.png", "21.png")
    page.keyboard.press("Shift+M")
    page.get_by_placeholder("Find a folder").fill("keep")
    page.keyboard.press("Enter")
    page.locator(".folders__way [aria-current]", has_text="keep").wait_for()
    page.get_by_role("button", name="Copy here").click()
    page.get_by_role("button", name="Keep both").click()
    page.get_by_text("Copied 2 files to keep").wait_for()
    assert len(list((out / "keep").iterdir())) == 3
    page.keyboard.press("Escape")
    choose(folder, "20.png")
    page.keyboard.press("m")
    page.locator(".folders__row", has_text="keep").first.wait_for()
    page.locator("dialog .folders__list h3", has_text="Used last").wait_for()
    page.keyboard.press("Escape")
    # Dragging to a folder moves.
    page.keyboard.press("Escape")
    tile(folder, "19.png").drag_to(page.locator(".tile.is-dir[title='keep']"))
    page.get_by_text("Moved 1 file to keep").wait_for()
    assert (out / "keep" / "19.png").is_file()
    assert not (out / "19.png").exists()
    link = """() => { const data = new DataTransfer();
      document.querySelector(".tile[title='18.png']").dispatchEvent(new DragEvent('dragstart', { dataTransfer: data, bubbles: true }));
      return data.getData('DownloadURL'); }"""
    kind, name, url = page.evaluate(link).split(":", 2)
    assert (kind, name) == ("image/png", "18.png")
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.read() == (out / "18.png").read_bytes()


@pytest.mark.console_may_say("40[04]")
def test_deleting_goes_on_with_the_next_picture_and_the_trash_gives_back(folder: Visit, out: Path) -> None:
    page = folder.page
    tile(folder, "23.png").click()
    name = page.locator(".viewer-bar__name")
    page.get_by_text("2 of 24").wait_for()
    page.keyboard.press("Delete")
    page.wait_for_function("() => document.querySelector('.viewer-bar__name').textContent === '22.png'")
    page.get_by_text("Deleted 1 file").wait_for()
    page.get_by_text("2 of 23").wait_for()
    assert not (out / "23.png").exists()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => document.querySelector('.viewer-bar__name').textContent === '24.png'")
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("1 file is back").wait_for()
    page.get_by_text("1 of 24").wait_for()
    assert name.inner_text() == "24.png"
    page.keyboard.press("Escape")
    choose(folder, "20.png", "19.png")
    page.keyboard.press("Delete")
    page.get_by_text("Deleted 2 files").wait_for()
    page.locator(".tile[title='19.png']").wait_for(state="detached")
    tile(folder, "18.png").click(button="right")
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_text("Deleted 1 file").wait_for()
    page.locator(".rail").get_by_text("Trash").click()
    page.locator(".trash__part").nth(1).wait_for()
    page.wait_for_function("() => { const all = [...document.querySelectorAll('.trash img')]; return all.length === 3 && all.every(i => i.naturalWidth); }")
    page.get_by_role("button", name="Put back").nth(1).click()
    page.get_by_text("2 files are back").wait_for()
    assert (out / "19.png").is_file()
    page.get_by_role("button", name="Empty the trash").click()
    page.locator("dialog").get_by_role("button", name="Remove for good").click()
    page.get_by_text("The trash is empty").wait_for()
    assert not (out / "18.png").exists()


@pytest.mark.console_may_say("409")
def test_the_menu_renames_and_the_text_is_edited(folder: Visit, out: Path) -> None:
    page = folder.page
    tile(folder, "24.png").click(button="right")
    page.get_by_role("menu").wait_for()
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    field = page.get_by_label("New name")
    assert field.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)") == "24"
    page.keyboard.type("23")
    page.keyboard.press("Enter")
    page.locator(".toast").wait_for()
    assert (out / "24.png").is_file()
    page.keyboard.press("F2")
    page.keyboard.type("dawn")
    page.keyboard.press("Enter")
    page.get_by_text("Renamed to dawn.png").wait_for()
    page.wait_for_function("() => document.querySelector('.tile.is-current')?.title === 'dawn.png'")
    page.keyboard.press("e")
    page.locator("dialog textarea").fill("a violet dawn\nSteps: 12, Sampler: Heun, Seed: 5")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The text was written").wait_for()
    page.keyboard.press("i")
    page.locator(".info").get_by_text("a violet dawn", exact=True).first.wait_for()
    page.locator(".info").get_by_text("Heun", exact=True).wait_for()
    page.get_by_text("All tags of the file").click()
    page.locator(".info dt", has_text="container").wait_for()
    page.keyboard.press("?")
    sheet = page.locator("dialog.sheet")
    for words in ("Give stars", "Use this frame as cover", "Select by a box", "Undo"):
        sheet.get_by_text(words, exact=True).wait_for()


def test_what_is_typed_before_a_dialog_is_there_is_no_command(folder: Visit) -> None:
    page = folder.page
    held: list[Any] = []
    page.route("**/views/dialogs.mjs", lambda route: held.append(route))
    page.reload()
    folder.wait_for_pictures(4)
    choose(folder, "24.png")
    page.keyboard.press("a")
    page.keyboard.press("5")
    while not held:
        page.wait_for_timeout(20)
    for route in held:
        route.continue_()
    page.get_by_placeholder("Find or make an album").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("4")
    page.get_by_text("4 stars").wait_for()
    page.keyboard.press("Control+z")
    page.locator(".tile[title='24.png'] .tile__marks:empty").wait_for(state="attached")


def test_marks_by_keys_and_what_differs(folder: Visit) -> None:
    post(folder.url, "db/update_image_data", {})
    page = folder.page
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("5")
    page.get_by_text("5 stars").wait_for()
    page.locator(".tile[title='24.png'] .tile__marks", has_text="5").wait_for()
    page.keyboard.press("Control+z")
    page.locator(".tile[title='24.png'] .tile__marks:empty").wait_for(state="attached")
    choose(folder, "24.png", "23.png")
    page.keyboard.press("4")
    page.keyboard.press("l")
    page.get_by_text("Liked").wait_for()
    page.keyboard.press("t")
    page.get_by_placeholder("Find or make a tag").fill("sea")
    page.keyboard.press("Enter")
    page.locator(".picks__row[aria-checked=true]", has_text="sea").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.get_by_placeholder("Find or make an album").fill("Best of")
    page.keyboard.press("Enter")
    page.locator(".picks__row[aria-checked=true]", has_text="Best of").wait_for()
    page.keyboard.press("Escape")
    # What is chosen is shown before the server has answered.
    query = {"query": 'rating:4 tag:sea tag:like album:"Best of"'}
    wait_until(lambda: sorted(file["name"] for file in post(folder.url, "db/search", query)["files"]) == ["23.png", "24.png"])
    page.keyboard.press("v")
    comparison = page.locator("dialog.comparison")
    comparison.get_by_text("1023", exact=True).wait_for()
    divider = comparison.get_by_role("slider")
    before = int(divider.get_attribute("aria-valuenow"))
    page.keyboard.press("ArrowRight")
    assert int(divider.get_attribute("aria-valuenow")) == before + 2
    comparison.get_by_role("button", name="Side by side").click()
    first, second = (pane.bounding_box() for pane in comparison.locator("figure").all())
    assert first["x"] + first["width"] <= second["x"]
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    tile(folder, "22.png").click()
    page.keyboard.press("Shift+D")
    page.keyboard.press("ArrowRight")
    page.locator(".is-pinned ins", has_text="1021").wait_for()
    page.locator(".is-pinned del", has_text="1022").wait_for()
    # A term of the prompt leads to others that have it.
    page.locator(".prompt a.word", has_text="lighthouse").first.click()
    page.locator(".viewer").wait_for(state="hidden")
    page.wait_for_function("() => document.querySelector('.search__field').value.includes('lighthouse')")
    page.locator(".info .chip, .tile.is-loaded").first.wait_for()
    tile(folder, "21.png").click()
    page.locator(".prompt mark").first.wait_for()


def test_with_a_finger_a_long_press_selects(root_url: str, visit: Callable[..., Visit], out: Path) -> None:
    seen = visit(root_url, viewport=PHONE, has_touch=True).open(f"#/folder/{out}").wait_for_pictures(4)
    page = seen.page
    box = tile(seen, "24.png").bounding_box()
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": box["x"] + 30, "y": box["y"] + 30}]})
    page.locator(".selection-bar").wait_for()
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    tile(seen, "23.png").tap()
    page.get_by_text("2 selected").wait_for()
    assert selected(seen) == ["23.png", "24.png"]
    page.locator(".selection-bar").get_by_role("button", name="More").tap()
    for item in page.get_by_role("menuitem").all():
        assert item.bounding_box()["height"] >= 40
    assert page.locator(".menu").bounding_box()["width"] == PHONE["width"]


def test_where_nothing_comes_back_deleting_asks_first(
    run_server: Callable[..., str], visit: Callable[..., Visit], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IIB_DELETE_MODE", "permanent")
    seen = visit(run_server(out)).open().wait_for_pictures(4)
    page = seen.page
    choose(seen, "24.png")
    page.keyboard.press("Delete")
    dialog = page.locator("dialog")
    dialog.get_by_text("There is no way back from this.").wait_for()
    dialog.get_by_role("button", name="Cancel").last.click()
    assert (out / "24.png").is_file()
    page.keyboard.press("Delete")
    dialog.get_by_role("button", name="Remove for good").click()
    page.get_by_text("Deleted 1 file").wait_for()
    assert not (out / "24.png").exists()


def test_where_nothing_may_change_nothing_offers_it(run_server: Callable[..., str], visit: Callable[..., Visit], out: Path) -> None:
    seen = visit(run_server(out, flags=("--read-only",))).open().wait_for_pictures(4)
    page = seen.page
    choose(seen, "24.png")
    page.keyboard.press("Delete")
    page.keyboard.press("5")
    page.locator(".selection-bar").get_by_role("button", name="More").click()
    assert page.get_by_role("menuitem", name="Copy the path").count() == 1
    assert page.get_by_role("menuitem", name="Delete").count() == 0
    assert page.locator(".star").count() == 0
    assert (out / "24.png").is_file()


def write_clip(folder: Path) -> Path:
    """A folder with one clip: a second of red and one of blue, ten frames a second."""
    folder.mkdir()
    source = ["-f", "lavfi", "-i", "color=red:size=64x48:duration=1:rate=10", "-f", "lavfi", "-i", "color=blue:size=64x48:duration=1:rate=10"]
    join = ["-filter_complex", "[0][1]concat=n=2", "-c:v", "libvpx", str(folder / "a.webm")]
    subprocess.run(["ffmpeg", "-v", "error", *source, *join], check=True, timeout=60)
    return folder


def test_of_many_files_those_whose_names_are_taken_are_asked_about(root_url: str, visit: Callable[..., Visit], out: Path) -> None:
    many, keep = out / "many", out / "many" / "keep"
    keep.mkdir(parents=True)
    for number in range(1, 211):
        shutil.copy(out / "01.png", many / f"{number:03d}.png")
    for name in ("007.png", "150.png"):
        write_picture(keep / name, 5)
    before = (keep / "007.png").read_bytes()
    seen = visit(root_url).open(f"#/folder/{many}").wait_for_pictures(8)
    page = seen.page
    page.keyboard.press("Control+a")
    page.keyboard.press("m")
    page.get_by_placeholder("Find a folder").fill("keep")
    page.keyboard.press("Enter")
    page.locator(".folders__way [aria-current]", has_text="keep").wait_for()
    page.get_by_role("button", name="Move here").click()
    page.get_by_text("2 files were left where they are").wait_for()
    page.get_by_text("Moved 208 files to keep").wait_for()
    assert sorted(path.name for path in many.glob("*.png")) == ["007.png", "150.png"]
    assert page.locator("dialog").get_by_role("button", name="Skip these files").count() == 0
    page.get_by_role("button", name="Keep both").click()
    page.get_by_text("Moved 2 files to keep").wait_for()
    assert not list(many.glob("*.png"))
    assert {"007 (1).png", "150 (1).png"} <= {path.name for path in keep.iterdir()}
    assert (keep / "007.png").read_bytes() == before
    page.keyboard.press("Control+z")
    page.get_by_text("2 files are back").wait_for()
    page.keyboard.press("Control+z")
    page.get_by_text("208 files are back").wait_for()
    assert len(list(many.glob("*.png"))) == 210


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
    page.get_by_text("The video is shown by this frame now").wait_for()
    assert page.evaluate("document.querySelector('video').currentTime") > at
    page.keyboard.press("Escape")
    blue = """() => { const image = document.querySelector('.tile.is-video img');
      if (!image.complete || !image.naturalWidth) return false;
      const canvas = document.createElement('canvas'); canvas.width = canvas.height = 1;
      const context = canvas.getContext('2d'); context.drawImage(image, 0, 0, 1, 1);
      const [r, , b] = context.getImageData(0, 0, 1, 1).data; return b > 150 && r < 100; }"""
    page.wait_for_function(blue)


@needs_ffmpeg
def test_a_step_is_a_frame_wherever_the_video_was_sent_before(root_url: str, visit: Callable[..., Visit], root: Path) -> None:
    seen = visit(root_url)
    page = seen.page
    # As where a browser plays nothing by itself: the first frames that it shows are those it is sent to.
    page.add_init_script("HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('no', 'NotAllowedError'))")
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


def test_turning_filmstrip_and_slideshow(folder: Visit) -> None:
    page = folder.page
    tile(folder, "24.png").click()
    image = page.locator(".pswp__item[aria-hidden=false] .pswp__img:not(.pswp__img--placeholder)")
    image.wait_for()
    page.wait_for_timeout(300)
    before = image.bounding_box()
    page.keyboard.press("r")
    page.locator(".turned.is-sideways").wait_for()
    page.wait_for_timeout(200)
    after = page.locator(".turned img").bounding_box()
    assert before["width"] / before["height"] == pytest.approx(after["height"] / after["width"], abs=0.05)
    page.keyboard.press("Shift+R")
    page.locator(".turned").wait_for(state="detached")
    strip = page.locator(".filmstrip")
    assert strip.locator("[aria-current]").get_attribute("title") == "24.png"
    strip.locator("[title='21.png']").click()
    page.get_by_text("4 of 24").wait_for()
    page.keyboard.press("h")
    strip.wait_for(state="detached")
    page.clock.install()
    page.keyboard.press("p")
    page.locator(".viewer.is-bare").wait_for()
    page.clock.run_for(5500)
    page.wait_for_function("() => location.hash.includes('20.png')")
    page.keyboard.press("Escape")
    page.locator(".viewer").wait_for(state="hidden")


def shown(page: Any) -> str:
    return str(page.evaluate("decodeURIComponent(location.hash.match(/open=([^&]*)/)?.[1] ?? '')"))


def stop_the_clock(page: Any) -> None:
    now = datetime(2027, 1, 1)
    page.clock.install(time=now)
    page.clock.pause_at(now + timedelta(seconds=10))


def test_the_pace_of_the_slideshow_is_changed_while_it_runs_and_remembered(folder: Visit) -> None:
    page = folder.page
    tile(folder, "24.png").click()
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


def test_a_bar_that_a_tap_has_sent_away_comes_back_with_the_focus(visit: Callable[..., Visit], library_url: str) -> None:
    page = visit(library_url, PHONE, has_touch=True).open().wait_for_pictures().page
    page.locator(".tile.is-image").first.tap()
    page.locator(".viewer-bar").wait_for()
    page.wait_for_timeout(300)
    page.touchscreen.tap(200, 300)
    page.locator(".viewer.is-bare").wait_for()
    assert page.locator(".viewer-bar").evaluate("bar => getComputedStyle(bar).opacity") == "0"
    page.keyboard.press("Tab")
    page.locator(".viewer:not(.is-bare)").wait_for()


def test_the_slideshow_in_random_order_shows_each_file_once(folder: Visit) -> None:
    page = folder.page
    tile(folder, "24.png").click()
    page.locator(".viewer-bar").wait_for()
    page.clock.install()
    page.keyboard.press("p")
    page.mouse.move(300, 300)
    page.mouse.move(310, 300)
    page.get_by_role("group", name="Slideshow").get_by_role("button", name="In random order").click()
    order = [shown(page)]
    for _ in range(23):
        page.clock.run_for(5100)
        page.wait_for_function("last => !location.hash.includes(last)", arg=order[-1])
        order.append(shown(page))
    assert sorted(order) == sorted(f"{number:02d}.png" for number in range(1, 25))
    assert order != sorted(order, reverse=True)


@pytest.mark.console_may_say("404")
def test_many_files_are_changed_by_a_job_that_can_be_undone(root_url: str, visit: Callable[..., Visit], root: Path) -> None:
    many = root / "many"
    many.mkdir()
    write_picture(many / "000.png", 1)
    for number in range(1, 260):
        shutil.copy2(many / "000.png", many / f"{number:03d}.png")
    seen = visit(root_url).open(f"#/folder/{many}").wait_for_pictures(8)
    page = seen.page
    page.keyboard.press("Control+a")
    page.get_by_text("260 selected").wait_for()
    page.keyboard.press("Delete")
    page.get_by_text("Deleted 260 files").wait_for()
    page.get_by_text("No pictures here yet").wait_for()
    assert list(many.iterdir()) == []
    page.keyboard.press("Control+z")
    page.get_by_text("260 files are back").wait_for()
    seen.wait_for_pictures(8)
    assert len(list(many.iterdir())) == 260
    assert page.locator(".work").count() == 0


@pytest.mark.console_may_say("503")
def test_no_picture_is_asked_for_from_where_a_file_is_leaving(visit: Callable[..., Visit], library_url: str) -> None:
    seen = visit(library_url).open().wait_for_pictures(8)
    page = seen.page
    held: list[Any] = []
    page.route("**/move_files", lambda route: held.append(route))
    page.wait_for_timeout(500)  # what is a screen ahead is loaded too
    page.keyboard.press("Control+a")
    page.get_by_text("300 selected").wait_for()
    page.keyboard.press("m")
    page.locator("dialog").get_by_text("day 2").click()
    with page.expect_request("**/move_files"):
        page.get_by_role("button", name="Move here").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "image-thumbnail" in request.url else None)
    page.keyboard.press("End")
    page.locator(".tile[title='001.png']").wait_for()
    page.wait_for_timeout(600)
    assert asked == []
    assert len(held) == 1
    held[0].fulfill(status=503, json={"detail": "The drive is busy.", "code": "Busy"})
    page.locator(".tile.is-loaded[title='001.png']").wait_for()
