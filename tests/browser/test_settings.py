"""The settings page: what this browser remembers, what the server takes, and what is only shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visit, wait_for_index, wait_until, write_picture


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number in (1, 2):
        write_picture(tmp_path / f"{number}.png", number)
    return tmp_path


@pytest.fixture
def seen(visit: Callable[..., Visit], run_server: Callable[..., str], pictures: Path) -> Visit:
    url = run_server(pictures)
    wait_for_index(url)
    seen = visit(url, color_scheme="light").open("#/settings")
    seen.page.get_by_role("heading", name="This browser").wait_for()
    return seen


def theme(seen: Visit) -> str:
    return str(seen.page.evaluate("document.documentElement.dataset.theme"))


def test_the_theme_stays_and_the_system_s_comes_back(seen: Visit) -> None:
    page = seen.page
    page.get_by_text("Dark", exact=True).click()
    assert theme(seen) == "dark"
    page.reload()
    page.get_by_role("heading", name="This browser").wait_for()
    assert theme(seen) == "dark" and page.get_by_role("radio", name="Dark").is_checked()
    page.get_by_role("radiogroup", name="Theme").get_by_text("System", exact=True).click()
    assert theme(seen) == "light"


def test_another_language_is_spoken(seen: Visit) -> None:
    page = seen.page
    page.get_by_label("Language", exact=True).select_option("de")
    page.get_by_role("heading", name="Dieser Browser").wait_for()
    page.get_by_label("Sprache", exact=True).select_option("")
    page.get_by_role("heading", name="This browser").wait_for()


def test_labels_stand_on_the_line_of_their_fields(seen: Visit) -> None:
    page = seen.page

    def middle(place: Any) -> float:
        box = place.bounding_box()
        return float(box["y"] + box["height"] / 2)

    def text_middle(place: Any) -> float:
        """Of the text of an element, without its padding."""
        return float(
            place.evaluate(
                """element => { const range = document.createRange();
                range.selectNodeContents(element);
                const { top, bottom } = range.getBoundingClientRect(); return (top + bottom) / 2; }"""
            )
        )

    pairs = {
        "Theme": page.get_by_role("radiogroup", name="Theme").locator(".segments"),
        "Language": page.get_by_label("Language", exact=True),
        "Largest upload (MiB)": page.get_by_label("Largest upload (MiB)"),
        "Address": page.get_by_label("Address", exact=True),
    }
    for label, field in pairs.items():
        text = page.locator(".form__label", has_text=label).first
        assert abs(text_middle(text) - middle(field)) <= 1, label
    header = page.locator(".settings .rail-roots > header")
    assert abs(middle(header.locator("h2")) - middle(header.locator("button"))) <= 1


def test_names_on_tiles_and_a_question_before_deleting(seen: Visit, pictures: Path) -> None:
    page = seen.page
    page.get_by_label("Show file names on tiles").check()
    page.get_by_label("Ask before deleting").check()
    page.get_by_role("link", name="Library", exact=True).click()
    seen.wait_for_pictures(2)
    name = seen.tile("1.png").locator(".tile__name")
    seen.until(lambda: name.evaluate("element => getComputedStyle(element).opacity") == "1")
    seen.choose("1.png")
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").last.click()
    assert (pictures / "1.png").exists()
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    seen.tile("1.png").wait_for(state="detached")
    seen.until(lambda: not (pictures / "1.png").exists())


def test_settings_of_the_server_are_changed(seen: Visit) -> None:
    page = seen.page
    page.get_by_text("Delete permanently", exact=True).click()
    page.get_by_text("Saved", exact=True).wait_for()
    field = page.get_by_label("Disk space for thumbnails (MiB)")
    field.fill("512")
    with page.expect_response("**/settings"):
        field.press("Tab")
    page.reload()
    page.get_by_role("heading", name="This browser").wait_for()
    assert page.get_by_role("radio", name="Delete permanently").is_checked()
    assert page.get_by_label("Disk space for thumbnails (MiB)").input_value() == "512"


def test_a_key_is_written_and_never_shown(seen: Visit) -> None:
    page = seen.page
    key = page.get_by_label("Key", exact=True)
    assert key.get_attribute("placeholder") == "Not set"
    key.fill("sk-secret")
    key.press("Tab")
    page.locator("input[type=password][placeholder=Set]").wait_for()
    assert "sk-secret" not in page.content() and key.input_value() == ""


def test_the_cache_is_emptied(seen: Visit) -> None:
    page = seen.page
    page.get_by_role("link", name="Library", exact=True).click()
    seen.wait_for_pictures(2)
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("button", name="Empty cache").click()
    page.get_by_text("Freed").wait_for()
    page.get_by_text("0 B in 0 files").wait_for()


def test_what_opens_the_server_is_shown_and_not_changed(
    visit: Callable[..., Visit],
    run_server: Callable[..., str],
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IIB_MAX_UPLOAD_MIB", "77")
    seen = visit(run_server(pictures)).open("#/settings")
    page = seen.page
    row = page.locator(".settings__table > div", has_text="IIB_ACCESS_CONTROL")
    assert (
        row.locator("dd").inner_text() == "auto"
        and row.locator("input, select, button").count() == 0
    )
    fixed = page.get_by_label("Largest upload (MiB)")
    assert fixed.is_disabled() and fixed.input_value() == "77"
    page.get_by_text("Set when the server was started (IIB_MAX_UPLOAD_MIB)").wait_for()
    page.get_by_text("Data folder:").wait_for()


def test_a_model_for_other_languages_is_downloaded(seen: Visit) -> None:
    page = seen.page
    models: dict[str, Any] = {"state": "downloadable", "download": None}

    def answer(route: Any) -> None:
        kind = route.request.url.rpartition("/")[2]
        job = {"job_id": "1", "name": "many", "error": "", "done": 60_000_000, "total": 120_000_000}
        if kind == "download":
            models["download"] = {**job, "status": "running"}
            route.fulfill(json={"job_id": "1"})
        elif kind == "cancel":
            models["download"] = {**job, "status": "cancelled"}
            route.fulfill(json={})
        else:
            model = {
                "name": "many",
                "languages": "100 languages",
                "licence": "MIT",
                "state": models["state"],
                "reason": "Its file is not here.",
                "size_bytes": 120_000_000,
                "sha256": "ab" * 32,
            }
            known = {"sentence_models": [model], "embedding_model": "local"}
            route.fulfill(json={**known, "download": models["download"]})

    page.route("**/ai/models**", answer)
    page.reload()
    row = page.locator(".vision__model").filter(has_text="many")
    row.wait_for()
    told = row.inner_text()
    assert "100 languages" in told and "sha256 abababababab" in told
    assert "Its file is not here." in told
    progress = row.get_by_role("progressbar")
    row.get_by_role("button", name="Download").click()
    progress.wait_for()
    assert progress.get_attribute("value") == "60000000"
    row.get_by_role("button", name="Pause").click()
    progress.wait_for(state="detached")
    row.get_by_role("button", name="Download").click()
    progress.wait_for()
    models |= {"state": "ready", "download": None}
    wait_until(lambda: row.get_by_role("button").count() == 0)
    assert "Its file is not here." not in row.inner_text()
