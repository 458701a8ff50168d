"""Easy Diffusion (2.4 on): its task as one PNG chunk a key, as JSON in EXIF UserComment, or as a
``.json`` or ``.txt`` companion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.info import GenerationInfo, Lora
from iib_core.metadata.values import (
    as_float,
    as_int,
    as_list,
    as_name,
    as_text,
    clean,
    first,
    load_json,
    load_object,
    named,
    others,
    place,
)

_MARKS = ("use_stable_diffusion_model", "stable_diffusion_model")
_KNOWN = (
    "prompt",
    "negative_prompt",
    "num_inference_steps",
    "steps",
    "sampler_name",
    "sampler",
    "scheduler_name",
    "guidance_scale",
    "seed",
    "width",
    "height",
)
_KNOWN_MODELS = (
    "use_vae_model",
    "vae_model",
    "use_lora_model",
    "lora_model",
    "lora_alpha",
    "lora_strength",
)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The values of the task, from any of the three forms."""
    chunk = named(embedded, *_MARKS, "Stable Diffusion model")
    if chunk:
        return _info(
            {_key(text.keyword): text.value for text in reversed(embedded.texts)},
            place(embedded, chunk),
        )
    for text in embedded.texts:
        lowered = text.value[:65536].lower()
        if "stable_diffusion_model" not in lowered and "stable diffusion model:" not in lowered:
            continue
        written = load_object(text.value) or _lines(text.value)
        stated = {_key(key): value for key, value in written.items()}
        if any(mark in stated for mark in _MARKS):
            return _info(stated, place(embedded, text), clean(text.value))
    return None


def _key(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def _lines(text: str) -> dict[str, str]:
    """The lines of a text companion, such as 'Prompt: a cat'."""
    pairs = (line.partition(":") for line in text[:65536].splitlines())
    return {key.strip(): value.strip() for key, colon, value in pairs if colon}


def _info(stated: Mapping[str, Any], found_in: str, raw: str = "") -> GenerationInfo:
    return GenerationInfo(
        prompt=as_text(stated.get("prompt")),
        negative_prompt=as_text(stated.get("negative_prompt")),
        infotext=raw or "\n".join(f"{key}: {as_text(value)}" for key, value in stated.items()),
        source="EasyDiffusion",
        steps=as_int(first(stated, "num_inference_steps", "steps")),
        sampler=as_name(first(stated, "sampler_name", "sampler")),
        scheduler=as_name(stated.get("scheduler_name")),
        cfg_scale=as_float(stated.get("guidance_scale")),
        seed=as_int(stated.get("seed")),
        width=as_int(stated.get("width")),
        height=as_int(stated.get("height")),
        model=as_name(first(stated, *_MARKS)),
        vae=as_name(first(stated, "use_vae_model", "vae_model")),
        loras=tuple(
            _loras(
                first(stated, "use_lora_model", "lora_model"),
                first(stated, "lora_alpha", "lora_strength"),
            )
        ),
        parameters=others(stated, (*_KNOWN, *_KNOWN_MODELS, *_MARKS)),
        found_in=found_in,
    )


def _loras(names: Any, weights: Any) -> list[Lora]:
    """LoRAs from names and weights, each a single value, a list, or a text that holds a list."""
    name_list, weight_list = _listed(names), _listed(weights)
    pairs = [
        (as_name(name), as_float(weight_list[index]) if index < len(weight_list) else None)
        for index, name in enumerate(name_list)
    ]
    return [Lora(name, weight) for name, weight in pairs if name]


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str) and value.strip().startswith("["):
        return as_list(load_json(value.replace("'", '"')))
    return as_list(value) if isinstance(value, list) else [value]
