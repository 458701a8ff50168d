"""WanGP (Wan2GP): its settings as JSON in the comment of a JPEG, PNG, MP4 or MKV, or in EXIF
UserComment (``wgp.py``).
"""

from __future__ import annotations

import re
from typing import Any

from iib_core.metadata import vocabulary
from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.info import GenerationInfo, Lora
from iib_core.metadata.values import (
    as_float,
    as_int,
    as_list,
    as_name,
    as_size,
    as_text,
    clean,
    load_object,
    others,
    place,
)

_KNOWN = (
    *(
        "prompt",
        "negative_prompt",
        "resolution",
        "seed",
        "num_inference_steps",
        "guidance_scale",
        "activated_loras",
        "loras_multipliers",
        "model_filename",
    ),
    *(
        "model_filename2",
        "sample_solver",
        "transformer_loras_filenames",
        "transformer_loras_multipliers",
        "transformer_loras_filenames2",
        "video_length",
    ),
    *("flow_shift", "embedded_guidance_scale", "force_fps", "control_net_weight"),
)
_SEPARATOR = re.compile(r"[\s|]+")


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The settings; their ``type`` names the program."""
    for text in embedded.texts:
        if "WanGP" not in text.value and '"settings_version"' not in text.value:
            continue
        stated = load_object(text.value)
        if stated and "prompt" in stated and _is_settings(stated):
            return _info(stated, clean(text.value), place(embedded, text))
    return None


def _is_settings(stated: dict[str, Any]) -> bool:
    return (
        "WanGP" in as_text(stated.get("type"))
        or {"model_type", "settings_version"} <= stated.keys()
    )


def _info(stated: dict[str, Any], raw: str, found_in: str) -> GenerationInfo:
    size = as_size(stated.get("resolution"))
    names = [as_name(stated.get(key)) for key in ("model_filename", "model_filename2")]
    files = [_file(name) for name in names if name]
    solver = as_name(stated.get("sample_solver"))
    model = files[0] if files else as_name(stated.get("model_type"))
    return GenerationInfo(
        prompt=as_text(stated.get("prompt")),
        negative_prompt=as_text(stated.get("negative_prompt")),
        infotext=raw,
        source="WanGP",
        steps=as_int(stated.get("num_inference_steps")),
        sampler=None if solver == "default" else solver,
        cfg_scale=as_float(stated.get("guidance_scale")),
        seed=as_int(stated.get("seed")),
        width=size[0] if size else None,
        height=size[1] if size else None,
        model=model,
        models=tuple(dict.fromkeys(files)),
        loras=tuple(_loras(stated)),
        parameters=others(stated, _KNOWN) | _details(stated),
        found_in=found_in,
    )


def _file(address: str) -> str:
    """The file name of a URL or path."""
    return address.replace("\\", "/").rsplit("/", 1)[-1]


def _loras(stated: dict[str, Any]) -> list[Lora]:
    """The LoRAs with their multipliers, which are one text: "1 0.8", or "1;0.5" for a LoRA with a
    multiplier for each phase.
    """
    names = [as_text(name) for name in as_list(stated.get("activated_loras")) if as_name(name)]
    lines = (
        line
        for line in as_text(stated.get("loras_multipliers")).splitlines()
        if not line.lstrip().startswith("#")
    )
    weights = [part for line in lines for part in _SEPARATOR.split(line.strip()) if part]
    numbers = [as_float(weight.split(";")[0].split(",")[0]) for weight in weights]
    # The generator's default is 1.
    return [
        Lora(_file(name), numbers[index] if index < len(numbers) else 1.0)
        for index, name in enumerate(names)
    ]


def _details(stated: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    frames, fps = as_int(stated.get("video_length")), as_float(stated.get("force_fps"))
    if frames and frames > 1:
        found["Frames"] = str(frames)
        if fps:
            found["FPS"] = vocabulary.number(fps)
    for name, key in (
        ("Shift", "flow_shift"),
        ("Guidance", "embedded_guidance_scale"),
        ("ControlNet strength", "control_net_weight"),
    ):
        value = as_float(stated.get(key))
        if value:
            found[name] = vocabulary.number(value)
    return found
