"""Models, LoRAs and samplers have one name everywhere, however a file writes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Visit, wait_for_index, write_picture


@pytest.fixture
def url(run_server: Callable[..., str], tmp_path: Path) -> str:
    write_picture(tmp_path / "1.png", 1, prompt="fox <lora:glow.safetensors:0.8>")
    write_picture(tmp_path / "2.png", 2, prompt="fox <lora:glow:0.8>", sampler="k_euler_ancestral")
    url = run_server(tmp_path)
    wait_for_index(url)
    return url


def test_the_name_of_a_lora_leads_to_all_its_pictures(
    visit: Callable[..., Visit], url: str
) -> None:
    seen = visit(url).open("#/library").wait_for_pictures(2)
    page = seen.page
    seen.choose("1.png")
    page.keyboard.press("i")
    chip = page.locator(".info .chip[title='glow.safetensors']")
    chip.wait_for()
    assert chip.inner_text().split()[0] == "glow"
    chip.click()
    seen.wait_for_pictures(2)
    seen.until(lambda: seen.names() == ["2.png", "1.png"])


def test_a_file_name_that_is_typed_finds_them_too(visit: Callable[..., Visit], url: str) -> None:
    seen = visit(url).open("#/library?q=lora:glow.safetensors").wait_for_pictures(2)
    assert seen.names() == ["2.png", "1.png"]


def test_a_sampler_has_the_name_that_people_use(visit: Callable[..., Visit], url: str) -> None:
    seen = visit(url).open("#/tags")
    page = seen.page
    page.locator(".names", has_text="Euler a").get_by_text("2", exact=True).first.wait_for()
    assert page.get_by_text("k_euler_ancestral").count() == 0
    seen.open("#/library?q=sampler:k_euler_ancestral").wait_for_pictures(2)
    seen.choose("2.png")
    page.keyboard.press("i")
    page.locator(".info").get_by_text("Euler a", exact=True).wait_for()
