"""SwarmUI (StableSwarmUI 0.5 to SwarmUI 0.9): JSON ``sui_image_params`` in PNG ``parameters`` or
EXIF UserComment, beside its ComfyUI graph.
"""

from __future__ import annotations

from typing import Any

from iib_core.metadata import prompts, vocabulary
from iib_core.metadata.containers.embedded import Embedded
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
    stem,
)

_KNOWN = (
    "prompt",
    "negativeprompt",
    "model",
    "seed",
    "steps",
    "cfgscale",
    "width",
    "height",
    "sampler",
    "scheduler",
    "vae",
    "loras",
    "loraweights",
)

_CONTROLS = tuple(f"controlnet{number}" for number in ("", "two", "three"))
_DETAILED = (
    *("clipstopatlayer", "refinercontrolpercentage"),
    *(f"{control}{key}" for control in _CONTROLS for key in ("model", "strength", "start", "end")),
)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """SwarmUI's own parameters; its graph is only their implementation."""
    text = next((text for text in embedded.texts if '"sui_image_params"' in text.value), None)
    document = load_object(text.value) if text else None
    if text is None or document is None:
        return None
    stated = as_dict(document.get("sui_image_params"))
    graph = named(embedded, "prompt")
    prompt = as_text(stated.get("prompt"))
    return GenerationInfo(
        prompt=prompt,
        negative_prompt=as_text(stated.get("negativeprompt")),
        infotext=clean(text.value),
        source="SwarmUI",
        steps=as_int(stated.get("steps")),
        sampler=as_name(first(stated, "sampler", "comfyuisampler")),
        scheduler=as_name(first(stated, "scheduler", "comfyuischeduler")),
        cfg_scale=as_float(stated.get("cfgscale")),
        seed=as_int(stated.get("seed")),
        width=as_int(stated.get("width")),
        height=as_int(stated.get("height")),
        model=as_name(stated.get("model")),
        model_hash=_model_hash(document, as_text(stated.get("model"))),
        vae=as_name(stated.get("vae")),
        loras=merged_loras(_loras(stated), prompts.loras(prompt)),
        parameters=others(stated, (*_KNOWN, *_DETAILED))
        | _details(stated)
        | others(as_dict(document.get("sui_extra_data")), ()),
        workflow=load_object(graph.value) if graph else None,
        found_in=place(embedded, text),
    )


def _details(stated: dict[str, Any]) -> dict[str, str]:
    """ControlNets with their numbers, and values that SwarmUI counts in the opposite direction."""
    found: dict[str, str] = {}
    controls = []
    for control in _CONTROLS:
        name = as_name(stated.get(f"{control}model"))
        if name:
            values = (
                as_float(stated.get(f"{control}{key}")) for key in ("strength", "start", "end")
            )
            controls.append(vocabulary.weighted(name, *values))
    skip, share = (
        as_int(stated.get("clipstopatlayer")),
        as_float(stated.get("refinercontrolpercentage")),
    )
    if skip:
        found["Clip skip"] = str(abs(skip))
    if share is not None:
        found["Refiner switch at"] = vocabulary.number(1 - share)
    return found | vocabulary.numbered("ControlNet", controls)


def _model_hash(document: dict[str, Any], model: str) -> str | None:
    """The hash of the main model in the list of models."""
    main = stem(model)
    models = [entry for entry in as_list(document.get("sui_models")) if isinstance(entry, dict)]
    for entry in models:
        if entry.get("param") == "model" or stem(as_text(entry.get("name"))) == main:
            return as_name(entry.get("hash"))
    return None


def _loras(stated: dict[str, Any]) -> list[Lora]:
    names = _listed(stated.get("loras"))
    weights = _listed(stated.get("loraweights"))
    return [
        Lora(name, as_float(weights[index]) if index < len(weights) else None)
        for index, name in enumerate(names)
    ]


def _listed(value: Any) -> list[str]:
    """A list of texts. Older versions write one text with commas."""
    parts = value.split(",") if isinstance(value, str) else as_list(value)
    return [as_text(part).strip() for part in parts if as_text(part).strip()]
