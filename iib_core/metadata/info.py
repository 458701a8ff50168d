"""GenerationInfo: what a file says of how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Lora:
    """A LoRA that took part; ``weight`` is None where the file does not state it."""

    name: str
    weight: float | None = None


@dataclass(frozen=True)
class GenerationInfo:
    """How a picture or video was generated, as its file or sidecar states it.

    Values that the file does not state are None, texts are "". ``infotext`` is the raw text as the generator wrote it
    (also of a format that nothing here can parse). ``width`` and ``height`` are the stated pixels, not the picture's.
    ``parameters`` holds all other stated values by their own names. ``found_in`` says where, e.g. ``png:tEXt:parameters``.
    ``error`` says why a file could be read in part only.
    """

    prompt: str = ""
    negative_prompt: str = ""
    infotext: str = ""
    source: str | None = None
    steps: int | None = None
    sampler: str | None = None
    scheduler: str | None = None
    cfg_scale: float | None = None
    seed: int | None = None
    width: int | None = None
    height: int | None = None
    model: str | None = None
    model_hash: str | None = None
    vae: str | None = None
    models: tuple[str, ...] = ()
    loras: tuple[Lora, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    workflow: Any = None
    found_in: str = ""
    error: str = ""
