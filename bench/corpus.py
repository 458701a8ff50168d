"""A made-up library as the indexer would hand it over: prompts as people write them, bursts that
share one second, several generators.

Everything follows from the row's number, so two runs see the same library.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from iib_core.db.rows import HAS, LORA, ImageRow, Stated

START_NS = 1_640_995_200_000_000_000  # 2022-01-01
ROOT = "/library"

_WORDS = json.loads((Path(__file__).parent / "words.json").read_text("utf-8"))
_SAMPLERS = ("Euler a", "DPM++ 2M Karras", "DPM++ SDE Karras", "DDIM", "UniPC", "Euler")
_SIZES = ((512, 768), (768, 512), (512, 512), (1024, 1024), (832, 1216), (1216, 832))
_SOURCES = ("AUTOMATIC1111",) * 6 + ("Forge",) * 3 + ("ComfyUI",) * 2 + ("InvokeAI",)


@dataclass(frozen=True)
class Prompt:
    """A prompt that several seeds were tried with."""

    words: tuple[str, ...]
    negative: str
    model: str
    sampler: str
    source: str
    lora: str


def vocabulary() -> tuple[list[str], list[float]]:
    """Tags and their cumulated weights: few everywhere, thousands rare, as in real libraries."""
    draw = random.Random(7)
    pairs = [
        f"{first} {noun}"
        for first in _WORDS["colours"] + _WORDS["adjectives"]
        for noun in _WORDS["nouns"]
    ]
    draw.shuffle(pairs)
    names = dict.fromkeys(f"by {_name(draw)} {_name(draw)}" for _ in range(6000))
    words = [*_WORDS["quality"], *pairs, *names]
    return words, list(itertools.accumulate(1 / (rank + 4) ** 0.8 for rank in range(len(words))))


def rows(count: int, seed: int = 1, per_prompt: int | None = None) -> Iterator[ImageRow]:
    """``count`` files, oldest first, in a folder a day; one in a hundred is a video.

    ``per_prompt``: how many have one prompt; None is any number from 1 to 16.
    """
    draw = random.Random(seed)
    words, weights = vocabulary()
    models = [f"{_name(draw)}Mix_v{draw.randint(1, 9)}" for _ in range(60)]
    number, when = 0, START_NS
    while number < count:
        prompt = _prompt(draw, words, weights, models)
        when += draw.randrange(20, 400) * 10**9 // max(1, count // 200_000)
        burst = when // 10**9 * 10**9 if draw.random() < 0.2 else 0
        burst_size = draw.choice((1, 1, 2, 4, 4, 8, 16))
        for at in range(min(count - number, per_prompt or burst_size)):
            yield _row(draw, prompt, number, burst or when + at * 3_141_592_653)
            number += 1


def _prompt(
    draw: random.Random, words: list[str], weights: list[float], models: list[str]
) -> Prompt:
    chosen = dict.fromkeys(draw.choices(words, cum_weights=weights, k=draw.randint(28, 48)))
    lora = _name(draw) if draw.random() < 0.3 else ""
    model = models[min(int(draw.expovariate(0.12)), len(models) - 1)]
    return Prompt(
        tuple(chosen),
        ", ".join(draw.sample(_WORDS["negative"], draw.randint(6, 18))),
        model,
        draw.choice(_SAMPLERS),
        draw.choice(_SOURCES),
        lora,
    )


def _row(draw: random.Random, prompt: Prompt, number: int, mtime_ns: int) -> ImageRow:
    seed, steps, (width, height) = draw.getrandbits(32), draw.randint(18, 40), draw.choice(_SIZES)
    text = ", ".join(prompt.words) + (f", <lora:{prompt.lora}:0.8>" if prompt.lora else "")
    media = "video" if number % 100 == 37 else "image"
    infotext = (
        f"{text}\nNegative prompt: {prompt.negative}\nSteps: {steps}, Sampler: {prompt.sampler}, CFG "
        f"scale: 7, Seed: {seed}, Size: {width}x{height}, "
        f"Model hash: {abs(hash(prompt.model)) % 16**10:010x}, Model: {prompt.model}, Denoising strength: "
        "0.45, Clip skip: 2, Hires upscale: 2, "
        "Hires upscaler: 4x-UltraSharp, Version: v1.10.1"
    )
    tags = [("prompt", word) for word in prompt.words]
    tags += [
        ("model", prompt.model),
        ("sampler", prompt.sampler),
        ("size", f"{width}x{height}"),
        ("source", prompt.source),
        ("media", media),
    ]
    if prompt.lora:
        tags.append(("lora", prompt.lora))
    day = (mtime_ns - START_NS) // 86_400_000_000_000
    folder = (
        f"{ROOT}/{'txt2img' if number % 5 else 'img2img'}-images/{2022 + day // 365}/day-{day:04d}"
    )
    return ImageRow(
        path=f"{folder}/{number:07d}-{seed}.{'mp4' if media == 'video' else 'png'}",
        media=media,
        mtime_ns=mtime_ns,
        size_bytes=400_000 + seed % 1_600_000,
        birth_ns=mtime_ns,
        width_px=width,
        height_px=height,
        fingerprint=seed.to_bytes(16, "little"),
        prompt=text,
        negative_prompt=prompt.negative,
        infotext=infotext,
        source=prompt.source,
        model=prompt.model,
        sampler=prompt.sampler,
        steps=steps,
        cfg_scale=7.0,
        seed=seed,
        tags=tags,
        parameters=_parameters(prompt),
    )


def _parameters(prompt: Prompt) -> list[Stated]:
    """What the reader makes of the infotext."""
    found = [
        Stated("Denoising strength", 0.45, "0.45"),
        Stated("Clip skip", 2.0, "2"),
        Stated("Hires upscale", 2.0, "2"),
        Stated("Hires upscaler", None, "4x-UltraSharp"),
        Stated("Version", None, "v1.10.1"),
        Stated(HAS, None, "prompt"),
        Stated(HAS, None, "negative"),
    ]
    if prompt.lora:
        found.append(Stated(LORA, 0.8, f"{prompt.lora}:0.8"))
    return found


def _name(draw: random.Random) -> str:
    return "".join(draw.choices(_WORDS["syllables"], k=draw.randint(2, 4)))
