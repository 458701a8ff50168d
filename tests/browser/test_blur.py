"""Pictures that the user's terms find are blurred wherever they are shown, from the start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Visit, post, wait_for_index, write_picture
from tests.browser.test_video import needs_ffmpeg, write_clip

IS_BLURRED = "element => getComputedStyle(element).filter !== 'none'"


@pytest.fixture
def url(run_server: Callable[..., str], tmp_path: Any) -> str:
    root = tmp_path / "out"
    (root / "sub").mkdir(parents=True)
    for number in range(1, 5):
        prompt = "a fox {number}" if number < 3 else "sea {number}"
        write_picture(root / f"{number}.png", number, prompt=prompt)
    write_picture(root / "sub" / "9.png", 9, prompt="a fox")
    url = run_server(root)
    wait_for_index(url)
    return url


def blurred(seen: Visit) -> list[str]:
    """Names of the tiles of files that are blurred."""
    return sorted(
        seen.page.eval_on_selector_all(
            ".tile.is-loaded",
            f"tiles => tiles.filter(tile => ({IS_BLURRED})(tile.querySelector('img')))"
            ".map(tile => tile.title)",
        )
    )


def set_terms(url: str, *terms: str) -> None:
    post(url, "app_fe_setting", {"name": "blur_terms", "value": list(terms)})


def test_terms_are_entered_and_a_key_shows_everything(
    visit: Callable[..., Visit], url: str
) -> None:
    seen = visit(url).open("#/settings")
    page = seen.page
    field = page.get_by_role("textbox", name="Blur pictures")
    field.fill("fox\n\n tag:private ")
    field.locator("xpath=following-sibling::button").click()
    page.get_by_text("Saved", exact=True).first.wait_for()
    page.evaluate("location.hash = '#/library'")
    seen.wait_for_pictures(5)
    assert blurred(seen) == ["1.png", "2.png", "9.png"]
    seen.tile("2.png").hover()
    seen.until(lambda: blurred(seen) == ["1.png", "9.png"])
    page.mouse.move(5, 5)
    seen.until(lambda: blurred(seen) == ["1.png", "2.png", "9.png"])
    page.keyboard.press("b")
    seen.until(lambda: blurred(seen) == [])
    page.keyboard.press("b")
    seen.until(lambda: blurred(seen) == ["1.png", "2.png", "9.png"])
    page.keyboard.press("?")
    page.get_by_role("dialog").get_by_text("Show blurred pictures").wait_for()


def test_rows_of_a_search_say_it_and_nothing_is_asked(
    visit: Callable[..., Visit], url: str
) -> None:
    set_terms(url, "fox")
    seen = visit(url)
    asked: list[str] = []
    seen.page.on("request", lambda sent: asked.append(sent.url))
    seen.open("#/library").wait_for_pictures(5)
    assert blurred(seen) == ["1.png", "2.png", "9.png"]
    assert not [one for one in asked if one.endswith("/db/blurred")]


def test_all_of_a_folder_is_blurred_until_the_server_has_answered(
    visit: Callable[..., Visit], url: str, tmp_path: Any
) -> None:
    set_terms(url, "fox")
    seen = visit(url)
    held: list[Any] = []
    is_held = True
    seen.page.route(
        "**/db/blurred", lambda route: held.append(route) if is_held else route.continue_()
    )
    seen.open(f"#/folder/{tmp_path / 'out'}").wait_for_pictures(4)
    cover = seen.page.locator(".tile.is-dir[title='sub'] .tile__cover img")
    cover.wait_for()
    assert blurred(seen) == ["1.png", "2.png", "3.png", "4.png"] and cover.evaluate(IS_BLURRED)
    is_held = False
    for route in held:
        route.continue_()
    seen.until(lambda: blurred(seen) == ["1.png", "2.png"])
    assert cover.evaluate(IS_BLURRED)


def test_the_viewer_shows_it_while_it_is_held(visit: Callable[..., Visit], url: str) -> None:
    set_terms(url, "fox")
    seen = visit(url).open("#/library?q=name:2.png").wait_for_pictures(1)
    page = seen.page
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    picture = page.locator(".pswp__zoom-wrap[data-path$='2.png']")
    picture.locator("img").first.wait_for()
    assert picture.evaluate(IS_BLURRED)
    box = page.locator(".viewer__stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert picture.evaluate(IS_BLURRED)
    page.mouse.down()
    seen.until(lambda: not picture.evaluate(IS_BLURRED))
    page.mouse.up()
    seen.until(lambda: bool(picture.evaluate(IS_BLURRED)))


def test_a_tag_blurs_at_the_next_change(visit: Callable[..., Visit], url: str) -> None:
    set_terms(url, "tag:private")
    tag = post(url, "db/add_custom_tag", {"tag_name": "private"})["id"]
    seen = visit(url).open("#/library").wait_for_pictures(5)
    assert blurred(seen) == []
    path = post(url, "db/columns", {"query": "name:3.png"})["path"][0]
    post(
        url,
        "db/batch_update_image_tag",
        {"img_paths": [path], "tag_id": tag, "action": "add"},
    )
    seen.until(lambda: blurred(seen) == ["3.png"])


def blurred_in(seen: Visit, picture: str, count: int) -> list[bool]:
    """Whether each of so many pictures is blurred, once the server has answered about all."""
    pictures = seen.page.locator(picture)
    seen.until(lambda: pictures.count() == count)
    return [bool(pictures.nth(number).evaluate(IS_BLURRED)) for number in range(count)]


def test_it_is_blurred_in_the_trash_too(
    visit: Callable[..., Visit], url: str, tmp_path: Any
) -> None:
    set_terms(url, "tag:private", "fox")
    tag = post(url, "db/add_custom_tag", {"tag_name": "private"})["id"]
    paths = [str(tmp_path / "out" / f"{number}.png") for number in (2, 3, 4)]
    body = {"img_paths": paths[1:2], "tag_id": tag, "action": "add"}
    post(url, "db/batch_update_image_tag", body)
    post(url, "delete_files", {"file_paths": paths})
    seen = visit(url).open("#/trash")
    seen.page.locator(".trash__files img.is-clear").wait_for()
    assert sorted(blurred_in(seen, ".trash__files img", 3)) == [False, True, True]


@pytest.mark.console_may_say("409")
def test_it_is_blurred_where_a_name_is_taken(
    visit: Callable[..., Visit], url: str, tmp_path: Any
) -> None:
    write_picture(tmp_path / "out" / "sub" / "2.png", 7, prompt="sea")
    post(url, "db/update_image_data", {})
    set_terms(url, "fox")
    seen = visit(url).open(f"#/folder/{tmp_path / 'out'}").wait_for_pictures(4)
    seen.tile("2.png").drag_to(seen.tile("sub"))
    sides = ".conflict__picture img"
    seen.page.locator(f"{sides}.is-clear").wait_for()
    assert blurred_in(seen, sides, 2) == [True, False]


@needs_ffmpeg
def test_the_player_of_a_video_is_blurred_until_it_is_held(
    visit: Callable[..., Visit], run_server: Callable[..., str], tmp_path: Any
) -> None:
    url = run_server(write_clip(tmp_path / "clips"))
    wait_for_index(url)
    set_terms(url, "name:a.webm")
    seen = visit(url).open("#/library").wait_for_pictures(1)
    page = seen.page
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    frame = page.locator(".pswp__zoom-wrap[data-path$='a.webm']")
    player = frame.locator("video")
    player.wait_for()
    assert frame.evaluate(IS_BLURRED)
    player.evaluate("player => player.requestFullscreen()")
    page.wait_for_function("document.fullscreenElement?.matches('video')")
    assert player.evaluate(IS_BLURRED)
    page.evaluate("document.exitFullscreen()")
    page.keyboard.press("b")
    seen.until(lambda: not frame.evaluate(IS_BLURRED))
