"""Downloads of models: whole, interrupted, damaged, paused and killed, from a server on loopback."""

from __future__ import annotations

import hashlib
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from iib_core.ai.file_store import FileStore, ModelFile
from iib_core.errors import ServiceFailed
from iib_core.jobs import Progress
from iib_core.vision.model_table import MODELS, ImageRule, TextRule, VisionModel
from tests.vision import tiny_onnx
from tests.vision.conftest import names, needs_runtime, see_all, wait_for
from tests.vision.test_judges import wait_for_judge, write_head

pytestmark = pytest.mark.stack

CONTENT = bytes(range(256)) * 1000


class Web:
    """A server with files. ``cuts``: the next answers end after so many bytes; ``holds_at``: they
    stop there until ``release`` is set. ``ranges``: what was asked for.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.cuts: list[int] = []
        self.holds_at = 0
        self.knows_ranges = True
        self.ranges: list[tuple[str, str | None]] = []
        self.holding, self.release = threading.Event(), threading.Event()
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        name = request.path.lstrip("/")
        asked = request.headers.get("Range")
        self.ranges.append((name, asked))
        if name not in self.files:
            request.send_error(404)
            return
        goes_on = asked is not None and self.knows_ranges
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if goes_on and asked else 0
        body = self.files[name][start:]
        request.send_response(206 if goes_on else 200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if self.holds_at:
            request.wfile.write(body[: self.holds_at])
            request.wfile.flush()
            self.holding.set()
            self.release.wait(60)
            body = body[self.holds_at :]
        request.wfile.write(body[: self.cuts.pop(0)] if self.cuts else body)

    def file(self, name: str, content: bytes, folder: str = "m") -> ModelFile:
        """A file that is known, and served unless ``files`` says otherwise."""
        self.files.setdefault(name, content)
        address = f"http://127.0.0.1:{self._server.server_port}/{name}"
        sha256 = hashlib.sha256(content).hexdigest()
        return ModelFile(f"{folder}/{name}", sha256, len(content), address=address)

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web({})
    yield server
    server.close()


@pytest.fixture
def tiny(web: Web, tmp_path: Path) -> VisionModel:
    """The model of the tests as one of the table, served by ``web``."""
    folder = tiny_onnx.write(tmp_path / "tiny")

    def known(name: str) -> ModelFile:
        return web.file(name, (folder / name).read_bytes(), "tiny")

    return VisionModel(
        "tiny",
        "Tiny",
        "colours",
        "MIT",
        tiny_onnx.DIMENSIONS,
        known("image.onnx"),
        ImageRule(tiny_onnx.EDGE_PX, True, "bicubic", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        known("text.onnx"),
        known("tokenizer.json"),
        TextRule(tiny_onnx.LENGTH, True, 0),
    )


def progress() -> Progress:
    return Progress(lambda told: None, threading.Event())


def fetch(web: Web, tmp_path: Path, file: ModelFile) -> bytes:
    store = FileStore(str(tmp_path))
    store.fetch(progress(), [file])
    assert sorted(os.listdir(tmp_path / "models" / "m")) == [Path(file.name).name]
    path = store.find_file(file)
    assert path is not None
    return Path(path).read_bytes()


def test_the_table_names_no_hash_that_is_not_whole():
    for model in MODELS:
        for file in model.files:
            assert len(file.sha256) == 64 and int(file.sha256, 16) and file.size_bytes > 0
            assert file.address.startswith("https://huggingface.co/") and file.name
            assert "/resolve/main/" not in file.address, "an address names one revision"


def test_a_download_goes_on_where_each_answer_ended(web: Web, tmp_path: Path):
    file = web.file("f", CONTENT)
    web.cuts = [100_000, 50_000, 1, 1, 1]
    assert fetch(web, tmp_path, file) == CONTENT
    assert [asked for _, asked in web.ranges] == [
        None,
        *(f"bytes={at}-" for at in (100_000, 150_000, 150_001, 150_002, 150_003)),
    ]


def test_a_server_that_knows_no_ranges_sends_it_all_again(web: Web, tmp_path: Path):
    file = web.file("f", CONTENT)
    web.knows_ranges, web.cuts = False, [100_000]
    assert fetch(web, tmp_path, file) == CONTENT


def test_what_is_left_of_another_file_is_thrown_away(web: Web, tmp_path: Path):
    file = web.file("f", CONTENT)
    part = tmp_path / "models" / "m" / "f.part"
    part.parent.mkdir(parents=True)
    for left in (b"x" * 1000, CONTENT + b"x", b"y" * len(CONTENT)):
        part.write_bytes(left)
        assert fetch(web, tmp_path, file) == CONTENT
        (part.parent / "f").unlink()


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"x", CONTENT + b"more", CONTENT[:-1], b""])
def test_another_file_than_the_known_one_is_not_kept(web: Web, tmp_path: Path, content: bytes):
    web.files["f"] = content
    file = web.file("f", CONTENT)
    store = FileStore(str(tmp_path))
    if content.startswith(CONTENT):
        store.fetch(progress(), [file])  # what is behind the known file is not read
        assert store.find_file(file) is not None
        return
    with pytest.raises(ServiceFailed, match="try again, or put the file into"):
        store.fetch(progress(), [file])
    assert store.find_file(file) is None and not (tmp_path / "models" / "m" / "f").exists()


def test_an_address_that_does_not_answer_is_told(web: Web, tmp_path: Path):
    file = replace(web.file("f", CONTENT), address="http://127.0.0.1:9/f")
    gone = web.file("g", CONTENT)
    del web.files["g"]
    for wrong in (file, gone, replace(file, address="file:///etc/passwd")):
        with pytest.raises(ServiceFailed, match="could not be downloaded from"):
            FileStore(str(tmp_path)).fetch(progress(), [wrong])


@pytest.mark.posix_only("SIGKILL")
def test_a_download_that_was_killed_goes_on(web: Web, tmp_path: Path):
    file = web.file("f", CONTENT)
    web.holds_at = 200_000
    code = (
        "import sys, threading; from iib_core.ai.file_store import FileStore, ModelFile; "
        "from iib_core.jobs import Progress; "
        f"FileStore({str(tmp_path)!r}).fetch(Progress(lambda _: None, threading.Event()), [{file!r}])"
    )
    child = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    assert web.holding.wait(60)
    part = tmp_path / "models" / "m" / "f.part"
    while not part.exists() or part.stat().st_size < 100_000:
        assert child.poll() is None
    child.kill()
    child.wait()
    web.holds_at = 0
    web.release.set()
    there = part.stat().st_size
    assert fetch(web, tmp_path, file) == CONTENT
    assert web.ranges[-1] == ("f", f"bytes={there}-")


@needs_runtime
def test_a_model_is_downloaded_on_a_click_and_sees_at_once(serve, root, web, tiny):
    served = serve(root)
    served.core.vision.files.models = (tiny,)
    served.post("/db/update_image_data", {})
    status = served.get("/vision/status").json()
    assert (status["state"], web.ranges) == ("no_model", [])
    assert status["models"][0]["size_bytes"] == tiny.size_bytes
    job = served.post("/vision/download", {"name": "tiny", "address": "http://127.0.0.1:9/"}).json()
    assert served.core.jobs.wait(job["job_id"]).status == "completed"
    status = wait_for(served, lambda status: status["state"] == "done")
    assert (status["done"], status["models"][0]["state"]) == (6, "ready")
    download = status["download"]
    assert (download["name"], download["status"]) == ("tiny", "completed")
    assert download["done"] == download["total"] == tiny.size_bytes
    found = served.post("/vision/search", {"query": "blue"}).json()
    assert names(found)[0] == "sea.webp"


@needs_runtime
def test_a_download_is_paused_and_resumed(serve, root, web, tiny):
    served = serve(root, idle_thumbnails=False)
    served.core.vision.files.models = (tiny,)
    web.holds_at = 300
    served.post("/vision/download", {"name": "tiny"})
    assert web.holding.wait(60)
    assert served.post("/vision/download", {"name": "tiny"}).status_code == 409
    web.release.set()
    web.holds_at = 0
    status = served.post("/vision/download/pause", {}).json()
    assert status["download"]["status"] in ("cancelled", "completed")
    job = served.post("/vision/download", {"name": "tiny"}).json()
    assert served.core.jobs.wait(job["job_id"]).status == "completed"
    assert served.get("/vision/status").json()["models"][0]["state"] == "ready"


def test_a_download_that_broke_off_is_told_as_one(serve, root, web, tiny):
    served = serve(root, idle_thumbnails=False)
    files = served.core.vision.files
    files.models = (tiny,)
    path = Path(files.path_of(tiny.image) + ".part")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 100)
    state = served.get("/vision/status").json()["models"][0]
    assert (state["state"], state["received_bytes"]) == ("partial", 100)


@needs_runtime
def test_files_are_put_there_by_hand_and_removed_by_a_click(serve, root, web, tiny):
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    files = served.core.vision.files
    files.models = (tiny,)
    for file in tiny.files:
        path = Path(files.path_of(file))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(web.files[path.name])
    assert see_all(served)["done"] == 6 and web.ranges == []
    status = served.post("/vision/remove", {"name": "tiny"}).json()
    assert (status["state"], status["models"][0]["state"]) == ("no_model", "missing")
    data = Path(served.core.config.data_dir)
    assert not list((data / "vision").iterdir()) and not list((data / "models").iterdir())
    assert served.post("/vision/search", {"query": "red"}).status_code == 409


@needs_runtime
def test_a_file_by_hand_that_is_another_one_is_told(serve, root, web, tiny):
    served = serve(root, idle_thumbnails=False)
    files = served.core.vision.files
    files.models = (tiny,)
    path = Path(files.path_of(tiny.image))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * tiny.image.size_bytes)
    state = served.get("/vision/status").json()["models"][0]
    assert state["state"] == "damaged" and "remove it" in state["reason"]


def test_what_is_no_model_of_the_table_is_not_downloaded(serve, root, model):
    served = serve(root, idle_thumbnails=False)
    for route in ("/vision/download", "/vision/remove"):
        for name in ("nothing", "../x", ""):
            assert served.post(route, {"name": name}).status_code == 400
        answer = served.post(route, {"name": "colours"})
        assert answer.status_code == 400 and "by hand" in answer.json()["detail"]


@needs_runtime
def test_a_judge_begins_when_the_model_that_it_needs_has_come(
    serve, root: Path, web: Web, tiny: VisionModel
):
    served = serve(root, idle_thumbnails=False)
    files = served.core.vision.files
    files.models = (tiny,)
    served.post("/db/update_image_data", {})
    turn_on = {"name": "aesthetic"}
    assert served.post("/vision/judges/on", turn_on).status_code == 409
    web.holds_at = 10
    job = served.post("/vision/download", {"name": "tiny"}).json()
    assert web.holding.wait(60)
    head = Path(files.folder_of(tiny)) / "aesthetic.safetensors"
    write_head(head, tiny_onnx.vector((1, 0, 0)))
    answer = served.post("/vision/judges/on", turn_on)
    (state,) = (one for one in answer.json()["judges"] if one["name"] == "aesthetic")
    assert answer.status_code == 200 and state["on"]
    web.release.set()
    assert served.core.jobs.wait(job["job_id"]).status == "completed"
    judged = wait_for_judge(served, "aesthetic", lambda one: one["state"] == "done")
    assert (judged["done"], judged["reason"]) == (6, "")
    # It comes back with its model, too.
    served.post("/vision/remove", {"name": "tiny"})
    wait_for_judge(served, "aesthetic", lambda one: one["state"] == "failed")
    if not head.exists():
        head.parent.mkdir(exist_ok=True)
        write_head(head, tiny_onnx.vector((1, 0, 0)))
    job = served.post("/vision/download", {"name": "tiny"}).json()
    assert served.core.jobs.wait(job["job_id"]).status == "completed"
    wait_for_judge(served, "aesthetic", lambda one: one["state"] == "done")
