"""Civitai's on-site generator: a ComfyUI graph in EXIF UserComment, with the plain values as JSON
in ``extraMetadata``.

Its other format, an infotext with ``Civitai resources``, is read by ``automatic1111.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.generators import comfyui
from iib_core.metadata.generators.comfyui.graph import is_prompt
from iib_core.metadata.info import GenerationInfo, Lora
from iib_core.metadata.prompts import LORA_KINDS
from iib_core.metadata.values import (
    as_dict,
    as_float,
    as_int,
    as_list,
    as_name,
    as_text,
    clean,
    load_object,
    named,
    others,
    place,
)

_MARKS = ('"extraMetadata"', '"airs":', '"urn:air:')
_KNOWN = (
    "prompt",
    "negativePrompt",
    "cfgScale",
    "sampler",
    "scheduler",
    "steps",
    "seed",
    "width",
    "height",
)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The plain values; missing ones are taken from the graph."""
    text = next(
        (text for text in embedded.texts if any(mark in text.value for mark in _MARKS)), None
    )
    document = load_object(text.value) if text else None
    if text is None or document is None or not is_prompt(document):
        return None
    extra = document.get("extraMetadata")
    stated: dict[str, Any] = extra if isinstance(extra, dict) else load_object(as_text(extra)) or {}
    graph = comfyui.read_graph(document)
    return replace(
        graph,
        prompt=as_text(stated.get("prompt")) or graph.prompt,
        negative_prompt=as_text(stated.get("negativePrompt")) or graph.negative_prompt,
        infotext=clean(text.value),
        source="Civitai",
        steps=_either(as_int(stated.get("steps")), graph.steps),
        sampler=as_name(stated.get("sampler")) or graph.sampler,
        scheduler=as_name(stated.get("scheduler")) or graph.scheduler,
        cfg_scale=_either(as_float(stated.get("cfgScale")), graph.cfg_scale),
        seed=_either(as_int(stated.get("seed")), graph.seed),
        width=_either(as_int(stated.get("width")), graph.width),
        height=_either(as_int(stated.get("height")), graph.height),
        parameters=dict(graph.parameters) | others(stated, _KNOWN),
        workflow=document,
        found_in=place(embedded, text),
    )


def parse_info(embedded: Embedded) -> GenerationInfo | None:
    """The companion ``x.civitai.info``, which model downloaders write: the model or LoRA that the
    picture is a preview of, and its trigger words.
    """
    text = named(embedded, "civitai.info")
    stated = load_object(text.value) if text else None
    model = as_dict(stated.get("model")) if stated else {}
    name = as_name(model.get("name"))
    if text is None or not stated or not name:
        return None
    words = [as_text(word) for word in as_list(stated.get("trainedWords"))]
    values = {
        "Model": name,
        "Version": stated.get("name"),
        "Base model": stated.get("baseModel"),
        "Trained words": ", ".join(words),
    }
    parameters = {key: as_text(value) for key, value in values.items() if as_text(value)}
    is_lora = as_text(model.get("type")).lower() in LORA_KINDS
    return GenerationInfo(
        infotext="\n".join(f"{key}: {value}" for key, value in parameters.items()),
        model=None if is_lora else name,
        loras=(Lora(name),) if is_lora else (),
        parameters=parameters,
        found_in=place(embedded, text),
    )


def _either(stated: Any, other: Any) -> Any:
    return other if stated is None else stated
