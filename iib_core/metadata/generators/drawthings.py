"""Draw Things (macOS, iOS): JSON with ``c`` (prompt) and ``uc`` in XMP exif:UserComment or EXIF
UserComment, beside a readable text.
"""

from __future__ import annotations

from typing import Any

from iib_core.metadata import vocabulary
from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.info import GenerationInfo, Lora
from iib_core.metadata.values import (
    as_dict,
    as_float,
    as_int,
    as_list,
    as_name,
    as_size,
    as_text,
    clean,
    first,
    load_object,
    others,
    place,
)

_KNOWN = ("c", "uc", "steps", "sampler", "scale", "seed", "size", "model", "lora", "v2")


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The JSON of the user comment."""
    for text in embedded.texts:
        if '"uc"' in text.value and '"c"' in text.value:
            stated = load_object(text.value)
            if stated and "c" in stated and "uc" in stated and "sampler" in stated:
                return _info(stated, clean(text.value), place(embedded, text))
    return None


def _info(stated: dict[str, Any], raw: str, found_in: str) -> GenerationInfo:
    size = as_size(stated.get("size"))
    settings = as_dict(stated.get("v2"))
    return GenerationInfo(
        prompt=as_text(stated.get("c")),
        negative_prompt=as_text(stated.get("uc")),
        infotext=raw,
        source="Draw Things",
        steps=as_int(stated.get("steps")),
        sampler=as_name(stated.get("sampler")),
        cfg_scale=as_float(stated.get("scale")),
        seed=as_int(stated.get("seed")),
        width=size[0] if size else as_int(settings.get("width")),
        height=size[1] if size else as_int(settings.get("height")),
        model=as_name(stated.get("model")),
        loras=tuple(_loras(as_list(stated.get("lora")) or as_list(settings.get("loras")))),
        parameters=others(stated, (*_KNOWN, "profile", "control")) | _details(stated, settings),
        found_in=found_in,
    )


def _details(stated: dict[str, Any], settings: dict[str, Any]) -> dict[str, str]:
    """ControlNets, and values that only the newer settings have."""
    controls = []
    for entry in map(as_dict, as_list(stated.get("control")) or as_list(settings.get("controls"))):
        name = as_name(first(entry, "file", "model"))
        start, end = (
            as_float(first(entry, f"guidance_{key}", f"guidance{key.title()}"))
            for key in ("start", "end")
        )
        if name:
            controls.append(vocabulary.weighted(name, as_float(entry.get("weight")), start, end))
    found = vocabulary.numbered("ControlNet", controls)
    frames, refiner = as_int(settings.get("numFrames")), as_name(settings.get("refinerModel"))
    if frames and frames > 1:
        found["Frames"] = str(frames)
    return found | ({"Refiner": refiner} if refiner else {})


def _loras(entries: list[Any]) -> list[Lora]:
    loras: list[Lora] = []
    for entry in map(as_dict, entries):
        name = as_name(entry.get("model") or entry.get("file"))
        if name:
            loras.append(Lora(name, as_float(entry.get("weight"))))
    return loras
