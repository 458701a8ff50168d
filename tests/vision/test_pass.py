"""The pass over the library: its state, pauses, and what it costs where nothing is installed."""

from __future__ import annotations

import json
import threading

import pytest

from iib_core.core import Host
from iib_core.vision import files, library_pass
from tests.processes import kill_children
from tests.vision import tiny_onnx
from tests.vision.conftest import names, needs_runtime, paint, see_all, wait_for

pytestmark = pytest.mark.stack


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("iib-vision")]


def test_nothing_runs_where_nothing_is_installed(serve, root, model, monkeypatch):
    monkeypatch.setattr(files, "_NEEDED", ("onnxruntime_of_nowhere",))
    served = serve(root)
    served.post("/db/update_image_data", {})
    status = served.get("/vision/status").json()
    assert (status["installed"], status["state"], threads()) == (False, "not_installed", [])
    assert "install iib[vision]" in status["reason"]
    for route, body in (("/vision/resume", {}), ("/vision/search", {"query": "red"})):
        answer = served.post(route, body)
        assert answer.status_code == 409 and "install iib[vision]" in answer.json()["detail"]
    answer = served.post("/db/search", {"query": "look:red"})
    assert answer.status_code == 400 and "install iib[vision]" in answer.json()["detail"]


@needs_runtime
def test_without_a_model_nothing_runs_and_the_reason_is_told(serve, root):
    served = serve(root)
    served.post("/db/update_image_data", {})
    status = served.get("/vision/status").json()
    assert (status["state"], status["model"], threads()) == ("no_model", "", [])
    assert [model["state"] for model in status["models"]] == ["missing", "missing"]
    assert all(len(file["sha256"]) == 64 for one in status["models"] for file in one["files"])
    answer = served.post("/vision/search", {"query": "red"})
    assert answer.status_code == 409 and "download one" in answer.json()["detail"]


@needs_runtime
def test_what_is_seen_is_told(sighted):
    status = sighted.get("/vision/status").json()
    assert (status["done"], status["total"], status["model"]) == (6, 6, "colours")
    assert status["provider"] == "CPUExecutionProvider" and status["waits_for"] == ""
    own = status["models"][-1]
    assert (own["own"], own["used"], own["state"], own["dimensions"]) == (True, True, "ready", 16)


@needs_runtime
def test_a_pause_lasts_beyond_the_end_of_the_program(serve, root, model, tmp_path):
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    assert served.post("/vision/pause", {}).json()["state"] == "paused"
    again = serve(root, data_dir=served.core.config.data_dir)
    assert again.get("/vision/status").json()["state"] == "paused" and threads() == []
    assert see_all(again)["done"] == 6


@needs_runtime
def test_a_model_that_comes_later_by_hand_is_begun_by_a_click(serve, root, tmp_path):
    served = serve(root)
    served.post("/db/update_image_data", {})
    tiny_onnx.write(tmp_path / "data0" / "models" / "colours")
    status = served.get("/vision/status").json()
    assert (status["state"], status["model"]) == ("paused", "colours")
    assert see_all(served)["done"] == 6


@needs_runtime
def test_it_begins_by_itself_and_goes_on_with_new_pictures(serve, root, model):
    served = serve(root)
    wait_for(served, lambda status: status["state"] == "done" and status["total"] == 6)
    paint(root / "sky.png", (0, 40, 255), 50)
    served.post("/db/update_image_data", {})
    wait_for(served, lambda status: status["done"] == 7)
    assert "sky.png" in names(served.post("/vision/search", {"query": "blue"}).json())[:2]


@needs_runtime
def test_it_waits_while_the_host_generates(serve, root, model):
    busy = threading.Event()
    busy.set()
    served = serve(root, host_app=Host(is_generating=busy.is_set), idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    served.post("/vision/resume", {})
    status = wait_for(served, lambda status: status["waits_for"] == "generating")
    assert (status["state"], status["done"]) == ("waiting", 0)
    busy.clear()
    assert wait_for(served, lambda status: status["state"] == "done")["done"] == 6


@needs_runtime
@pytest.mark.posix_only("signals")
def test_a_process_that_dies_is_told_and_the_pass_goes_on(sighted, root):
    assert kill_children("vision.process")
    paint(root / "ruby.png", (200, 0, 0), 60)
    sighted.post("/db/update_image_data", {})
    assert see_all(sighted)["done"] == 7


@needs_runtime
def test_a_pass_that_is_resumed_counts_what_is_new(sighted, root, monkeypatch):
    monkeypatch.setattr(library_pass, "_COUNT_AGAIN", 1e9)
    sighted.post("/vision/resume", {})
    assert sighted.get("/vision/status").json()["total"] == 6
    paint(root / "ruby.png", (200, 0, 0), 60)
    sighted.post("/db/update_image_data", {})
    sighted.post("/vision/resume", {})
    assert sighted.get("/vision/status").json()["total"] == 7


@needs_runtime
def test_what_cannot_be_decoded_is_looked_at_once(serve, root, model):
    (root / "broken.png").write_bytes(b"no picture")
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    assert see_all(served)["done"] == 7
    assert "broken.png" not in names(served.post("/vision/search", {"query": "red"}).json())


@needs_runtime
def test_another_model_sees_for_itself_and_what_one_saw_is_kept(sighted, model):
    other = tiny_onnx.write(model.with_name("other"), title="Others")
    told = json.loads((other / "model.json").read_text())
    told["image"]["std"] = [2, 2, 2]
    (other / "model.json").write_text(json.dumps(told))
    status = sighted.post("/vision/use", {"name": "other"}).json()
    assert status["model"] == "other"
    assert see_all(sighted)["done"] == 6
    assert sighted.post("/vision/search", {"query": "red"}).json()["model"] == "other"
    assert sighted.post("/vision/use", {"name": "colours"}).json()["done"] == 6
    assert sighted.post("/vision/use", {"name": "nothing"}).status_code == 400
    missing = "siglip2-base-patch16-224"
    assert sighted.post("/vision/use", {"name": missing}).status_code == 409


@needs_runtime
@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"dimensions": 8}, "8"),
        ({"image": {"file": "image.onnx", "edge": 32, "output": "nothing"}}, "no output 'nothing'"),
        ({"image": {"file": "image.onnx", "edge": 32, "input": "nothing"}}, "no input 'nothing'"),
        ({"image": {"file": "tokenizer.json", "edge": 32}}, "cannot be used"),
    ],
)
def test_a_model_that_does_not_work_says_why(serve, root, model, more, told):
    tiny_onnx.write(model, **more)
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    served.post("/vision/resume", {})
    status = wait_for(served, lambda status: status["state"] == "failed")
    assert told in status["reason"]
    answer = served.post("/db/similar", {"path": str(root / "red.png"), "by": "content"})
    assert answer.status_code == 502


@needs_runtime
@pytest.mark.parametrize(
    "description",
    [
        "no json",
        "[]",
        "{}",
        '{"dimensions": 0}',
        '{"dimensions": 16, "image": {"file": "../../iib.db", "edge": 32}}',
        '{"dimensions": 16, "image": {"file": "gone.onnx", "edge": 32}}',
        '{"dimensions": 16, "image": {"file": "image.onnx", "edge": 99999}}',
        '{"dimensions": 16, "image": {"file": "image.onnx", "edge": 32, "std": [0, 1, 1]}}',
        '{"dimensions": 16, "image": {"file": "image.onnx", "edge": 32, "resample": "best"}}',
        '{"dimensions": 16, "image": {"file": "image.onnx", "edge": 32, "layout": "grey"}}',
        '{"dimensions": 16, "image": {"file": "image.onnx", "edge": 32}, "text": 5}',
        "[" * 5000,
    ],
)
def test_a_wrong_description_is_told_and_never_used(serve, root, model, description):
    (model / "model.json").write_text(description)
    status = serve(root, idle_thumbnails=False).get("/vision/status").json()
    own = status["models"][-1]
    assert (own["name"], own["state"], own["used"]) == ("colours", "damaged", False)
    assert "model.json" in own["reason"] and status["state"] == "no_model"


@needs_runtime
def test_a_model_without_words_compares_pictures_only(serve, root, model):
    told = json.loads((model / "model.json").read_text())
    del told["text"]
    (model / "model.json").write_text(json.dumps(told))
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    see_all(served)
    answer = served.post("/vision/search", {"query": "red"})
    assert answer.status_code == 409 and "no words" in answer.json()["detail"]
    body = {"path": str(root / "red.png"), "by": "content"}
    assert names(served.post("/db/similar", body).json())[0] == "blood.jpg"
