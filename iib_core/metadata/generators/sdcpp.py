"""stable-diffusion.cpp: an infotext with names of its own (``Unet``, ``TE``), since 2026 with all
values as JSON under ``SDCPP`` (``examples/common``).
"""

from __future__ import annotations

from typing import Any

from iib_core.metadata import vocabulary
from iib_core.metadata.info import Lora
from iib_core.metadata.values import (
    as_dict,
    as_float,
    as_int,
    as_list,
    as_name,
    as_text,
    load_object,
    merged_loras,
)

_ENCODERS = ("clip_l", "clip_g", "t5xxl", "llm", "llm_vision", "clip_vision")


def complete(fields: dict[str, Any]) -> None:
    """Complete the fields of an infotext if it is stable-diffusion.cpp's: the model may be under
    another name, and the sampler contains the scheduler.
    """
    parameters = fields["parameters"]
    if not parameters.get("Version", "").startswith("stable-diffusion.cpp"):
        return
    document = load_object(parameters.pop("SDCPP", None)) or {}
    _split_sampler(fields, as_dict(document.get("sampling")))
    files = as_dict(document.get("models"))
    unet, uncond = parameters.pop("Unet", None), parameters.pop("Uncond Unet", None)
    names = (
        fields["model"],
        files.get("model"),
        unet,
        files.get("diffusion_model"),
        files.get("high_noise_diffusion_model"),
        uncond,
    )
    found = tuple(dict.fromkeys(name for name in map(as_name, names) if name))
    fields |= {"model": found[0] if found else None, "models": found}
    fields["loras"] = merged_loras(fields["loras"], _loras(as_list(document.get("loras"))))
    parameters |= _details(document, files)


def _split_sampler(fields: dict[str, Any], sampling: dict[str, Any]) -> None:
    """Split 'euler discrete' into sampler and scheduler; neither name has a blank in it."""
    sampler, _blank, scheduler = (fields["sampler"] or "").partition(" ")
    fields["sampler"] = as_name(sampling.get("method")) or as_name(sampler)
    fields["scheduler"] = (
        as_name(sampling.get("scheduler")) or as_name(scheduler) or fields["scheduler"]
    )


def _loras(entries: list[Any]) -> list[Lora]:
    loras: list[Lora] = []
    for entry in map(as_dict, entries):
        name = as_name(entry.get("name"))
        if name:
            loras.append(Lora(name, as_float(entry.get("multiplier"))))
    return loras


def _details(document: dict[str, Any], files: dict[str, Any]) -> dict[str, str]:
    """Values that only the JSON has: video, text encoders, ControlNet."""
    encoders = [as_name(files.get(key)) for key in _ENCODERS]
    found = vocabulary.numbered("Text encoder", filter(None, encoders))
    control = as_name(files.get("control_net"))
    if control:
        found["ControlNet"] = vocabulary.weighted(
            control, as_float(document.get("control_strength"))
        )
    video = as_dict(document.get("video"))
    frames, fps = as_int(video.get("frame_count")), as_float(video.get("fps"))
    if frames and frames > 1:
        found["Frames"] = str(frames)
        if fps:
            found["FPS"] = vocabulary.number(fps)
    shift = as_dict(document.get("sampling")).get("flow_shift")
    if as_float(shift):
        found["Shift"] = as_text(shift)
    return found
