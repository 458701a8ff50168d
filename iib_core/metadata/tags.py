"""Tags that follow from how a picture was generated: pure data, nothing is stored here."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from iib_core.metadata import prompts
from iib_core.metadata.info import GenerationInfo
from iib_core.metadata.values import as_name, stem

WORD_MAX_CHARS = 120
NAME_MAX_CHARS = 200
_CACHED_CHARS = 20_000

_HIRES_KEYS = ("Hires upscaler", "Hires upscale", "Hires resize", "hrf_enabled")
# What people filter by beside the generator's main values; the value is a name, with its numbers behind a
# comma.
_NAMED = {
    "ControlNet": "controlnet",
    "IP-Adapter": "ipadapter",
    "Redux": "ipadapter",
    "Upscaler": "upscaler",
    "Detailer": "detailer",
}
_NUMBER = re.compile(r" \d{1,2}\Z")
_HASH = re.compile(r"\[[0-9a-fA-F]{6,}\]\Z")
_CHARACTER = re.compile(r"Character \d+ prompt\Z")
_OFF = frozenset({"false", "0", "none", "no"})


class DerivedTag(NamedTuple):
    """A tag and its category: prompt, model, sampler, lora, size, source, media, hires, refiner, controlnet,
    ipadapter, upscaler or detailer.
    """

    category: str
    name: str


def derive_tags(
    info: GenerationInfo, *, width_px: int | None, height_px: int | None, media: str
) -> tuple[DerivedTag, ...]:
    """The tags of a picture, each once, in a stable order: prompt words first, as they stand in the prompt.

    width_px, height_px: the picture's own pixels, else the stated ones count. media: image, video or audio.
    Words of the negative prompt are no tags. What is longer than a name can be is left out, never cut.
    """
    found = dict((_words if len(info.prompt) <= _CACHED_CHARS else _words.__wrapped__)(info.prompt))
    for keyed in filter(None, itertools.starmap(_tag, _tags(info, width_px, height_px, media))):
        found.setdefault(*keyed)
    return tuple(found.values())


@lru_cache(maxsize=256)
def _words(prompt: str) -> tuple[tuple[tuple[str, str], DerivedTag], ...]:
    """The tags of a prompt behind what tells them from others.

    Cached: pictures come in bursts that share one.
    """
    found: dict[tuple[str, str], DerivedTag] = {}
    for keyed in filter(None, map(_tag, itertools.repeat("prompt"), prompts.words(prompt))):
        found.setdefault(*keyed)
    return tuple(found.items())


@lru_cache(maxsize=32_768)
def _tag(category: str, name: str) -> tuple[tuple[str, str], DerivedTag] | None:
    """A tag behind what tells it from others; None where that is no name.

    Cached: a library says the same few thousand words over and over.
    """
    limit = WORD_MAX_CHARS if category == "prompt" else NAME_MAX_CHARS
    return ((category, name.casefold()), DerivedTag(category, name)) if name and len(name) <= limit else None


def _tags(
    info: GenerationInfo, width_px: int | None, height_px: int | None, media: str
) -> Iterator[tuple[str, str]]:
    """Category and name of each tag beside the words of the prompt, as often as it is met."""
    for name, value in info.parameters.items():
        if name.startswith("Character") and _CHARACTER.match(name):
            yield from zip(itertools.repeat("prompt"), prompts.words(value))
        kind = _NAMED.get(name) or (_NAMED.get(_NUMBER.sub("", name)) if name[-1:].isdecimal() else None)
        if kind:
            yield kind, stem(value.partition(", ")[0].strip())
    if info.model:
        yield "model", stem(info.model)
    for model in info.models[1:]:
        yield "model", stem(model)
    if info.sampler:
        yield "sampler", info.sampler
    for lora in info.loras:
        yield "lora", stem(lora.name)
    width, height = width_px or info.width, height_px or info.height
    if width and height:
        yield "size", f"{width}x{height}"
    if info.source:
        yield "source", info.source
    if media:
        yield "media", media
    yield from _passes(info)


def _passes(info: GenerationInfo) -> Iterator[tuple[str, str]]:
    """Second passes: the upscaler of a hires fix (or that there was one), the refiner's model."""
    hires = any(value.lower() not in _OFF for key in _HIRES_KEYS if (value := info.parameters.get(key)))
    if hires:
        yield "hires", info.parameters.get("Hires upscaler") or "Hires fix"
    refiner = as_name(info.parameters.get("Refiner"))
    if refiner:
        yield "refiner", stem(_HASH.sub("", refiner).rstrip())
