"""Names and values that many small programs write: a flat JSON object or flat YAML with common
names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iib_core.metadata import prompts
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
    merged_loras,
    named,
    place,
)

LINES_MAX = 2000

_NAMES: dict[str, tuple[str, ...]] = {
    "prompt": ("prompt", "positive_prompt", "positive", "positiveprompt", "text_prompt"),
    "negative": ("negative_prompt", "negativeprompt", "negative", "uc", "neg_prompt"),
    "steps": ("steps", "num_inference_steps", "ddim_steps", "sampling_steps", "inference_steps"),
    "sampler": ("sampler", "sampler_name", "samplername", "sampling_method"),
    "scheduler": ("scheduler", "schedule_type", "noise_schedule", "scheduler_name"),
    "cfg": ("cfg_scale", "cfgscale", "guidance_scale", "cfg", "scale", "guidance"),
    "seed": ("seed", "noise_seed"),
    "size": ("size", "resolution"),
    "width": ("width", "w"),
    "height": ("height", "h"),
    "model": ("model", "model_name", "base_model", "sd_model_name", "checkpoint", "model_id"),
    "hash": ("model_hash", "sd_model_hash", "base_model_hash"),
    "vae": ("vae", "vae_name"),
    "source": ("software", "generator", "app", "created_with", "source"),
}
_TAKEN = frozenset(name for names in _NAMES.values() for name in names) | {"loras"}
_YAML_LINE = re.compile(r"([A-Za-z_][\w -]{0,40}):(?:[ \t]+(.*))?\Z")
_WANTED = ("steps", "sampler", "cfg", "seed", "model")


def parse(embedded: Embedded) -> GenerationInfo | None:
    """An object, or PNG chunks, with a prompt and at least one other value that only generators
    write.
    """
    chunk = named(embedded, "prompt", "SD:prompt")
    if chunk and not chunk.value.lstrip().startswith("{"):
        chunks = {text.keyword.removeprefix("SD:"): text.value for text in reversed(embedded.texts)}
        if _is_generation(chunks):
            raw = "\n".join(f"{key}: {value}" for key, value in chunks.items())
            return info(chunks, None, raw, place(embedded, chunk))
    for text in embedded.texts:
        lowered = text.value[:65536].lower()
        if "prompt" not in lowered or ":" not in lowered:
            continue
        stated = load_object(text.value)
        if stated is None and text.where.startswith("sidecar:.y"):
            stated = _yaml(text.value)
        if stated and _is_generation(stated):
            return info(stated, None, clean(text.value), place(embedded, text))
    return None


def info(written: Mapping[str, Any], source: str | None, raw: str, found_in: str) -> GenerationInfo:
    """GenerationInfo of an object with common names."""
    stated = _lowered(written)
    size = as_size(_get(stated, "size"))
    prompt = as_text(_get(stated, "prompt"))
    model = _get(stated, "model")
    return GenerationInfo(
        prompt=prompt,
        negative_prompt=as_text(_get(stated, "negative")),
        infotext=raw,
        source=source or as_name(_get(stated, "source")),
        steps=as_int(_get(stated, "steps")),
        sampler=as_name(_get(stated, "sampler")),
        scheduler=as_name(_get(stated, "scheduler")),
        cfg_scale=as_float(_get(stated, "cfg")),
        seed=as_int(_get(stated, "seed")),
        width=size[0] if size else as_int(_get(stated, "width")),
        height=size[1] if size else as_int(_get(stated, "height")),
        model=as_name(first(model, "name", "model_name") if isinstance(model, dict) else model),
        model_hash=as_name(_get(stated, "hash")),
        vae=as_name(_get(stated, "vae")),
        loras=merged_loras(_loras(as_list(stated.get("loras"))), prompts.loras(prompt)),
        parameters=_other_values(written),
        found_in=found_in,
    )


def _other_values(written: Mapping[str, Any]) -> dict[str, str]:
    texts = {
        key: as_text(value) for key, value in written.items() if _lowered_key(key) not in _TAKEN
    }
    return {key: text for key, text in texts.items() if text}


def _lowered_key(key: str) -> str:
    return key.lower().replace(" ", "_").replace("-", "_")


def _lowered(written: Mapping[str, Any]) -> dict[str, Any]:
    return {_lowered_key(key): value for key, value in written.items()}


def _get(stated: Mapping[str, Any], field: str) -> Any:
    return first(stated, *_NAMES[field])


def _is_generation(written: Mapping[str, Any]) -> bool:
    stated = _lowered(written)
    has_prompt = isinstance(_get(stated, "prompt"), str)
    return has_prompt and any(
        isinstance(_get(stated, field), (str, int, float)) for field in _WANTED
    )


def _loras(entries: list[Any]) -> list[Lora]:
    found: list[Lora] = []
    for entry in entries:
        values = as_dict(entry)
        name = as_name(entry) or as_name(first(values, "name", "model", "lora", "path"))
        if name:
            found.append(
                Lora(name, as_float(first(values, "weight", "strength", "multiplier", "scale")))
            )
    return found


def _yaml(text: str) -> dict[str, str]:
    """The top-level names and scalar values of a YAML text, including folded and literal blocks.
    Lists and nested values are left out.
    """
    found: dict[str, list[str]] = {}
    current = ""
    for line in text.splitlines()[:LINES_MAX]:
        pair = _YAML_LINE.match(line)
        if pair:
            current = pair[1]
            value = (pair[2] or "").strip()
            found[current] = ["" if value in ("|", ">", "|-", ">-") else value.strip("'\"")]
        elif current and line[:1] in (" ", "\t") and not line.lstrip().startswith("- "):
            found[current].append(line.strip())
    return {name: " ".join(lines).strip() for name, lines in found.items()}
