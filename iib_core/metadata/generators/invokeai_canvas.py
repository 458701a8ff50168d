"""Further values of InvokeAI 5 and 6: prompts of regions, style prompts, ControlNets, IP-Adapters
and reference pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iib_core.metadata import vocabulary
from iib_core.metadata.values import as_dict, as_float, as_list, as_name, as_text, first

REGIONS_MAX = 100

KNOWN = (
    *(
        "positive_style_prompt",
        "negative_style_prompt",
        "controlnets",
        "ipAdapters",
        "t2iAdapters",
        "ref_images",
        "canvas_v2_metadata",
        "refiner_model",
    ),
    *("t5_encoder", "clip_embed_model", "qwen3_encoder", "mistral_encoder", "init_image"),
)
_ENCODERS = (
    "t5_encoder",
    "clip_embed_model",
    "clip_g_embed_model",
    "qwen3_encoder",
    "mistral_encoder",
)


def prompt(stated: Mapping[str, Any], canvas: Mapping[str, Any], side: str) -> str:
    """The positive or negative prompt (``side``), its style prompt and those of the enabled
    regions, one a line.
    """
    regions = (
        as_text(region.get(f"{side}Prompt")) for region in _enabled(canvas.get("regionalGuidance"))
    )
    texts = (
        as_text(stated.get(f"{side}_prompt")),
        as_text(stated.get(f"{side}_style_prompt")),
        *regions,
    )
    return "\n".join(dict.fromkeys(text for text in texts if text.strip()))


def details(stated: Mapping[str, Any], canvas: Mapping[str, Any]) -> dict[str, str]:
    """The models and pictures that were used, under the names of the vocabulary."""
    found = vocabulary.numbered("ControlNet", dict.fromkeys((*_controls(stated), *_layers(canvas))))
    references = list(_references(stated, canvas))
    adapters = [
        *_adapters(stated),
        *(_reference(entry) for entry in references if not _is_redux(entry)),
    ]
    found |= vocabulary.numbered("IP-Adapter", dict.fromkeys(filter(None, adapters)))
    redux = [_reference(entry) for entry in references if _is_redux(entry)]
    found |= vocabulary.numbered("Redux", dict.fromkeys(redux))
    encoders = [_name(stated.get(key)) for key in _ENCODERS]
    found |= vocabulary.numbered("Text encoder", filter(None, encoders))
    refiner, picture = _name(stated.get("refiner_model")), as_name(stated.get("init_image"))
    if refiner:
        found["Refiner"] = refiner
    if picture:
        found["Input image"] = picture
    return found


def _enabled(entries: Any) -> Iterator[dict[str, Any]]:
    """The enabled entries of a list. In version 5 some lists are inside an object."""
    listed = as_list(entries.get("entities")) if isinstance(entries, dict) else as_list(entries)
    return (
        entry
        for entry in map(as_dict, listed[:REGIONS_MAX])
        if entry.get("isEnabled", True) is not False
    )


def _name(model: Any) -> str | None:
    return (
        as_name(first(model, "name", "model_name")) if isinstance(model, dict) else as_name(model)
    )


def _weighted(model: Any, values: Mapping[str, Any], weight: str) -> str | None:
    """A model with its weight, start and end; ``weight`` is the key of the weight."""
    name = _name(model)
    if name is None:
        return None
    start, end = values.get("begin_step_percent"), values.get("end_step_percent")
    span = as_list(values.get("beginEndStepPct"))
    if len(span) == 2:
        start, end = span
    return vocabulary.weighted(name, as_float(values.get(weight)), as_float(start), as_float(end))


def _controls(stated: Mapping[str, Any]) -> Iterator[str]:
    for entry in map(
        as_dict, (*as_list(stated.get("controlnets")), *as_list(stated.get("t2iAdapters")))
    ):
        weight = "weight" if "weight" in entry else "control_weight"
        control = _weighted(
            first(entry, "control_model", "t2i_adapter_model", "model"), entry, weight
        )
        if control:
            yield control


def _layers(canvas: Mapping[str, Any]) -> Iterator[str]:
    for layer in _enabled(canvas.get("controlLayers")):
        adapter = as_dict(layer.get("controlAdapter"))
        control = _weighted(adapter.get("model"), adapter, "weight")
        if control:
            yield control


def _adapters(stated: Mapping[str, Any]) -> Iterator[str | None]:
    for entry in map(as_dict, as_list(stated.get("ipAdapters"))):
        yield _weighted(first(entry, "ip_adapter_model", "model"), entry, "weight")


def _references(stated: Mapping[str, Any], canvas: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The settings of each reference picture, of the whole picture and of the enabled regions."""
    for image in (*_enabled(stated.get("ref_images")), *_enabled(canvas.get("referenceImages"))):
        yield as_dict(first(image, "config", "ipAdapter"))
    for region in _enabled(canvas.get("regionalGuidance")):
        for image in _enabled(region.get("referenceImages")):
            yield as_dict(first(image, "config", "ipAdapter"))


def _is_redux(entry: Mapping[str, Any]) -> bool:
    return "redux" in as_text(entry.get("type"))


def _reference(entry: Mapping[str, Any]) -> str:
    return _weighted(entry.get("model"), entry, "weight") or ""
