"""Sentence models: found by hash, run in a process of their own, and what goes wrong with that."""

from __future__ import annotations

import hashlib
import http.server
import importlib.util
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iib_core.ai import model_files, subjects
from iib_core.ai.model_files import MINILM, ModelFile, ModelFiles, SentenceModel
from iib_core.ai.sentences import Sentences
from iib_core.errors import InvalidRequest, ServiceFailed
from iib_core.jobs import Progress
from tests.processes import kill_children, suspend_children

pytestmark = pytest.mark.stack

HAS_MODEL = (
    importlib.util.find_spec("onnxruntime") is not None and ModelFiles("").find(MINILM) is not None
)
needs_model = pytest.mark.skipif(not HAS_MODEL, reason="no sentence model is installed")
WEIGHTS = bytes(range(256)) * 1000


@pytest.fixture
def sentences(tmp_path: Path) -> Iterator[Sentences]:
    made = Sentences(ModelFiles(str(tmp_path)))
    yield made
    made.close()


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    yield server
    server.close()


class Web:
    """A server on loopback with one file; ``cut``: the first answer ends after so many bytes."""

    def __init__(self) -> None:
        self.content, self.cut, self.ranges = WEIGHTS, 0, []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range")
                web.ranges.append(asked)
                start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
                body = web.content[start:]
                self.send_response(206 if asked else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                cut, web.cut = web.cut, 0
                self.wfile.write(body[:cut] if cut else body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def model(self) -> SentenceModel:
        address = f"http://127.0.0.1:{self._server.server_port}/model.onnx"
        file = ModelFile(
            "m.onnx", hashlib.sha256(WEIGHTS).hexdigest(), len(WEIGHTS), address=address
        )
        return SentenceModel("m", "English", "MIT", (file,), MINILM.tokenizer)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def progress() -> Progress:
    return Progress(lambda told: None, threading.Event())


def test_a_download_goes_on_where_it_broke_off(web: Web, tmp_path: Path):
    web.cut = 100_000
    files = ModelFiles(str(tmp_path), (web.model,))
    assert files.find(web.model) is None
    files.download(progress(), web.model)
    assert web.ranges == [None, "bytes=100000-"]
    found = files.find(web.model)
    assert found is not None and Path(found.weights).read_bytes() == WEIGHTS
    assert sorted(os.listdir(files.folder)) == ["m.onnx"]


def test_another_file_than_the_known_one_is_not_kept(web: Web, tmp_path: Path):
    web.content = WEIGHTS[:-1] + b"x"
    files = ModelFiles(str(tmp_path), (web.model,))
    with pytest.raises(ServiceFailed, match="another file than the one that is known"):
        files.download(progress(), web.model)
    assert files.find(web.model) is None
    assert os.listdir(files.folder) == []


def test_a_model_without_an_address_is_put_there_by_hand(web: Web, tmp_path: Path):
    model = replace(web.model, weights=(replace(web.model.weights[0], address=""),))
    files = ModelFiles(str(tmp_path), (model,))
    with pytest.raises(InvalidRequest, match="put its files into"):
        files.download(progress(), model)
    assert Sentences(files).state_of(model).state == "missing"
    os.makedirs(files.folder)
    Path(files.folder, "m.onnx").write_bytes(WEIGHTS)
    assert files.find(model) is not None


def test_a_damaged_file_is_told_and_never_used(web: Web, tmp_path: Path):
    files = ModelFiles(str(tmp_path), (web.model,))
    os.makedirs(files.folder)
    Path(files.folder, "m.onnx").write_bytes(WEIGHTS[:-1] + b"x")
    state = Sentences(files).state_of(web.model)
    assert state.state == "damaged" and "remove it" in state.reason
    with pytest.raises(ServiceFailed):
        Sentences(files).embed("m", ["a cat"])


def test_the_vendored_tokenizer_is_the_known_file():
    path = Path(model_files.__file__).with_name("vendor") / MINILM.tokenizer.name
    assert hashlib.sha256(path.read_bytes()).hexdigest() == MINILM.tokenizer.sha256


@needs_model
def test_what_means_the_same_is_near(sentences: Sentences):
    texts = [
        "a kitten on a sofa",
        "a young cat on a couch",
        "a battleship at sea",
        "",
        "a kitten on a sofa",
    ]
    made = sentences.embed(MINILM.name, texts)
    assert made.shape == (5, 384)
    assert np.allclose(np.linalg.norm(made[[0, 1, 2, 4]], axis=1), 1, atol=1e-5)
    assert not made[3].any() and (made[0] == made[4]).all()
    assert made[0] @ made[1] > 0.7 > 0.3 > made[0] @ made[2]


@needs_model
def test_more_texts_than_one_request_holds(sentences: Sentences):
    texts = [f"a cat number {at}" for at in range(2100)]
    made = sentences.embed(MINILM.name, texts)
    alone = sentences.embed(MINILM.name, texts[-1:])
    assert len(made) == 2100 and made[-1] @ alone[0] > 0.99


@needs_model
@pytest.mark.posix_only("signals")
def test_a_process_that_dies_is_told_and_starts_again(sentences: Sentences):
    sentences.embed(MINILM.name, ["a cat"])

    def kill() -> None:
        kill_children("sentence_process")

    with pytest.raises(ServiceFailed, match="if memory is short"):
        sentences.embed(MINILM.name, [f"a dog number {at}" for at in range(2000)], kill)
    assert len(sentences.embed(MINILM.name, ["a cat"])) == 1


@needs_model
@pytest.mark.posix_only("SIGSTOP")
def test_a_process_that_never_answers_is_ended(tmp_path: Path):
    slow = Sentences(ModelFiles(str(tmp_path)), silence_s=6)
    try:
        slow.embed(MINILM.name, ["a cat"])
        assert suspend_children("sentence_process")
        with pytest.raises(ServiceFailed, match="sent no heartbeat"):
            slow.embed(MINILM.name, ["a dog"])
        assert len(slow.embed(MINILM.name, ["a dog"])) == 1
    finally:
        slow.close()


@pytest.mark.parametrize(
    ("prompt", "subject"),
    [
        ("an oil painting of a dog by monet and van gogh", "dog"),
        (
            "masterpiece, best quality, 1girl, solo, blue_hair, school_uniform",
            "girl, blue hair, school uniform",
        ),
        (
            "the image shows a red fox standing in the snow, it looks at the camera",
            "red fox standing in the snow",
        ),
        (
            "octane render, trending on artstation, a castle on a hill, greg rutkowski",
            "castle on a hill",
        ),
        ("4k", "4k"),
    ],
)
def test_the_subject_comes_first(prompt: str, subject: str):
    assert subjects.find(prompt).subject.removeprefix("a ") in (
        subject,
        f"{subject}, greg rutkowski",
    )


def test_artists_are_kept_apart():
    found = subjects.find("a castle by greg rutkowski, james jean, sunset over hills")
    assert found.artists == ("greg rutkowski", "james jean")
    assert found.whole == "a castle, sunset over hills"
