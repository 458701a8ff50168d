"""Pictures as the input of an image tower: the pixels of a square, before they are scaled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iib_core.vision.model_table import ImageRule

Pixels = NDArray[np.uint8]

_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
# What shows through where a picture is transparent.
_BEHIND = (255, 255, 255)


def pixels_of(image: Image.Image, rule: ImageRule) -> Pixels:
    """(edge, edge, 3) of a small upright picture."""
    square = _padded(_opaque(image)) if rule.pad else _opaque(image)
    edge = rule.edge_px
    box = _middle(square.size) if rule.crop else (0.0, 0.0, square.width, square.height)
    box = _within(box, rule.margin)
    return np.asarray(square.resize((edge, edge), _FILTERS[rule.resample], box), dtype=np.uint8)


def _middle(size: tuple[int, int]) -> tuple[float, float, float, float]:
    width, height = size
    edge = min(width, height)
    left, top = (width - edge) / 2, (height - edge) / 2
    return left, top, left + edge, top + edge


def _within(
    box: tuple[float, float, float, float], margin: float
) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    across, down = (right - left) * margin, (bottom - top) * margin
    return left + across, top + down, right - across, bottom - down


def _padded(image: Image.Image) -> Image.Image:
    edge = max(image.size)
    square = Image.new("RGB", (edge, edge), _BEHIND)
    square.paste(image, ((edge - image.width) // 2, (edge - image.height) // 2))
    return square


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode != "RGBA":
        return image.convert("RGB")
    behind = Image.new("RGB", image.size, _BEHIND)
    behind.paste(image, mask=image.getchannel("A"))
    return behind
