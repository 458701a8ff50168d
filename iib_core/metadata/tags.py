"""Tags that follow from how a picture was generated: pure data, nothing is stored here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from iib_core.metadata import prompts
from iib_core.metadata.info import GenerationInfo
from iib_core.metadata.values import as_name, stem

WORD_MAX_CHARS = 120
NAME_MAX_CHARS = 200

_HIRES_KEYS = ("Hires upscaler", "Hires upscale", "Hires resize", "Hires scale", "refinerupscale", "hrf_method", "hrf_enabled")
_REFINER_KEYS = ("Refiner", "refiner_model", "refinermodel", "Refiner Model")
_HASH = re.compile(r"\s*\[[0-9a-fA-F]{6,}\]\Z")
_CHARACTER = re.compile(r"Character \d+ prompt\Z")
_OFF = frozenset({"false", "0", "none", "no"})


@dataclass(frozen=True)
class DerivedTag:
    """A tag and its category: prompt, model, sampler, lora, size, source, media, hires or refiner."""

    category: str
    name: str


def derive_tags(info: GenerationInfo, *, width_px: int | None, height_px: int | None, media: str) -> tuple[DerivedTag, ...]:
    """The tags of a picture, each once, in a stable order: prompt words first, as they stand in the prompt.

    width_px, height_px: the picture's own pixels, else the stated ones count. media: image, video or audio.
    Words of the negative prompt are no tags. What is longer than a name can be is left out, never cut.
    """
    found: dict[tuple[str, str], DerivedTag] = {}
    for tag in _tags(info, width_px, height_px, media):
        limit = WORD_MAX_CHARS if tag.category == "prompt" else NAME_MAX_CHARS
        if tag.name and len(tag.name) <= limit:
            found.setdefault((tag.category, tag.name.casefold()), tag)
    return tuple(found.values())


def _tags(info: GenerationInfo, width_px: int | None, height_px: int | None, media: str) -> Iterator[DerivedTag]:
    for word in prompts.words(info.prompt):
        yield DerivedTag("prompt", word)
    for name, value in info.parameters.items():
        if _CHARACTER.match(name):
            yield from (DerivedTag("prompt", word) for word in prompts.words(value))
    if info.model:
        yield DerivedTag("model", stem(info.model))
    if info.sampler:
        yield DerivedTag("sampler", info.sampler)
    for lora in info.loras:
        yield DerivedTag("lora", stem(lora.name))
    width, height = width_px or info.width, height_px or info.height
    if width and height:
        yield DerivedTag("size", f"{width}x{height}")
    if info.source:
        yield DerivedTag("source", info.source)
    if media:
        yield DerivedTag("media", media)
    yield from _passes(info)


def _passes(info: GenerationInfo) -> Iterator[DerivedTag]:
    """Second passes: the upscaler of a hires fix (or that there was one), the refiner's model."""
    hires = next((info.parameters[key] for key in _HIRES_KEYS if info.parameters.get(key, "").lower() not in _OFF | {""}), None)
    if hires:
        yield DerivedTag("hires", info.parameters.get("Hires upscaler") or "Hires fix")
    refiner = next((name for key in _REFINER_KEYS if (name := as_name(info.parameters.get(key)))), None)
    if refiner:
        yield DerivedTag("refiner", stem(_HASH.sub("", refiner)))
