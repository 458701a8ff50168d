"""The host's "Reload UI": a new app in the same process, and nothing of the old one left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import write_png
from tests.host.conftest import Hosts, RunningHost
from tests.host.pages import Visit
from tests.timing import Limit

pytestmark = pytest.mark.stack

ROUNDS, WARM_UP = 10, 2


@pytest.mark.timeout(240)  # half a minute on a quiet machine
def test_ten_reloads_with_the_tab_in_use_leave_nothing_behind(
    hosts: Hosts, visit_host: Callable[..., Visit], tmp_path_factory: pytest.TempPathFactory
):
    """Compared with a host without our script, because gradio keeps something of each page that it
    has built. That host gets no visitors: what a visitor costs gradio counts as ours.
    """
    host, bare = pair = [
        hosts.start("--api"),
        hosts.start("--api", folder=without_us(tmp_path_factory.mktemp("host"))),
    ]
    seen = visit_host(host, at=None)
    ours: list[dict[str, Any]] = []
    gradios: list[dict[str, Any]] = []
    for number in range(ROUNDS):
        write_png(host.pictures / f"{number}.png", (640, 480), "navy")
        seen.page.goto(host.url, wait_until="commit")
        bare.order("reload")
        seen.open_tab().locator(
            f"img[src*='image-thumbnail'][src*='{number}.png']"
        ).first.wait_for()
        host.order("reload")
        for each, lives in zip(pair, (ours, gradios)):
            lives.append(each.wait_for("unloaded"))
        for each in pair:
            each.wait_for("started")
    for after in ours:
        assert [name for name in after["threads"] if name.startswith("iib")] == []
        assert [path for path in after["files"] if str(host.folder) in path] == []
    # Imports and files of the first start may stay; after it, nothing is added.
    first, last = ours[WARM_UP - 1], ours[-1]
    assert last["threads"] == first["threads"]
    assert [path for path in last["files"] if path.startswith("/")] == [
        path for path in first["files"] if path.startswith("/")
    ]
    assert (
        len(last["files"]) - len(first["files"]) < ROUNDS - WARM_UP
    )  # sockets: one or two of a browser's may just be closing
    grown = [lives[-1]["mb"] - lives[WARM_UP - 1]["mb"] for lives in (ours, gradios)]
    assert grown[0] - grown[1] < 5, [
        [round(life["mb"], 1) for life in lives] for lives in (ours, gradios)
    ]


def without_us(folder: Path) -> Path:
    """A folder for a host in which our extension has no files to run."""
    for name in ("scripts", "javascript"):
        (folder / "extensions" / "iib" / name).mkdir(parents=True)
    return folder


@pytest.mark.timing
def test_another_start_costs_little_and_gives_nothing_away_meanwhile(
    start_host: Callable[..., RunningHost], tmp_path_factory, limit: Limit
):
    """In seconds of processor time. A hundredth is usual; the limit only detects a heavy import."""
    folder = tmp_path_factory.mktemp("host")
    first = start_host(folder=folder)  # writes the database
    first.order("stop")
    assert first.ended.wait(20)
    first.events.get()
    again = start_host(folder=folder)
    assert again.started["early"] == 403
    limit.check(again.started["seconds"], 0.5)
