"""Landscapes, skies and cities of the sample library."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from iib_core.demo.paint import (
    Colour,
    Size,
    array,
    disc,
    glow,
    gradient,
    ground,
    hsv,
    noise,
    smooth,
    waves,
)

_RIDGES = (2.3, 5.1, 11.7, 23.9)


@smooth
def mountains(size: Size, rng: np.random.Generator) -> Image.Image:
    """Ridges that fade into a low sun."""
    width, height = size
    hue = rng.choice([0.05, 0.08, 0.55, 0.6, 0.75, 0.93])
    image = gradient(size, hsv(hue + 0.08, 0.55, 0.55), hsv(hue, 0.35, 1.0))
    x, y = width * rng.uniform(0.2, 0.8), height * rng.uniform(0.24, 0.42)
    glow(image, (x, y), height * 0.34, hsv(hue - 0.02, 0.2, 1.0))
    disc(ImageDraw.Draw(image), x, y, height * 0.06, hsv(hue - 0.02, 0.1, 1.0))
    for layer in range(6):
        depth = layer / 5
        edge = height * (0.46 + 0.1 * layer + 0.07 * waves(width, rng, _RIDGES))
        ground(image, edge, hsv(hue + 0.1 * depth, 0.3 + 0.35 * depth, 0.8 - 0.62 * depth))
    return image


@smooth
def sea(size: Size, rng: np.random.Generator) -> Image.Image:
    """Waves under a moon."""
    width, height = size
    hue = rng.uniform(0.47, 0.62)
    image = gradient(size, hsv(hue + 0.06, 0.7, 0.16), hsv(hue, 0.4, 0.85), hsv(hue, 0.5, 0.6))
    x, y = width * rng.uniform(0.25, 0.75), height * rng.uniform(0.14, 0.26)
    glow(image, (x, y), height * 0.3, hsv(hue, 0.2, 0.95))
    disc(ImageDraw.Draw(image), x, y, height * 0.075, (250, 248, 230))
    steps = np.arange(width + 1) / width * np.pi
    for wave in range(11):
        crest = np.sin(steps * (9 - 0.5 * wave) + rng.uniform(0, 7)) * (0.006 + 0.0016 * wave)
        colour = hsv(hue + 0.006 * wave, 0.55 + 0.03 * wave, 0.78 - 0.055 * wave)
        ground(image, height * (0.45 + 0.052 * wave + crest), colour)
    return image


@smooth
def forest(size: Size, rng: np.random.Generator) -> Image.Image:
    """Firs in the mist, the nearer the darker."""
    width, height = size
    hue = rng.uniform(0.3, 0.5)
    image = gradient(size, hsv(hue + 0.12, 0.25, 0.75), hsv(hue + 0.04, 0.12, 0.97))
    glow(image, (width * rng.uniform(0.3, 0.7), height * 0.25), height * 0.5, (255, 250, 225))
    for layer in range(5):
        depth = layer / 4
        colour = hsv(hue - 0.02 * layer, 0.2 + 0.4 * depth, 0.8 - 0.65 * depth)
        edge = height * (0.5 + 0.11 * layer + 0.05 * waves(width, rng, (1.7, 4.3)))
        ground(image, edge, colour)
        _firs(image, rng, edge, height * (0.1 + 0.09 * depth), colour)
    return image


def _firs(
    image: Image.Image, rng: np.random.Generator, edge: np.ndarray, tall: float, colour: Colour
) -> None:
    draw = ImageDraw.Draw(image)
    x = 0.0
    while x < image.width:
        foot, top = edge[int(x)] + tall * 0.2, tall * rng.uniform(0.7, 1.5)
        for part in (0.0, 0.28, 0.52):
            wide, low = top * 0.26 * (1 - part * 0.8), foot - top * part
            draw.polygon([(x - wide, low), (x, low - top * 0.6), (x + wide, low)], fill=colour)
        x += tall * rng.uniform(0.25, 0.6)


@smooth
def desert(size: Size, rng: np.random.Generator) -> Image.Image:
    """Dunes with a lit and a shaded side."""
    width, height = size
    hue = rng.uniform(0.03, 0.1)
    image = gradient(
        size, hsv(hue + 0.52, 0.5, 0.75), hsv(hue + 0.04, 0.3, 1.0), hsv(hue, 0.4, 0.9)
    )
    x = width * rng.uniform(0.15, 0.85)
    glow(image, (x, height * 0.36), height * 0.4, (255, 244, 214))
    disc(ImageDraw.Draw(image), x, height * 0.36, height * 0.05, (255, 252, 240))
    for dune in range(5):
        crest = height * (0.46 + 0.11 * dune + 0.1 * waves(width, rng, (1.3, 2.9)))
        ground(image, crest, hsv(hue, 0.5 + 0.05 * dune, 0.98 - 0.08 * dune))
        shade = crest + height * (0.02 + 0.05 * (1 + waves(width, rng, (1.1, 2.3, 6.1))))
        ground(image, shade, hsv(hue - 0.02, 0.62 + 0.04 * dune, 0.78 - 0.1 * dune))
    return image


@smooth
def balloons(size: Size, rng: np.random.Generator) -> Image.Image:
    """Hot-air balloons above hills in the morning."""
    width, height = size
    hue = rng.choice([0.54, 0.58, 0.95])
    image = gradient(size, hsv(hue, 0.45, 0.85), hsv(hue + 0.5, 0.18, 1.0))
    for layer in range(4):
        edge = height * (0.7 + 0.08 * layer + 0.05 * waves(width, rng, (1.9, 4.7)))
        ground(image, edge, hsv(0.3 + 0.03 * layer, 0.3 + 0.08 * layer, 0.8 - 0.14 * layer))
    for number in range(int(rng.integers(3, 7))):
        radius = height * (0.05 + 0.025 * number) * rng.uniform(0.8, 1.2)
        _balloon(
            ImageDraw.Draw(image),
            width * rng.uniform(0.1, 0.9),
            height * rng.uniform(0.15, 0.6),
            radius,
            rng.uniform(0, 1),
        )
    return image


def _balloon(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, hue: float) -> None:
    basket, low = radius * 0.16, y + radius * 1.55
    for side in (-1, 1):
        draw.line(
            (x + side * radius * 0.5, y + radius * 0.8, x + side * basket, low), (90, 70, 60), 2
        )
    draw.polygon(
        [
            (x - radius * 0.9, y + radius * 0.45),
            (x, y + radius * 1.35),
            (x + radius * 0.9, y + radius * 0.45),
        ],
        fill=hsv(hue, 0.75, 0.7),
    )
    for number, share in enumerate((1.0, 0.72, 0.42, 0.14)):
        colour = hsv(hue + 0.09 * (number % 2), 0.7 - 0.4 * (number % 2), 0.85 + 0.04 * number)
        draw.ellipse((x - radius * share, y - radius, x + radius * share, y + radius), fill=colour)
    draw.rectangle((x - basket, low, x + basket, low + basket * 1.6), fill=(110, 78, 52))


@smooth
def castle(size: Size, rng: np.random.Generator) -> Image.Image:
    """A castle on a hill before an evening sky."""
    width, height = size
    hue = rng.choice([0.02, 0.07, 0.7, 0.85])
    image = gradient(
        size, hsv(hue + 0.65, 0.6, 0.35), hsv(hue + 0.9, 0.5, 0.8), hsv(hue + 0.05, 0.5, 1.0)
    )
    middle = width * rng.uniform(0.35, 0.65)
    glow(image, (middle, height * 0.6), height * 0.5, hsv(hue + 0.08, 0.35, 1.0))
    ground(image, height * (0.7 + 0.06 * waves(width, rng, _RIDGES)), hsv(hue + 0.7, 0.45, 0.4))
    dark = hsv(hue + 0.72, 0.5, 0.16)
    for number in range(int(rng.integers(5, 9))):
        offset = (number % 2 * 2 - 1) * (number + 1) // 2
        x, tall = (
            middle + offset * height * 0.075,
            height * rng.uniform(0.16, 0.4) / (1 + abs(offset) * 0.2),
        )
        _tower(ImageDraw.Draw(image), rng, (x, height * 0.76), tall, height * 0.035, dark)
    steps = np.arange(width + 1)
    hill = 0.78 - 0.12 * np.exp(-(((steps - middle) / (width * 0.3)) ** 2))
    ground(image, height * hill, dark)
    return image


def _tower(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    foot: tuple[float, float],
    tall: float,
    half: float,
    colour: Colour,
) -> None:
    x, low = foot
    top = low - tall
    draw.rectangle((x - half, top, x + half, low), fill=colour)
    draw.polygon([(x - half * 1.4, top), (x, top - half * 3.2), (x + half * 1.4, top)], fill=colour)
    for row in range(int(tall // (half * 2.4))):
        if rng.random() < 0.7:
            y = top + half * (1 + 2.4 * row)
            draw.rectangle(
                (x - half * 0.2, y, x + half * 0.2, y + half * 0.7), fill=(255, 214, 130)
            )


def city(size: Size, rng: np.random.Generator) -> Image.Image:
    """A skyline at night with lit windows."""
    width, height = size
    hue = rng.choice([0.58, 0.66, 0.78, 0.88])
    image = gradient(size, hsv(hue, 0.8, 0.12), hsv(hue + 0.12, 0.6, 0.65))
    glow(image, (width * rng.uniform(0.2, 0.8), height), height * 0.8, hsv(hue + 0.2, 0.7, 0.9))
    draw = ImageDraw.Draw(image)
    for layer, shade in enumerate((0.3, 0.19, 0.09)):
        x = -10.0
        while x < width:
            wide, tall = rng.uniform(34, 82), height * rng.uniform(0.22, 0.62) * (1 - 0.16 * layer)
            draw.rectangle((x, height - tall, x + wide, height), fill=hsv(hue + 0.05, 0.5, shade))
            _windows(draw, rng, (x + 6, height - tall + 8, x + wide - 6, height), layer)
            x += wide + rng.uniform(0, 9)
    return image


def _windows(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    wall: tuple[float, float, float, float],
    layer: int,
) -> None:
    columns, rows = np.meshgrid(np.arange(wall[0], wall[2], 9), np.arange(wall[1], wall[3], 11))
    colour = hsv(rng.choice([0.1, 0.13, 0.52]), 0.45, 0.55 + 0.2 * layer)
    lit = rng.random(columns.shape) < 0.34
    for x, y in zip(columns[lit].tolist(), rows[lit].tolist()):
        draw.rectangle((x, y, x + 4, y + 5), fill=colour)


def nebula(size: Size, rng: np.random.Generator) -> Image.Image:
    """Glowing clouds among stars."""
    hue = rng.uniform(0, 1)
    cloud, veil = noise(size, rng), noise(size, rng)
    light = np.clip(cloud * 1.5 - 0.45, 0, 1)[..., None] ** np.float32(1.6)
    one, other = array(hsv(hue, 0.75, 1.0)), array(hsv(hue + 0.35, 0.7, 0.9))
    colours = one * veil[..., None] + other * (1 - veil[..., None])
    pixels = array((8, 8, 20)) + colours * light
    down, across = rng.integers(0, size[1], 260), rng.integers(0, size[0], 260)
    pixels[down, across] = 200 + 55 * rng.random((260, 1))
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    for _ in range(14):
        x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
        disc(ImageDraw.Draw(image), x, y, rng.uniform(0.8, 2.4), (255, 250, 240))
    return image
