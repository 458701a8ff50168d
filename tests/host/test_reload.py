"""The host's "Reload UI": a new app in the same process, and nothing of the last one left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.host.conftest import RunningHost


def test_three_reloads_leave_nothing_behind(start_host: Callable[..., RunningHost]):
    host = start_host("--api")
    left: list[dict[str, Any]] = []
    for number in range(4):
        for size in ("64x64", "96x96", "128x128"):
            answer = host.get("/image-thumbnail", params={"path": str(host.pictures / "00001-42.png"), "t": str(number), "size": size})
            assert answer.status_code == 200
        if number < 3:
            host.order("reload")
            left.append(host.wait_for("unloaded"))
            host.wait_for("started")
    for after in left:
        assert [name for name in after["threads"] if name.startswith("iib")] == []
        assert [path for path in after["files"] if str(host.folder) in path] == []
    # What the first life imports and opens once may stay; from then on nothing is added.
    assert left[1]["threads"] == left[2]["threads"]
    assert [path for path in left[1]["files"] if path.startswith("/")] == [path for path in left[2]["files"] if path.startswith("/")]


def test_another_start_costs_little_and_gives_nothing_away_meanwhile(start_host: Callable[..., RunningHost], tmp_path_factory):
    """In seconds of the processor, so that a busy machine changes little. A hundredth is usual; the limit only catches a heavy import."""
    folder = tmp_path_factory.mktemp("host")
    first = start_host(folder=folder)  # writes the database
    first.order("stop")
    first.process.wait(20)
    first.events.get()
    again = start_host(folder=folder)
    assert again.started["seconds"] < 0.5, again.started
    assert again.started["early"] == 403
