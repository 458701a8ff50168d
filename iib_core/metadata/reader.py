"""From a file to GenerationInfo: container, generators in turn, hidden text, sidecar, and at last
the raw text.
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
    {"png", "jpeg", "webp", "gif", "avif", "heif", "jxl", "mp4", "mov", "webm", "mkv", "unknown", "empty"}
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
    {"comment", "usercomment", "description", "imagedescription", "sidecar", "text", "xpcomment", "caption"}
)
_CUES = ("prompt", "seed", "steps", "sampler", "cfg", "guidance", "lora", "checkpoint", "model")
_CUES_NEEDED = 3
# Parameters that name the model of a later pass, by the vocabulary and as SwarmUI calls them.
_LATER_MODELS = ("Refiner", "Hires checkpoint", "videomodel", "videoswapmodel")
_HASH = re.compile(r"\s?\[[0-9a-fA-F]{6,64}\]\Z")
_SAME_MODEL = frozenset({"Use same checkpoint", "(Use Base)", "Use same"})


@limits.one_file()
def read(path: str | os.PathLike[str]) -> GenerationInfo:
    """What a file, or the sidecar beside it, states of how it was generated.

    Raises OSError where the file is missing or cannot be opened; a broken file, or one that takes
    too long, gives what could be read and an ``error``.
    """
    return read_embedded(containers.read(path), path)


@limits.one_file()
def read_embedded(embedded: Embedded, path: str | os.PathLike[str] | None = None) -> GenerationInfo:
    """As ``read``, for a file whose headers were read already.

    Without a path, hidden texts and sidecars are not looked for.
    """
    try:
        info = _understood(embedded, path)
    except limits.TooSlow:
        info = replace(_raw(embedded, is_judged=False), error=limits.REASON)
    info = finished(info)
    if not embedded.error:
        return info
    return replace(info, error=" ".join(dict.fromkeys(filter(None, (embedded.error, info.error)))))


def _understood(embedded: Embedded, path: str | os.PathLike[str] | None) -> GenerationInfo:
    """What the parsers make of the texts, or of those in the pixels or beside the file.

    Raises limits.TooSlow.
    """
    unwrapped = unwrap(embedded)
    info = _parsed(unwrapped)
    if path is not None and (info is None or is_bare(info)):
        info = _hidden(embedded, Path(path)) or _beside(embedded, Path(path), info) or info
    return _raw(unwrapped) if info is None else info


def finished(info: GenerationInfo) -> GenerationInfo:
    """The same under the names of the vocabulary, with all models, and without the folders of its author's
    machine.
    """
    changed: dict[str, Any] = {}
    parameters = vocabulary.unified(info.parameters)
    if parameters is not info.parameters:
        changed["parameters"] = parameters
    if info.model and (names := _model_names(info, parameters)) != (info.models or None):
        changed |= {"model": vocabulary.bare(info.model), "models": names}
    if info.vae and vocabulary.is_local(info.vae):
        changed["vae"] = vocabulary.bare(info.vae)
    if any(vocabulary.is_local(lora.name) for lora in info.loras):
        changed["loras"] = tuple(Lora(vocabulary.bare(lora.name), lora.weight) for lora in info.loras)
    return replace(info, **changed) if changed else info


def _model_names(info: GenerationInfo, parameters: Mapping[str, str]) -> tuple[str, ...]:
    """The models of all passes, the first one's before the others."""
    later = [name for key in _LATER_MODELS if key in parameters and (name := _model_name(parameters[key]))]
    first = info.models or (info.model or "",)
    if not later and len(first) == 1 and not vocabulary.is_local(first[0]):
        return first
    return tuple(dict.fromkeys(map(vocabulary.bare, (*first, *later))))


def _model_name(written: str) -> str | None:
    """The name of a model without the hash behind it; None where there is none, or the first pass's goes on."""
    name = as_name(_HASH.sub("", written))
    return None if name in _SAME_MODEL else name


def is_bare(info: GenerationInfo) -> bool:
    """Whether nothing but the source is known."""
    return (
        not (info.prompt or info.negative_prompt or info.infotext or info.workflow)
        and info.steps is None
        and info.seed is None
    )


def _parsed(embedded: Embedded) -> GenerationInfo | None:
    if not embedded.texts and not embedded.c2pa:
        return None
    if len(embedded.texts) == 1 and automatic1111.is_plain(embedded.texts[0]):
        return automatic1111.parse(embedded)  # most files of most libraries: no need to ask ten others first
    for parser in PARSERS:
        limits.check()
        info = parser(embedded)
        if info:
            return info
    return None


def _hidden(embedded: Embedded, path: Path) -> GenerationInfo | None:
    """What is hidden in the pixels."""
    if embedded.container not in _STEALTH_CONTAINERS:
        return None
    text = stealth.read_stealth(path, embedded)
    if text is None:
        return None
    keyword = "UserComment" if text.value.lstrip().startswith("{") else "parameters"
    info = _parsed(unwrap(replace(embedded, texts=(Text(keyword, text.value, text.where),), c2pa=b"")))
    return replace(info, found_in=f"{embedded.container}:{text.where}") if info else None


def _beside(embedded: Embedded, path: Path, known: GenerationInfo | None) -> GenerationInfo | None:
    """What a sidecar states; a caption that states nothing is kept raw."""
    if embedded.container not in _PICTURES:
        return None
    beside = unwrap(read_companions(path, embedded.container))
    if not beside.texts:
        return None
    info = _parsed(beside) or _raw(beside)
    if is_bare(info):
        return None
    return replace(info, source=info.source or (known.source if known else None))


def _raw(embedded: Embedded, *, is_judged: bool = True) -> GenerationInfo:
    """A text that nothing could parse, where it seems to be about a generation.

    Ordinary comments are not. ``is_judged``: with the reason.
    """
    for text in embedded.texts:
        value = text.value[:RAW_MAX_CHARS]
        if value.strip(" \t\r\n\0") and _is_telling(text.keyword.lower(), value):
            error = _json_error(text) if is_judged else ""
            return GenerationInfo(infotext=clean(value), found_in=place(embedded, text), error=error)
    return GenerationInfo()


def _json_error(text: Text) -> str:
    is_broken = text.value.lstrip().startswith("{") and load_json(text.value) is None
    return f"{text.keyword}: not valid JSON" if is_broken else ""


def _is_telling(keyword: str, value: str) -> bool:
    if keyword in _PROMPT_KEYWORDS or keyword == "sidecar":
        return True
    lowered = value[:65536].lower()
    return keyword in _COMMENT_KEYWORDS and sum(cue in lowered for cue in _CUES) >= _CUES_NEEDED
