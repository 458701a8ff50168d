"""Nothing is written to a root whose drive is offline, because it would be hidden beneath the drive
when that is back.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from iib_core.errors import Conflict
from iib_core.files.spec import OnFailure, OperationSpec
from tests.conftest import write_png

pytestmark = [pytest.mark.stack, pytest.mark.windows]


@pytest.fixture(params=["folder is gone", "empty folder is left"])
def drive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An offline root: its folder is gone, or is the empty mount point."""
    top = tmp_path / "drive"
    (tmp_path / "data0").mkdir()
    if request.param == "empty folder is left":
        top.mkdir()
        (tmp_path / "data0/mounts.json").write_text(json.dumps({str(top): str(top)}))
    return top


@pytest.fixture
def served(serve, library, drive):
    return serve(library, drive)


REQUESTS = {
    "move": (
        "/move_files",
        lambda library, drive: {
            "file_paths": [library + "/fox.png"],
            "dest": drive + "/z",
            "create_dest_folder": True,
        },
    ),
    "move to its top": (
        "/move_files",
        lambda library, drive: {
            "file_paths": [library + "/fox.png"],
            "dest": drive,
            "create_dest_folder": True,
        },
    ),
    "copy": (
        "/copy_files",
        lambda library, drive: {
            "file_paths": [library + "/fox.png"],
            "dest": drive + "/z",
            "create_dest_folder": True,
        },
    ),
    "move of a folder": (
        "/move_files",
        lambda library, drive: {
            "file_paths": [library + "/sub"],
            "dest": drive + "/a/b",
            "create_dest_folder": True,
        },
    ),
    "mkdirs": ("/mkdirs", lambda library, drive: {"dest_folder": drive + "/z"}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_nothing_is_written_where_its_drive_is_away(served, library, drive, name):
    route, body = REQUESTS[name]
    before = sorted(library.rglob("*"))
    there = drive.exists()
    answer = served.post(route, body(str(library), str(drive)))
    assert answer.status_code == 409 and "is not connected" in answer.json()["detail"]
    assert (
        sorted(library.rglob("*")) == before
        and drive.exists() == there
        and (not there or not list(drive.iterdir()))
    )
    assert [root["online"] for root in served.get("/global_setting").json()["roots"]] == [
        True,
        False,
    ]


def test_pairs_as_organising_moves_them_are_refused_too(served, library, drive):
    with pytest.raises(Conflict, match="not connected"):
        served.core.operations.move_pairs(
            OperationSpec("organise", on_failure=OnFailure.SKIP),
            [(str(library / "fox.png"), str(drive / "theme"))],
        )
    with pytest.raises(Conflict, match="not connected"):
        served.core.operations.plan_pairs([(str(library / "fox.png"), str(drive / "theme"))])
    assert (library / "fox.png").exists() and not (drive / "theme").exists()


def test_undo_and_the_trash_wait_for_the_drive(served, library, drive, tmp_path):
    served.core.index.update()  # the update of the start has ended
    drive.mkdir(exist_ok=True)
    write_png(drive / "one.png")
    write_png(drive / "two.png")
    moved = served.post(
        "/move_files", {"file_paths": [str(drive / "one.png")], "dest": str(library / "sub")}
    ).json()
    deleted = served.post("/delete_files", {"file_paths": [str(drive / "two.png")]}).json()
    os.rename(drive, tmp_path / "away")
    if served.core.access.roots[1].mount:
        drive.mkdir()
    there = drive.exists()
    for operation in (moved, deleted):
        answer = served.post(f"/operations/{operation['operation_id']}/undo", {})
        assert answer.status_code == 409 and "is not connected" in answer.json()["detail"]
    emptied = served.post("/trash/empty", {}).json()
    assert emptied["removed"] == 0 and "is not connected" in emptied["errors"][0]["error"]
    assert (
        drive.exists() == there
        and (not there or not list(drive.iterdir()))
        and (library / "sub/one.png").exists()
    )
    if there:
        drive.rmdir()
    os.rename(tmp_path / "away", drive)
    for operation in (moved, deleted):
        assert served.post(f"/operations/{operation['operation_id']}/undo", {}).status_code == 200
    assert {"one.png", "two.png"} <= set(os.listdir(drive))


def test_a_folder_that_was_emptied_is_there(serve, library, tmp_path):
    top = tmp_path / "plain"
    top.mkdir()
    write_png(top / "one.png")
    served = serve(library, top)
    served.core.index.update()
    (top / "one.png").unlink()
    assert (
        served.post(
            "/move_files", {"file_paths": [str(library / "fox.png")], "dest": str(top)}
        ).status_code
        == 200
    )
