"""The index over HTTP."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from tests.conftest import write_png

pytestmark = pytest.mark.stack

COUNTS = ("added", "updated", "moved", "missing", "removed", "skipped", "errors")
POSTS = ("/db/update_image_data", "/db/rebuild_index", "/db/index_cancel")


@pytest.fixture
def served(serve, library):
    served = serve(library)
    served.post("/db/update_image_data", None)
    return served


def test_an_update_tells_what_it_did(served, library):
    write_png(library / "new.png")
    (library / "sea.jpg").unlink()
    answer = served.post("/db/update_image_data", {}).json()
    assert {name: answer[name] for name in COUNTS} == {
        "added": 1,
        "updated": 0,
        "moved": 0,
        "missing": 1,
        "removed": 0,
        "skipped": 2,
        "errors": 0,
    }
    assert 0 <= answer["seconds"] < 60


@pytest.mark.parametrize(
    "options", [{"content": b""}, {"json": {}}, {"json": {"background": False}}]
)
def test_a_body_may_be_left_out(served, options):
    answer = served.client.post("/db/rebuild_index", **options)
    assert (answer.status_code, answer.json()["updated"]) == (200, 3)


def test_in_the_background_it_answers_with_a_job(served):
    job_id = served.post("/db/rebuild_index", {"background": True}).json()["job_id"]
    assert served.core.jobs.wait(job_id, 20).result["updated"] == 3


def test_the_status_tells_how_far_it_is(served):
    status = served.get("/db/index_status").json()
    assert (status["running"], status["stage"], status["job_id"], status["errors"]) == (
        False,
        "idle",
        "",
        {},
    )
    assert status["last"]["skipped"] + status["last"]["added"] == 3


def test_a_file_that_cannot_be_taken_in_is_named_with_the_reason(served, library):
    with served.core.db.write() as conn:
        conn.exec_driver_sql(
            "CREATE TRIGGER no BEFORE INSERT ON image WHEN new.name = 'odd.png' BEGIN SELECT "
            "RAISE(ABORT, 'it is odd'); END"
        )
    for name in ("new.png", "odd.png"):
        write_png(library / name)
    answer = served.post("/db/update_image_data", {}).json()
    assert (answer["added"], answer["errors"]) == (1, 1)
    (problem,) = served.get("/db/index_status").json()["problems"]
    assert problem["path"] == str(library / "odd.png") and "it is odd" in problem["error"]
    (library / "odd.png").unlink()
    served.post("/db/update_image_data", {})
    assert served.get("/db/index_status").json()["problems"] == []


def test_a_served_library_is_watched(serve, library):
    served = serve(library, watch=True)
    deadline = time.monotonic() + 10
    while not served.get("/db/index_status").json()["watched"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert served.get("/db/index_status").json()["watched"] == [str(library)]


def test_cancelling_nothing_is_no_error(served):
    assert served.post("/db/index_cancel", {}).json() == {"cancelled": False}


@pytest.mark.parametrize("body", [{"background": "perhaps"}, [1], "x"])
def test_a_wrong_body_is_refused_with_a_sentence(served, body):
    answer = served.post("/db/update_image_data", body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "InvalidRequest"


def test_read_only_changes_nothing(serve, library, tmp_path):
    served = serve(library, read_only=True)
    path = Path(served.core.db.path)
    before = hashlib.sha256(path.read_bytes()).digest()
    for route in POSTS:
        answer = served.post(route, {})
        assert (answer.status_code, answer.json()["code"]) == (403, "ReadOnly")
    assert served.get("/db/index_status").json()["running"] is False
    served.core.close()
    assert hashlib.sha256(path.read_bytes()).digest() == before


def test_while_an_index_is_built_the_server_answers_and_finds_what_is_there(serve, tmp_path):
    root = tmp_path / "many"
    root.mkdir()
    picture = write_png(tmp_path / "one.png").read_bytes()
    for number in range(3000):
        (root / f"{number}.png").write_bytes(picture)
    served = serve(root, watch=False)
    slowest, found, running = 0.0, [0], True
    while running:
        started = time.monotonic()
        assert served.get("/hello").json() == "hello"
        slowest = max(slowest, time.monotonic() - started)
        found.append(served.post("/db/timeline", {"query": "fox", "wait_s": 30}).json()["total"])
        running = served.get("/db/index_status").json()["last"] is None
    found.append(served.post("/db/timeline", {"query": "fox", "wait_s": 30}).json()["total"])
    assert found == sorted(found) and found[-1] == 3000 and any(0 < total < 3000 for total in found)
    assert slowest < 5  # a tenth of a second on an idle machine
