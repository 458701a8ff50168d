"""Answers while the disk of the data folder is full, or the database is locked or damaged: one
sentence, a code, and nothing is lost.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from iib_core.core import Core
from iib_core.db import sqlite
from tests.conftest import Served
from tests.disks import mounted

pytestmark = pytest.mark.stack

SETTING = {"name": "theme", "value": json.dumps("x" * 100_000)}
# Requests that wait for a job.
JOBS = {
    "/db/update_image_data": {},
    "/db/rebuild_index": {},
    "/db/build_iib_output_embeddings": {"folder": "/"},
}


@pytest.fixture
def small(tmp_path):
    with mounted(tmp_path / "small") as disk:
        yield disk


def changes(library: Path) -> dict[str, dict[str, object]]:
    """One request for each way to change something in the database."""
    fox, sea, deep = (str(library / name) for name in ("fox.png", "sea.jpg", "sub/deep.png"))
    return {
        "/db/add_custom_tag": {"tag_name": "new " + "x" * 60},
        "/db/batch_update_image_tag": {"img_paths": [fox], "action": "add", "tag_id": 1},
        "/db/rate": {"img_paths": [fox], "rating": 5},
        "/albums": {"name": "new album"},
        "/app_fe_setting": SETTING,
        "/db/extra_paths": {"path": str(library / "sub"), "types": ["walk"]},
        "/db/rename": {"path": deep, "name": "deeper.png"},
        "/move_files": {"file_paths": [sea], "dest": str(library / "sub")},
        "/update_exif": {"path": fox, "exif": "a new prompt\nSteps: 3"},
        "/delete_files": {"file_paths": [fox]},
    }


def wait_for_index(served: Served) -> None:
    served.core.index.update()


def snapshot(library: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in library.rglob("*") if path.is_file()}


@pytest.mark.posix_only("mounts a disk")
def test_a_full_data_disk_is_told_and_loses_nothing(serve, library, small, caplog):
    served = serve(library, data_dir=str(small.path / "data"))
    wait_for_index(served)
    before = snapshot(library)
    requests = changes(library)
    with served.core.db.read() as conn:  # keeps the log from being overwritten
        conn.exec_driver_sql("SELECT count(*) FROM image").scalar()
        small.fill()
        refused = 0
        for number in range(200):
            if refused == 3:
                break
            answer = served.post("/app_fe_setting", {**SETTING, "name": f"n{number}"})
            refused += answer.status_code == 507
        answers = {route: served.post(route, body) for route, body in requests.items()}
        (library / "new.png").write_bytes((library / "fox.png").read_bytes() + bytes(1000))
        jobs = {route: served.post(route, body) for route, body in JOBS.items()}
        (library / "new.png").unlink()
        archive = served.post("/zip", {"paths": [str(library / "fox.png")], "pack_only": True})
        thumbnail = served.get(
            "/image-thumbnail", path=str(library / "fox.png"), t="0", size="64x64"
        )
    for route, answer in answers.items():
        assert answer.status_code == 507, (route, answer.text)
        assert answer.json()["code"] == "DiskFull" and answer.json()["detail"].endswith("."), (
            answer.text
        )
        assert "make room" in answer.json()["detail"]
    for route, answer in jobs.items():
        assert (answer.status_code, answer.json()["code"]) == (507, "DiskFull"), (
            route,
            answer.text,
        )
    assert (archive.status_code, archive.json()["code"]) == (507, "DiskFull")
    assert thumbnail.status_code == 200  # not stored, but shown
    assert snapshot(library) == before
    assert not [record for record in caplog.records if record.exc_info]
    small.make_room()
    for route, body in requests.items():
        answer = served.post(route, body)
        assert answer.status_code == 200, (route, answer.text)


def test_a_locked_database_is_told_and_can_be_tried_again(serve, library, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 50)  # half a minute in production
    served = serve(library)
    wait_for_index(served)
    other = sqlite3.connect(served.core.db.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = served.post("/app_fe_setting", SETTING)
    assert (answer.status_code, answer.json()["code"]) == (
        409,
        "DatabaseLocked",
    ) and "try again" in answer.json()["detail"]
    assert served.get("/db/basic_info").status_code == 200
    other.execute("ROLLBACK")
    other.close()
    assert served.post("/app_fe_setting", SETTING).status_code == 200


def test_damage_that_is_met_later_is_told_with_the_way_back(serve, library):
    served = serve(library)
    wait_for_index(served)
    core: Core = served.core
    with core.db.write() as conn:
        conn.exec_driver_sql("PRAGMA writable_schema = ON")
        conn.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'CREATE TABLE album', 'CREATE TALBE album')"
        )
    core.db._readers.dispose()
    core.db._writer.dispose()
    answer = served.get("/albums")
    assert (answer.status_code, answer.json()["code"]) == (500, "DatabaseDamaged")
    assert (
        "iib restore" in answer.json()["detail"]
        and "your pictures are not touched" in answer.json()["detail"]
    )


def test_what_was_not_foreseen_is_an_answer_too_and_the_log_has_its_traceback(
    serve, library, caplog
):
    served = serve(library)
    served.core.snapshots = None  # type: ignore[assignment]
    answer = served.post("/db/timeline", {"query": ""})
    assert (answer.status_code, answer.json()["code"]) == (500, "InternalError") and answer.json()[
        "detail"
    ].endswith("see its log for details.")
    (told,) = (
        record for record in caplog.records if record.name == "iib_core.routes.shared.errors"
    )
    assert told.exc_info and "/db/timeline" in told.getMessage()
