"""Pictures for the tests of looks: many that differ, each recognisable by its number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.conftest import INFOTEXT


def draw(number: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """The picture of a number: large patches of colour."""
    numbers = np.random.default_rng(number)
    patches = Image.fromarray(numbers.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return patches.resize(size, Image.Resampling.BICUBIC)


def save(image: Image.Image, path: Path, *, infotext: str = "", **options: object) -> Path:
    """Write a picture in the format of its name, an infotext into a PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if infotext:
        info = PngInfo()
        info.add_text("parameters", infotext)
        options["pnginfo"] = info
    image.save(path, **options)  # type: ignore[arg-type]
    return path


def with_metadata(image: Image.Image, path: Path) -> Path:
    """Write a PNG as AUTOMATIC1111 does."""
    return save(image, path, infotext=INFOTEXT)
