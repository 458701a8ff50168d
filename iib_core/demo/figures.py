"""Animals, things and patterns of the sample library."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

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

_WHITE, _BLACK = (245, 245, 245), (15, 15, 20)


@smooth
def flower(size: Size, rng: np.random.Generator) -> Image.Image:
    """A large blossom in front of a blurred meadow."""
    width, height = size
    hue = rng.choice([0.0, 0.08, 0.14, 0.83, 0.92, 0.72])
    image = _meadow(size, rng)
    draw = ImageDraw.Draw(image)
    x, y = width * rng.uniform(0.42, 0.58), height * rng.uniform(0.42, 0.55)
    petals, reach = int(rng.integers(7, 15)), min(size) * 0.38
    for ring in range(4):
        colour = hsv(hue + 0.015 * ring, 0.75 - 0.12 * ring, 0.72 + 0.09 * ring)
        for petal in range(petals):
            angle = 2 * np.pi * (petal + 0.5 * (ring % 2)) / petals
            draw.polygon(_petal((x, y), angle, reach * (1 - 0.2 * ring), petals), fill=colour)
    disc(draw, x, y, reach * 0.17, hsv(0.12, 0.8, 0.85))
    return image


def _meadow(size: Size, rng: np.random.Generator) -> Image.Image:
    small = (size[0] // 8, size[1] // 8)
    share = noise(small, rng, 4)[..., None]
    light, dark = array(hsv(0.3, 0.45, 0.75)), array(hsv(0.42, 0.55, 0.3))
    pixels = (light * share + dark * (1 - share)).astype(np.uint8)
    blurred = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(2))
    return blurred.resize(size, Image.Resampling.BILINEAR)


def _petal(
    foot: tuple[float, float], angle: float, length: float, petals: int
) -> list[tuple[float, float]]:
    turn = np.linspace(0, np.pi, 24)
    along, across = np.sin(turn / 2) ** 1.3 * length, np.sin(turn) * length * 1.7 / petals
    out = np.concatenate([along, along[::-1]])
    side = np.concatenate([across, -across[::-1]])
    xs = foot[0] + out * np.cos(angle) - side * np.sin(angle)
    ys = foot[1] + out * np.sin(angle) + side * np.cos(angle)
    return list(zip(xs.tolist(), ys.tolist()))


@smooth
def cat(size: Size, rng: np.random.Generator) -> Image.Image:
    """A cat that looks at the viewer."""
    width, height = size
    hue = rng.uniform(0, 1)
    image = gradient(size, hsv(hue, 0.25, 0.95), hsv(hue + 0.1, 0.45, 0.7))
    draw = ImageDraw.Draw(image)
    fur = hsv(
        rng.choice([0.06, 0.08, 0.6, 0.0]), rng.choice([0.1, 0.55, 0.75]), rng.uniform(0.3, 0.9)
    )
    unit, x, y = min(size) * 0.2, width * rng.uniform(0.42, 0.58), height * 0.47
    dark = (fur[0] * 2 // 3, fur[1] * 2 // 3, fur[2] * 2 // 3)
    draw.ellipse((x - 1.5 * unit, y + 0.5 * unit, x + 1.5 * unit, y + 5 * unit), fill=dark)
    for side in (-1, 1):
        for colour, wide in ((fur, 1.0), ((240, 170, 170), 0.6)):
            ear = [(1.15, -0.2), (1.05, -1.75), (0.15, -0.85)]
            draw.polygon(
                _around(
                    x + side * 0.25 * unit * (1 - wide), y - 0.2 * unit, ear, unit * wide, side
                ),
                fill=colour,
            )
    draw.ellipse((x - 1.25 * unit, y - unit, x + 1.25 * unit, y + unit), fill=fur)
    _cat_face(draw, x, y, unit, hsv(rng.choice([0.12, 0.3, 0.52]), 0.7, 0.95))
    return image


def _around(
    x: float, y: float, points: list[tuple[float, float]], unit: float, side: int = 1
) -> list[tuple[float, float]]:
    """Points in units around a place, mirrored where ``side`` is -1."""
    return [(x + side * across * unit, y + down * unit) for across, down in points]


def _cat_face(draw: ImageDraw.ImageDraw, x: float, y: float, unit: float, iris: Colour) -> None:
    line = max(2, int(unit * 0.03))
    for side in (-1, 1):
        eye = x + side * 0.5 * unit
        draw.ellipse(
            (eye - 0.26 * unit, y - 0.34 * unit, eye + 0.26 * unit, y + 0.18 * unit), fill=iris
        )
        draw.ellipse(
            (eye - 0.08 * unit, y - 0.32 * unit, eye + 0.08 * unit, y + 0.16 * unit), fill=_BLACK
        )
        disc(draw, eye + 0.09 * unit, y - 0.2 * unit, 0.06 * unit, _WHITE)
        for whisker in (-0.12, 0.0, 0.12):
            ends = _around(x, y, [(0.3, 0.48), (1.7, 0.42 + 2 * whisker)], unit, side)
            draw.line(ends, fill=_WHITE, width=line)
    draw.polygon(_around(x, y, [(-0.14, 0.3), (0.14, 0.3), (0, 0.48)], unit), fill=(225, 130, 140))


@smooth
def owl(size: Size, rng: np.random.Generator) -> Image.Image:
    """An owl on a branch at night."""
    width, height = size
    hue = rng.uniform(0.55, 0.8)
    image = gradient(size, hsv(hue, 0.7, 0.2), hsv(hue + 0.08, 0.5, 0.5))
    moon = width * rng.uniform(0.15, 0.85), height * 0.22
    glow(image, moon, height * 0.34, (240, 236, 215))
    draw = ImageDraw.Draw(image)
    disc(draw, *moon, height * 0.08, (252, 248, 228))
    unit, x, y = min(size) * 0.2, width * rng.uniform(0.4, 0.6), height * 0.5
    brown = rng.uniform(0.04, 0.12)
    draw.rectangle((0, y + 1.75 * unit, width, y + 1.95 * unit), fill=hsv(0.07, 0.5, 0.2))
    body = hsv(brown, 0.5, 0.5)
    draw.ellipse((x - 1.1 * unit, y - 1.2 * unit, x + 1.1 * unit, y + 1.9 * unit), fill=body)
    draw.ellipse(
        (x - 0.75 * unit, y - 0.2 * unit, x + 0.75 * unit, y + 1.8 * unit),
        fill=hsv(brown, 0.25, 0.85),
    )
    for row in range(4):
        for feather in range(-2 + row // 2, 3 - row // 2):
            disc(
                draw,
                x + feather * 0.26 * unit,
                y + (0.55 + 0.28 * row) * unit,
                0.1 * unit,
                hsv(brown, 0.45, 0.62),
            )
    _owl_face(draw, x, y, unit, body, hsv(rng.uniform(0.08, 0.16), 0.85, 1.0))
    return image


def _owl_face(
    draw: ImageDraw.ImageDraw, x: float, y: float, unit: float, fur: Colour, iris: Colour
) -> None:
    for side in (-1, 1):
        tuft = [(0.25, -1.0), (0.95, -1.7), (0.98, -0.6)]
        draw.polygon(_around(x, y, tuft, unit, side), fill=fur)
        eye = x + side * 0.46 * unit
        for radius, colour in ((0.46, _WHITE), (0.34, iris), (0.19, _BLACK)):
            disc(draw, eye, y - 0.5 * unit, radius * unit, colour)
        disc(draw, eye + 0.08 * unit, y - 0.6 * unit, 0.06 * unit, _WHITE)
    beak = [(-0.14, -0.32), (0.14, -0.32), (0, 0.08)]
    draw.polygon(_around(x, y, beak, unit), fill=(240, 170, 60))


@smooth
def robot(size: Size, rng: np.random.Generator) -> Image.Image:
    """A friendly robot."""
    width, height = size
    hue = rng.uniform(0, 1)
    image = gradient(size, hsv(hue + 0.5, 0.25, 0.95), hsv(hue + 0.45, 0.4, 0.75))
    draw = ImageDraw.Draw(image)
    unit, x, y = min(size) * 0.2, width * rng.uniform(0.42, 0.58), height * 0.42
    shell, dark = hsv(hue, 0.45, 0.9), hsv(hue, 0.5, 0.55)
    draw.line((x, y - 0.8 * unit, x, y - 1.4 * unit), fill=dark, width=int(0.1 * unit))
    disc(draw, x, y - 1.45 * unit, 0.16 * unit, hsv(hue + 0.5, 0.8, 1.0))
    draw.rounded_rectangle(_box(x, y, 0.9, 1.05, 1.8, 3.2, unit), 0.4 * unit, fill=dark)
    draw.rounded_rectangle(_box(x, y, 0.55, 1.3, 1.1, 0.8, unit), 0.15 * unit, fill=shell)
    for number in range(3):
        light = hsv(hue + 0.2 + 0.25 * number, 0.7, 1.0)
        disc(draw, x + (number - 1) * 0.3 * unit, y + 1.7 * unit, 0.1 * unit, light)
    draw.rounded_rectangle(_box(x, y, 1.2, -0.8, 2.4, 1.7, unit), 0.45 * unit, fill=shell)
    draw.rounded_rectangle(_box(x, y, 0.95, -0.55, 1.9, 1.2, unit), 0.35 * unit, fill=(28, 32, 44))
    eyes = hsv(rng.choice([0.48, 0.55, 0.14]), 0.6, 1.0)
    for side in (-1, 1):
        disc(draw, x + side * 0.45 * unit, y - 0.05 * unit, 0.2 * unit, eyes)
    smile = (x - 0.3 * unit, y + 0.05 * unit, x + 0.3 * unit, y + 0.45 * unit)
    draw.arc(smile, 20, 160, fill=eyes, width=int(0.08 * unit))
    return image


def _box(
    x: float, y: float, left: float, top: float, wide: float, tall: float, unit: float
) -> tuple[float, float, float, float]:
    """A box in units: ``left`` and ``top`` of a place, the first to the left of it."""
    begin, high = x - left * unit, y + top * unit
    return begin, high, begin + wide * unit, high + tall * unit


@smooth
def coffee(size: Size, rng: np.random.Generator) -> Image.Image:
    """A cup of coffee from above, on a table of wood."""
    width, height = size
    hue = rng.uniform(0.04, 0.1)
    image = gradient(size, hsv(hue, 0.5, 0.62), hsv(hue, 0.55, 0.42))
    draw = ImageDraw.Draw(image)
    for plank in range(1, 5):
        y = height * plank / 5
        draw.line((0, y, width, y), fill=hsv(hue, 0.6, 0.32), width=3)
    x, y, unit = width * rng.uniform(0.4, 0.6), height * rng.uniform(0.45, 0.55), min(size) * 0.2
    cup = rng.uniform(0, 1)
    disc(draw, x + 0.12 * unit, y + 0.16 * unit, 2.0 * unit, hsv(hue, 0.6, 0.28))
    for radius, colour in (
        (2.0, hsv(cup, 0.12, 0.97)),
        (1.75, hsv(cup, 0.1, 0.9)),
        (1.3, hsv(cup, 0.35, 0.9)),
    ):
        disc(draw, x, y, radius * unit, colour)
    draw.rounded_rectangle(
        _box(x, y, -1.2, -0.22, 0.75, 0.44, unit), 0.2 * unit, fill=hsv(cup, 0.35, 0.9)
    )
    disc(draw, x, y, 1.15 * unit, hsv(0.06, 0.7, 0.4))
    for ring in range(5, 0, -1):
        colour = hsv(0.08, 0.25, 0.95) if ring % 2 else hsv(0.06, 0.6, 0.55)
        leaf = _petal((x, y + 0.75 * unit), -np.pi / 2, ring * 0.3 * unit, 4)
        draw.polygon(leaf, fill=colour)
    return image


@smooth
def jellyfish(size: Size, rng: np.random.Generator) -> Image.Image:
    """Jellyfish that glow in the deep sea."""
    width, height = size
    hue = rng.uniform(0.5, 0.68)
    image = gradient(size, hsv(hue, 0.75, 0.55), hsv(hue + 0.06, 0.9, 0.12))
    for number in range(int(rng.integers(2, 5))):
        radius = min(size) * (0.06 + 0.04 * number)
        x, y = width * rng.uniform(0.15, 0.85), height * rng.uniform(0.2, 0.55)
        tint = hsv(hue + rng.uniform(0.15, 0.4), 0.5, 1.0)
        glow(image, (x, y), radius * 2.2, tint)
        _jellyfish(ImageDraw.Draw(image), rng, (x, y), radius, tint)
    return image


def _jellyfish(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    place: tuple[float, float],
    radius: float,
    colour: Colour,
) -> None:
    x, y = place
    down = np.linspace(0, 1, 24)
    for arm in np.linspace(-0.8, 0.8, 9):
        sway = np.sin(down * rng.uniform(5, 9) + rng.uniform(0, 7)) * 0.14 * down
        points = zip((x + radius * (arm + sway)).tolist(), (y + radius * 2.6 * down).tolist())
        draw.line(list(points), fill=colour, width=max(2, int(radius * 0.05)))
    draw.chord((x - radius, y - radius, x + radius, y + radius), 180, 360, fill=_WHITE)
    inner = radius * 0.86
    draw.chord((x - inner, y - inner, x + inner, y + inner), 180, 360, fill=colour)


@smooth
def mandala(size: Size, rng: np.random.Generator) -> Image.Image:
    """A pattern of rings of petals."""
    width, height = size
    hue, folds = rng.uniform(0, 1), int(rng.choice([8, 10, 12, 16]))
    image = gradient(size, hsv(hue + 0.5, 0.5, 0.25), hsv(hue + 0.6, 0.5, 0.12))
    draw = ImageDraw.Draw(image)
    x, y, reach = width / 2, height / 2, np.hypot(width, height) * 0.5
    for ring in range(9):
        length = reach * (1 - 0.1 * ring)
        colour = hsv(hue + 0.11 * ring, 0.65, 0.5 + 0.05 * ring)
        for petal in range(folds):
            angle = 2 * np.pi * (petal + 0.5 * (ring % 2)) / folds
            draw.polygon(_petal((x, y), angle, length, folds), fill=colour)
        disc(draw, x, y, length * 0.45, hsv(hue + 0.11 * ring + 0.5, 0.5, 0.35 + 0.05 * ring))
    return image


@smooth
def cabin(size: Size, rng: np.random.Generator) -> Image.Image:
    """A cabin in the snow with light in its windows."""
    width, height = size
    hue = rng.uniform(0.58, 0.7)
    image = gradient(size, hsv(hue, 0.6, 0.25), hsv(hue - 0.05, 0.35, 0.65))
    ground(image, height * (0.6 + 0.1 * waves(width, rng, (1.7, 3.9, 9.1))), hsv(hue, 0.3, 0.55))
    unit, x, y = min(size) * 0.16, width * rng.uniform(0.35, 0.65), height * 0.68
    glow(image, (x, y), unit * 3, (255, 200, 120))
    ground(image, height * (0.76 + 0.03 * waves(width, rng, (2.1, 4.3))), hsv(hue, 0.12, 0.92))
    draw = ImageDraw.Draw(image)
    draw.rectangle(_box(x, y, 1.2, -0.6, 2.4, 1.5, unit), fill=hsv(0.06, 0.6, 0.3))
    for side in (-1, 1):
        window = x + side * 0.65 * unit
        draw.rectangle(_box(window, y, 0.25, -0.25, 0.5, 0.5, unit), fill=(255, 214, 120))
    draw.rectangle(_box(x, y, 0.22, 0.0, 0.44, 0.9, unit), fill=hsv(0.05, 0.6, 0.18))
    draw.polygon(_around(x, y, [(-1.6, -0.5), (0, -1.8), (1.6, -0.5)], unit), fill=_WHITE)
    for _ in range(160):
        flake = rng.uniform(0, width), rng.uniform(0, height)
        disc(draw, *flake, unit * rng.uniform(0.01, 0.04), _WHITE)
    return image
