"""What helps to begin a library: its folders with their counts, suggested ones, and the sample
library.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from iib_core.core import Host
from tests.conftest import write_png

pytestmark = pytest.mark.stack


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with pictures and the outputs of some programs."""
    home = tmp_path / "home"
    for folder in (
        "Pictures",
        "stable-diffusion-webui-forge/outputs",
        "AI/ComfyUI_windows_portable/ComfyUI/output",
        "AI/SwarmUI/Output",
        "invokeai/outputs/images",
        "comfyui-notes",
    ):
        (home / folder).mkdir(parents=True)
    monkeypatch.setenv("USERPROFILE" if os.name == "nt" else "HOME", str(home))
    return home


def suggested(served) -> dict[str, str]:
    """Program by folder below the user's own one."""
    folders = served.get("/db/suggested_roots").json()["folders"]
    home = os.path.expanduser("~")
    below = [one for one in folders if one["path"].startswith(home)]
    return {
        os.path.relpath(one["path"], home).replace(os.sep, "/"): one["program"] for one in below
    }


def test_folders_of_programs_are_suggested(serve, home):
    served = serve()
    assert suggested(served) == {
        "AI/ComfyUI_windows_portable/ComfyUI/output": "ComfyUI",
        "AI/SwarmUI/Output": "SwarmUI",
        "Pictures": "",
        "invokeai/outputs/images": "InvokeAI",
        "stable-diffusion-webui-forge/outputs": "Stable Diffusion WebUI",
    }
    answer = served.get("/db/suggested_roots").json()
    assert answer["places"][0] == str(home) and len(answer["places"]) >= 2 and answer["sample"]


def test_what_is_in_the_library_is_not_suggested(serve, home):
    served = serve(home / "AI")
    assert not any(folder.startswith("AI") for folder in suggested(served))
    served.post("/db/extra_paths", {"path": str(home / "Pictures")})
    assert "Pictures" not in suggested(served)


@pytest.mark.parametrize("settings", [{"access_control": "on"}, {"read_only": True}])
def test_nothing_is_suggested_where_others_reach_the_server(serve, home, library, settings):
    served = serve(library, **settings)
    empty = {"folders": [], "places": [], "sample": False}
    assert served.get("/db/suggested_roots").json() == empty
    assert served.post("/db/sample_library", {}).status_code == 403


def test_the_roots_say_how_many_files_they_have(serve, library, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    write_png(more / "one.png")
    served = serve(library, more)
    served.core.index.update()
    roots = served.get("/db/roots").json()["roots"]
    assert [(root["name"], root["count"], root["missing"]) for root in roots] == [
        ("library", 3, 0),
        ("more", 1, 0),
    ]
    assert all(root["online"] and root["fixed"] for root in roots)


def test_a_root_that_is_away_says_how_many_files_are_not_shown(serve, library, tmp_path):
    more = tmp_path / "more"
    (more / "sub").mkdir(parents=True)
    write_png(more / "sub/one.png")
    write_png(more / "two.png")
    served = serve(library, more)
    served.core.index.update()
    shutil.move(more, tmp_path / "away")
    served.core.index.update()
    (away,) = [root for root in served.get("/db/roots").json()["roots"] if root["name"] == "more"]
    assert (away["online"], away["count"], away["missing"]) == (False, 0, 2)
    shutil.move(tmp_path / "away", more)
    served.core.index.update()
    (back,) = [root for root in served.get("/db/roots").json()["roots"] if root["name"] == "more"]
    assert (back["online"], back["count"], back["missing"]) == (True, 2, 0)


def test_a_folder_that_the_webui_makes_later_is_not_made_and_then_it_is_indexed(
    serve, library, tmp_path
):
    made_later, on_a_drive = tmp_path / "webui/output", tmp_path / "drive"
    served = serve(
        library, made_later, on_a_drive, watch=True, host_app=Host(makes=(str(made_later),))
    )

    def states(route: str) -> dict[str, tuple[bool, bool]]:
        roots = served.get(route).json()["roots"]
        return {root["name"]: (root["online"], root["not_made"]) for root in roots}

    not_there = {"library": (True, False), "output": (False, True), "drive": (False, False)}
    assert states("/db/roots") == states("/global_setting") == not_there
    made_later.mkdir(parents=True)
    write_png(made_later / "first.png")
    deadline = time.monotonic() + 60
    while not served.post("/db/search", {"query": "first"}).json()["files"]:
        assert time.monotonic() < deadline, "the watcher has not found the new folder"
        time.sleep(0.1)
    there = {**not_there, "output": (True, False)}
    assert states("/db/roots") == states("/global_setting") == there
    write_png(made_later / "second.png")
    while not served.post("/db/search", {"query": "second"}).json()["files"]:
        assert time.monotonic() < deadline, "the new folder is not watched"
        time.sleep(0.1)


def test_a_folder_of_the_webui_that_had_files_is_away_and_not_to_be_made(serve, library, tmp_path):
    output = tmp_path / "output"
    output.mkdir()
    write_png(output / "one.png")
    served = serve(library, output, host_app=Host(makes=(str(output),)))
    served.core.index.update()
    shutil.move(output, tmp_path / "away")
    served.core.index.update()
    (away,) = [root for root in served.get("/db/roots").json()["roots"] if root["name"] == "output"]
    assert (away["online"], away["not_made"], away["missing"]) == (False, False, 1)


def test_counts_are_of_what_a_client_may_see(serve, library):
    served = serve(library, allowed_paths=(str(library / "sub"),))
    served.core.index.update()
    (root,) = served.get("/db/roots").json()["roots"]
    assert root["count"] == 1


def test_the_sample_library_is_added_once(serve, home):
    served = serve()
    job = served.post("/db/sample_library", {}).json()["job_id"]
    deadline = time.monotonic() + 120
    while (state := served.get(f"/jobs/{job}").json())["status"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert state["status"] == "completed", state
    served.core.index.update()
    assert served.post("/db/search", {"query": "rating:5 tag:wallpaper"}).json()["files"]
    assert served.get("/db/suggested_roots").json()["sample"] is False
    served.core.index.update()
    (root,) = served.get("/db/roots").json()["roots"]
    assert root["path"] == state["result"]["path"] and root["count"] >= 60
    again = served.post("/db/sample_library", {}).json()["job_id"]
    served.core.jobs.wait(again)
    assert len(served.get("/db/roots").json()["roots"]) == 1
