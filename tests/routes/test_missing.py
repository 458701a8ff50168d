"""Files that another program has deleted, and how the index forgets them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import write_png

pytestmark = pytest.mark.stack

TOP = Path(__file__).parents[2]
NONE = {"count": 0, "marked": 0, "unreachable": 0}


@pytest.fixture
def roots(tmp_path):
    """Two roots, each with pictures in the root itself and in a subfolder."""
    for name in ("near", "drive"):
        (tmp_path / name / "sub").mkdir(parents=True)
        for number in range(3):
            write_png(tmp_path / name / f"{number}.png")
            write_png(tmp_path / name / "sub" / f"{number}.png", infotext=f"a deep {name} {number}")
    return tmp_path / "near", tmp_path / "drive"


def update(served):
    assert served.post("/db/update_image_data", {}).status_code == 200


def known(served, query="missing:yes"):
    return sorted(
        file["fullpath"] for file in served.post("/db/search", {"query": query}).json()["files"]
    )


def forget(served, **body):
    answer = served.post("/db/forget_missing", body)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told.pop("dry_run") == body.get("dry_run", True)
    return told


def tag(served, path):
    tag_id = served.post("/db/add_custom_tag", {"tag_name": "dear"}).json()["id"]
    body = {"img_paths": [str(path)], "action": "add", "tag_id": tag_id}
    assert served.post("/db/batch_update_image_tag", body).json()["updated"] == 1


def tags_of(served, path):
    found = served.get("/db/img_selected_custom_tag", path=str(path))
    return [tag["name"] for tag in found.json()] if found.status_code == 200 else found.status_code


def test_files_that_were_deleted_elsewhere_are_counted_and_then_forgotten(serve, roots):
    near, drive = roots
    served = serve(near, drive)
    update(served)
    tag(served, near / "0.png")
    shutil.rmtree(near / "sub")
    (near / "0.png").unlink()
    update(served)
    gone = sorted(
        map(str, [near / "0.png", *(near / "sub" / f"{number}.png" for number in range(3))])
    )
    assert known(served) == gone
    assert forget(served) == {"count": 4, "marked": 1, "unreachable": 0}
    assert known(served) == gone, "counting changes nothing"
    assert forget(served, dry_run=False, expected_count=4) == {
        "count": 4,
        "marked": 1,
        "unreachable": 0,
    }
    assert known(served) == [] and forget(served) == NONE
    assert len(known(served, "")) == 8


def test_one_that_comes_back_has_its_marks_again(serve, roots, tmp_path):
    near, _ = roots
    served = serve(near)
    update(served)
    tag(served, near / "1.png")
    os.rename(near / "1.png", tmp_path / "away.png")
    update(served)
    assert forget(served, dry_run=False)["marked"] == 1
    os.rename(tmp_path / "away.png", near / "again.png")
    update(served)
    assert tags_of(served, near / "again.png") == ["dear"]


@pytest.mark.parametrize(
    "is_mount_point", [False, True], ids=["the folder is away", "an empty mount point is left"]
)
def test_nothing_of_a_drive_that_is_away_is_forgotten(serve, roots, tmp_path, is_mount_point):
    near, drive = roots
    served = serve(near, drive)
    update(served)
    tag(served, drive / "0.png")
    (near / "0.png").unlink()
    os.rename(drive, tmp_path / "unplugged")
    if is_mount_point:
        drive.mkdir()
    update(served)
    assert forget(served, dry_run=False) == {"count": 1, "marked": 0, "unreachable": 6}
    if is_mount_point:
        drive.rmdir()
    os.rename(tmp_path / "unplugged", drive)
    update(served)
    assert known(served) == [] and tags_of(served, drive / "0.png") == ["dear"]
    assert len(known(served, "")) == 11


@pytest.mark.posix_only("permissions of a folder")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root reads every folder")
def test_nothing_of_a_folder_that_cannot_be_read_is_forgotten(serve, roots):
    near, _ = roots
    served = serve(near)
    update(served)
    shutil.rmtree(near / "sub")
    update(served)
    near.chmod(0)
    try:
        assert forget(served, dry_run=False)["count"] == 0
    finally:
        near.chmod(0o755)


def test_what_is_there_again_but_not_yet_seen_stays(serve, roots, tmp_path):
    near, _ = roots
    served = serve(near)
    update(served)
    os.rename(near / "2.png", tmp_path / "2.png")
    update(served)
    os.rename(tmp_path / "2.png", near / "2.png")
    assert forget(served, dry_run=False) == {"count": 0, "marked": 0, "unreachable": 1}
    update(served)
    assert known(served) == []


def test_a_query_or_a_folder_narrows_it_down(serve, roots):
    near, drive = roots
    served = serve(near, drive)
    update(served)
    shutil.rmtree(near / "sub")
    shutil.rmtree(drive / "sub")
    update(served)
    assert forget(served, query="deep near")["count"] == 3
    assert forget(served, folder=str(drive))["count"] == 3
    assert forget(served, folder=str(drive), query="near")["count"] == 0
    assert forget(served, folder_paths=[str(near), str(drive)])["count"] == 6
    assert forget(served, query='"deep near 1"', dry_run=False)["count"] == 1
    assert len(known(served)) == 5


def test_another_number_than_was_seen_forgets_nothing(serve, roots):
    near, _ = roots
    served = serve(near)
    update(served)
    shutil.rmtree(near / "sub")
    update(served)
    answer = served.post("/db/forget_missing", {"dry_run": False, "expected_count": 2})
    assert (
        answer.status_code == 409
        and "3 files are gone now, and 2 were expected" in answer.json()["detail"]
    )
    assert len(known(served)) == 3


def test_it_can_be_left_to_the_background(serve, roots):
    near, _ = roots
    served = serve(near)
    update(served)
    (near / "0.png").unlink()
    update(served)
    job_id = served.post("/db/forget_missing", {"dry_run": False, "background": True}).json()[
        "job_id"
    ]
    job = served.core.jobs.wait(job_id, 30)
    assert (job.status, job.result["count"]) == ("completed", 1)
    assert served.get(f"/jobs/{job_id}").json()["result"]["count"] == 1


def test_what_a_client_may_not_see_is_neither_counted_nor_forgotten(serve, roots):
    near, drive = roots
    first = serve(near, drive)
    update(first)
    shutil.rmtree(drive / "sub")
    update(first)
    first.core.close()
    shutil.copytree(first.core.config.data_dir, first.core.config.data_dir + "-copy")
    served = serve(near, data_dir=first.core.config.data_dir + "-copy", access_control="on")
    assert forget(served) == NONE
    assert served.post("/db/forget_missing", {"folder": str(drive)}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"query": "re:/(/"},
        {"folder": "relative"},
        {"folder": 3},
        {"expected_count": "many"},
        {"query": "a" * 100_000},
    ],
)
def test_bad_input_is_a_sentence(serve, roots, body):
    served = serve(roots[0])
    answer = served.post("/db/forget_missing", body)
    assert answer.status_code == 400 and answer.json()["detail"]


def test_the_command_counts_first(serve, roots):
    near, drive = roots
    served = serve(near, drive)
    update(served)
    shutil.rmtree(near / "sub")
    (drive / "0.png").unlink()
    update(served)

    def iib(*arguments):
        command = [
            sys.executable,
            "-m",
            "iib_core",
            "forget",
            *map(str, arguments),
            "--data-dir",
            served.core.config.data_dir,
        ]
        done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "3 files would be forgotten; 0 of them have tags" in iib(near)
    assert "1 files would be forgotten" in iib("--query", "fox")
    assert len(known(served)) == 4
    assert "3 files were forgotten" in iib(near, "--yes")
    assert known(served) == [str(drive / "0.png")]
