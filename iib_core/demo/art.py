"""Pictures for the sample library, drawn from a seed, so that no files are shipped and all runs are
equal.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]


def _hsv(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return int(red * 255), int(green * 255), int(blue * 255)


def _gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    width, height = size
    share = np.linspace(0, 1, height)[:, None, None]
    rows = np.array(top) * (1 - share) + np.array(bottom) * share
    return Image.fromarray(np.broadcast_to(rows, (height, width, 3)).astype(np.uint8))


def _noise(size: tuple[int, int], rng: np.random.Generator, octaves: int = 5) -> np.ndarray:
    """(height, width) float array of smooth noise in 0..1: octaves of random grids, enlarged."""
    width, height = size
    total = np.zeros((height, width))
    for octave in range(octaves):
        cells = 2 ** (octave + 1) + 1
        grid = Image.fromarray((rng.random((cells, cells)) * 255).astype(np.uint8))
        total += (
            np.asarray(grid.resize(size, Image.Resampling.BICUBIC), dtype=float) / 255 / 2**octave
        )
    scaled: np.ndarray = (total - total.min()) / np.ptp(total)
    return scaled


def mountains(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Ridges that fade into a low sun."""
    width, height = size
    hue = rng.choice([0.05, 0.08, 0.55, 0.6, 0.75, 0.93])
    image = _gradient(size, _hsv(hue + 0.08, 0.55, 0.55), _hsv(hue, 0.35, 1.0))
    draw = ImageDraw.Draw(image)
    x, y, radius = width * rng.uniform(0.25, 0.75), height * rng.uniform(0.3, 0.45), height * 0.07
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_hsv(hue - 0.02, 0.12, 1.0))
    steps = np.arange(width + 1)
    for layer in range(6):
        depth = layer / 5
        base = height * (0.48 + 0.1 * layer)
        waves = [
            np.sin(steps / width * np.pi * f + rng.uniform(0, 7)) / f
            for f in (2.3, 5.1, 11.7, 23.9)
        ]
        ridge = np.sum(waves, axis=0) * height * 0.06
        points = [(0, height), *zip(steps.tolist(), (base + ridge).tolist()), (width, height)]
        draw.polygon(points, fill=_hsv(hue + 0.1 * depth, 0.3 + 0.35 * depth, 0.8 - 0.62 * depth))
    return image


def nebula(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Glowing clouds among stars."""
    hue = rng.uniform(0, 1)
    cloud, veil = _noise(size, rng), _noise(size, rng)
    glow = np.clip(cloud * 1.5 - 0.45, 0, 1)[..., None] ** 1.6
    one, other = np.array(_hsv(hue, 0.75, 1.0)), np.array(_hsv(hue + 0.35, 0.7, 0.9))
    colours = one * veil[..., None] + other * (1 - veil[..., None])
    pixels = np.array([8, 8, 20]) + colours * glow
    for _ in range(260):
        x, y = rng.integers(0, size[0]), rng.integers(0, size[1])
        pixels[y, x] = 200 + 55 * rng.random()
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        left, top, radius = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(0.8, 2.4)
        draw.ellipse(
            (left - radius, top - radius, left + radius, top + radius), fill=(255, 250, 240)
        )
    return image


def city(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A skyline at night with lit windows."""
    width, height = size
    hue = rng.choice([0.58, 0.66, 0.78, 0.88])
    image = _gradient(size, _hsv(hue, 0.8, 0.12), _hsv(hue + 0.12, 0.6, 0.55))
    draw = ImageDraw.Draw(image)
    for layer, shade in enumerate((0.3, 0.19, 0.09)):
        x = -10.0
        while x < width:
            wide, tall = rng.uniform(34, 82), height * rng.uniform(0.22, 0.62) * (1 - 0.16 * layer)
            draw.rectangle((x, height - tall, x + wide, height), fill=_hsv(hue + 0.05, 0.5, shade))
            for row in np.arange(height - tall + 8, height, 11):
                for column in np.arange(x + 6, x + wide - 6, 9):
                    if rng.random() < 0.32:
                        draw.rectangle(
                            (column, row, column + 4, row + 5),
                            fill=_hsv(
                                rng.choice([0.1, 0.13, 0.52]), 0.45, 0.95 - 0.2 * (2 - layer)
                            ),
                        )
            x += wide + rng.uniform(0, 9)
    return image


def flower(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A large blossom in front of a blurred meadow."""
    width, height = size
    hue = rng.choice([0.0, 0.08, 0.14, 0.83, 0.92, 0.72])
    meadow = _noise(size, rng, 4)[..., None]
    background = np.array(_hsv(0.3, 0.45, 0.75)) * meadow + np.array(_hsv(0.42, 0.55, 0.3)) * (
        1 - meadow
    )
    image = Image.fromarray(background.astype(np.uint8)).filter(ImageFilter.GaussianBlur(9))
    draw = ImageDraw.Draw(image)
    middle_x, middle_y = width * rng.uniform(0.42, 0.58), height * rng.uniform(0.42, 0.55)
    petals, reach = int(rng.integers(7, 15)), min(size) * 0.36
    for ring in range(4):
        length = reach * (1 - 0.2 * ring)
        for petal in range(petals):
            angle = 2 * np.pi * (petal + 0.5 * (ring % 2)) / petals
            turn = np.linspace(0, np.pi, 24)
            along, across = (
                np.sin(turn / 2) ** 1.3 * length,
                np.sin(turn * 1.0) * length * 1.7 / petals,
            )
            side = np.concatenate([across, -across[::-1]])
            out = np.concatenate([along, along[::-1]])
            points = zip(
                (middle_x + out * np.cos(angle) - side * np.sin(angle)).tolist(),
                (middle_y + out * np.sin(angle) + side * np.cos(angle)).tolist(),
            )
            draw.polygon(
                list(points), fill=_hsv(hue + 0.015 * ring, 0.75 - 0.12 * ring, 0.72 + 0.09 * ring)
            )
    radius = reach * 0.17
    draw.ellipse(
        (middle_x - radius, middle_y - radius, middle_x + radius, middle_y + radius),
        fill=_hsv(0.12, 0.8, 0.85),
    )
    return image


def sea(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Waves under a moon."""
    width, height = size
    hue = rng.uniform(0.47, 0.62)
    image = _gradient(size, _hsv(hue + 0.06, 0.7, 0.16), _hsv(hue, 0.4, 0.85))
    draw = ImageDraw.Draw(image)
    x, radius = width * rng.uniform(0.3, 0.7), height * 0.08
    draw.ellipse(
        (x - radius, height * 0.2 - radius, x + radius, height * 0.2 + radius), fill=(250, 248, 230)
    )
    steps = np.arange(width + 1)
    for wave in range(11):
        level = height * (0.45 + 0.052 * wave)
        crest = level + np.sin(steps / width * np.pi * (9 - 0.5 * wave) + rng.uniform(0, 7)) * (
            3 + wave
        )
        draw.polygon(
            [(0, height), *zip(steps.tolist(), crest.tolist()), (width, height)],
            fill=_hsv(hue + 0.006 * wave, 0.55 + 0.03 * wave, 0.78 - 0.055 * wave),
        )
    return image


def cat(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A cat that looks at the viewer."""
    width, height = size
    hue = rng.uniform(0, 1)
    image = _gradient(size, _hsv(hue, 0.25, 0.95), _hsv(hue + 0.1, 0.45, 0.7))
    draw = ImageDraw.Draw(image)
    fur = _hsv(
        rng.choice([0.06, 0.08, 0.6, 0.0]), rng.choice([0.1, 0.55, 0.75]), rng.uniform(0.22, 0.9)
    )
    dark = (fur[0] * 2 // 3, fur[1] * 2 // 3, fur[2] * 2 // 3)
    unit, x, y = min(size) * 0.2, width / 2, height * 0.47
    draw.ellipse((x - 1.5 * unit, y + 0.5 * unit, x + 1.5 * unit, y + 5 * unit), fill=dark)
    for side in (-1, 1):
        draw.polygon(
            [
                (x + side * 1.15 * unit, y - 0.2 * unit),
                (x + side * 1.05 * unit, y - 1.75 * unit),
                (x + side * 0.15 * unit, y - 0.85 * unit),
            ],
            fill=fur,
        )
        draw.polygon(
            [
                (x + side * unit, y - 0.4 * unit),
                (x + side * 0.95 * unit, y - 1.35 * unit),
                (x + side * 0.4 * unit, y - 0.8 * unit),
            ],
            fill=(240, 170, 170),
        )
    draw.ellipse((x - 1.25 * unit, y - unit, x + 1.25 * unit, y + unit), fill=fur)
    iris = _hsv(rng.choice([0.12, 0.3, 0.52]), 0.7, 0.95)
    for side in (-1, 1):
        left = x + side * 0.5 * unit
        draw.ellipse(
            (left - 0.26 * unit, y - 0.34 * unit, left + 0.26 * unit, y + 0.18 * unit), fill=iris
        )
        draw.ellipse(
            (left - 0.08 * unit, y - 0.32 * unit, left + 0.08 * unit, y + 0.16 * unit),
            fill=(15, 15, 20),
        )
        for whisker in (-0.12, 0.0, 0.12):
            draw.line(
                (
                    x + side * 0.3 * unit,
                    y + 0.48 * unit,
                    x + side * 1.7 * unit,
                    y + (0.42 + 2 * whisker) * unit,
                ),
                fill=(245, 245, 245),
                width=2,
            )
    draw.polygon(
        [
            (x - 0.14 * unit, y + 0.3 * unit),
            (x + 0.14 * unit, y + 0.3 * unit),
            (x, y + 0.48 * unit),
        ],
        fill=(225, 130, 140),
    )
    return image


THEMES: dict[str, Callable[[tuple[int, int], np.random.Generator], Image.Image]] = {
    "mountains": mountains,
    "nebula": nebula,
    "city": city,
    "flower": flower,
    "sea": sea,
    "cat": cat,
}
