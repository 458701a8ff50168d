"""Automatic tags: derived from how a picture was generated. Pure functions; nothing is stored here."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from iib_core.metadata import prompts, samplers
from iib_core.metadata.info import GenerationInfo
from iib_core.metadata.values import as_name, stem

WORD_MAX_CHARS = 120
NAME_MAX_CHARS = 200
_CACHED_CHARS = 20_000

_HIRES_KEYS = ("Hires upscaler", "Hires upscale", "Hires resize", "hrf_enabled")
# Parameters that become tags, with the tag's category; their value is a name, with numbers after a
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
    """A tag and its category: prompt, model, sampler, lora, size, source, media, hires, refiner,
    controlnet, ipadapter, upscaler or detailer.
    """

    category: str
    name: str


def derive_tags(
    info: GenerationInfo, *, width_px: int | None, height_px: int | None, media: str
) -> tuple[DerivedTag, ...]:
    """The tags of a picture, each once, in a stable order: the prompt words first, in their order.

    ``width_px``, ``height_px``: the picture's own pixels; if None, the stated ones are used.
    ``media``: image, video or audio. The negative prompt gives no tags. Names that are too long are
    left out, not cut.
    """
    # A long prompt is rarely repeated, so it is not cached.
    read_words = _words if len(info.prompt) <= _CACHED_CHARS else _words.__wrapped__
    tags = dict(read_words(info.prompt))
    for keyed in filter(None, itertools.starmap(_tag, _tags(info, width_px, height_px, media))):
        tags.setdefault(*keyed)
    return tuple(tags.values())


@lru_cache(maxsize=256)
def _words(prompt: str) -> tuple[tuple[tuple[str, str], DerivedTag], ...]:
    """(key, tag) of each word of a prompt; equal tags have the same key.

    Cached, because consecutive pictures often have the same prompt.
    """
    tags: dict[tuple[str, str], DerivedTag] = {}
    for keyed in filter(None, map(_tag, itertools.repeat("prompt"), prompts.words(prompt))):
        tags.setdefault(*keyed)
    return tuple(tags.items())


@lru_cache(maxsize=32_768)
def _tag(category: str, name: str) -> tuple[tuple[str, str], DerivedTag] | None:
    """(key, tag); None if the name is empty or too long.

    Cached, because the same few thousand words repeat throughout a library.
    """
    limit = WORD_MAX_CHARS if category == "prompt" else NAME_MAX_CHARS
    return (
        ((category, name.casefold()), DerivedTag(category, name))
        if name and len(name) <= limit
        else None
    )


def forget() -> None:
    """Empty the caches."""
    _words.cache_clear()
    _tag.cache_clear()


def _tags(
    info: GenerationInfo, width_px: int | None, height_px: int | None, media: str
) -> Iterator[tuple[str, str]]:
    """(category, name) of each tag but those of the prompt, with repetitions."""
    for name, value in info.parameters.items():
        if name.startswith("Character") and _CHARACTER.match(name):
            yield from zip(itertools.repeat("prompt"), prompts.words(value))
        category = _NAMED.get(name)
        if category is None and name[-1:].isdecimal():
            category = _NAMED.get(_NUMBER.sub("", name))
        if category:
            yield category, stem(value.partition(", ")[0].strip())
    if info.model:
        yield "model", stem(info.model)
    for model in info.models[1:]:
        yield "model", stem(model)
    if info.sampler:
        yield "sampler", samplers.name_of(info.sampler)
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
    """Tags of second passes: the upscaler of a hires fix (or "Hires fix"), the model of the
    refiner.
    """
    hires = [info.parameters[key] for key in _HIRES_KEYS if info.parameters.get(key)]
    if any(value.lower() not in _OFF for value in hires):
        yield "hires", info.parameters.get("Hires upscaler") or "Hires fix"
    refiner = as_name(info.parameters.get("Refiner"))
    if refiner:
        yield "refiner", stem(_HASH.sub("", refiner).rstrip())
