"""GenerationInfo: the parsed metadata of a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

_CHARACTER = re.compile(r"Character \d{1,3} (prompt|negative prompt)\Z")


class _Empty(dict[str, str]):
    """A dict that cannot be filled. Code that copies, pickles or writes JSON supports dicts only,
    so a mapping proxy would not do.
    """

    def _refuse(self, *_values: Any, **_named: Any) -> NoReturn:
        raise TypeError("these parameters are shared and stay empty")

    __setitem__ = setdefault = update = __ior__ = _refuse


EMPTY: Mapping[str, str] = _Empty()


@dataclass(frozen=True)
class Lora:
    """A LoRA that was used; ``weight`` is None if the file does not state it."""

    name: str
    weight: float | None = None


@dataclass(frozen=True)
class GenerationInfo:
    """How a picture or video was generated, as its file or a companion states it.

    Values that are not stated are None, texts "". ``models``: of all passes; ``model``: of the
    first. ``infotext``: the generator's raw text, also if it could not be parsed. ``width``,
    ``height``: the stated pixels, not those of the picture. ``parameters``: all other values, by
    name. ``found_in``: the place of the text, e.g. ``png:tEXt:parameters``. ``error``: why the file
    could be read in part only.
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
        """The prompt and, one a line, the prompts of characters, which NovelAI stores separately."""
        return _with_characters(self.prompt, self.parameters, "prompt")

    @property
    def whole_negative_prompt(self) -> str:
        """The negative prompt and those of characters, see ``whole_prompt``."""
        return _with_characters(self.negative_prompt, self.parameters, "negative prompt")


def _with_characters(prompt: str, parameters: Mapping[str, str], side: str) -> str:
    if not parameters:
        return prompt
    texts: list[str] = []
    for name, value in parameters.items():
        match = _CHARACTER.match(name) if name.startswith("Character") else None
        if match and match[1] == side:
            texts.append(value)
    return "\n".join(filter(None, (prompt, *texts))) if texts else prompt
