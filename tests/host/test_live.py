"""A picture that the host saves is in the index, and in the open gallery, at once."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from iib_core.config import BASE
from tests import asks
from tests.host.conftest import RunningHost
from tests.host.pages import Visit
from tests.timing import Limit

pytestmark = pytest.mark.stack


def find(host: RunningHost, query: str) -> list[str]:
    """The names that a search finds; an empty result is retried for a while."""
    for _ in range(100):
        answer = asks.post(f"{host.url}{BASE}/db/search", json={"query": query})
        if names := [file["fullpath"] for file in answer.json()["files"]]:
            return names
        time.sleep(0.1)
    return []


def save(host: RunningHost, path: str, prompt: str) -> float:
    """Let the host save a picture. Returns the seconds that our callback took."""
    host.order(f"save {path} {prompt}")
    return float(host.wait_for("saved")["seconds"])


@pytest.mark.timing
def test_a_picture_is_indexed_when_it_is_saved_and_the_host_hardly_waits(
    poor_host: RunningHost, limit: Limit
):
    folder = poor_host.pictures.relative_to(poor_host.folder) / "2025-01-01"
    waits = [
        save(poor_host, f"{folder}/{number}.png", f"saved walrus number{number}")
        for number in range(5)
    ]
    assert find(poor_host, "walrus number4") == [str(poor_host.folder / folder / "4.png")]
    limit.check(sorted(waits)[2], 0.005)  # a tenth of a millisecond is usual


def test_a_folder_that_the_host_writes_to_since_lately_is_of_the_library(poor_host: RunningHost):
    save(poor_host, "somewhere/else/1.png", "stray pelican")
    assert find(poor_host, "stray pelican") == [str(poor_host.folder / "somewhere/else/1.png")]
    assert str(poor_host.folder / "new") not in [
        root["path"] for root in poor_host.get("/global_setting").json()["roots"]
    ]
    poor_host.order("option outdir_txt2img_samples new")
    save(poor_host, "new/1.png", "new pelican")
    assert find(poor_host, "new pelican") == [str(poor_host.folder / "new/1.png")]
    assert str(poor_host.folder / "new") in [
        root["path"] for root in poor_host.get("/global_setting").json()["roots"]
    ]


def test_the_open_gallery_shows_it(poor_host: RunningHost, visit_host: Callable[..., Visit]):
    seen = visit_host(poor_host)
    gallery = seen.open_tab()
    gallery.locator("img[src*='image-thumbnail']").first.wait_for()
    for number in range(3):
        save(
            poor_host,
            f"{poor_host.pictures.relative_to(poor_host.folder)}/live{number}.png",
            "live otter",
        )
        gallery.locator(f"img[src*='live{number}.png']").wait_for()
    assert seen.ours == []


def test_a_picture_is_indexed_while_the_settings_cannot_be_read(poor_host: RunningHost):
    settings = poor_host.folder / ".iib" / ".env"
    settings.write_bytes(b"IIB_SECRET_KEY=\xff")
    try:
        save(poor_host, "odd/place/1.png", "late pelican")
        assert find(poor_host, "late pelican") == [str(poor_host.folder / "odd/place/1.png")]
    finally:
        settings.unlink()
    assert f"IIB goes on with the folders that it knows: {settings} is not UTF-8" in poor_host.text
    assert "Traceback" not in poor_host.text
