"""The input of a model, and what runs it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iib_core.ai import onnx_session
from iib_core.errors import ServiceFailed
from iib_core.vision import inputs
from iib_core.vision.files import VisionFiles
from iib_core.vision.model_table import CLIP, SIGLIP2
from iib_core.vision.towers import Towers
from tests.vision import tiny_onnx
from tests.vision.conftest import needs_runtime

pytestmark = pytest.mark.stack


def stripes() -> Image.Image:
    """Red, green and blue beside each other, three times as wide as high."""
    image = Image.new("RGB", (300, 100), "lime")
    image.paste("red", (0, 0, 100, 100))
    image.paste("blue", (200, 0, 300, 100))
    return image


def test_clip_sees_the_middle_and_siglip_all_of_it():
    middle = inputs.pixels_of(stripes(), CLIP.image_rule)
    assert middle.shape == (224, 224, 3) and (middle[8:-8, 8:-8] == (0, 255, 0)).all()
    whole = inputs.pixels_of(stripes(), SIGLIP2.image_rule)
    assert whole.shape == (224, 224, 3)
    assert [tuple(whole[100, at]) for at in (20, 112, 200)] == [
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
    ]


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "LA", "1", "CMYK"])
def test_any_picture_becomes_colours(mode):
    image = Image.new("RGB", (30, 60), "white").convert(mode)
    assert (inputs.pixels_of(image, SIGLIP2.image_rule) > 250).all()


def test_what_is_transparent_is_white():
    image = Image.new("RGBA", (30, 30), (0, 0, 0, 0))
    assert (inputs.pixels_of(image, SIGLIP2.image_rule) == 255).all()


@needs_runtime
def test_a_provider_that_does_not_work_gives_way_to_the_processor(tmp_path, monkeypatch):
    import onnxruntime

    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", onnx_session.CPU]
    )
    path = tmp_path / "image.onnx"
    path.write_bytes(tiny_onnx.image_tower())
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    session = onnx_session.open_fastest(str(path), sha256, 1)
    assert session.get_providers() == [onnx_session.CPU]
    with pytest.raises(ValueError, match="another content"):
        onnx_session.open_fastest(str(path), "0" * 64, 1)


@needs_runtime
def test_a_tower_answers_with_unit_vectors_and_says_what_is_wrong(model: Path, tmp_path: Path):
    files = VisionFiles(str(tmp_path / "data0"))
    known = files.find("colours")
    assert known is not None
    towers = Towers(files)
    try:
        red, blue = (Image.new("RGB", (40, 40), colour) for colour in ("red", "blue"))
        pixels = [inputs.pixels_of(each, known.image_rule) for each in (red, blue)]
        made = towers.embed_pictures(known, pixels)
        assert np.allclose(np.linalg.norm(made, axis=1), 1) and abs(made[0] @ made[1]) < 1e-5
        assert made[0] @ towers.embed_text(known, "RED") > 0.99
        assert made[1] @ towers.embed_text(known, "blue " * 50) > 0.99
        with pytest.raises(ServiceFailed, match="16 dimensions, not 8"):
            towers.embed_pictures(replace(known, dimensions=8), pixels)
    finally:
        towers.close()
