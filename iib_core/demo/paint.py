"""What the pictures of the sample library are drawn with: colours, gradients, noise, glows, smooth
edges.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Sequence
from functools import wraps

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Size = tuple[int, int]
Picture = Callable[[Size, np.random.Generator], Image.Image]

_SMOOTH = 2


def smooth(draw: Picture) -> Picture:
    """A picture whose edges are smooth: drawn in twice the size, then reduced."""

    @wraps(draw)
    def drawn(size: Size, rng: np.random.Generator) -> Image.Image:
        return draw((size[0] * _SMOOTH, size[1] * _SMOOTH), rng).reduce(_SMOOTH)

    return drawn


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """A colour; ``hue`` goes round from 0 to 1, the others are limited to 0..1."""
    limited = min(max(saturation, 0), 1), min(max(value, 0), 1)
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, *limited)
    return int(red * 255), int(green * 255), int(blue * 255)


def array(colour: Colour) -> NDArray[np.float32]:
    """(3,) a colour to calculate with."""
    return np.array(colour, np.float32)


def gradient(size: Size, *colours: Colour) -> Image.Image:
    """Colours from top to bottom, at equal distances."""
    width, height = size
    at = np.linspace(0, len(colours) - 1, height)
    stops = np.arange(len(colours))
    rows = np.stack([np.interp(at, stops, channel) for channel in zip(*colours)], axis=1)
    return Image.fromarray(np.repeat(rows.astype(np.uint8)[:, None, :], width, axis=1))


def noise(size: Size, rng: np.random.Generator, octaves: int = 5) -> NDArray[np.float32]:
    """(height, width) smooth noise in 0..1: octaves of random grids, enlarged."""
    width, height = size
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = 2 ** (octave + 1) + 1
        grid = Image.fromarray((rng.random((cells, cells)) * 255).astype(np.uint8))
        enlarged = np.asarray(grid.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)
        total += enlarged / (255 * 2**octave)
    scaled: NDArray[np.float32] = (total - total.min()) / np.float32(np.ptp(total))
    return scaled


def glow(image: Image.Image, centre: tuple[float, float], radius: float, colour: Colour) -> None:
    """Put light around a point into the picture, which fades out towards ``radius``."""
    light = Image.radial_gradient("L").resize((int(radius * 2), int(radius * 2)))
    light = light.point([max(0, 220 - shade * 220 // 180) for shade in range(256)])
    image.paste(colour, (int(centre[0] - radius), int(centre[1] - radius)), light)


def disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: Colour) -> None:
    """A filled circle."""
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def waves(
    width: int, rng: np.random.Generator, frequencies: Sequence[float]
) -> NDArray[np.float64]:
    """(width + 1,) a sum of sines, the faster the lower."""
    steps = np.arange(width + 1) / width * np.pi
    sines = [np.sin(steps * f + rng.uniform(0, 7)) / f for f in frequencies]
    total: NDArray[np.float64] = np.sum(sines, axis=0)
    return total


def ground(image: Image.Image, edge: NDArray[np.float64], colour: Colour) -> None:
    """Fill all below an edge of (width + 1,) heights."""
    width, height = image.size
    points = zip(range(0, width + 1, 2), edge[::2].tolist())
    ImageDraw.Draw(image).polygon([(0, height), *points, (width, height)], fill=colour)
