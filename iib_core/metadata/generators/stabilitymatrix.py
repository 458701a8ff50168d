"""Stability Matrix (Inference tab): PNG ``parameters-json``, its project ``smproj``, a webui-style
``parameters`` and the ComfyUI graph.
"""

from __future__ import annotations

from iib_core.metadata import infotext, prompts
from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.generators import comfyui
from iib_core.metadata.info import GenerationInfo
from iib_core.metadata.values import (
    as_float,
    as_int,
    as_name,
    as_text,
    clean,
    load_object,
    merged_loras,
    named,
    others,
    place,
)

_KNOWN = (
    "PositivePrompt",
    "NegativePrompt",
    "Steps",
    "Sampler",
    "CfgScale",
    "Seed",
    "Width",
    "Height",
    "ModelHash",
    "ModelName",
)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The parameters object. The raw text is the webui-style one, because users know how to read
    it.
    """
    text = named(embedded, "parameters-json")
    stated = load_object(text.value) if text else None
    if text is None or stated is None:
        return None
    plain = named(embedded, "parameters")
    graph = named(embedded, "workflow", "prompt")
    written = (
        infotext.parse(plain.value) if plain and not load_object(plain.value) else GenerationInfo()
    )
    traced = comfyui.parse(embedded) or GenerationInfo()
    prompt = as_text(stated.get("PositivePrompt"))
    return GenerationInfo(
        prompt=prompt,
        negative_prompt=as_text(stated.get("NegativePrompt")),
        infotext=written.infotext or clean(text.value),
        source="StabilityMatrix",
        steps=as_int(stated.get("Steps")),
        sampler=as_name(stated.get("Sampler")) or written.sampler or traced.sampler,
        scheduler=written.scheduler or traced.scheduler,
        cfg_scale=as_float(stated.get("CfgScale")),
        seed=as_int(stated.get("Seed")),
        width=as_int(stated.get("Width")),
        height=as_int(stated.get("Height")),
        model=as_name(stated.get("ModelName")) or written.model or traced.model,
        model_hash=as_name(stated.get("ModelHash")) or written.model_hash,
        vae=written.vae or traced.vae,
        loras=merged_loras(prompts.loras(prompt), traced.loras),
        parameters=dict(written.parameters) | others(stated, _KNOWN),
        workflow=load_object(graph.value) if graph else None,
        found_in=place(embedded, text),
    )
