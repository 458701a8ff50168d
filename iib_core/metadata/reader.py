"""Reads the GenerationInfo of a file. Tried in this order: the parsers of the generators, text
hidden in the pixels, companions, and the raw text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from iib_core.metadata import containers, limits, stealth, vocabulary
from iib_core.metadata.companion_files import read_companions
from iib_core.metadata.containers.embedded import Embedded, Text
from iib_core.metadata.generators import PARSERS, automatic1111
from iib_core.metadata.info import GenerationInfo, Lora
from iib_core.metadata.unwrap import unwrap
from iib_core.metadata.values import as_name, clean, load_json, place

RAW_MAX_CHARS = 1024 * 1024

_STEALTH_CONTAINERS = frozenset({"png", "webp", "avif"})
_PICTURES = frozenset(
    {
        "png",
        "jpeg",
        "webp",
        "gif",
        "avif",
        "heif",
        "jxl",
        "mp4",
        "mov",
        "webm",
        "mkv",
        "unknown",
        "empty",
    }
)
_PROMPT_KEYWORDS = frozenset(
    {
        "parameters",
        "prompt",
        "negative_prompt",
        "workflow",
        "dream",
        "generation_data",
        "sd-metadata",
        "invokeai_metadata",
    }
)
_COMMENT_KEYWORDS = frozenset(
    {
        "comment",
        "usercomment",
        "description",
        "imagedescription",
        "sidecar",
        "text",
        "xpcomment",
        "caption",
    }
)
_CUES = ("prompt", "seed", "steps", "sampler", "cfg", "guidance", "lora", "checkpoint", "model")
_CUES_NEEDED = 3
# Parameters that name the model of a later pass, in the vocabulary and in SwarmUI.
_LATER_MODELS = ("Refiner", "Hires checkpoint", "videomodel", "videoswapmodel")
_HASH = re.compile(r"\s?\[[0-9a-fA-F]{6,64}\]\Z")
_SAME_MODEL = frozenset({"Use same checkpoint", "(Use Base)", "Use same"})


@limits.one_file()
def read(path: str | os.PathLike[str]) -> GenerationInfo:
    """How a file was generated, from the file or from a companion.

    Raises OSError if the file is missing or cannot be opened. A broken file, or one that takes too
    long, gives what could be read, and an ``error``.
    """
    return read_embedded(containers.read(path), path)


@limits.one_file()
def read_embedded(embedded: Embedded, path: str | os.PathLike[str] | None = None) -> GenerationInfo:
    """``read`` for a file whose headers were read before.

    Without a path, hidden texts and companions are not read.
    """
    try:
        info = _parse_anywhere(embedded, path)
    except limits.TooSlow:
        info = replace(_raw(embedded, with_error=False), error=limits.REASON)
    info = normalised(info)
    if not embedded.error:
        return info
    return replace(info, error=" ".join(dict.fromkeys(filter(None, (embedded.error, info.error)))))


def _parse_anywhere(embedded: Embedded, path: str | os.PathLike[str] | None) -> GenerationInfo:
    """The parsed texts of the file or, if they say nothing, those in the pixels or in companions.

    Raises limits.TooSlow.
    """
    unwrapped = unwrap(embedded)
    info = _parse(unwrapped)
    if path is not None and (info is None or is_bare(info)):
        info = (
            _parse_hidden(embedded, Path(path))
            or _parse_companions(embedded, Path(path), info)
            or info
        )
    return _raw(unwrapped) if info is None else info


def normalised(info: GenerationInfo) -> GenerationInfo:
    """``info`` with the parameter names of the vocabulary, the models of all passes, and without
    the folders of its author's machine.
    """
    changed: dict[str, Any] = {}
    parameters = vocabulary.unified(info.parameters)
    if parameters is not info.parameters:
        changed["parameters"] = parameters
    if info.model:
        models = _model_names(info, parameters)
        if models != info.models:
            changed |= {"model": vocabulary.bare(info.model), "models": models}
    if info.vae and vocabulary.is_local(info.vae):
        changed["vae"] = vocabulary.bare(info.vae)
    if any(vocabulary.is_local(lora.name) for lora in info.loras):
        changed["loras"] = tuple(
            Lora(vocabulary.bare(lora.name), lora.weight) for lora in info.loras
        )
    return replace(info, **changed) if changed else info


def _model_names(info: GenerationInfo, parameters: Mapping[str, str]) -> tuple[str, ...]:
    """The models of all passes, those of the first pass first."""
    written = [parameters[key] for key in _LATER_MODELS if key in parameters]
    later = [name for name in map(_model_name, written) if name]
    first = info.models or (info.model or "",)
    if not later and len(first) == 1 and not vocabulary.is_local(first[0]):
        return first
    return tuple(dict.fromkeys(map(vocabulary.bare, (*first, *later))))


def _model_name(written: str) -> str | None:
    """The name of a model without the hash after it; None if it is empty or means the model of the
    first pass.
    """
    name = as_name(_HASH.sub("", written))
    return None if name in _SAME_MODEL else name


def is_bare(info: GenerationInfo) -> bool:
    """Whether at most the source is known."""
    return (
        not (info.prompt or info.negative_prompt or info.infotext or info.workflow)
        and info.steps is None
        and info.seed is None
    )


def _parse(embedded: Embedded) -> GenerationInfo | None:
    if not embedded.texts and not embedded.c2pa:
        return None
    # A shortcut past ten other parsers for most files of most libraries.
    if len(embedded.texts) == 1 and automatic1111.is_plain(embedded.texts[0]):
        return automatic1111.parse(embedded)
    for parser in PARSERS:
        limits.check()
        info = parser(embedded)
        if info:
            return info
    return None


def _parse_hidden(embedded: Embedded, path: Path) -> GenerationInfo | None:
    """The parsed text that is hidden in the pixels."""
    if embedded.container not in _STEALTH_CONTAINERS:
        return None
    text = stealth.read_stealth(path, embedded)
    if text is None:
        return None
    keyword = "UserComment" if text.value.lstrip().startswith("{") else "parameters"
    info = _parse(
        unwrap(replace(embedded, texts=(Text(keyword, text.value, text.where),), c2pa=b""))
    )
    return replace(info, found_in=f"{embedded.container}:{text.where}") if info else None


def _parse_companions(
    embedded: Embedded, path: Path, known: GenerationInfo | None
) -> GenerationInfo | None:
    """The parsed companions; a caption without parameters is kept as raw text."""
    if embedded.container not in _PICTURES:
        return None
    texts = unwrap(read_companions(path, embedded.container))
    if not texts.texts:
        return None
    info = _parse(texts) or _raw(texts)
    if is_bare(info):
        return None
    return replace(info, source=info.source or (known.source if known else None))


def _raw(embedded: Embedded, *, with_error: bool = True) -> GenerationInfo:
    """The first text that is probably about a generation although no parser could read it.

    ``with_error``: state as ``error`` if it is broken JSON.
    """
    for text in embedded.texts:
        value = text.value[:RAW_MAX_CHARS]
        if value.strip(" \t\r\n\0") and _is_about_generation(text.keyword.lower(), value):
            error = _json_error(text) if with_error else ""
            return GenerationInfo(
                infotext=clean(value), found_in=place(embedded, text), error=error
            )
    return GenerationInfo()


def _json_error(text: Text) -> str:
    is_broken = text.value.lstrip().startswith("{") and load_json(text.value) is None
    return f"{text.keyword}: not valid JSON" if is_broken else ""


def _is_about_generation(keyword: str, value: str) -> bool:
    if keyword in _PROMPT_KEYWORDS or keyword == "sidecar":
        return True
    lowered = value[:65536].lower()
    return keyword in _COMMENT_KEYWORDS and sum(cue in lowered for cue in _CUES) >= _CUES_NEEDED
