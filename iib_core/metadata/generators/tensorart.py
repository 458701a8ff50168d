"""Tensor.Art: PNG ``generation_data`` JSON (with a NUL behind it) beside the ComfyUI graph that
holds the seed really used.
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
    """The generation data; what it leaves open comes from the graph."""
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
        seed=seed
        if seed is not None and seed >= 0
        else first({"graph": graph.seed, "own": seed}, "graph", "own"),
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


def _loras(entries: list[Any]) -> list[Lora]:
    found = [as_dict(entry) for entry in entries]
    return [
        Lora(name, as_float(entry.get("weight")))
        for entry in found
        if str(entry.get("type", "LORA")).upper() in ("LORA", "LOCON", "DORA")
        and (name := as_name(first(entry, "modelFileName", "label")))
    ]
