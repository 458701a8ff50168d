"""What is in the pictures: settings, search by content, and by a picture that is pasted or dropped."""

from __future__ import annotations

import base64
import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import asks
from tests.browser.conftest import Visit, post, search, wait_for_index, wait_until
from tests.browser.test_meaning import names, similarities
from tests.vision import tiny_onnx
from tests.vision.conftest import SHADES, paint

pytestmark = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("onnxruntime", "tokenizers")),
    reason="onnxruntime is not installed",
)
REDS = {"red.png", "blood.jpg", "rose.png"}
# Pastes a file of this name, type and base64 content into the search field.
PASTE = """([name, type, content]) => {
  const data = new DataTransfer();
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
  data.items.add(new File([bytes], name, { type }));
  const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
  return document.querySelector('.search__field').dispatchEvent(event);
}"""
DROP = """([selector, type, content]) => {
  const data = new DataTransfer();
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
  data.items.add(new File([bytes], 'mine.png', { type }));
  const target = document.querySelector(selector);
  return ['dragover', 'drop'].map(kind => target.dispatchEvent(
    new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true })));
}"""


@pytest.fixture(scope="module")
def shades(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shades") / "out"
    for at, (name, colour) in enumerate(SHADES.items()):
        paint(root / name, colour, at)
    return root


@pytest.fixture(scope="module")
def shades_url(run_server: Callable[..., str], shades: Path) -> str:
    """A server that has seen all pictures by a model of colours."""
    url = run_server(shades)
    wait_for_index(url)
    tiny_onnx.write(data_folder(url) / "models" / "colours")
    post(url, "vision/resume", {})
    wait_until(lambda: read_status(url)["state"] == "done", timeout_s=90)
    return url


def read_status(url: str) -> Any:
    return asks.get(f"{url}/vision/status").json()


def data_folder(url: str) -> Path:
    return Path(read_status(url)["models"][0]["files"][0]["path"]).parents[2]


def content_of(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def test_words_find_what_pictures_show(visit: Callable[..., Visit], shades_url: str) -> None:
    seen = visit(shades_url).open("#/library").wait_for_pictures(6)
    page = seen.page
    page.get_by_role("button", name="Find by meaning").click()
    search(seen, "blue")
    bar = page.locator(".similar-bar")
    bar.get_by_role("button", name="Content", exact=True).click()
    bar.get_by_text("Compared with 6 files").wait_for()
    seen.wait_for_pictures(6)
    assert names(seen)[0] == "sea.webp"
    assert similarities(seen) == sorted(similarities(seen), reverse=True)
    page.reload()
    seen.wait_for_pictures(6)
    assert names(seen)[0] == "sea.webp" and "by=content" in page.url
    search(seen, "green")
    wait_until(lambda: names(seen)[:1] == ["grass.png"])


def test_look_is_a_field_of_the_search(visit: Callable[..., Visit], shades_url: str) -> None:
    seen = visit(shades_url).open("#/library").wait_for_pictures(6)
    search(seen, "look:blue")
    seen.page.locator(".search__count", has_text="1 file").wait_for()
    seen.tile("sea.webp").wait_for()


def test_more_like_one_by_content(visit: Callable[..., Visit], shades_url: str) -> None:
    seen = visit(shades_url).open("#/library?q=name:red").wait_for_pictures(1)
    page = seen.page
    page.locator(".tile[title='red.png']").click()
    page.locator(".viewer-bar").get_by_role("button", name="More like this").click()
    page.locator(".similar-bar").get_by_role("button", name="Content", exact=True).click()
    page.locator(".similar-bar", has_text="Compared with 6 files").wait_for()
    page.wait_for_url(re.compile("by=content"))
    wait_until(lambda: set(names(seen)[:2]) == REDS - {"red.png"})


@pytest.mark.parametrize("how", ["paste", "drop"])
def test_a_picture_on_the_search_field_is_searched_by(
    visit: Callable[..., Visit], shades_url: str, tmp_path: Path, how: str
) -> None:
    mine = paint(tmp_path / "mine.png", (0, 0, 250))
    seen = visit(shades_url).open("#/library").wait_for_pictures(6)
    page: Any = seen.page
    if how == "paste":
        is_untouched = page.evaluate(PASTE, [mine.name, "image/png", content_of(mine)])
        assert not is_untouched
    else:
        taken = page.evaluate(DROP, [".search__box", "image/png", content_of(mine)])
        assert taken == [False, False]
    page.locator(".similar-bar__picture").wait_for()
    page.locator(".toolbar, body").get_by_text("Similar to your picture").first.wait_for()
    wait_until(lambda: names(seen)[:1] == ["sea.webp"])
    assert page.locator(".dialog").count() == 0, "nothing is uploaded into the library"
    page.go_back()
    seen.wait_for_pictures(6)
    page.go_forward()
    wait_until(lambda: names(seen)[:1] == ["sea.webp"])
    page.evaluate(PASTE, ["2.png", "image/png", content_of(paint(mine, (0, 255, 0)))])
    wait_until(lambda: names(seen)[:1] == ["grass.png"])


def test_what_is_no_picture_is_still_pasted_as_text(
    visit: Callable[..., Visit], shades_url: str, tmp_path: Path
) -> None:
    note = tmp_path / "note.txt"
    note.write_text("no picture")
    page = visit(shades_url).open("#/library").wait_for_pictures(6).page
    assert page.evaluate(PASTE, [note.name, "text/plain", content_of(note)])


def test_the_settings_tell_and_change_it(visit: Callable[..., Visit], shades_url: str) -> None:
    page = visit(shades_url).open("#/settings").page
    page.get_by_role("heading", name="What is in the pictures").wait_for()
    page.get_by_text("6 of 6 pictures").wait_for()
    known = page.locator(".vision__model", has_text="SigLIP 2")
    known.get_by_text("749 MB · Apache-2.0 · 109 languages").wait_for()
    known.get_by_role("button", name="Download").wait_for()
    title = page.locator("strong", has_text="Colours")
    own = page.locator(".vision__model").filter(has=title)
    own.get_by_text("in use").wait_for()
    assert own.get_by_role("button").count() == 0


def test_a_pass_is_paused_and_resumed(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    root = tmp_path / "out"
    paint(root / "red.png", (250, 0, 0))
    url = run_server(root)
    wait_for_index(url)
    tiny_onnx.write(data_folder(url) / "models" / "colours")
    post(url, "vision/pause", {})
    page = visit(url).open("#/settings").page
    page.get_by_text("0 of 1 picture · paused").wait_for()
    page.get_by_role("button", name="Resume").click()
    page.get_by_text("1 of 1 picture", exact=True).wait_for(timeout=60_000)


@pytest.mark.console_may_say("409")
def test_a_tagger_is_put_there_turned_on_and_off(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Path
) -> None:
    root = tmp_path / "out"
    paint(root / "red.png", (250, 0, 0))
    url = run_server(root)
    wait_for_index(url)
    page = visit(url).open("#/settings").page
    tagger = page.locator(".vision__model", has_text="Tagger")
    tagger.get_by_text("There is no tagger: put model.onnx").wait_for()
    forget = tagger.get_by_role("button", name="Remove results")
    assert forget.count() == 0
    tagger.get_by_role("button", name="Turn on").click()
    page.locator(".toast", has_text="There is no tagger").wait_for()
    folder = data_folder(url) / "models" / "tagger"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(tiny_onnx.tagger())
    tags = "tag_id,name,category,count\n1,blue_thing,0,9\n2,green,4,9\n3,red,0,9\n"
    (folder / "selected_tags.csv").write_text(tags)
    tagger.get_by_role("button", name="Turn on").click()
    tagger.get_by_text("1 of 1 picture").wait_for(timeout=60_000)
    found = post(url, "db/search", {"query": "autotag:red>0.5"})
    assert [file["name"] for file in found["files"]] == ["red.png"]
    tagger.get_by_role("button", name="Turn off").click()
    tagger.get_by_role("button", name="Turn on").wait_for()
    forget.click()
    forget.wait_for(state="detached")
    wait_until(lambda: not post(url, "db/search", {"query": "autotag:red>0.5"})["files"])
