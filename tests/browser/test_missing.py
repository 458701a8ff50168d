"""Files that were deleted outside of the program: told, reviewed and forgotten."""

from __future__ import annotations

import os
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import PHONE, Visit, wait_for_index, write_picture


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Eight pictures in the root, three in a folder, and two on a drive."""
    for name, numbers in (
        ("library", range(1, 9)),
        ("library/day", range(9, 12)),
        ("drive", range(12, 14)),
    ):
        (tmp_path / name).mkdir()
        for number in numbers:
            write_picture(tmp_path / name / f"{number:02d}.png", number)
    return tmp_path


def update(url: str) -> None:
    """Bring the index up to date."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{url}/db/update_image_data", b"{}", headers, method="POST")
    urllib.request.urlopen(request, timeout=60).close()


def lose(root: Path, url: str) -> None:
    """Delete the folder and take the drive away."""
    shutil.rmtree(root / "library" / "day")
    os.rename(root / "drive", root / "away")
    update(url)


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
def test_what_is_gone_is_forgotten_and_what_is_on_a_drive_stays(
    visit: Callable[..., Visit],
    run_server: Callable[..., str],
    root: Path,
    viewport: dict[str, int] | None,
) -> None:
    url = run_server(root / "library", root / "drive")
    wait_for_index(url)
    seen = visit(url, viewport).open("")
    seen.wait_for_all_pictures()
    lose(root, url)
    seen.open("").page.locator(".work", has_text="5 files are no longer on the disk").get_by_role(
        "button", name="Review"
    ).click()
    dialog = seen.page.get_by_role("dialog")
    dialog.get_by_text("3 files were deleted outside of IIB.").wait_for()
    dialog.get_by_text("2 files are on a drive that is not connected").wait_for()
    dialog.get_by_role("button", name="Forget").click()
    seen.page.get_by_text("3 files forgotten").wait_for()
    os.rename(root / "away", root / "drive")
    update(url)
    seen.open("").wait_for_pictures(4)
    assert seen.page.locator(".work").count() == 0


def test_they_are_told_of_once(
    visit: Callable[..., Visit], run_server: Callable[..., str], root: Path
) -> None:
    url = run_server(root / "library", root / "drive")
    wait_for_index(url)
    seen = visit(url).open("")
    seen.wait_for_all_pictures()
    lose(root, url)
    seen.open("").page.locator(".work", has_text="no longer on the disk").get_by_role(
        "button", name="Review"
    ).click()
    seen.page.get_by_role("dialog").get_by_role("button", name="Cancel").last.click()
    with seen.page.expect_response(
        lambda response: "missing:yes" in (response.request.post_data or "")
    ):
        seen.open("").wait_for_pictures(4)
    assert seen.page.locator(".work").count() == 0
