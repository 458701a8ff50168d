"""The program's own data folder exists for no client, wherever it is."""

from __future__ import annotations

import shutil
import time

import pytest

from iib_core.config import Config
from iib_core.core import Core
from iib_core.errors import ConfigError
from tests.databases import write_empty
from tests.links import can_link, link_where_possible

pytestmark = [pytest.mark.stack, pytest.mark.windows]


@pytest.fixture
def inside(serve, tmp_path, library):
    """A server whose data folder is in a root, as in a host whose user has added the host's own
    folder.
    """
    (tmp_path / "data0").mkdir()
    shutil.move(library, tmp_path / "pictures")
    served = serve(tmp_path)
    assert served.core.config.data_dir == str(tmp_path / "data0")
    return served


def test_no_file_of_it_is_served(inside, tmp_path):
    data = tmp_path / "data0"
    (data / "cache/own.png").parent.mkdir(exist_ok=True)
    shutil.copy(tmp_path / "pictures/fox.png", data / "cache/own.png")
    link = tmp_path / "pictures/way.png"
    link_where_possible(link, data / "cache/own.png")
    for path in (
        data / "iib.db",
        data / "cache/own.png",
        data / "cache/../iib.db",
        *([link] if can_link() else []),
    ):
        for route in ("/file", "/image-thumbnail", "/image_geninfo"):
            answer = inside.get(route, path=str(path))
            assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied"), path
    assert inside.get("/files", folder_path=str(data)).status_code == 403
    assert "own data folder" in inside.get("/files", folder_path=str(data)).json()["detail"]


def test_it_is_not_listed_indexed_packed_or_moved(inside, tmp_path):
    data = tmp_path / "data0"
    shutil.copy(tmp_path / "pictures/fox.png", data / "own.png")
    assert [
        file["name"] for file in inside.get("/files", folder_path=str(tmp_path)).json()["files"]
    ] == ["pictures"]
    assert inside.post("/db/update_image_data", {}).status_code == 200
    found = inside.post("/db/search", {"query": ""}).json()["files"]
    assert found and not [file for file in found if str(data) in file["fullpath"]]
    covers = inside.post("/batch_top_4_media_info", {"paths": [str(tmp_path)]}).json()[
        str(tmp_path)
    ]
    assert covers and not [file for file in covers if str(data) in file["fullpath"]]
    for route, body in (
        ("/move_files", {"file_paths": [str(data)], "dest": str(tmp_path / "pictures")}),
        ("/delete_files", {"file_paths": [str(data / "iib.db")]}),
        ("/db/rename", {"path": str(data), "name": "other"}),
        ("/copy_files", {"file_paths": [str(tmp_path / "pictures/fox.png")], "dest": str(data)}),
        ("/zip", {"paths": [str(data)]}),
    ):
        assert inside.post(route, body).status_code == 403, route
    flattened = inside.post("/flatten_folder", {"folder_path": str(tmp_path), "dry_run": True})
    assert flattened.status_code == 200 and str(data) not in flattened.text


def test_a_folder_that_holds_it_stays_where_it_is(serve, tmp_path, library):
    (tmp_path / "outer/data0").mkdir(parents=True)
    served = serve(library, data_dir=str(tmp_path / "outer/data0"))
    answer = served.post("/delete_files", {"file_paths": [str(tmp_path / "outer")]})
    assert "own data folder" in answer.text and (tmp_path / "outer/data0/iib.db").exists()


def test_a_root_inside_of_it_is_a_root(tmp_path, library):
    """A root in the data folder, like that of the sample library."""
    data = tmp_path / "data"
    write_empty(data / "iib.db")
    shutil.move(library, data / "demo")
    core = Core(Config(data_dir=str(data), roots=(str(data / "demo"),), access_control="on"))
    try:
        assert core.access.resolve_file(str(data / "demo/fox.png")) and core.index.library.holds(
            str(data / "demo/new.png")
        )
        assert not core.access.allows(str(data / "iib.db"))
        for _ in range(200):
            if core.index.last:
                break
            time.sleep(0.05)
        assert core.index.last.added == 3
    finally:
        core.close()


def test_a_data_folder_that_is_a_root_itself_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="one of its own"):
        Core(Config(data_dir=str(tmp_path), roots=(str(tmp_path),)))
