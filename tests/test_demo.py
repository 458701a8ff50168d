"""The sample library: what it shows of the program, and that it is the same in every run."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from iib_core import demo
from iib_core.index import import_export

pytestmark = pytest.mark.stack

GENERATORS = {
    "AUTOMATIC1111",
    "ComfyUI",
    "EasyDiffusion",
    "Fooocus",
    "Forge",
    "InvokeAI",
    "NovelAI",
    "SD.Next",
    "SwarmUI",
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The library, and the lines of its marks."""
    folder = tmp_path_factory.mktemp("drawn") / "demo"
    return folder, demo.write(str(folder))


def pictures(folder: Path) -> dict[str, tuple[str, float]]:
    """Hash and time of each picture by its path below the folder."""
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime,
        )
        for path in folder.rglob("*.*")
        if path.suffix in {".png", ".jpg", ".webp"}
    }


def test_every_run_draws_the_same(drawn, tmp_path):
    folder, lines = drawn
    again = demo.write(str(tmp_path / "demo"))
    assert pictures(tmp_path / "demo") == pictures(folder)
    moved = [line.replace(str(tmp_path / "demo"), str(folder)) for line in again]
    assert (moved == lines) or os.name == "nt"
    assert 60 <= len(pictures(folder)) <= 120


def test_a_library_that_is_there_stays_as_it_is(tmp_path):
    (tmp_path / "demo").mkdir()
    assert demo.write(str(tmp_path / "demo")) == [] and not os.listdir(tmp_path / "demo")


def test_what_ends_early_leaves_nothing(tmp_path):
    def end(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.write(str(tmp_path / "demo"), end)
    assert not os.listdir(tmp_path)


def test_it_has_all_that_the_program_shows(serve, drawn):
    folder, lines = drawn
    served = serve(folder, idle_thumbnails=False)
    import_export.import_lines(served.core.db, served.core.access, lines)
    served.core.index.update()
    facets = values(served, "source", "tag", "album", "rating", "type")
    assert set(facets["source"]) == GENERATORS and min(facets["source"].values()) >= 3
    assert facets["album"].keys() == {"Calendar", "Best of"}
    assert {"wallpaper", "animal/cat", "animal/owl"} <= facets["tag"].keys()
    assert facets["type"].keys() <= {"image", "video"} and sum(facets["rating"].values()) > 60
    stacks = served.post("/db/timeline", {"tz": "UTC", "query": "", "stack": "prompt"}).json()
    assert 20 <= stacks["total"] <= 30
    duplicates = served.post("/db/duplicates", {}).json()
    assert {group["kind"] for group in duplicates["groups"]} == {"exact", "same", "near"}


def values(served, *names: str) -> dict[str, dict[str, int]]:
    """The number of files by value, of each facet."""
    answer = served.post("/db/facets", {"query": "", "facets": list(names)}).json()
    return {
        facet["name"]: {one["value"]: one["count"] for one in facet["values"]}
        for facet in answer["facets"]
    }
