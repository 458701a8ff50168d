"""What is done every day: copying a picture, finding its like, downloading it bare, help, messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.browser.conftest import REPOSITORY, Visit, post, wait_for_index, write_picture

Pages = Callable[..., Visit]


@pytest.fixture(scope="module")
def daily_url(run_server: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("daily") / "out"
    root.mkdir()
    for number in (1, 2, 3):
        write_picture(root / f"{number}.png", number)
    write_img2img(root / "later.png", "Init image hash: 0123abcdef")
    write_img2img(root / "lost.png", "Init image hash: fedcba3210")
    Image.new("RGB", (64, 64), "olive").save(root / "0123abcdef.png")
    url = run_server(root)
    wait_for_index(url)
    return url


def write_img2img(path: Path, extra: str) -> None:
    info = PngInfo()
    info.add_text(
        "parameters",
        "a fox in the snow\nNegative prompt: blur\nSteps: 20, Sampler: Euler a, CFG scale: 7, "
        f"Seed: 1002, Size: 64x64, Model: other_v2, Denoising strength: 0.6, {extra}",
    )
    Image.new("RGB", (64, 64), "teal").save(path, pnginfo=info)


@pytest.fixture
def daily(visit: Pages, daily_url: str) -> Visit:
    seen = visit(daily_url, permissions=["clipboard-read", "clipboard-write"])
    return seen.open("#/library").wait_for_pictures(6)


def choose(seen: Visit, name: str, action: str) -> None:
    seen.tile(name).click(button="right")
    seen.page.get_by_role("menuitem", name=action, exact=True).click()


@pytest.mark.parametrize(
    ("name", "action", "found"),
    [
        ("2.png", "Same seed", ["2.png", "later.png", "lost.png"]),
        ("2.png", "Same prompt", ["2.png"]),
        ("2.png", "Same model", ["1.png", "2.png", "3.png"]),
        ("later.png", "Same prompt", ["later.png", "lost.png"]),
        ("later.png", "Show source image", ["0123abcdef.png"]),
    ],
)
def test_what_has_something_in_common_is_a_search_and_back_leads_back(
    daily: Visit, name: str, action: str, found: list[str]
) -> None:
    choose(daily, name, action)
    daily.until(lambda: sorted(daily.names()) == found)
    daily.page.go_back()
    daily.until(lambda: len(daily.names()) == 6)


def test_a_picture_that_names_none_or_one_that_is_not_here_says_so(daily: Visit) -> None:
    choose(daily, "1.png", "Show source image")
    daily.page.get_by_text("This file does not name a source image").wait_for()
    choose(daily, "lost.png", "Show source image")
    daily.page.get_by_text("fedcba3210 is not in the library").wait_for()
    choose(daily, "0123abcdef.png", "Same seed")
    daily.page.get_by_text("No generation data in this file").wait_for()


def test_a_picture_goes_to_the_clipboard_by_menu_and_key(daily: Visit) -> None:
    # It may change between its two answers, while the page writes to it.
    read = """async () => { const [item] = await navigator.clipboard.read();
      const data = await item.getType('image/png').catch((error) => {
        if (error.name !== 'InvalidStateError') throw error; });
      const image = data && await createImageBitmap(data);
      return image && [image.width, image.height]; }"""
    choose(daily, "2.png", "Copy image")
    daily.page.get_by_text("Copied").wait_for()
    assert daily.page.evaluate(read) == [96, 64]
    daily.tile("later.png").click()
    daily.page.locator(".viewer .pswp__img").first.wait_for()
    daily.page.keyboard.press("y")
    daily.until(lambda: daily.page.evaluate(read) == [64, 64])


@pytest.mark.console_may_say("400")
def test_a_picture_is_downloaded_without_its_metadata(daily: Visit) -> None:
    with daily.page.expect_download() as download:
        choose(daily, "2.png", "Download without metadata")
    assert download.value.suggested_filename == "2.png"
    with Image.open(download.value.path()) as picture:
        assert picture.size == (96, 64) and "parameters" not in picture.info
    daily.choose("1.png", "3.png")
    with daily.page.expect_download() as download:
        choose(daily, "1.png", "Download without metadata")
    assert download.value.suggested_filename.endswith(".zip")
    assert b"Steps: " not in Path(download.value.path()).read_bytes()


def test_the_language_of_the_search_is_explained_by_examples(daily: Visit) -> None:
    page = daily.page
    page.get_by_role("button", name="How to search").click()
    dialog = page.get_by_role("dialog", name="How to search")
    dialog.locator(".syntax__term", has_text="re:/fox").wait_for()
    terms = dialog.locator(".syntax__term").all_inner_texts()
    assert len(terms) > 10
    dialog.get_by_role("button", name="rating:>=4").click()
    assert page.get_by_role("combobox", name="Search").input_value() == "rating:>=4"
    page.get_by_text("No pictures match").wait_for()


def test_every_example_of_the_search_is_understood(daily_url: str) -> None:
    source = (REPOSITORY / "javascript/gallery/ui/syntax-dialog.mjs").read_text("utf-8")
    terms = [
        line.split("['")[1].split("', 'syntax")[0]
        for line in source.splitlines()
        if "', 'syntax." in line
    ]
    assert len(terms) > 10
    for term in terms:
        answer = post(daily_url, "db/search", {"query": term})
        assert answer.get("hints", []) == [], term


def test_a_message_is_never_behind_a_dialog_that_opens_after_it(daily: Visit) -> None:
    page = daily.page
    daily.tile("1.png").click(modifiers=["Control"])
    page.keyboard.press("3")
    undo = page.locator(".toast__action")
    undo.wait_for()
    page.keyboard.press("m")
    page.get_by_role("dialog").wait_for()
    # In the browser's top layer, above the dialog that came there before it.
    page.locator(".toast-region:popover-open .toast__action").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    undo.click()
    page.get_by_text("3 stars", exact=True).wait_for(state="detached")


def test_a_message_is_not_on_the_buttons_of_a_dialog(daily: Visit) -> None:
    page = daily.page
    for size in ({"width": 900, "height": 600}, {"width": 390, "height": 844}):
        page.set_viewport_size(size)
        daily.tile("1.png").click(modifiers=["Control"])
        page.keyboard.press("4")
        page.locator(".toast__action").wait_for()
        page.keyboard.press("?")
        foot = page.locator("dialog .keys-bar")
        foot.wait_for()
        page.locator(".toast-region:popover-open .toast__action").wait_for()
        message = page.locator(".toast").bounding_box()
        below = foot.bounding_box()
        cross = page.locator("dialog header button").bounding_box()
        assert message["height"] < 100
        assert message["y"] + message["height"] <= below["y"]
        assert message["x"] + message["width"] <= cross["x"]
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        page.keyboard.press("Control+z")
        page.get_by_text("Undone: 4 stars").wait_for()
        page.keyboard.press("Escape")


@pytest.mark.parametrize("count", [3, 4])
def test_up_to_four_pictures_are_zoomed_and_moved_together(daily: Visit, count: int) -> None:
    page = daily.page
    daily.choose(*["1.png", "2.png", "3.png", "later.png"][:count])
    page.keyboard.press("v")
    page.get_by_role("dialog", name="Compare").wait_for()
    panes = page.locator(".compare__pane")
    boxes = [pane.bounding_box() for pane in panes.all()]
    assert len(boxes) == count
    assert all(box["width"] > 600 and box["height"] > 300 for box in boxes)
    page.mouse.move(boxes[0]["x"] + 200, boxes[0]["y"] + 150)
    page.mouse.wheel(0, -600)
    shown = "images => [...new Set(images.map(image => getComputedStyle(image).transform))]"
    daily.until(
        lambda: (
            len(found := panes.locator("img").evaluate_all(shown)) == 1
            and not found[0].startswith("matrix(1, 0, 0, 1")
        )
    )
    before = panes.locator("img").evaluate_all(shown)
    page.mouse.down()
    page.mouse.move(boxes[0]["x"] + 260, boxes[0]["y"] + 190, steps=4)
    page.mouse.up()
    daily.until(
        lambda: len(found := panes.locator("img").evaluate_all(shown)) == 1 and found != before
    )


HOST = """<!doctype html><body><gradio-app><div id="iib-mount" data-src='{base}#/library'></div>
<div><div id="iib-send-told"></div></div>
<button id="iib-send-txt2img" onclick="done.push('pasted');
  document.querySelector('#iib-send-told').textContent =
    JSON.stringify({{ ticket: iibTicket, problem: '', ended: 1, events: 1 }})">send</button>
<button id="txt2img_generate" onclick="done.push('generate')">generate</button></gradio-app>
<script>const done = [];</script><script type="module" src="/iib.mjs?1"></script></body>"""


def open_host(seen: Visit) -> Any:
    root = seen.url.rsplit("/", 1)[0]
    script = (REPOSITORY / "javascript" / "iib.mjs").read_text("utf-8")
    page = seen.page
    body = HOST.format(base=seen.url)
    page.route("**/host.html", lambda route: route.fulfill(content_type="text/html", body=body))
    page.route(
        "**/iib.mjs?**", lambda route: route.fulfill(content_type="text/javascript", body=script)
    )
    ticket = json.dumps({"id": "a ticket"})
    page.route("**/send_img_path?**", lambda route: route.fulfill(body=ticket))
    sent = json.dumps({"picture": True, "infotext": True})
    page.route("**/redeem_send?**", lambda route: route.fulfill(body=sent))
    page.route("**/claim_send", lambda route: route.fulfill(body=json.dumps({"send": None})))
    page.goto(f"{root}/host.html")
    return page


def test_in_a_host_one_key_generates_again(visit: Pages, daily_url: str) -> None:
    page = open_host(visit(daily_url))
    frame = page.frame_locator("#iib-mount iframe")
    frame.locator(".tile.is-loaded[title='2.png']").click(modifiers=["Control"])
    page.keyboard.press("Shift+G")
    frame.get_by_text("Generating in txt2img").wait_for()
    assert page.evaluate("done") == ["pasted", "generate"]
    frame.locator(".tile[title='2.png']").click(button="right")
    frame.get_by_role("menuitem", name="Send to txt2img").click()
    frame.get_by_text("Sent to txt2img").wait_for()
    assert page.evaluate("done") == ["pasted", "generate", "pasted"]


def test_outside_of_a_host_nothing_generates(daily: Visit) -> None:
    daily.tile("2.png").click(button="right")
    daily.page.get_by_role("menuitem", name="Same seed").wait_for()
    assert daily.page.get_by_role("menuitem", name="Generate again").count() == 0
