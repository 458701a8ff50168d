"""GenerationInfo: what a file says of how it was made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

_CHARACTER = re.compile(r"Character \d{1,3} (prompt|negative prompt)\Z")


class _Empty(dict[str, str]):
    """A dict that stays empty. A dict all the same: what copies, pickles or writes JSON knows no other
    mapping.
    """

    def _refuse(self, *_values: Any, **_named: Any) -> NoReturn:
        raise TypeError("these parameters are shared and stay empty")

    __setitem__ = setdefault = update = __ior__ = _refuse


EMPTY: Mapping[str, str] = _Empty()


@dataclass(frozen=True)
class Lora:
    """A LoRA that took part; ``weight`` is None where the file does not state it."""

    name: str
    weight: float | None = None


@dataclass(frozen=True)
class GenerationInfo:
    """How a picture or video was generated, as its file or sidecar states it.

    ``models`` are those of all passes, ``model`` is the first pass's.
    Values that the file does not state are None, texts are "". ``infotext`` is the raw text as the
    generator wrote it (also of a format that nothing here can parse). ``width`` and ``height`` are
    the stated pixels, not the picture's. ``parameters`` holds all other stated values by their own
    names. ``found_in`` says where, e.g. ``png:tEXt:parameters``. ``error`` says why a file could be
    read in part only.
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

    @property
    def whole_prompt(self) -> str:
        """The prompt with those of its characters, which NovelAI keeps apart, one a line."""
        return _with_characters(self.prompt, self.parameters, "prompt")

    @property
    def whole_negative_prompt(self) -> str:
        """As ``whole_prompt``, of what the picture shall not show."""
        return _with_characters(self.negative_prompt, self.parameters, "negative prompt")


def _with_characters(prompt: str, parameters: Mapping[str, str], side: str) -> str:
    if not parameters:
        return prompt
    texts = [
        value
        for name, value in parameters.items()
        if name.startswith("Character") and (told := _CHARACTER.match(name)) and told[1] == side
    ]
    return "\n".join(filter(None, (prompt, *texts))) if texts else prompt
