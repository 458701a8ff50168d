"""Tensor.Art: JSON in PNG ``generation_data`` (with a trailing NUL), beside the ComfyUI graph,
which has the actual seed.
"""

from __future__ import annotations

from typing import Any

from iib_core.metadata import prompts
from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.generators import comfyui
from iib_core.metadata.info import GenerationInfo, Lora
from iib_core.metadata.values import (
    as_dict,
    as_float,
    as_int,
    as_list,
    as_name,
    as_text,
    clean,
    first,
    load_object,
    merged_loras,
    named,
    others,
    place,
)

_KNOWN = (
    "prompt",
    "negativePrompt",
    "width",
    "height",
    "steps",
    "cfgScale",
    "seed",
    "ksamplerName",
    "samplerName",
    "sampler",
    "schedule",
    "baseModel",
    "models",
    "sdVae",
)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The generation data; missing values are taken from the graph."""
    text = named(embedded, "generation_data")
    stated = load_object(text.value) if text else None
    if text is None or stated is None:
        return None
    graph = comfyui.parse(embedded) or GenerationInfo()
    model = as_dict(stated.get("baseModel"))
    prompt = as_text(stated.get("prompt"))
    seed = as_int(stated.get("seed"))
    return GenerationInfo(
        prompt=prompt or graph.prompt,
        negative_prompt=as_text(stated.get("negativePrompt")),
        infotext=clean(text.value),
        source="TensorArt",
        steps=as_int(stated.get("steps")),
        sampler=as_name(first(stated, "ksamplerName", "samplerName", "sampler")) or graph.sampler,
        scheduler=as_name(stated.get("schedule")) or graph.scheduler,
        cfg_scale=as_float(stated.get("cfgScale")),
        seed=_actual_seed(seed, graph.seed),
        width=as_int(stated.get("width")),
        height=as_int(stated.get("height")),
        model=as_name(first(model, "modelFileName", "label")) or graph.model,
        model_hash=as_name(model.get("hash")),
        vae=as_name(stated.get("sdVae")),
        loras=merged_loras(_loras(as_list(stated.get("models"))), prompts.loras(prompt)),
        parameters=others(stated, _KNOWN),
        workflow=graph.workflow,
        found_in=place(embedded, text),
    )


def _actual_seed(stated: int | None, graph_seed: int | None) -> int | None:
    """The stated seed; that of the graph if it is missing or -1 (random)."""
    if stated is not None and stated >= 0:
        return stated
    return stated if graph_seed is None else graph_seed


def _loras(entries: list[Any]) -> list[Lora]:
    loras: list[Lora] = []
    for entry in map(as_dict, entries):
        name = as_name(first(entry, "modelFileName", "label"))
        if name and str(entry.get("type", "LORA")).upper() in ("LORA", "LOCON", "DORA"):
            loras.append(Lora(name, as_float(entry.get("weight"))))
    return loras
