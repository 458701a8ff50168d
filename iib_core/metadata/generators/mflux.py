"""mflux (0.9 to 0.18): JSON in EXIF UserComment, partly repeated in XMP and IPTC."""

from __future__ import annotations

from typing import Any

from iib_core.metadata import vocabulary
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
    load_object,
    others,
    place,
)

_KNOWN = (
    *(
        "mflux_version",
        "model",
        "seed",
        "steps",
        "guidance",
        "height",
        "width",
        "lora_paths",
        "lora_scales",
        "prompt",
        "negative_prompt",
        "image_path",
    ),
    *(
        "image_paths",
        "image_strength",
        "controlnet_image_path",
        "controlnet_strength",
        "redux_image_paths",
        "redux_image_strengths",
    ),
)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The JSON of the user comment. Values that an upscaled picture lacks are those of the
    original.
    """
    for text in embedded.texts:
        if '"mflux_version"' in text.value:
            stated = load_object(text.value)
            if stated and "mflux_version" in stated:
                return _info(stated, clean(text.value), place(embedded, text))
    return None


def _info(stated: dict[str, Any], raw: str, found_in: str) -> GenerationInfo:
    return GenerationInfo(
        prompt=as_text(stated.get("prompt")),
        negative_prompt=as_text(stated.get("negative_prompt")),
        infotext=raw,
        source="mflux",
        steps=as_int(first(stated, "steps", "original_steps")),
        cfg_scale=as_float(first(stated, "guidance", "original_guidance")),
        seed=as_int(first(stated, "seed", "original_seed")),
        width=as_int(stated.get("width")),
        height=as_int(stated.get("height")),
        model=as_name(first(stated, "model", "original_model")),
        loras=tuple(_loras(stated)),
        parameters=others(stated, _KNOWN) | _pictures(stated),
        found_in=found_in,
    )


def _loras(stated: dict[str, Any]) -> list[Lora]:
    names, scales = (
        as_list(first(stated, key, f"original_{key}")) for key in ("lora_paths", "lora_scales")
    )
    weights = [as_float(scale) for scale in scales] + [None] * len(names)
    return [
        Lora(vocabulary.bare(as_text(name)), weight)
        for name, weight in zip(names, weights, strict=False)
        if as_name(name)
    ]


def _pictures(stated: dict[str, Any]) -> dict[str, str]:
    """The input pictures, and the strength of each type."""
    inputs = [
        as_text(path)
        for path in as_list(stated.get("image_paths")) or [stated.get("image_path")]
        if as_name(path)
    ]
    found = vocabulary.numbered("Input image", map(vocabulary.bare, inputs))
    strength, control = (
        as_float(stated.get("image_strength")),
        as_float(stated.get("controlnet_strength")),
    )
    if strength is not None:
        found["Input image strength"] = vocabulary.number(strength)
    if as_name(stated.get("controlnet_image_path")):
        found["ControlNet"] = vocabulary.weighted(
            vocabulary.bare(as_text(stated["controlnet_image_path"])), control
        )
    redux = as_list(stated.get("redux_image_paths")) or [stated.get("redux_image_paths")]
    return found | vocabulary.numbered(
        "Redux", [vocabulary.bare(as_text(path)) for path in redux if as_name(path)]
    )
