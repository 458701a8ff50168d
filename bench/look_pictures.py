"""Pictures for the benchmark of looks: many that differ, among them such as are easily taken for
one another, and what becomes of a picture that is saved again in another way.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageOps

_COARSE = 4
PROMPTS, VARIATIONS = 200, 10
_SHAPES = ((288, 288), (256, 352), (352, 256), (224, 336), (336, 224))
Numbers = np.random.Generator


def draw(count: int, first: int = 0, seed: int = 7) -> Iterator[Image.Image]:
    """``count`` pictures of different origin, from the ``first`` on: a tenth are ten variations
    each of some prompts, the others scenes, line art, and scenes that are nearly black or nearly
    white.
    """
    varied = min(PROMPTS * VARIATIONS, count // 10 // VARIATIONS * VARIATIONS)
    for number in range(first, varied):
        yield variation(seed * 1000 + number // VARIATIONS, seed * 100_000 + number)
    kinds: list[Callable[[Numbers], Image.Image]] = [
        scene,
        scene,
        scene,
        scene,
        figure,
        figure,
        line_art,
    ]
    kinds += [lambda numbers: dim(numbers, 0), lambda numbers: dim(numbers, 235)]
    for number in range(max(0, first - varied), count - varied):
        numbers = np.random.default_rng((seed, number))
        yield kinds[number % len(kinds)](numbers)


def scene(numbers: Numbers) -> Image.Image:
    """A landscape of clouds of colour, as a picture without a motif."""
    width, height = _SHAPES[numbers.integers(len(_SHAPES))]
    slope = numbers.uniform(1.0, 2.2)
    layers = np.stack([_clouds(numbers, width, height, slope) for _ in range(3)], axis=-1)
    field = layers @ numbers.uniform(-1, 1, (3, 3)) + numbers.uniform(-0.5, 0.5, 3)
    small = Image.fromarray(np.uint8(np.clip(128 + 60 * field, 0, 255)))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def figure(numbers: Numbers) -> Image.Image:
    """A figure in front of a background, as most generated pictures are."""
    return _portrait(numbers, numbers)


def variation(prompt: int, seed: int) -> Image.Image:
    """A picture of a prompt: its palette and where things stand are the prompt's, the rest is the
    seed's.
    """
    return _portrait(np.random.default_rng(prompt), np.random.default_rng(seed))


def line_art(numbers: Numbers) -> Image.Image:
    """Thin black lines on white."""
    width, height = _SHAPES[numbers.integers(len(_SHAPES))]
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    for _ in range(numbers.integers(6, 30)):
        points = np.cumsum(numbers.normal(0, 0.09, (12, 2)), axis=0) + numbers.uniform(0.1, 0.9, 2)
        pen.line(
            [(x * width, y * height) for x, y in points.tolist()],
            "black",
            int(numbers.integers(1, 4)),
        )
    return image


def dim(numbers: Numbers, level: int) -> Image.Image:
    """A scene with hardly any contrast, nearly black or nearly white."""
    image = np.asarray(scene(numbers), dtype=np.float32)
    return Image.fromarray(np.uint8(level + image * numbers.uniform(0.03, 0.07)))


def _portrait(prompt: Numbers, seed: Numbers) -> Image.Image:
    width, height = _SHAPES[prompt.integers(len(_SHAPES))]
    palette = prompt.integers(0, 256, (4, 3))
    places = prompt.uniform(0.15, 0.85, (5, 2)) + seed.normal(0, 0.04, (5, 2))
    sizes = prompt.uniform(0.08, 0.3, (5, 2)) * seed.uniform(0.8, 1.25, (5, 2))
    shades = prompt.integers(0, 256, (5, 3)) + seed.integers(-25, 26, (5, 3))
    rise = np.linspace(0, 1, height)[:, None, None]
    ground = palette[0] * (1 - rise) + palette[1] * rise + np.zeros((1, width, 1))
    image = Image.fromarray(np.uint8(np.clip(ground, 0, 255)))
    pen = ImageDraw.Draw(image)
    for (x, y), (a, b), shade in zip(places.tolist(), sizes.tolist(), shades.tolist()):
        box = ((x - a) * width, (y - b) * height, (x + a) * width, (y + b) * height)
        pen.ellipse(box, tuple(min(255, max(0, int(value))) for value in shade))
    coarse = Image.fromarray(_clouds(seed, width, height, 1.3))
    texture = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))[:, :, None]
    strength = np.float32(seed.uniform(8, 22, 3))
    return Image.fromarray(np.uint8(np.clip(np.asarray(image) + texture * strength, 0, 255)))


def _clouds(numbers: Numbers, width: int, height: int, slope: float) -> np.ndarray:
    """Noise whose amplitude falls with the frequency, of deviation 1, on a coarse grid."""
    rows, columns = height // _COARSE, width // _COARSE
    strength = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :])
    strength[0, 0] = 1.0
    spectrum = numbers.normal(size=strength.shape) + 1j * numbers.normal(size=strength.shape)
    field = np.fft.irfft2(spectrum / strength**slope, (rows, columns)).astype(np.float32)
    return np.asarray((field - field.mean()) / (field.std() or 1.0))


def recompressed(image: Image.Image, numbers: Numbers) -> Image.Image:
    """Saved as a JPEG or WebP of middling quality."""
    out = io.BytesIO()
    kind = ("JPEG", "WEBP")[int(numbers.integers(2))]
    image.save(out, kind, quality=int(numbers.integers(40, 90)))
    return Image.open(out).convert("RGB")


def resized(image: Image.Image, numbers: Numbers) -> Image.Image:
    """Of another size, from a third to twice."""
    share = numbers.uniform(0.34, 2.0)
    return image.resize((max(1, round(image.width * share)), max(1, round(image.height * share))))


def cropped(image: Image.Image, numbers: Numbers) -> Image.Image:
    """Without 3 % of its width and height, taken anywhere from its edges."""
    width, height = round(image.width * 0.97), round(image.height * 0.97)
    left = int(numbers.integers(image.width - width + 1))
    top = int(numbers.integers(image.height - height + 1))
    return image.crop((left, top, left + width, top + height))


def watermarked(image: Image.Image, numbers: Numbers) -> Image.Image:
    """With a line of text in a corner."""
    marked = image.copy()
    at = (int(image.width * 0.55), int(image.height * numbers.uniform(0.88, 0.93)))
    ImageDraw.Draw(marked).text(at, "example.com/artist", "white")
    return marked


def flipped(image: Image.Image, _numbers: Numbers) -> Image.Image:
    """Left and right exchanged."""
    return ImageOps.mirror(image)


def shifted(image: Image.Image, numbers: Numbers) -> Image.Image:
    """In other colours: each channel brighter or darker."""
    gains = numbers.uniform(0.8, 1.2, 3)
    return Image.fromarray(np.uint8(np.clip(np.asarray(image, dtype=np.float32) * gains, 0, 255)))


CHANGES: dict[str, Callable[[Image.Image, Numbers], Image.Image]] = {
    "recompressed": recompressed,
    "resized": resized,
    "cropped by 3 %": cropped,
    "watermarked": watermarked,
    "flipped": flipped,
    "colour-shifted": shifted,
}
